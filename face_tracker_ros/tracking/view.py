# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A frame as optical flow is measured on it: grey and small."""
from __future__ import annotations

from typing import NamedTuple

import cv2
from face_tracker_ros.types import Image
import numpy as np

SIDE = 320
"""Pixels of a view's longer side, where no other number is asked for."""


class View(NamedTuple):
    """
    A frame in grey, downscaled.

    Attributes:
        grey: uint8 (h, w).
        scale: pixels of `grey` in one of the frame.
        size: width and height of the frame.
    """

    grey: Image
    scale: float
    size: tuple[int, int]

    @classmethod
    def of(cls, frame: Image, downscaled: Image | None = None, side: int = SIDE) -> View:
        """
        Return the view of a frame.

        Args:
            frame: uint8 BGR (H, W, 3).
            downscaled: the same image downscaled, where there is one: less to read.
            side: most pixels of the longer side.
        """
        height, width = frame.shape[:2]
        if downscaled is None or max(downscaled.shape) < side:
            downscaled = frame
        if max(downscaled.shape) >= 2 * side:
            downscaled = _halved(downscaled)  # before it is grey: one pass less over all pixels
        grey: Image = np.asarray(cv2.cvtColor(downscaled, cv2.COLOR_BGR2GRAY), np.uint8)
        return cls(grey, 1.0, (width, height)).reduced(side)

    def reduced(self, side: int = SIDE) -> View:
        """Return the view with at most so many pixels of the longer side."""
        scale = min(1.0, side / max(self.size))
        width, height = (max(1, round(length * scale)) for length in self.size)
        grey = self.grey
        while grey.shape[1] >= 2 * width:
            grey = _halved(grey)
        if grey.shape != (height, width):
            grey = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR),
                              np.uint8)
        return View(grey, scale, self.size)


def _halved(image: Image) -> Image:
    half = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
    return np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_LINEAR), np.uint8)
