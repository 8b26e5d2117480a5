# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A camera's calibration as ROS gives it, and the rays of its pixels."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.types import Float64Array
import numpy as np

PLUMB_BOB, RATIONAL, EQUIDISTANT = 'plumb_bob', 'rational_polynomial', 'equidistant'
# Numbers of coefficients that drivers publish for each model.
_COEFFICIENTS = {PLUMB_BOB: (0, 4, 5), RATIONAL: (0, 8, 12, 14), EQUIDISTANT: (0, 4)}
_ALIASES = {'': PLUMB_BOB, 'none': PLUMB_BOB, 'pinhole': PLUMB_BOB, 'radtan': PLUMB_BOB,
            'fisheye': EQUIDISTANT}
_SAME_ASPECT = 0.01  # relative; sizes of another aspect ratio are another crop of the image
_UNDISTORT_ERROR = 0.5  # pixels; beyond, undoing the distortion has failed
_UNDISTORT_STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-8)


@dataclass(frozen=True)
class Calibration:
    """
    What a sensor_msgs/CameraInfo holds, in plain values.

    Attributes:
        size: width and height of the full, calibrated image, pixels.
        k: camera matrix, 9 numbers, row by row.
        d: coefficients of the distortion `model`.
        binning: pixels combined in x and y; 0 counts as 1.
        roi: left, top, width, height of the part of the full image that is sent; zeros: all of it.
    """

    size: tuple[int, int]
    k: tuple[float, ...]
    d: tuple[float, ...] = ()
    model: str = PLUMB_BOB
    binning: tuple[int, int] = (1, 1)
    roi: tuple[int, int, int, int] = (0, 0, 0, 0)


class CameraModel:
    """Rays of the pixels of images of one size, in the optical frame (x right, y down)."""

    def __init__(self, calibration: Calibration, width: int, height: int) -> None:
        """
        Fit the calibration to images of width x height pixels.

        Accepted are images cropped and binned as the calibration states, the full image, and
        either of them scaled.

        Raises:
            ConfigError: the calibration cannot be used, or is for images of another shape.
        """
        model = calibration.model.strip().lower()
        self.distortion_model = _ALIASES.get(model, model)
        distortion = _coefficients(calibration, self.distortion_model)
        self.size = width, height
        self.matrix = _fitted(calibration, width, height)
        self._distortion = distortion

    @property
    def focal(self) -> float:
        """Pixels: the geometric mean of both focal lengths."""
        return float(np.sqrt(self.matrix[0, 0] * self.matrix[1, 1]))

    def rays(self, points: Float64Array) -> Float64Array:
        """
        Return the undistorted rays (N, 3), of unit length, of pixels (N, 2).

        Rows of NaN where the distortion cannot be undone, as far outside an image.
        """
        pixels = np.ascontiguousarray(points, np.float64).reshape(-1, 1, 2)
        if not len(pixels):
            return np.zeros((0, 3))
        if self.distortion_model == EQUIDISTANT and self._distortion.any():
            flat = cv2.fisheye.undistortPoints(pixels, self.matrix, self._distortion[:4])
        elif self.distortion_model == EQUIDISTANT:
            return self._ideal_fisheye(pixels[:, 0])
        else:
            flat = cv2.undistortPointsIter(pixels, self.matrix, self._distortion, np.eye(3),
                                           np.eye(3), _UNDISTORT_STEPS)
        plane = np.asarray(flat, np.float64).reshape(-1, 2)
        rays = np.column_stack((plane, np.ones(len(plane))))
        missed = np.linalg.norm(self.pixels(rays) - pixels[:, 0], axis=1)
        rays[~(missed < _UNDISTORT_ERROR)] = np.nan
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.float64)

    def pixels(self, points: Float64Array) -> Float64Array:
        """Return the pixels (N, 2) of points (N, 3) in front of the camera."""
        none = np.zeros(3)
        given = np.ascontiguousarray(points, np.float64).reshape(-1, 1, 3)
        if not len(given):
            return np.zeros((0, 2))
        if self.distortion_model == EQUIDISTANT:
            seen, _ = cv2.fisheye.projectPoints(given, none, none, self.matrix,
                                                self._distortion[:4])
        else:
            seen, _ = cv2.projectPoints(given, none, none, self.matrix, self._distortion)
        return np.asarray(seen, np.float64).reshape(-1, 2)

    def _ideal_fisheye(self, pixels: Float64Array) -> Float64Array:
        """Return rays of the distance-is-angle projection, valid beyond 90 degrees as well."""
        centred = (pixels - self.matrix[:2, 2]) / np.diag(self.matrix)[:2]
        angle = np.linalg.norm(centred, axis=1, keepdims=True)
        side = np.sinc(angle / np.pi) * centred
        return np.hstack((side, np.cos(angle)))


