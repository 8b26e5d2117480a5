# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/image_annotations: boxes and ids that Foxglove draws over the image itself."""
from __future__ import annotations

from face_tracker_ros.ros.messages.foxglove import to_annotations
from face_tracker_ros.ros.messages.optional import optional_messages
from face_tracker_ros.ros.messages.people import names_of
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header


class FoxgloveOutput(Output):
    """Annotations in pixels of the image."""

    name = 'foxglove'
    enabled_by = 'interop.foxglove'

    def create(self) -> None:
        """Offer the topic; ConfigError without foxglove_msgs."""
        self._messages = optional_messages('foxglove_msgs', self.enabled_by)
        self._publisher = self._offer(self._messages.ImageAnnotations, '~/image_annotations', 5)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the tracks of the frame."""
        if not has_subscribers(self._publisher):
            return False
        self._publisher.publish(
            to_annotations(self._messages, header, result.tracks, image.shape[0],
                           names_of(result.people)))
        return True
