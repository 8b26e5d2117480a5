# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
From the fields of sensor_msgs images to NumPy images, wherever the messages come from.

cv_bridge is not used even where it is installed: it misreads a `step` whose padding is no
multiple of the pixel size, fails on big-endian images under NumPy 2 and does not load there at
all when it was built for NumPy 1. Where it is right, the results here equal its own (tested).
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast, Protocol

import cv2
from face_tracker_ros.errors import FrameError, shown
from face_tracker_ros.image_header import check_header, check_pixels
from face_tracker_ros.types import Image as ImageArray
from face_tracker_ros.video.opencv import quiet
import numpy as np
import numpy.typing as npt


class RawImage(Protocol):
    """The fields of sensor_msgs/Image that are read."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class EncodedImage(Protocol):
    """The fields of sensor_msgs/CompressedImage that are read."""

    format: str
    data: Any


Pixels = npt.NDArray[Any]
_Decode = Callable[[Pixels], ImageArray]


@dataclass(frozen=True)
class _Encoding:
    """
    How the bytes of an image are laid out, and what makes BGR of them.

    kind: NumPy's letter of a value, 'u' or 'f'. subsampled: planes of 4:2:0, one and a half bytes
    a pixel: all rows of Y, then chroma at half the width and height.
    """

    channels: int
    decode: _Decode
    item_size: int = 1
    kind: str = 'u'
    width_multiple: int = 1
    smallest: int = 1
    subsampled: bool = False


def _color(code: int) -> _Decode:
    return cast(_Decode, partial(cv2.cvtColor, code=code))


def _eight(pixels: Pixels) -> ImageArray:
    """Scale the full range of 16 bits to that of 8 (65535 / 257 = 255), rounded as cv_bridge."""
    return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(pixels), alpha=1 / 257), np.uint8)


def _deep(decode: _Decode) -> _Decode:
    return lambda pixels: decode(_eight(pixels))


_SPREAD = (0.5, 99.5)  # percentiles between which values without a known range are stretched


def _stretched(pixels: Pixels) -> ImageArray:
    """Return grey of values without a known range, as of infrared cameras: from dark to bright."""
    low, high = np.percentile(pixels[::4, ::4], _SPREAD)
    grey = (np.clip(pixels, low, high) - low) * (255 / max(high - low, 1.0))
    return _GREY(np.rint(grey).astype(np.uint8))


def _unit_range(pixels: Pixels) -> ImageArray:
    """Return grey of values from 0 to 1; what is beyond is cut, and what is no number is dark."""
    return _GREY(np.rint(np.clip(np.nan_to_num(pixels, nan=0.0), 0, 1) * 255).astype(np.uint8))


def _subsampled(code: int) -> _Encoding:
    """Return the encoding of rows of Y, and below them chroma in the order of OpenCV's code."""
    return _Encoding(1, lambda rows: _color(code)(np.ascontiguousarray(rows)), smallest=2,
                     subsampled=True)


_GREY = _color(cv2.COLOR_GRAY2BGR)
_BGR = _Encoding(3, np.ascontiguousarray)
_BGRA = _Encoding(4, _color(cv2.COLOR_BGRA2BGR))
_MONO8 = _Encoding(1, _GREY)
_UYVY = _Encoding(2, _color(cv2.COLOR_YUV2BGR_UYVY), width_multiple=2)
_YUYV = _Encoding(2, _color(cv2.COLOR_YUV2BGR_YUYV), width_multiple=2)


# OpenCV names a Bayer pattern after the second and third pixel of its second row, ROS after the
# four pixels of its corner, row by row.
_BAYER = {'rggb': cv2.COLOR_BayerBG2BGR, 'bggr': cv2.COLOR_BayerRG2BGR,
          'gbrg': cv2.COLOR_BayerGR2BGR, 'grbg': cv2.COLOR_BayerGB2BGR}
