# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Reading what detector.pack wrote."""
from __future__ import annotations

from pathlib import Path

import cv2
from face_tracker_ros.errors import SourceError
import numpy as np
from training.common import load_arrays
from training.detector.label import SIDE


def read_tiles(folder: Path, split: int, limit: int = 0) -> dict[str, np.ndarray]:
    """
    Return the tiles of a split of a pack.

    image (T, 250, 250, 3) uint8 BGR, box (T, 5, 4), landmarks (T, 5, 5, 2), flag (T, 5).
    """
    pack = load_arrays(folder / 'tiles.npz', ('offset', 'box', 'landmarks', 'flag', 'split'),
                       'detector.pack')
    rows = np.flatnonzero(pack['split'] == split)[:limit or None]
    try:
        coded = np.fromfile(folder / 'tiles.bin', np.uint8)
    except OSError as error:
        raise SourceError(f"file '{folder / 'tiles.bin'}' cannot be read ({error.strerror}); make "
                          'it with training.detector.pack') from error
    if len(coded) != pack['offset'][-1]:
        raise SourceError(f"file '{folder / 'tiles.bin'}' has {len(coded)} bytes, expected "
                          f"{pack['offset'][-1]}; make it again with training.detector.pack")
    images = [cv2.imdecode(coded[pack['offset'][row]:pack['offset'][row + 1]], cv2.IMREAD_COLOR)
              for row in rows]
    return {'image': np.array(images, np.uint8).reshape(-1, SIDE, SIDE, 3),
            **{name: pack[name][rows] for name in ('box', 'landmarks', 'flag')}}
