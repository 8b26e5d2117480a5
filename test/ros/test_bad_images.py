# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A live node gets malformed images between good ones: these are answered, those are counted."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import resource
import struct
import threading
from typing import Any
import zlib

import cv2
from face_tracker_ros.ros import FaceTrackerNode
from face_tracker_ros.ros.messages.images import to_compressed_message, to_message
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NODE
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Detection2DArray

MOST_GROWTH = 100.0  # MB; a bomb of one image would be gigabytes


def raw(encoding: str = 'bgr8', width: int = 8, height: int = 8, step: int | None = None,
        size: int | None = None) -> Image:
    """Return an image message of `size` zero bytes."""
    step = 3 * width if step is None else step
    size = step * height if size is None else size
    return Image(encoding=encoding, width=width, height=height, step=step, data=bytes(size))


def chunk(kind: bytes, content: bytes) -> bytes:
    return (struct.pack('>I', len(content)) + kind + content
            + struct.pack('>I', zlib.crc32(kind + content)))


def png(width: int, height: int, rows: int = 0) -> bytes:
    """Return a grey PNG with the given size in its header, and that many rows of data."""
    packed = zlib.compressobj()
    data = b''.join(packed.compress(bytes(1 + width)) for _ in range(rows)) + packed.flush()
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0))
            + chunk(b'IDAT', data) + chunk(b'IEND', b''))


def encoded(kind: str) -> bytes:
    noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    return cv2.imencode(kind, noise)[1].tobytes()


def claims(kind: str, offset: int, form: str) -> bytes:
    """Return an encoded image whose header claims the largest sides that it can."""
    content = bytearray(encoded(kind))
    most = 2 ** (8 * struct.calcsize(form[:2]) - (form[1] == 'i')) - 1
    struct.pack_into(form, content, offset, most, most)
    return bytes(content)


def claiming_jpeg() -> bytes:
    content = encoded('.jpg')
    return claims('.jpg', content.index(b'\xff\xc0') + 5, '>HH')


BAD: dict[str, Image] = {
    **{f'{n} bytes': raw(size=n) for n in (0, 1, 191, 193, 384)},
    **{f'{w}x{h} pixels': raw(width=w, height=h, step=24, size=192)
       for w, h in ((0, 8), (8, 0), (0, 0), (2**32 - 1, 8), (8, 2**32 - 1), (9, 8),
                    (2**32 - 1, 2**32 - 1), (2**31, 2**31))},
    **{f'step {n}': raw(step=n, size=192) for n in (0, 1, 23, 25, 48, 2**32 - 1)},
    **{f'encoding {name[:12]!r}': raw(name) for name in (
        '', 'nonsense', 'BGR8', 'bgr8 ', 'x' * 10000, '64FC1', '8UC2', '8SC3', 'bayer', 'h264',
        '\x1b[2J\x1b[31m', 'two\nlines', 'größe', "'; rm -rf")},
    **{f'{name} of {width}x{height}': raw(name, width, height, step, size)
       for name, width, height, step, size in (
           ('uyvy', 7, 8, 14, 112), ('yuv422_yuy2', 1, 8, 2, 16), ('yuyv', 7, 7, 14, 98),
           ('nv12', 7, 8, 7, 84), ('nv12', 8, 7, 8, 84), ('nv12', 8, 8, 8, 64),
           ('nv21', 8, 8, 9, 108), ('nv21', 0, 0, 0, 0), ('yuv420', 7, 7, 7, 73),
           ('yuv420', 8, 8, 8, 95), ('bayer_rggb8', 1, 1, 1, 1), ('bayer_grbg8', 2, 8, 2, 16),
           ('bayer_bggr16', 8, 8, 8, 64), ('mono16', 8, 8, 8, 64), ('32FC1', 8, 8, 16, 128),
           ('bgra8', 8, 8, 24, 192), ('rgba16', 8, 8, 63, 504))},
}
BAD_COMPRESSED: dict[str, bytes] = {
    'nothing': b'', 'a byte': b'\xff', 'text': b'no image', 'noise': bytes(range(256)) * 8,
    'JPEG: start only': b'\xff\xd8', 'JPEG: markers only': b'\xff\xd8' + b'\xff\xe0\0\2' * 999,
    'JPEG: header only': encoded('.jpg')[:200], 'JPEG: 65535x65535': claiming_jpeg(),
    'JPEG: 10,000 scans': encoded('.jpg')[:-2] + b'\xff\xda' * 10000 + b'\xff\xd9',
    'PNG: signature only': b'\x89PNG\r\n\x1a\n', 'PNG: cut': encoded('.png')[:40],
    'PNG: 40000x40000': png(40000, 40000, 100), 'PNG: 0x0': png(0, 0),
    'PNG: 2147483647x2147483647': png(2**31 - 1, 2**31 - 1),
    'PNG: 40000x40000 complete': png(40000, 40000, 40000),
    'BMP: huge': claims('.bmp', 18, '<ii'), 'TIFF: cut': encoded('.tiff')[:12],
    'TIFF: loops': b'II*\0\x08\0\0\0\xff\xff', 'WebP: cut': encoded('.webp')[:28],
    'GIF': b'GIF89a' + b'\xff' * 30, 'PNM: huge': b'P5 99999 99999 255\n', 'SVG': b'<svg/>',
}


