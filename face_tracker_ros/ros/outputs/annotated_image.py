# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/annotated_image, raw and compressed: the image with the tracks drawn on it."""
from __future__ import annotations

from face_tracker_ros.annotate import draw
from face_tracker_ros.ros.messages.images import to_compressed_message, to_message
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header


class AnnotatedImageOutput(Output):
    """Drawn only while somebody subscribes and the parameter `annotate` is true."""

    name = 'annotated_image'

    def create(self) -> None:
        """Offer both forms."""
        self._raw = self._offer(Image, '~/annotated_image', 1)
        self._compressed = self._offer(CompressedImage, '~/annotated_image/compressed', 1)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Draw once, and publish the forms that are subscribed to."""
        raw, compressed = map(has_subscribers, (self._raw, self._compressed))
        if not self._settings['annotate'] or not (raw or compressed):
            return False
        drawn = draw(image.copy(), result)
        if raw:
            self._raw.publish(to_message(drawn, header))
        if compressed:
            self._compressed.publish(to_compressed_message(drawn, header))
        return True
