# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Camera motion between two frames from the optical flow of the background."""
from __future__ import annotations

from typing import Any, NamedTuple

import cv2
from face_tracker_ros.boxes import AnyFloats
from face_tracker_ros.tracking.view import flow, View
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, Image, IntArray
import numpy as np

_CORNERS = 40  # most that are followed
_APART = 10.0  # pixels, downscaled, between two of them
_FEW = 25  # below this number, corners are detected anew
_LEAST = 12  # inliers below which a motion is rejected
_LEAST_SHARE = 0.5  # of the corners followed
_NEAR = 1.5  # pixels, downscaled; reprojection error of an inlier
_STATIC = 0.2  # pixels, downscaled, by which most corners may be off while the camera is static
_UNCLEAR = 0.5  # the same, where contrast is so low that noise changes grey as much
_NOISE = 1.5  # levels of grey by which noise changes what is around a corner
_PATCH = (5, 5)  # pixels, downscaled, around a corner that must look the same then


def _extension(sideways: float, above: float, below: float) -> FloatArray:
    """
    Return the matrix (4, 4) that extends boxes (N, 4), multiplied from the right.

    sideways: shares of the width added at each side; above, below: of the height.
    left - sideways (right - left) = (1 + sideways) left - sideways right, and so on.
    """
    return np.array([[1 + sideways, 0, -sideways, 0],
                     [0, 1 + above, 0, -below],
                     [-sideways, 0, 1 + sideways, 0],
                     [0, -above, 0, 1 + below]], np.float32)


# What moves with a face, from its box: head and shoulders, and the whole body.
_HEAD = _extension(0.5, 0.25, 1)
_BODY = _extension(1, 0.25, 6)


class _StaticView(NamedTuple):
    """Corners of a static camera's image, and how much grey may change there (N,) by noise."""

    rows: IntArray
    columns: IntArray
    allowed: FloatArray


class CameraMotion:
    """
    Follows corners outside the faces from frame to frame (Lucas and Kanade's sparse flow).

    The motion is the similarity transform (rotation, scale, shift) most corners agree on (RANSAC).
    While the camera is static, frames are compared with the first static one, so that a slow
    drift does not go unnoticed, and no flow is computed.
    """

    def __init__(self) -> None:
        """Start without a frame."""
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._grey: Image | None = None
        self._size: tuple[int, ...] = ()
        self._corners = np.zeros((0, 1, 2), np.float32)
        self._static: _StaticView | None = None

    def update(self, view: View, boxes: FloatArray) -> Float64Array | None:
        """
        Return how pixels moved from the last frame to this one.

        After a static period the motion is that since it began, which may be two pixels of 1280
        more.

        Args:
            view: of this frame.
            boxes: (N, 4), the faces in it, which move by themselves; pixels of the frame.

        Returns:
            The similarity transform (2, 3). None while the camera is static, and when its motion
            is unknown: at the first frame, after a change of size, without texture, or when most
            of what is seen moves by itself.
        """
        grey, scale = view.grey, view.scale
        if view.size != self._size:
            self.reset()
            self._size = view.size
        if self._is_static(grey):
            return None
        faces = boxes[np.isfinite(boxes).all(axis=1)] * np.float32(scale)
        motion = self._motion(grey, faces @ _HEAD)
        if len(self._corners) < _FEW:
            self._corners = _corners(grey, faces @ _BODY)
            if len(self._corners) < _LEAST:  # people fill the image
                self._corners = _corners(grey, faces @ _HEAD)
        self._grey = grey
        if motion is not None:
            motion[:, 2] /= scale
        return motion

    def _is_static(self, grey: Image) -> bool:
        """Return whether most corners look as they did when the camera became static."""
        if self._static is None or self._grey is None:
            return False
        rows, columns, allowed = self._static
        change = cv2.boxFilter(cv2.absdiff(self._grey, grey), cv2.CV_32F, _PATCH)[rows, columns]
        return bool(np.count_nonzero(change > allowed) * 2 < len(allowed))

    def _motion(self, grey: Image, heads: AnyFloats) -> Float64Array | None:
        """Follow the corners into `grey`; keep those that go with the camera."""
        before = self._corners
        self._corners = before[:0]
        self._static = None
        if self._grey is None or len(before) < _LEAST:
            return None
        after, found = flow(self._grey, grey, before)
        if not found.all():
            before, after = before[found], after[found]
        if len(before) < _LEAST:
            return None
        matrix, inliers = cv2.estimateAffinePartial2D(
            before, after, method=cv2.RANSAC, ransacReprojThreshold=_NEAR, maxIters=200)
        if matrix is None or not np.isfinite(matrix).all():
            return None
        agreeing = np.asarray(inliers)[:, 0] == 1
        if np.count_nonzero(agreeing) < max(_LEAST, _LEAST_SHARE * len(before)):
            return None
        before, after = before[agreeing], after[agreeing]
        self._corners = after[_outside(after[:, 0], heads)]
        if len(self._corners) >= _LEAST and np.abs(after - before).mean() < _STATIC:
            self._static = _static_view(grey, self._corners[:, 0])
        return np.asarray(matrix, np.float64)


def _corners(grey: Image, moving: AnyFloats) -> FloatArray:
    """
    Return corners (N, 1, 2) outside the boxes (M, 4) of what moves by itself.

    They are detected at half the size: the flow does not need them exact.
    """
    size = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
    mask = np.full(size[::-1], 255, np.uint8)
    limits = np.tile(size, 2)
    for left, top, right, bottom in np.clip(moving / 2, 0, limits).astype(int).tolist():
        mask[top:bottom, left:right] = 0
    found: Any = cv2.goodFeaturesToTrack(cv2.resize(grey, size, interpolation=cv2.INTER_AREA),
                                         _CORNERS, 0.01, _APART / 2, mask=mask, blockSize=3)
    if found is None:
        return np.zeros((0, 1, 2), np.float32)
    return np.asarray(2 * found + 0.5, np.float32)


def _outside(points: FloatArray, moving: AnyFloats) -> BoolArray:
    """Return which points (N, 2) lie outside the boxes (M, 4) of what moves by itself."""
    position, sides = points.T[:, :, None], moving.T
    within = (position >= sides[:2, None]) & (position < sides[2:, None])
    return np.asarray(~(within[0] & within[1]).any(axis=1))


def _static_view(grey: Image, points: FloatArray) -> _StaticView:
    """
    Return the corners at points (N, 2) of a static camera's image.

    Grey may change by as much as noise changes it, but by no less than a shift of _STATIC pixels
    along the weaker slope does, and by no more than one of _UNCLEAR pixels.
    """
    columns, rows = np.clip(points.astype(int), 0, np.array(grey.shape[::-1]) - 1).T
    slopes = [cv2.blur(np.abs(cv2.Sobel(grey, cv2.CV_16S, *axis)), _PATCH)[rows, columns]
              for axis in ((1, 0), (0, 1))]
    least = np.minimum(*slopes) / np.float32(8)  # of a slope of 1, Sobel's sum is 8
    allowed = np.clip(_NOISE, _STATIC * least, _UNCLEAR * least).astype(np.float32)
    return _StaticView(rows, columns, allowed)