class Live:
    """A node with an executor of its own in this process, so that its counters can be asked."""

    def __init__(self, client: Client, good: np.ndarray, *parameters: Parameter) -> None:
        """Start the node, and wait until it tracks the two people of the good image."""
        self.client, self.good = client, good
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        reliable = [Parameter(f'qos_overrides./{topic}.subscription.reliability',
                              value='reliable') for topic in ('image', 'image/compressed')]
        self.node = FaceTrackerNode(context=self._context,
                                    parameter_overrides=[*reliable, *parameters])
        self.node.start()
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin)
        self._thread.start()

    def end(self) -> None:
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def counted(self, name: str) -> Any:
        return self.node._statistics.values()[name]

    def rejects(self, name: str, publish: Callable[[], object]) -> str:
        """Publish a bad image; return the reason once the node has counted it."""
        before = self.counted('bad_frames')
        publish()
        self.client.wait(lambda: self.counted('bad_frames') > before, f'{name} to be counted',
                         step=0.002)
        reason = str(self.counted('last_bad_frame'))
        assert self.counted('bad_frames') == before + 1, name
        assert '\n' not in reason and '\x1b' not in reason and len(reason) < 600, (name, reason)
        return reason

    def answers(self, publish: Callable[[], Any]) -> Detection2DArray:
        """Publish a good image; return its tracks."""
        header = publish()
        self.client.arrays.clear()
        self.client.wait(lambda: any(array.header == header for array in self.client.arrays),
                         'the tracks of a good image', step=0.002)
        return self.client.arrays[-1]


def peak_memory() -> float:
    """Return the most memory (MB) that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


@pytest.fixture
def live(client: Client, two_people: np.ndarray) -> Iterator[Callable[..., Live]]:
    running: list[Live] = []

    def begin(**parameters: Any) -> Live:
        running.append(Live(client, two_people, *(
            Parameter(name, value=value) for name, value in parameters.items())))
        return running[-1]

    yield begin
    for node in running:
        node.end()


def log_lines(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in ''.join(capfd.readouterr()).splitlines() if 'frame skipped' in line]


def test_good_images_are_answered_between_bad_ones_which_are_counted_and_named(
        client: Client, live: Callable[..., Live], two_people: np.ndarray,
        capfd: pytest.CaptureFixture[str]) -> None:
    node = live()
    client.tracks_of(two_people, 2)
    for width, height in ((1, 1), (1, 2000), (3840, 2160)):  # odd, but good
        node.answers(lambda: client.publish(np.zeros((height, width, 3), np.uint8)))
    huge = raw('mono8', 2**17, 2**10, 2**17)
    huge.header = client.header()
    reason = node.rejects('an image of 128 MB', lambda: client.images.publish(huge))
    assert '131072x1024 pixels is too large' in reason
    client.tracks_of(two_people, 2)
    memory, reasons = node.counted('memory_mb'), set()
    log_lines(capfd)
    for number, (name, message) in enumerate(BAD.items()):
        message.header = client.header()
        message.header.frame_id = ('lens', '', 'x' * 1000, 'other')[number % 4]
        reasons.add(node.rejects(name, lambda: client.images.publish(message)))
        found = node.answers(lambda: client.publish(two_people))
        assert len(found.detections) == 2, name
    assert len(reasons) > 40
    assert node.counted('memory_mb') < memory + MOST_GROWTH
    assert len(log_lines(capfd)) < len(BAD), 'skipped frames are logged now and then only'
    client.diagnostics.clear()
    client.wait(lambda: client.report('bad_frames') == len(BAD) + 1, 'the report of all')
    report = client.diagnostics[f'{NODE[1:]}: tracking']
    assert report['last_bad_frame'] in client.status.message


def test_bad_compressed_images_are_rejected_before_they_take_memory(
        client: Client, live: Callable[..., Live], two_people: np.ndarray,
        capfd: pytest.CaptureFixture[str]) -> None:
    node = live(image_transport='compressed')
    publisher = client.publisher(QoSReliabilityPolicy.RELIABLE, 'image/compressed',
                                 CompressedImage)

    def good() -> Any:
        header = client.header()
        publisher.publish(to_compressed_message(two_people, header))
        return header

    client.arrays.clear()
    client.wait(lambda: any(len(array.detections) == 2 for array in client.arrays), '2 tracks',
                good)
    log_lines(capfd)
    peak = peak_memory()
    for name, data in BAD_COMPRESSED.items():
        message = CompressedImage(header=client.header(), data=data, format='\x1b[2J' * 99)
        reason = node.rejects(name, lambda: publisher.publish(message))
        assert 'cannot be decoded' in reason and f'{len(data)} bytes' in reason
        assert len(node.answers(good).detections) == 2, name
    assert peak_memory() < peak + MOST_GROWTH
    assert len(log_lines(capfd)) < len(BAD_COMPRESSED)
    client.node.destroy_publisher(publisher)


def test_stamps_of_all_kinds_leave_the_node_at_work(
        client: Client, live: Callable[..., Live], two_people: np.ndarray) -> None:
    node = live()
    client.tracks_of(two_people, 2)
    for stamp in ((0, 0), (2**31 - 1, 999999999), (-2**31, 0), (0, 2**32 - 1), (1, 0), (5000, 5)):
        message = to_message(two_people, client.header())
        message.header.stamp.sec, message.header.stamp.nanosec = stamp
        before = node.counted('processed') + node.counted('bad_frames')
        client.images.publish(message)
        client.wait(lambda: node.counted('processed') + node.counted('bad_frames') > before,
                    f'an image with stamp {stamp}', step=0.002)
    assert len(client.tracks_of(two_people, 2).detections) == 2
