# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/landmarks: five points of every face that was seen, as a table."""
from __future__ import annotations

from face_tracker_ros.ros.messages.clouds import to_landmarks
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header


class LandmarksOutput(Output):
    """One row a track; none with a detector that gives no landmarks."""

    name = 'landmarks'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(PointCloud2, '~/landmarks', 10)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the landmarks of the tracks that the detector saw in the frame."""
        if not has_subscribers(self._publisher):
            return False
        self._publisher.publish(to_landmarks(result, header))
        return True
