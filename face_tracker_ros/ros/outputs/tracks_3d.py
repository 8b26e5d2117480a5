# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/tracks_3d: the tracks in space, in the camera's optical frame or the target frame."""
from __future__ import annotations

from face_tracker_ros.ros.messages.tracks_3d import to_detections_3d
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection3DArray


class Tracks3DOutput(Output):
    """Silent without a calibration of the camera."""

    name = 'tracks_3d'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(Detection3DArray, '~/tracks_3d', 10)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the tracks that could be located, also when there are none."""
        if not has_subscribers(self._publisher):
            return False
        placed = self._spatial.placed()
        if placed is not None:
            self._publisher.publish(to_detections_3d(*placed))
        return True
