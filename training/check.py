# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Checks that an exported network takes and gives what the package expects."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.types import FloatArray, Image
import numpy as np


class Compiled:
    """A network of an .xml file on the CPU."""

    def __init__(self, path: Path) -> None:
        """Read it; ModelError when that is not possible."""
        self.path = path
        try:
            core = ov.Core()
            self._network = core.compile_model(core.read_model(str(path)), 'CPU', {
                'INFERENCE_PRECISION_HINT': 'f32'})
        except RuntimeError as error:
            raise ModelError(f"network '{path}' cannot be read ({_line(error)}); export it "
                             'again') from error

    def run(self, images: Any) -> FloatArray:
        """Return the one output; ModelError for another kind of network."""
        try:
            outputs = self._network([images])
        except RuntimeError as error:
            raise ModelError(f"network '{self.path}' does not run on {images.dtype} "
                             f'{images.shape} ({_line(error)}); export it again') from error
        if len(outputs) != 1:
            raise ModelError(f"network '{self.path}' has {len(outputs)} outputs; export it again")
        return np.array(outputs[0], np.float32)


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]


def check_encoder(network: Compiled, crops: Image) -> FloatArray:
    """Return the vectors (N, D) of crops (N, S, S, 3); ModelError unless of unit length."""
    vectors = network.run(crops)
    if vectors.ndim != 2 or len(vectors) != len(crops) \
            or not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        raise ModelError(f"network '{network.path}' gives {vectors.shape}, not one unit vector a "
                         'crop; export it again')
    return vectors


def check_detector(network: Compiled, image: Image) -> FloatArray:
    """Return the rows (M, 15) for an image (H, W, 3), sides multiples of 32; else ModelError."""
    planes = np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)
    rows = network.run(planes)
    height, width = image.shape[:2]
    cells = sum((height // stride) * (width // stride) for stride in (8, 16, 32))
    if rows.shape != (1, cells, 15) or not np.isfinite(rows).all() \
            or rows[..., 4].min() < 0 or rows[..., 4].max() > 1:
        raise ModelError(f"network '{network.path}' gives {rows.shape}, not (1, {cells}, 15) with "
                         'scores from 0 to 1; export it again')
    return np.asarray(rows[0], np.float32)
