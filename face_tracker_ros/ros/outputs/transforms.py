# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""/tf: a frame for each track in space."""
from __future__ import annotations

from face_tracker_ros.ros.messages.optional import optional_messages
from face_tracker_ros.ros.messages.tracks_3d import to_transforms
from face_tracker_ros.ros.outputs.output import Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header


class TransformsOutput(Output):
    """Published for every frame with tracks in space: /tf always has subscribers."""

    name = 'transforms'
    enabled_by = 'spatial.tf'

    def create(self) -> None:
        """Offer the topic; ConfigError without tf2_msgs."""
        self._messages = optional_messages('tf2_msgs', self.enabled_by)
        self._publisher = self._offer(self._messages.TFMessage, '/tf', 100)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the frames of the tracks that could be located."""
        located = self._spatial.located()
        if located is None or not located.tracks:
            return False
        transforms = to_transforms(*located, header, self._node.get_namespace())
        self._publisher.publish(self._messages.TFMessage(transforms=transforms))
        return True
