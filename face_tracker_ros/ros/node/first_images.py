# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What is logged of the first images: what they are, and how fast they come."""
from __future__ import annotations

from collections.abc import Callable
import time

from face_tracker_ros.errors import shown
from face_tracker_ros.ros.messages.images import AnyImage
from rclpy.qos import QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage

_IMAGES = 30  # that arrive before their rate is logged


class FirstImages:
    """Logs one line about the first image, and one about the rate of the first thirty."""

    def __init__(self, topic: str, log: Callable[[str], object]) -> None:
        """Wait for the first image of `topic`."""
        self._topic, self._log = topic, log
        self._count = 0
        self._begin = 0.0

    def arrived(self, message: AnyImage, reliability: QoSReliabilityPolicy) -> None:
        """Count an image; `reliability` is that of the subscription now."""
        if self._count > _IMAGES:
            return
        if not self._count:
            self._begin = time.monotonic()
            qos = 'best effort' if reliability == QoSReliabilityPolicy.BEST_EFFORT else 'reliable'
            self._log(f"first image on '{self._topic}': {_described(message)}, {qos}")
        elif self._count == _IMAGES:
            seconds = max(time.monotonic() - self._begin, 1e-3)
            self._log(f'{_IMAGES / seconds:.1f} images a second arrive')
        self._count += 1


def _described(message: AnyImage) -> str:
    frame = f'frame_id {shown(message.header.frame_id)}'
    if isinstance(message, CompressedImage):
        return f'{len(message.data)} bytes of {shown(message.format)}, {frame}'
    return f'{message.width}x{message.height} {shown(message.encoding)}, {frame}'
