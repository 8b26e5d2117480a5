# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How the camera moved between two frames, out of the background's optical flow."""
from __future__ import annotations

from typing import Any

import cv2
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, Image
import numpy as np

_SIDE = 320.0  # pixels of the longer side on which the flow is measured
_CORNERS = 60  # most that are followed
_APART = 10.0  # pixels, reduced, between two of them
_FEW = 30  # fewer than this, and corners are looked for anew
_LEAST = 12  # inliers without which a motion is not believed
_LEAST_SHARE = 0.5  # of the corners followed
_NEAR = 1.5  # pixels, reduced, between an inlier and where the motion puts it
_WINDOW = (11, 11)  # pixels, reduced, by which a corner is found again
_SHOULDERS = np.array([-0.5, -0.25, 0.5, 1.0], np.float32)  # what a box grows by, in its sides
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)


class CameraMotion:
    """
    Follows corners outside the faces from frame to frame (Lucas and Kanade's sparse flow).

    The motion is the similarity transform (turn, scale, shift) most corners agree on (RANSAC).
    """

    def __init__(self) -> None:
        """Start without a frame."""
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._grey: Image | None = None
        self._shape: tuple[int, ...] = ()
        self._corners = np.zeros((0, 1, 2), np.float32)

    def update(self, frame: Image, boxes: FloatArray,
               reduced: Image | None = None) -> Float64Array | None:
        """
        Return the (2, 3) transform of pixels from the last frame's to this one's.

        frame: uint8 BGR (H, W, 3). boxes: (N, 4), faces in it, which move by themselves.
        reduced: the same picture smaller, where there is one: it spares reading the large one.
        None when it cannot be told: at the first frame, after a change of size, without texture,
        or when most of what is seen moves by itself.
        """
        scale = min(1.0, _SIDE / max(frame.shape[:2]))
        size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
        source = frame if reduced is None or max(reduced.shape) < _SIDE else reduced
        small = cv2.resize(source, size, interpolation=cv2.INTER_LINEAR)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        background = _background(grey, boxes * scale)
        if frame.shape != self._shape:
            self.reset()
            self._shape = frame.shape
        motion = self._motion(grey, background)
        if len(self._corners) < _FEW:
            self._corners = _corners(grey, background)
        self._grey = grey
        if motion is not None:
            motion[:, 2] /= scale
        return motion

    def _motion(self, grey: Image, background: Image) -> Float64Array | None:
        """Follow the corners into `grey`; keep those that go with the camera."""
        before, self._corners = self._corners, self._corners[:0]
        if self._grey is None or self._grey.shape != grey.shape or len(before) < _LEAST:
            return None
        flow, status, _ = cv2.calcOpticalFlowPyrLK(self._grey, grey, before, before.copy(),
                                                   winSize=_WINDOW, maxLevel=3, criteria=_STEPS)
        found = np.asarray(status)[:, 0] == 1
        before, after = before[found], np.asarray(flow, np.float32)[found]
        if len(before) < _LEAST:
            return None
        matrix, inliers = cv2.estimateAffinePartial2D(
            before, after, method=cv2.RANSAC, ransacReprojThreshold=_NEAR, maxIters=200)
        if matrix is None or not np.isfinite(matrix).all():
            return None
        inlying = np.asarray(inliers)[:, 0] == 1
        if inlying.sum() < max(_LEAST, _LEAST_SHARE * len(before)):
            return None
        self._corners = after[inlying & _inside(after, background)]
        return np.asarray(matrix, np.float64)


def _background(grey: Image, boxes: FloatArray) -> Image:
    """Return a mask (H, W), 255 outside the faces and the shoulders under them."""
    mask = np.full(grey.shape, 255, np.uint8)
    sound = boxes[np.isfinite(boxes).all(axis=1)]
    grown = sound + np.tile(sound[:, 2:] - sound[:, :2], 2) * _SHOULDERS
    limits = np.tile(grey.shape[::-1], 2)
    for left, top, right, bottom in np.clip(grown, 0, limits).astype(int).tolist():
        mask[top:bottom, left:right] = 0
    return mask


def _corners(grey: Image, background: Image) -> FloatArray:
    """Return corners (N, 1, 2), looked for at half the size: the flow does not need them exact."""
    size = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
    found: Any = cv2.goodFeaturesToTrack(
        cv2.resize(grey, size, interpolation=cv2.INTER_AREA), _CORNERS, 0.01, _APART / 2,
        mask=cv2.resize(background, size, interpolation=cv2.INTER_NEAREST), blockSize=3)
    if found is None:
        return np.zeros((0, 1, 2), np.float32)
    return np.asarray(2 * found + 0.5, np.float32)


def _inside(points: FloatArray, background: Image) -> BoolArray:
    """Return which points (N, 1, 2) lie on the background."""
    x, y = np.round(points[:, 0]).astype(int).T
    height, width = background.shape
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    within[within] = background[y[within], x[within]] > 0
    return np.asarray(within)
