# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Conversion of calibrations and depth images."""
from __future__ import annotations

from typing import Any

from face_tracker_ros.errors import FrameError, shown
from face_tracker_ros.spatial import Calibration
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo, Image

_DEPTHS = {'16UC1': ('u2', 0.001), 'mono16': ('u2', 0.001), '32FC1': ('f4', 1.0)}
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def to_calibration(message: CameraInfo, rectified: bool) -> Calibration:
    """
    Return the calibration of a camera.

    Args:
        message: Of the images' size and time.
        rectified: Whether the images are rectified: P then holds, without distortion; else K and
            the distortion.
    """
    roi = message.roi
    region: dict[str, Any] = {'size': (message.width, message.height),
                              'binning': (message.binning_x, message.binning_y),
                              'roi': (roi.x_offset, roi.y_offset, roi.width, roi.height)}
    if rectified:
        projection = np.array(message.p, np.float64).reshape(3, 4)[:, :3]
        return Calibration(k=tuple(projection.ravel()), **region)
    return Calibration(k=tuple(message.k), d=tuple(message.d), model=message.distortion_model,
                       **region)


def distortion_free(width: int, height: int, horizontal_fov: float) -> CameraInfo:
    """Return the calibration of a camera that sees `horizontal_fov` degrees from left to right."""
    focal = width / 2 / float(np.tan(np.deg2rad(horizontal_fov) / 2))
    across, down = width / 2, height / 2
    return CameraInfo(
        width=width, height=height, distortion_model='plumb_bob', d=[0.0] * 5,
        k=[focal, 0.0, across, 0.0, focal, down, 0.0, 0.0, 1.0], r=list(_IDENTITY),
        p=[focal, 0.0, across, 0.0, 0.0, focal, down, 0.0, 0.0, 0.0, 1.0, 0.0])


def to_depth(message: Image) -> tuple[npt.NDArray[Any], float]:
    """
    Return the values (H, W) of a depth image, and their unit in metres.

    Raises:
        FrameError: The encoding is another one, or size, step and data do not fit together.
    """
    if message.encoding not in _DEPTHS:
        raise FrameError(f'depth image encoding {shown(message.encoding)} is unknown; publish '
                         '16UC1 (millimetres) or 32FC1 (metres)')
    kind, scale = _DEPTHS[message.encoding]
    kind = ('>' if message.is_bigendian else '<') + kind
    size = np.dtype(kind).itemsize
    height, width, step = message.height, message.width, message.step
    if not height or not width or step < width * size or len(message.data) != step * height:
        raise FrameError(f'depth image of {width}x{height} pixels, step {step}, has '
                         f'{len(message.data)} bytes; publish step * height bytes')
    return np.ndarray((height, width), kind, message.data, strides=(step, size)), scale
