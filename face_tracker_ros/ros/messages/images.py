# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Conversion between sensor_msgs images and NumPy arrays, the same with and without cv_bridge.

cv_bridge is not used even where it is installed: it misreads a `step` whose padding is no
multiple of the pixel size, fails on big-endian images under NumPy 2 and does not load there at
all when it was built for NumPy 1. Where it is right, the results here equal its own (tested).
"""
from __future__ import annotations

import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Union

import cv2
from face_tracker_ros.errors import FrameError
from face_tracker_ros.types import Image as ImageArray
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

AnyImage = Union[Image, CompressedImage]
_Pixels = npt.NDArray[Any]
_Decode = Callable[[_Pixels], _Pixels]
_LARGEST_JPEG = 65500  # pixels; the encoder's limit


@dataclass(frozen=True)
class _Encoding:
    """Layout of the bytes of one pixel, and the conversion to BGR."""

    channels: int
    decode: _Decode
    item_size: int = 1
    width_multiple: int = 1
    smallest: int = 1


def _color(code: int) -> _Decode:
    return partial(cv2.cvtColor, code=code)


def _mono16(pixels: _Pixels) -> _Pixels:
    # The full range maps to the full range: 65535 / 257 = 255, rounded, as cv_bridge does.
    grey = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


_BGR = _Encoding(3, np.ascontiguousarray)
_BGRA = _Encoding(4, _color(cv2.COLOR_BGRA2BGR))
_MONO8 = _Encoding(1, _color(cv2.COLOR_GRAY2BGR))
_UYVY = _Encoding(2, _color(cv2.COLOR_YUV2BGR_UYVY), width_multiple=2)
_YUYV = _Encoding(2, _color(cv2.COLOR_YUV2BGR_YUYV), width_multiple=2)


def _bayer(code: int) -> _Encoding:
    return _Encoding(1, _color(code), smallest=3)


# OpenCV names a Bayer pattern after the second and third pixel of its second row, ROS after the
# four pixels of its corner, row by row.
_ENCODINGS: dict[str, _Encoding] = {
    'bgr8': _BGR,
    'rgb8': _Encoding(3, _color(cv2.COLOR_RGB2BGR)),
    'bgra8': _BGRA,
    'rgba8': _Encoding(4, _color(cv2.COLOR_RGBA2BGR)),
    'mono8': _MONO8,
    'mono16': _Encoding(1, _mono16, item_size=2),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    'bayer_rggb8': _bayer(cv2.COLOR_BayerBG2BGR),
    'bayer_bggr8': _bayer(cv2.COLOR_BayerRG2BGR),
    'bayer_gbrg8': _bayer(cv2.COLOR_BayerGR2BGR),
    'bayer_grbg8': _bayer(cv2.COLOR_BayerGB2BGR),
    # Without a colour meaning: what OpenCV programs publish, so in its channel order.
    '8UC1': _MONO8,
    '8UC3': _BGR,
    '8UC4': _BGRA,
}

ENCODINGS: tuple[str, ...] = tuple(_ENCODINGS)


def to_image(message: AnyImage) -> ImageArray:
    """
    Return the image of a message of either type.

    Returns:
        uint8 BGR (H, W, 3), contiguous. bgr8 without padding is a view of the message's own
        bytes: copy it before drawing on it.

    Raises:
        FrameError: The encoding is unknown, size, step and data do not fit together, or
            compressed data cannot be decoded.
    """
    if isinstance(message, CompressedImage):
        return _decompressed(message)
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise FrameError(f"image encoding '{message.encoding}' is unknown; "
                         f"publish one of {', '.join(ENCODINGS)}")
    _check_layout(message, encoding)
    order = '>' if message.is_bigendian else '<'
    size = encoding.item_size
    pixels: _Pixels = np.ndarray(
        (message.height, message.width, encoding.channels), f'{order}u{size}', message.data,
        strides=(message.step, encoding.channels * size, size))
    if encoding.channels == 1:
        pixels = pixels[:, :, 0]
    if size > 1:
        pixels = pixels.astype(f'u{size}')
    return np.asarray(encoding.decode(pixels), np.uint8)


def _check_layout(message: Image, encoding: _Encoding) -> None:
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
    if len(message.data) != step * height:
        raise FrameError(f'image data of {len(message.data)} bytes does not fit; step * height is '
                         f'{step} * {height} = {step * height}')


# Rotated as its EXIF data say, an image would no longer fit its calibration.
_AS_IT_IS = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def _decompressed(message: CompressedImage) -> ImageArray:
    data = np.frombuffer(message.data, np.uint8)
    try:
        image = cv2.imdecode(data, _AS_IT_IS) if data.size else None
    except cv2.error:
        image = None
    if image is None:
        raise FrameError(f"compressed image '{message.format}' of {data.size} bytes cannot be "
                         'decoded; publish JPEG or PNG')
    return np.asarray(image, np.uint8)


def to_message(image: ImageArray, header: Header) -> Image:
    """Return a bgr8 image message with `header` and a copy of the image (H, W, 3)."""
    height, width = image.shape[:2]
    message = Image(header=header, height=height, width=width, encoding='bgr8', step=3 * width)
    message.data = _bytes_of(image)
    return message


def to_compressed_message(image: ImageArray, header: Header,
                          quality: int = 80) -> CompressedImage:
    """
    Return a JPEG image message with `header` of the image (H, W, 3).

    Raises:
        FrameError: The image is larger than JPEG can hold.
    """
    height, width = image.shape[:2]
    if max(height, width) > _LARGEST_JPEG:
        raise FrameError(f'image of {width}x{height} pixels does not fit into JPEG; take the '
                         f'raw image, or sides of {_LARGEST_JPEG} pixels at most')
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    message = CompressedImage(header=header, format='bgr8; jpeg compressed bgr8')
    message.data = _bytes_of(data)
    return message


def _bytes_of(values: _Pixels) -> array.array[int]:
    # An array filled from a buffer is taken as it is; anything else goes element by element.
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(values).data.cast('B'))
    return data