def _coefficients(calibration: Calibration, model: str) -> Float64Array:
    """
    Return the coefficients of the distortion, as many as OpenCV takes.

    Zeros at the end mean the same as none. ConfigError for a calibration that cannot be used.
    """
    k = np.array(calibration.k, np.float64)
    if k.shape != (9,) or not np.isfinite(k).all() or k[0] <= 0 or k[4] <= 0:
        raise ConfigError(f'calibration: camera matrix {_text(calibration.k)} has no focal '
                          'lengths; calibrate the camera and let '
                          'its driver publish the result')
    if min(calibration.size) <= 0:
        raise ConfigError('calibration: size {}x{}; publish width and height of the calibrated '
                          'image'.format(*calibration.size))
    if model not in _COEFFICIENTS:
        raise ConfigError(f"calibration: distortion model '{calibration.model}' is unknown; "
                          f"publish {', '.join(_COEFFICIENTS)}, or rectified images with "
                          'spatial.rectified')
    given = np.trim_zeros(np.array(calibration.d, np.float64), 'b')
    counts = _COEFFICIENTS[model]
    if not np.isfinite(given).all() or len(given) > counts[-1]:
        hint = f'; {len(given)} are those of {RATIONAL}' if (
            model == PLUMB_BOB and len(given) in _COEFFICIENTS[RATIONAL]) else ''
        raise ConfigError(f'calibration: D {_text(calibration.d)} does not fit; {model} has '
                          f"{' or '.join(map(str, counts))} finite coefficients{hint}")
    length = next(count for count in counts if count >= max(len(given), counts[1]))
    return np.pad(given, (0, length - len(given)))


def _fitted(calibration: Calibration, width: int, height: int) -> Float64Array:
    """Return K (3, 3) for images of width x height."""
    full = calibration.size
    left, top, *part = calibration.roi
    binned = max(1, calibration.binning[0]), max(1, calibration.binning[1])
    part_size = part[0] or full[0], part[1] or full[1]
    sent = part_size[0] // binned[0], part_size[1] // binned[1]
    matrix = np.array(calibration.k, np.float64).reshape(3, 3)
    if (width, height) == full and sent != full:  # a driver that sends all of it after all
        return matrix
    if _same_aspect((width, height), sent):
        return _scaled(_moved(matrix, left, top), width / part_size[0], height / part_size[1])
    if _same_aspect((width, height), full):
        return _scaled(matrix, width / full[0], height / full[1])
    raise ConfigError(f'calibration: it is for images of {sent[0]}x{sent[1]}, and these '
                      f'have {width}x{height}; publish the calibration of this resolution')


def _same_aspect(size: tuple[int, int], other: tuple[int, int]) -> bool:
    # a pixel more or less is rounding, and no other crop
    slack = _SAME_ASPECT * size[0] * other[1] + max(*size, *other)
    return min(other) > 0 and abs(size[0] * other[1] - size[1] * other[0]) <= slack


def _moved(matrix: Float64Array, left: float, top: float) -> Float64Array:
    moved = matrix.copy()
    moved[:2, 2] -= left, top
    return moved


def _scaled(matrix: Float64Array, x: float, y: float) -> Float64Array:
    """Return K of the image scaled by x and y; whole numbers are the centres of pixels."""
    scaled = matrix.copy()
    scaled[0] *= x
    scaled[1] *= y
    scaled[0, 2] += (x - 1) / 2
    scaled[1, 2] += (y - 1) / 2
    return scaled


def _text(values: Sequence[float]) -> str:
    return '[' + ', '.join(f'{value:g}' for value in values) + ']'
