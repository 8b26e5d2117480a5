# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How much a crop can tell about whose face it shows."""
from __future__ import annotations

from typing import Any

import cv2
from face_tracker_ros.boxes import area, clip
from face_tracker_ros.types import FloatArray, Image
import numpy as np

_FULL_SIZE = 64.0  # pixels; larger faces tell no more about who it is
_SHARP = 0.3  # sharper faces tell no more
_SIDE = 48  # pixels to which a crop is brought, so that sharpness means the same for all sizes


def by_size(boxes: FloatArray) -> FloatArray:
    """Return 0 to 1 for each of boxes (N, 4) by its shorter side alone."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).min(axis=1, initial=np.inf)
    return np.asarray(np.minimum(sides / np.float32(_FULL_SIZE), 1), np.float32)


def quality(boxes: FloatArray, size: tuple[int, int], sharp: FloatArray) -> FloatArray:
    """
    Return 0 to 1 for each of boxes (N, 4): by size, share inside the picture, and sharpness.

    size: width and height of the picture; sharp: (N,), as from `sharpness`.
    """
    inside = area(clip(boxes, *size)) / np.maximum(area(boxes), 1e-6)
    return np.asarray(by_size(boxes) * inside * np.minimum(sharp / _SHARP, 1), np.float32)


def sharpness(image: Image, boxes: FloatArray) -> FloatArray:
    """
    Return how sharp each face is: standard deviation of the Laplacian over that of the grey.

    image: uint8 BGR (H, W, 3); boxes: (N, 4). About 0.1 for a blurred face, 0.5 for a sharp one;
    0 for boxes outside the picture.
    """
    height, width = image.shape[:2]
    found = np.zeros(len(boxes), np.float32)
    for row, box in enumerate(clip(boxes, width, height)):
        left, top, right, bottom = box.astype(int)
        if right - left < 2 or bottom - top < 2:
            continue
        grey = cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
        small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        found[row] = _deviation(cv2.Laplacian(small, cv2.CV_32F)) / (_deviation(small) + 1)
    return found


def _deviation(values: Any) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0])
