# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A frame as optical flow is measured on it: grey and small."""
from __future__ import annotations

from typing import NamedTuple

import cv2
from face_tracker_ros.types import Image
import numpy as np

_SIDE = 320.0  # pixels of the longer side


class View(NamedTuple):
    """
    A frame in grey, downscaled.

    Attributes:
        grey: uint8 (h, w), the longer side at most 320 pixels.
        scale: pixels of `grey` in one of the frame.
        size: width and height of the frame.
    """

    grey: Image
    scale: float
    size: tuple[int, int]

    @classmethod
    def of(cls, frame: Image, downscaled: Image | None = None) -> View:
        """
        Return the view of a frame.

        Args:
            frame: uint8 BGR (H, W, 3).
            downscaled: the same image downscaled, where there is one: less to read.
        """
        height, width = frame.shape[:2]
        scale = min(1.0, _SIDE / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        source = frame if downscaled is None or max(downscaled.shape) < _SIDE else downscaled
        if source.shape[1] >= 4 * size[0]:  # before it is grey: one pass less over all pixels
            source = _halved(source)
        grey: Image = np.asarray(cv2.cvtColor(source, cv2.COLOR_BGR2GRAY), np.uint8)
        while grey.shape[1] >= 2 * size[0]:
            grey = _halved(grey)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
        return cls(np.asarray(small, np.uint8), scale, (width, height))


def _halved(image: Image) -> Image:
    half = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
    return np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_LINEAR), np.uint8)
