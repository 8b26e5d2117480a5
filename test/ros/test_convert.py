# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Image messages of every encoding, padding and byte order become the same BGR image."""
from __future__ import annotations

import array
import struct

import cv2
from face_tracker_ros.errors import FrameError
from face_tracker_ros.image_message import ENCODINGS
from face_tracker_ros.ros.messages import images as convert
from hypothesis import given, settings, strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

BAYER = ('rggb', 'bggr', 'gbrg', 'grbg')
PLANAR = {
    'nv12': lambda luma, chroma: (luma, chroma.reshape(len(chroma), -1)),
    'nv21': lambda luma, chroma: (luma, chroma[..., ::-1].reshape(len(chroma), -1)),
    'yuv420': lambda luma, chroma: (luma, chroma.reshape(len(chroma), -1)),
}
YUV = {'yuv422': 'uyvy', 'uyvy': 'uyvy', 'yuv422_yuy2': 'yuyv', 'yuyv': 'yuyv'}


def image(pixels: np.ndarray, encoding: str, padding: int = 0, bigendian: bool = False) -> Image:
    """Return a message of the pixels (H, W) or (H, W, C), rows padded with noise."""
    height, width = pixels.shape[:2]
    stored = pixels.astype(pixels.dtype.newbyteorder('>' if bigendian else '<'))
    rows = np.frombuffer(stored.tobytes(), np.uint8).reshape(height, -1)
    noise = np.random.default_rng(0).integers(0, 256, (height, padding), np.uint8)
    data = np.hstack([rows, noise])
    message = Image(height=height, width=width, encoding=encoding, step=data.shape[1],
                    is_bigendian=int(bigendian))
    message.data = array.array('B', data.tobytes())
    return message


def mosaic(bgr: np.ndarray, pattern: str) -> np.ndarray:
    """Return what a sensor with this colour pattern, read row by row, makes of an image."""
    raw = np.empty(bgr.shape[:2], np.uint8)
    for cell, letter in enumerate(pattern):
        row, column = divmod(cell, 2)
        raw[row::2, column::2] = bgr[row::2, column::2, 'bgr'.index(letter)]
    return raw


def packed_yuv(yuv: np.ndarray, order: str) -> np.ndarray:
    """Return two bytes a pixel; chroma is that of the left pixel of each pair."""
    packed = np.empty((*yuv.shape[:2], 2), np.uint8)
    packed[..., order.index('y')] = yuv[..., 0]
    packed[:, 0::2, 1 - order.index('y')] = yuv[:, 0::2, 'yuv'.index(order.replace('y', '')[0])]
    packed[:, 1::2, 1 - order.index('y')] = yuv[:, 0::2, 'yuv'.index(order.replace('y', '')[1])]
    return packed


def bgr_of_yuv(yuv: np.ndarray) -> np.ndarray:
    """Return BGR by the equations of ITU-R BT.601, video range, chroma shared by pairs."""
    y = 1.164 * (yuv[..., 0].astype(float) - 16)
    u, v = (np.repeat(yuv[:, 0::2, plane].astype(float) - 128, 2, axis=1) for plane in (1, 2))
    bgr = np.stack([y + 2.018 * u, y - 0.813 * v - 0.391 * u, y + 1.596 * v], axis=-1)
    return np.clip(bgr, 0, 255)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[np.random.Generator, int, int, int, bool]:
    """Return noise, height, even width, padding in bytes and the byte order."""
    seed = draw(st.integers(0, 2 ** 32 - 1))
    return (np.random.default_rng(seed), draw(st.integers(3, 20)), 2 * draw(st.integers(2, 20)),
            draw(st.integers(0, 7)), draw(st.booleans()))


@given(layouts())
@settings(max_examples=60, deadline=None)
def test_colour_and_grey_images_come_back_exactly(layout: tuple) -> None:
    random, height, width, padding, bigendian = layout
    bgr = random.integers(0, 256, (height, width, 3), np.uint8)
    alpha = random.integers(0, 256, (height, width, 1), np.uint8)
    grey = bgr[..., 0]
    deep = random.integers(0, 65536, (height, width), np.uint16)
    deep_color = random.integers(0, 65536, (height, width, 3), np.uint16)
    color8 = np.round(deep_color / 257).astype(np.uint8)
    grey3, deep3 = (np.repeat(values[..., None], 3, axis=2)
                    for values in (grey, np.round(deep / 257).astype(np.uint8)))
    cases = {
        'bgr8': (bgr, bgr), '8UC3': (bgr, bgr), 'rgb8': (bgr[..., ::-1], bgr),
        'bgra8': (np.dstack([bgr, alpha]), bgr), '8UC4': (np.dstack([bgr, alpha]), bgr),
        'rgba8': (np.dstack([bgr[..., ::-1], alpha]), bgr),
        'mono8': (grey, grey3), '8UC1': (grey, grey3), 'mono16': (deep, deep3),
        'bgr16': (deep_color, color8), 'rgb16': (deep_color[..., ::-1], color8),
        'bgra16': (np.dstack([deep_color, deep]), color8),
        'rgba16': (np.dstack([deep_color[..., ::-1], deep]), color8),
        '32FC1': ((grey / 255).astype(np.float32), grey3),
    }
    for encoding, (pixels, expected) in cases.items():
        decoded = convert.to_image(image(pixels, encoding, padding, bigendian))
        assert decoded.dtype == np.uint8 and decoded.flags.c_contiguous, encoding
        np.testing.assert_array_equal(decoded, expected, err_msg=encoding)
    bayer = {f'bayer_{name}{bits}' for name in BAYER for bits in (8, 16)}
    others = {*YUV, *PLANAR, *bayer, '16UC1'}
    assert set(cases) | others == set(ENCODINGS)


