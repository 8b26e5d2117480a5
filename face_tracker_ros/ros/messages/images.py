# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Between sensor_msgs images and NumPy images, one way with and without cv_bridge."""
from __future__ import annotations

import array
from typing import Any, Union

import cv2
from face_tracker_ros.errors import FrameError
from face_tracker_ros.image_message import from_encoded, from_raw
from face_tracker_ros.types import Image as ImageArray
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

AnyImage = Union[Image, CompressedImage]
_LARGEST_JPEG = 65500  # pixels; the encoder's limit


def to_image(message: AnyImage) -> ImageArray:
    """
    Return the image, uint8 BGR (H, W, 3) and contiguous, of an image message of either type.

    bgr8 without padding is a view of the message's own bytes: copy it before drawing on it.
    Raises FrameError when it cannot be read.
    """
    if isinstance(message, CompressedImage):
        return from_encoded(message)
    return from_raw(message)


def to_message(image: ImageArray, header: Header) -> Image:
    """Return a bgr8 image message with `header` and a copy of the image (H, W, 3)."""
    height, width = image.shape[:2]
    message = Image(header=header, height=height, width=width, encoding='bgr8', step=3 * width)
    message.data = _bytes_of(image)
    return message


def to_compressed_message(image: ImageArray, header: Header, quality: int = 80) -> CompressedImage:
    """
    Return a JPEG image message with `header` of the image (H, W, 3).

    Raises FrameError for an image larger than JPEG can hold.
    """
    height, width = image.shape[:2]
    if max(height, width) > _LARGEST_JPEG:
        raise FrameError(f'image of {width}x{height} pixels does not fit into JPEG; take the '
                         f'raw image, or sides of {_LARGEST_JPEG} pixels at most')
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    message = CompressedImage(header=header, format='bgr8; jpeg compressed bgr8')
    message.data = _bytes_of(data)
    return message


def _bytes_of(values: npt.NDArray[Any]) -> array.array[int]:
    # An array filled from a buffer is taken as it is; anything else goes element by element.
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(values).data.cast('B'))
    return data
