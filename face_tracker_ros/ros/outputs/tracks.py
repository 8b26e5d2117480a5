# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/tracks: the tracks of every frame, also when there are none."""
from __future__ import annotations

from face_tracker_ros.ros.messages.tracks import to_detections
from face_tracker_ros.ros.outputs.output import Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray


class TracksOutput(Output):
    """Published whether or not somebody subscribes, so that its latency is always known."""

    name = 'tracks'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(Detection2DArray, '~/tracks', 10)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the tracks of the frame."""
        self._publisher.publish(to_detections(result.tracks, header))
        return True
