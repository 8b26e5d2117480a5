# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A frame as optical flow is measured on it, grey and small, and that flow."""
from __future__ import annotations

from typing import NamedTuple

import cv2
from face_tracker_ros.types import BoolArray, FloatArray, Image
import numpy as np

SIDE = 320
"""Pixels of a view's longer side, where no other number is asked for."""
_WINDOW = (9, 9)  # pixels around a point that are compared
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)


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
        return _view(grey, (width, height), side)

    def reduced(self, side: int = SIDE) -> View:
        """Return the view with at most so many pixels of the longer side."""
        return _view(self.grey, self.size, side)


def flow(before: Image, after: Image, points: FloatArray) -> tuple[FloatArray, BoolArray]:
    """
    Follow points from one grey image to the next (Lucas and Kanade's sparse flow, in pyramids).

    Args:
        before, after: uint8 (h, w), of views of one size.
        points: (N, 1, 2), pixels of `before`.

    Returns:
        Where they are in `after`, (N, 1, 2), and which were found (N,).
    """
    there, status, _ = cv2.calcOpticalFlowPyrLK(before, after, points, points.copy(),
                                                winSize=_WINDOW, maxLevel=3, criteria=_STEPS)
    return np.asarray(there, np.float32), np.asarray(status)[:, 0] == 1


def _view(grey: Image, size: tuple[int, int], side: int) -> View:
    """Return the view of a frame of this size, from it or a larger view of it in grey."""
    scale = min(1.0, side / max(size))
    width, height = (max(1, round(length * scale)) for length in size)
    while grey.shape[1] >= 2 * width:
        grey = _halved(grey)
    if grey.shape != (height, width):
        grey = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR),
                          np.uint8)
    return View(grey, scale, size)


def _halved(image: Image) -> Image:
    half = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
    return np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_LINEAR), np.uint8)
