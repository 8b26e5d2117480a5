# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How much a crop reveals of the identity of its face."""
from __future__ import annotations

from typing import Any

import cv2
from face_tracker_ros.boxes import area, clip
from face_tracker_ros.types import FloatArray, Image
import numpy as np

_FULL_SIZE = 64.0  # pixels; larger faces reveal no more
_SHARP = 0.3  # sharper faces reveal no more
_SIDE = 48  # pixels to which a crop is scaled, so that sharpness means the same for all sizes


def size_quality(boxes: FloatArray) -> FloatArray:
    """Return the quality (N,), 0 to 1, of boxes (N, 4) by their shorter sides alone."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).min(axis=1, initial=np.inf)
    return np.asarray(np.minimum(sides / np.float32(_FULL_SIZE), 1), np.float32)


def crop_quality(boxes: FloatArray, size: tuple[int, int], sharp: FloatArray) -> FloatArray:
    """
    Return how much each crop reveals: by size, share inside the image, and sharpness.

    Args:
        boxes: (N, 4), pixels.
        size: width and height of the image in pixels.
        sharp: (N,), as from `sharpness`.

    Returns:
        float32 (N,), 0 to 1.
    """
    inside = area(clip(boxes, *size)) / np.maximum(area(boxes), 1e-6)
    return np.asarray(size_quality(boxes) * inside * np.minimum(sharp / _SHARP, 1), np.float32)


def sharpness(image: Image, boxes: FloatArray) -> FloatArray:
    """
    Return how sharp each face is: standard deviation of the Laplacian over that of the grey.

    Args:
        image: uint8 BGR (H, W, 3).
        boxes: (N, 4), pixels.

    Returns:
        float32 (N,): about 0.1 for a blurred face, 0.5 for a sharp one, 0 outside the image.
    """
    height, width = image.shape[:2]
    found = np.zeros(len(boxes), np.float32)
    for row, box in enumerate(clip(boxes, width, height)):
        left, top, right, bottom = box.astype(int)
        if right - left < 2 or bottom - top < 2:
            continue
        grey = cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
        small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        edges = _standard_deviation(cv2.Laplacian(small, cv2.CV_32F))
        found[row] = edges / (_standard_deviation(small) + 1)
    return found


def _standard_deviation(values: Any) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0])