_ENCODINGS: dict[str, _Encoding] = {
    'bgr8': _BGR,
    'rgb8': _Encoding(3, _color(cv2.COLOR_RGB2BGR)),
    'bgra8': _BGRA,
    'rgba8': _Encoding(4, _color(cv2.COLOR_RGBA2BGR)),
    'mono8': _MONO8,
    'mono16': _Encoding(1, _deep(_GREY), item_size=2),
    'bgr16': _Encoding(3, _eight, item_size=2),
    'rgb16': _Encoding(3, _deep(_color(cv2.COLOR_RGB2BGR)), item_size=2),
    'bgra16': _Encoding(4, _deep(_color(cv2.COLOR_BGRA2BGR)), item_size=2),
    'rgba16': _Encoding(4, _deep(_color(cv2.COLOR_RGBA2BGR)), item_size=2),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    'nv12': _subsampled(cv2.COLOR_YUV2BGR_NV12),
    'nv21': _subsampled(cv2.COLOR_YUV2BGR_NV21),
    'yuv420': _subsampled(cv2.COLOR_YUV2BGR_I420),
    **{f'bayer_{name}8': _Encoding(1, _color(code), smallest=3)
       for name, code in _BAYER.items()},
    **{f'bayer_{name}16': _Encoding(1, _deep(_color(code)), item_size=2, smallest=3)
       for name, code in _BAYER.items()},
    # Without a colour meaning: what OpenCV programs publish, so its channel order is taken.
    '8UC1': _MONO8,
    '8UC3': _BGR,
    '8UC4': _BGRA,
    '16UC1': _Encoding(1, _stretched, item_size=2),
    '32FC1': _Encoding(1, _unit_range, item_size=4, kind='f'),
}

ENCODINGS: tuple[str, ...] = tuple(_ENCODINGS)


def from_raw(message: RawImage) -> ImageArray:
    """
    Return the image, uint8 BGR (H, W, 3) and contiguous, of a sensor_msgs/Image.

    bgr8 without padding is a view of the message's own bytes: copy it before drawing on it.
    Raises FrameError when the encoding is unknown, and when size, step and data do not fit
    together.
    """
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise FrameError(f'image encoding {shown(message.encoding)} is unknown; '
                         f"publish one of {', '.join(ENCODINGS)}")
    _check_layout(message, encoding)
    if encoding.subsampled:
        return encoding.decode(_subsampled_rows(message))
    order = '>' if message.is_bigendian else '<'
    size = encoding.item_size
    pixels: Pixels = np.ndarray(
        (message.height, message.width, encoding.channels), f'{order}{encoding.kind}{size}',
        message.data, strides=(message.step, encoding.channels * size, size))
    if encoding.channels == 1:
        pixels = pixels[:, :, 0]
    if size > 1:
        pixels = pixels.astype(f'{encoding.kind}{size}')
    return encoding.decode(pixels)


def _subsampled_rows(message: RawImage) -> Pixels:
    """Return the planes of a 4:2:0 image without padding, (1.5 H, W)."""
    height, width, step = message.height, message.width, message.step
    data = np.frombuffer(message.data, np.uint8)
    if message.encoding != 'yuv420':
        return data.reshape(height * 3 // 2, step)[:, :width]
    luma = data[:step * height].reshape(height, step)[:, :width]
    chroma = data[step * height:].reshape(height, step // 2)[:, :width // 2]
    return np.concatenate((luma.ravel(), chroma.ravel())).reshape(height * 3 // 2, width)


def _check_layout(message: RawImage, encoding: _Encoding) -> None:
    height, width, step = message.height, message.width, message.step
    smallest = encoding.smallest
    if height < smallest or width < smallest:
        raise FrameError(f'image of {width}x{height} pixels is too small; '
                         f'{message.encoding} needs at least {smallest}x{smallest}')
    if width % encoding.width_multiple:
        raise FrameError(f'image width {width} is odd; {message.encoding} stores pixels in pairs')
    row = width * encoding.channels * encoding.item_size
    if step < row:
        raise FrameError(f'image step {step} is too small; a row of {width} {message.encoding} '
                         f'pixels takes at least {row} bytes')
    if encoding.subsampled and (height % 2 or width % 2 or step % 2):
        raise FrameError(f'image of {width}x{height} pixels, step {step}: {message.encoding} '
                         'needs even numbers, since its chroma has half the size')
    rows, formula = height, 'step * height'
    if encoding.subsampled:
        rows, formula = height * 3 // 2, 'step * height * 3 / 2'
    if len(message.data) != step * rows:
        raise FrameError(f'image data of {len(message.data)} bytes does not fit; {formula} is '
                         f'{step} * {rows} = {step * rows}')
    check_pixels(width, height)


# Rotated as its EXIF data want it, an image would no longer fit its calibration.
_AS_IT_IS = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def from_encoded(message: EncodedImage) -> ImageArray:
    """Return the image of a sensor_msgs/CompressedImage; FrameError where it cannot be decoded."""
    data = np.frombuffer(message.data, np.uint8)
    described = f'compressed image {shown(message.format)} of {data.size} bytes'
    try:
        check_header(data.data)
        with quiet():
            image = cv2.imdecode(data, _AS_IT_IS)
    except cv2.error:
        image = None
    except FrameError as error:
        raise FrameError(f'{described} cannot be decoded ({error}); publish JPEG or PNG'
                         ) from error
    if image is None:
        raise FrameError(f'{described} cannot be decoded; publish JPEG or PNG')
    return np.asarray(image, np.uint8)
