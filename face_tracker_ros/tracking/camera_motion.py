# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How the camera moved between two frames, out of the background's optical flow."""
from __future__ import annotations

from typing import Any

import cv2
from face_tracker_ros.boxes import AnyFloats
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, Image, IntArray
import numpy as np

_SIDE = 320.0  # pixels of the longer side on which the flow is measured
_CORNERS = 40  # most that are followed
_APART = 10.0  # pixels, reduced, between two of them
_FEW = 25  # fewer than this, and corners are looked for anew
_LEAST = 12  # inliers without which a motion is not believed
_LEAST_SHARE = 0.5  # of the corners followed
_NEAR = 1.5  # pixels, reduced, between an inlier and where the motion puts it
_WINDOW = (9, 9)  # pixels, reduced, by which a corner is found again
# What moves with a face: boxes (N, 4) times these. The head with the shoulders is half a box wider
# at each side, a quarter of one higher and one deeper; a body a whole one and six.
_HEAD = np.array([[1.5, 0, -0.5, 0], [0, 1.25, 0, -1], [-0.5, 0, 1.5, 0], [0, -0.25, 0, 2]],
                 np.float32)
_BODY = np.array([[2, 0, -1, 0], [0, 1.25, 0, -6], [-1, 0, 2, 0], [0, -0.25, 0, 7]], np.float32)
_STILL = 0.2  # pixels, reduced, by which most corners may be off while the camera is at rest
_UNCLEAR = 0.5  # the same, where contrast is so low that noise changes grey as much
_NOISE = 1.5  # levels of grey by which noise changes what is around a corner
_PATCH = (5, 5)  # pixels, reduced, around a corner that must look the same then
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)


class CameraMotion:
    """
    Follows corners outside the faces from frame to frame (Lucas and Kanade's sparse flow).

    The motion is the similarity transform (turn, scale, shift) most corners agree on (RANSAC).
    While the camera is at rest frames are compared with the one since when it is, so that a slow
    drift does not go unnoticed, and nothing is followed.
    """

    def __init__(self) -> None:
        """Start without a frame."""
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._grey: Image | None = None
        self._shape: tuple[int, ...] = ()
        self._corners = np.zeros((0, 1, 2), np.float32)
        self._resting: tuple[IntArray, IntArray, FloatArray] | None = None

    def update(self, frame: Image, boxes: FloatArray,
               reduced: Image | None = None) -> Float64Array | None:
        """
        Return the (2, 3) transform of pixels from the last frame's to this one's.

        After a rest it is that since the rest began, which may be two pixels of 1280 more.

        frame: uint8 BGR (H, W, 3). boxes: (N, 4), faces in it, which move by themselves.
        reduced: the same picture smaller, where there is one: it spares reading the large one.
        None while the camera is at rest, and when its motion cannot be told: at the first frame,
        after a change of size, without texture, or when most of what is seen moves by itself.
        """
        height, width = frame.shape[:2]
        scale = min(1.0, _SIDE / max(width, height))
        source = frame if reduced is None or max(reduced.shape) < _SIDE else reduced
        grey = _grey(source, (max(1, round(width * scale)), max(1, round(height * scale))))
        if frame.shape != self._shape:
            self.reset()
            self._shape = frame.shape
        if self._is_at_rest(grey):
            return None
        faces = boxes[np.isfinite(boxes).all(axis=1)] * np.float32(scale)
        motion = self._motion(grey, faces @ _HEAD)
        if len(self._corners) < _FEW:
            self._corners = _corners(grey, faces @ _BODY)
            if len(self._corners) < _LEAST:  # people fill the picture
                self._corners = _corners(grey, faces @ _HEAD)
        self._grey = grey
        if motion is not None:
            motion[:, 2] /= scale
        return motion

    def _is_at_rest(self, grey: Image) -> bool:
        """Return whether most corners look as they did when the camera came to rest."""
        if self._resting is None or self._grey is None:
            return False
        rows, columns, most = self._resting
        change = cv2.boxFilter(cv2.absdiff(self._grey, grey), cv2.CV_32F, _PATCH)[rows, columns]
        return bool(np.count_nonzero(change > most) * 2 < len(most))

    def _motion(self, grey: Image, heads: AnyFloats) -> Float64Array | None:
        """Follow the corners into `grey`; keep those that go with the camera."""
        before, self._corners, self._resting = self._corners, self._corners[:0], None
        if self._grey is None or len(before) < _LEAST:
            return None
        flow, status, _ = cv2.calcOpticalFlowPyrLK(self._grey, grey, before, before.copy(),
                                                   winSize=_WINDOW, maxLevel=3, criteria=_STEPS)
        after = np.asarray(flow, np.float32)
        if not status.all():
            found = np.asarray(status)[:, 0] == 1
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
        if len(self._corners) >= _LEAST and np.abs(after - before).mean() < _STILL:
            self._resting = _change_allowed(grey, self._corners[:, 0])
        return np.asarray(matrix, np.float64)


def _grey(picture: Image, size: tuple[int, int]) -> Image:
    """Return the picture grey and of this size; halved, as a picture reduced by two is."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    while grey.shape[1] >= 2 * size[0]:
        half = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
        grey = cv2.resize(grey, half, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _corners(grey: Image, moving: AnyFloats) -> FloatArray:
    """
    Return corners (N, 1, 2) outside the boxes (M, 4) of what moves by itself.

    They are looked for at half the size: the flow does not need them exact.
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
    place, sides = points.T[:, :, None], moving.T
    within = (place >= sides[:2, None]) & (place < sides[2:, None])
    return np.asarray(~(within[0] & within[1]).any(axis=1))


def _change_allowed(grey: Image, points: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return rows, columns and by how much grey may change there while points (N, 2) are still."""
    columns, rows = np.clip(points.astype(int), 0, np.array(grey.shape[::-1]) - 1).T
    slopes = [cv2.blur(np.abs(cv2.Sobel(grey, cv2.CV_32F, *axis, scale=1 / 8)), _PATCH)
              for axis in ((1, 0), (0, 1))]
    least = np.minimum(*slopes)[rows, columns]
    return rows, columns, np.clip(_NOISE, _STILL * least, _UNCLEAR * least).astype(np.float32)
