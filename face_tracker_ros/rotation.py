# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Images of cameras that are mounted rotated: made upright, and results mapped back.

Points are (x, y) in pixels, x to the right and y down, (0, 0) the image's top left corner and
(width, height) its bottom right one, as for boxes.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
from face_tracker_ros.types import Detections, Float64Array, FloatArray, Image, Tracks
import numpy as np

_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
# What undoes the rotation of a direction, as [[xx, xy], [yx, yy]].
_BACK = {0: ((1, 0), (0, 1)), 90: ((0, 1), (-1, 0)), 180: ((-1, 0), (0, -1)),
         270: ((0, -1), (1, 0))}


def down_of(degrees: int) -> Float64Array:
    """Return the unit vector (3,), in the optical frame, that is down in the upright image."""
    (_, x), (_, y) = _BACK[degrees]
    return np.array([x, y, 0.0])


def rotate(image: Image, degrees: int) -> Image:
    """Return the image rotated clockwise by 0, 90, 180 or 270 degrees; 0: the same object."""
    return np.asarray(cv2.rotate(image, _CODES[degrees]), np.uint8) if degrees else image


@dataclass(frozen=True)
class Rotation:
    """
    Maps what was found in an upright image back into the image as it came.

    Attributes:
        degrees: clockwise rotation that makes the image upright: 0, 90, 180 or 270.
        width: pixels of the image as it came.
        height: likewise.
    """

    degrees: int
    width: int
    height: int

    def vectors(self, vectors: FloatArray) -> FloatArray:
        """Return directions (..., 2), such as velocities, in the image as it came."""
        return np.asarray(vectors @ np.array(_BACK[self.degrees], np.float32).T, np.float32)

    def points(self, points: FloatArray) -> FloatArray:
        """Return points (..., 2) in the image as it came."""
        # An axis that points the other way counts from the far side of the image.
        corner = np.array((self.width, self.height), np.float32)
        negative = np.array(_BACK[self.degrees]).sum(axis=1) < 0
        return np.asarray(self.vectors(points) + corner * negative, np.float32)

    def boxes(self, boxes: FloatArray) -> FloatArray:
        """Return boxes (N, 4) in the image as it came."""
        corners = self.points(boxes.reshape(-1, 2, 2))
        return np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1)

    def detections(self, found: Detections) -> Detections:
        """Return detections in the image as it came."""
        landmarks = None if found.landmarks is None else self.points(found.landmarks)
        return Detections(self.boxes(found.boxes), found.scores, landmarks)

    def tracks(self, tracks: Tracks) -> Tracks:
        """Return tracks in the image as it came."""
        return replace(tracks, boxes=self.boxes(tracks.boxes),
                       velocities=self.vectors(tracks.velocities))
