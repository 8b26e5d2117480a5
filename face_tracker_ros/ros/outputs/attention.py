# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/attention: who is looking at the robot, and since when."""
from __future__ import annotations

from face_tracker_ros.ros.messages.people import to_attention
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray


class AttentionOutput(Output):
    """The tracks that face the camera; the longest first."""

    name = 'attention'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(Detection2DArray, '~/attention', 10)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish those who look here, also when nobody does."""
        if not has_subscribers(self._publisher):
            return False
        heads = self._spatial.heads()
        if heads is not None:
            self._publisher.publish(to_attention(result.tracks, heads.attention, header))
        return True
