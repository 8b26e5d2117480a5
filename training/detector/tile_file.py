# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Tiles in two files: what detector.cut and detector.pack write and the training reads.

tiles.bin holds T images of 250x250 pixels (WebP or JPEG), one after another; tiles.npz: off
(T + 1,), where each begins; box (T, 12, 4) in pixels of the tile, lm (T, 12, 5, 2): the subject's
right eye, left eye, nose, right and left mouth corner; flag (T, 12): 1 face, 2 ignore, 0 no
label; split (T,): 0 with faces, 1 with faces and held out, 2 without faces; weight (T,): how
often a tile is drawn, relative to others; source (T,): name of the folder the image came from.
"""
from __future__ import annotations

from pathlib import Path

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.bare import decode_all
from training.common import load_arrays

SIDE = 250  # pixels of a tile
LABELS = 12  # most labels of a tile
FACE, IGNORE = 1, 2
TRAIN, HELD, FACELESS = 0, 1, 2
_ARRAYS = ('off', 'box', 'lm', 'flag', 'split', 'weight')


class TileWriter:
    """Collects tiles and writes them."""

    def __init__(self) -> None:
        """Begin empty."""
        self.bytes = 0
        self._tiles: list[bytes] = []
        self._rows: list[FloatArray] = []
        self._of_tile: list[tuple[int, float, str]] = []

    def add(self, image: Image, rows: FloatArray, split: int, source: str, weight: float = 1.0,
            quality: int = 95) -> None:
        """Add a tile (250, 250, 3) with at most 12 rows (N, 15): box, flag, landmarks."""
        _, coded = cv2.imencode('.webp', image, [cv2.IMWRITE_WEBP_QUALITY, quality])
        padded = np.zeros((LABELS, 15), np.float32)
        padded[:len(rows)] = rows
        self._tiles.append(coded.tobytes())
        self._rows.append(padded)
        self._of_tile.append((split, weight, source))
        self.bytes += len(self._tiles[-1])

    def save(self, folder: Path) -> None:
        """Write tiles.bin and tiles.npz into an existing folder."""
        (folder / 'tiles.bin').write_bytes(b''.join(self._tiles))
        rows = np.array(self._rows, np.float32).reshape(-1, LABELS, 15)
        splits, weights, sources = zip(*self._of_tile) if self._of_tile else ((), (), ())
        np.savez_compressed(
            folder / 'tiles.npz', off=np.cumsum([0, *map(len, self._tiles)]),
            box=rows[..., :4], lm=rows[..., 5:].reshape(-1, LABELS, 5, 2),
            flag=rows[..., 4].astype(np.uint8), split=np.array(splits, np.uint8),
            weight=np.array(weights, np.float32), source=np.array(sources, str))


def read_tiles(folder: Path, split: int, limit: int = 0) -> dict[str, np.ndarray]:
    """
    Return the tiles of a split (the first `limit` of them, 0 for all).

    image (T, 250, 250, 3) uint8 BGR, row (T,) in tiles.npz, box (T, 12, 4), lm (T, 12, 5, 2),
    flag (T, 12), weight (T,).
    Raises SourceError for files that are missing or do not belong together.
    """
    tiles = load_arrays(folder / 'tiles.npz', _ARRAYS, 'detector.pack')
    rows = np.flatnonzero(tiles['split'] == split)[:limit or None]
    try:
        coded = np.fromfile(folder / 'tiles.bin', np.uint8)
    except OSError as error:
        raise SourceError(f"file '{folder / 'tiles.bin'}' cannot be read ({error.strerror}); make "
                          'it with training.detector.pack') from error
    off = tiles['off']
    if len(coded) != off[-1]:
        raise SourceError(f"file '{folder / 'tiles.bin'}' has {len(coded)} bytes, expected "
                          f'{off[-1]}; make it again with training.detector.pack')
    images = decode_all(coded.tobytes(), off, rows, SIDE)
    return {'image': images, 'row': rows, **{name: tiles[name][rows] for name in (
        'box', 'lm', 'flag', 'weight')}}


def read_sources(folder: Path, split: int) -> np.ndarray:
    """Return the sources (T,) of a split's tiles, in the order of `read_tiles`."""
    tiles = load_arrays(folder / 'tiles.npz', ('split', 'source'), 'detector.cut')
    return np.asarray(tiles['source'][tiles['split'] == split])
