# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/track_states: everything known of tracks, lost ones included, as a table."""
from __future__ import annotations

from face_tracker_ros.ros.messages.clouds import to_cloud
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header


class TrackStatesOutput(Output):
    """One row a track."""

    name = 'track_states'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(PointCloud2, '~/track_states', 10)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the tracks seen, then the lost ones."""
        if not has_subscribers(self._publisher):
            return False
        self._publisher.publish(to_cloud(result.tracks + result.lost, header,
                                         result.people, self._spatial.heads()))
        return True