@given(layouts())
@settings(max_examples=30, deadline=None)
def test_packed_yuv_is_converted_by_the_standard(layout: tuple) -> None:
    random, height, width, padding, bigendian = layout
    yuv = random.integers(16, 236, (height, width, 3), np.uint8)
    for encoding, order in YUV.items():
        decoded = convert.to_image(
            image(packed_yuv(yuv, order), encoding, padding, bigendian))
        assert np.abs(decoded - bgr_of_yuv(yuv)).max() <= 2, encoding


@given(layouts(), st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=30, deadline=None)
def test_bayer_patterns_are_named_as_ros_names_them(layout: tuple, color: tuple) -> None:
    _, height, width, padding, bigendian = layout
    bgr = np.full((height, width, 3), color, np.uint8)
    for name in BAYER:
        decoded = convert.to_image(
            image(mosaic(bgr, name), f'bayer_{name}8', padding, bigendian))
        np.testing.assert_array_equal(decoded, bgr, err_msg=name)
        deep = mosaic(bgr, name).astype(np.uint16) * 257
        decoded = convert.to_image(image(deep, f'bayer_{name}16', 2 * padding, bigendian))
        np.testing.assert_array_equal(decoded, bgr, err_msg=name)


@given(layouts())
@settings(max_examples=30, deadline=None)
def test_planes_of_subsampled_yuv_are_converted_by_the_standard(layout: tuple) -> None:
    random, height, width, padding, _ = layout
    height, padding = 2 * height, 2 * padding
    luma = random.integers(16, 236, (height, width), np.uint8)
    chroma = random.integers(16, 236, (height // 2, width // 2, 2), np.uint8)
    yuv = np.dstack([luma, np.repeat(np.repeat(chroma, 2, axis=0), 2, axis=1)])
    for encoding in PLANAR:
        message = image(np.vstack(PLANAR[encoding](luma, chroma)), encoding, padding)
        message.height = height
        if encoding == 'yuv420':  # rows of chroma are half as long, and so is their padding
            planes = (luma, *np.moveaxis(chroma, 2, 0))
            padded = [np.pad(plane, ((0, 0), (0, padding // (1 + (plane is not luma)))))
                      for plane in planes]
            message.data = array.array('B', b''.join(plane.tobytes() for plane in padded))
        decoded = convert.to_image(message)
        assert decoded.shape == (height, width, 3)
        assert np.abs(decoded - bgr_of_yuv(yuv)).max() <= 2, encoding


def test_sixteen_bits_of_no_known_range_are_stretched_from_dark_to_bright() -> None:
    ramp = np.linspace(2000, 3000, 64 * 64).reshape(64, 64).astype(np.uint16)  # infrared, 12 bits
    grey = convert.to_image(image(ramp, '16UC1'))[..., 0]
    assert grey[0, 0] == 0 and grey[-1, -1] == 255
    assert (np.diff(grey.ravel().astype(int)) >= 0).all()
    assert convert.to_image(image(np.full((8, 8), 7, np.uint16), '16UC1')).shape == (8, 8, 3)


def test_floats_that_are_no_numbers_are_dark_and_those_beyond_one_bright() -> None:
    values = np.array([[np.nan, -1, 0.5], [2, np.inf, -np.inf]], np.float32)
    grey = convert.to_image(image(values, '32FC1'))[..., 0]
    assert grey.tolist() == [[0, 0, 128], [255, 255, 0]]


def test_whole_image_without_padding_is_not_copied() -> None:
    message = image(np.zeros((4, 6, 3), np.uint8), 'bgr8')
    decoded = convert.to_image(message)
    message.data[0] = 77
    assert decoded[0, 0, 0] == 77


def _changed(**changes: object) -> Image:
    message = image(np.zeros((4, 6, 3), np.uint8), 'bgr8')
    for name, value in changes.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize('message, words', [
    (_changed(encoding='64FC1'), ["'64FC1' is unknown", 'bgr8', 'bayer_rggb8']),
    (_changed(encoding=''), ["'' is unknown", 'bgr8']),
    (_changed(data=array.array('B', bytes(71))), ['71 bytes', '18 * 4 = 72']),
    (_changed(data=array.array('B', bytes(73))), ['73 bytes', '18 * 4 = 72']),
    (_changed(data=array.array('B')), ['0 bytes', '72']),
    (_changed(height=0), ['6x0', 'at least 1x1']),
    (_changed(width=0), ['0x4', 'at least 1x1']),
    (_changed(width=2 ** 32 - 1), ['step 18', f'{3 * (2 ** 32 - 1)} bytes']),
    (_changed(step=17), ['step 17', '18 bytes']),
    (_changed(step=0), ['step 0', '18 bytes']),
    (_changed(width=5, encoding='uyvy'), ['width 5 is odd']),
    (_changed(height=2, encoding='bayer_rggb8'), ['6x2', 'at least 3x3']),
    (_changed(height=2, encoding='bayer_rggb16'), ['6x2', 'at least 3x3']),
    (_changed(step=35, encoding='bgr16'), ['step 35', '6 bgr16 pixels takes at least 36 bytes']),
    (_changed(step=11, encoding='mono16'), ['step 11', 'at least 12 bytes']),
    (_changed(height=3, step=6, encoding='nv12'), ['6x3 pixels', 'needs even numbers']),
    (_changed(width=5, step=6, encoding='nv21'), ['5x4 pixels', 'needs even numbers']),
    (_changed(step=7, encoding='yuv420'), ['step 7', 'needs even numbers']),
])
def test_bad_message_is_rejected_in_one_line(message: Image, words: list[str]) -> None:
    with pytest.raises(FrameError) as rejection:
        convert.to_image(message)
    text = str(rejection.value)
    assert '\n' not in text
    assert all(word in text for word in words), text


def test_image_becomes_a_message_and_comes_back() -> None:
    bgr = np.random.default_rng(1).integers(0, 256, (30, 50, 3), np.uint8)
    header = Header(frame_id='lens')
    header.stamp.sec = 12
    for pixels in (bgr, np.ascontiguousarray(bgr[:, ::2])[:, 1:]):
        message = convert.to_message(pixels, header)
        assert message.header == header and message.encoding == 'bgr8'
        np.testing.assert_array_equal(convert.to_image(message), pixels)


def test_compressed_image_becomes_a_message_and_comes_back() -> None:
    bgr = cv2.GaussianBlur(
        np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8), (0, 0), 5)
    message = convert.to_compressed_message(bgr, Header(frame_id='lens'))
    assert message.header.frame_id == 'lens' and 'jpeg' in message.format
    back = convert.to_image(message)
    assert np.abs(back.astype(int) - bgr).mean() < 3


@pytest.mark.parametrize('data', [b'', b'not an image'])
def test_undecodable_compressed_image_is_rejected(data: bytes) -> None:
    message = CompressedImage(format='jpeg')
    message.data = array.array('B', data)
    with pytest.raises(FrameError, match='cannot be decoded'):
        convert.to_image(message)


@pytest.mark.needs_ros
def test_equals_cv_bridge_where_that_is_installed() -> None:
    bridge = pytest.importorskip('cv_bridge').CvBridge()
    random = np.random.default_rng(2)
    for encoding, channels in {'bgr8': 3, 'rgb8': 3, 'bgra8': 4, 'rgba8': 4, 'mono8': 1,
                               'yuv422': 2, 'yuv422_yuy2': 2, 'bayer_rggb8': 1, 'bayer_bggr8': 1,
                               'bayer_gbrg8': 1, 'bayer_grbg8': 1}.items():
        message = image(random.integers(0, 256, (12, 16, channels), np.uint8), encoding)
        np.testing.assert_array_equal(convert.to_image(message),
                                      bridge.imgmsg_to_cv2(message, 'bgr8'), err_msg=encoding)


def test_an_image_is_not_rotated_as_its_exif_data_want_it() -> None:
    data = cv2.imencode('.jpg', np.zeros((40, 80, 3), np.uint8))[1].tobytes()
    rotated = struct.pack('>2sHLHHHLHHL', b'MM', 42, 8, 1, 0x112, 3, 1, 6, 0, 0)
    exif = b'Exif\0\0' + rotated
    marked = data[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif + data[2:]
    assert cv2.imdecode(np.frombuffer(marked, np.uint8), cv2.IMREAD_COLOR).shape == (80, 40, 3)
    message = CompressedImage(format='jpeg', data=array.array('B', marked))
    assert convert.to_image(message).shape == (40, 80, 3)
