# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Calibrations and depth images out of messages."""
from __future__ import annotations

from face_tracker_ros.errors import FrameError
from face_tracker_ros.spatial import Calibration
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo, Image

_DEPTHS = {'16UC1': ('u2', 0.001), 'mono16': ('u2', 0.001), '32FC1': ('f4', 1.0)}
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def to_calibration(message: CameraInfo, rectified: bool) -> Calibration:
    """Return the calibration of the pictures as they come, or, with P, of rectified ones."""
    roi = message.roi
    where = {'size': (message.width, message.height),
             'binning': (message.binning_x, message.binning_y),
             'roi': (roi.x_offset, roi.y_offset, roi.width, roi.height)}
    if rectified:
        projection = np.array(message.p, np.float64).reshape(3, 4)[:, :3]
        return Calibration(k=tuple(projection.ravel()), **where)
    return Calibration(k=tuple(message.k), d=tuple(message.d), model=message.distortion_model,
                       **where)


def distortion_free(width: int, height: int, horizontal_fov: float) -> CameraInfo:
    """Return the calibration of a camera that sees `horizontal_fov` degrees from left to right."""
    focal = width / 2 / float(np.tan(np.deg2rad(horizontal_fov) / 2))
    across, down = width / 2, height / 2
    return CameraInfo(
        width=width, height=height, distortion_model='plumb_bob', d=[0.0] * 5,
        k=[focal, 0.0, across, 0.0, focal, down, 0.0, 0.0, 1.0], r=list(_IDENTITY),
        p=[focal, 0.0, across, 0.0, 0.0, focal, down, 0.0, 0.0, 0.0, 1.0, 0.0])


def to_depth(message: Image) -> tuple[npt.NDArray, float]:
    """
    Return the values (H, W) of a depth image and how many metres one of them is.

    Raises FrameError for another encoding, and when size, step and data do not fit together.
    """
    if message.encoding not in _DEPTHS:
        raise FrameError(f"depth image encoding '{message.encoding}' is unknown; publish 16UC1 "
                         '(millimetres) or 32FC1 (metres)')
    kind, scale = _DEPTHS[message.encoding]
    kind = ('>' if message.is_bigendian else '<') + kind
    size = np.dtype(kind).itemsize
    height, width, step = message.height, message.width, message.step
    if not height or not width or step < width * size or len(message.data) != step * height:
        raise FrameError(f'depth image of {width}x{height} pixels, step {step}, has '
                         f'{len(message.data)} bytes; publish step * height bytes')
    return np.ndarray((height, width), kind, message.data, strides=(step, size)), scale
