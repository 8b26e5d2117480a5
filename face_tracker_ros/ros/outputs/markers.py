# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/markers: the tracks in space for RViz and Foxglove."""
from __future__ import annotations

import threading

from face_tracker_ros.ros.messages.markers import Markers
from face_tracker_ros.ros.messages.people import names_of
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray


class MarkersOutput(Output):
    """Spheres, ids and trails, deleted with their tracks."""

    name = 'markers'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(MarkerArray, '~/markers', 10)
        self._markers = Markers()
        self._lock = threading.Lock()  # frames against the executor's services

    def activate(self) -> None:
        """Remove the markers of an earlier run."""
        self.reset()

    def reset(self) -> None:
        """Remove all markers."""
        header = Header(stamp=self._node.get_clock().now().to_msg())
        with self._lock:
            self._publisher.publish(self._markers.clear(header))

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the markers of the frame, and what deletes those of tracks that ended."""
        if not has_subscribers(self._publisher):
            return False
        placed = self._spatial.placed()
        if placed is None:
            return True
        with self._lock:
            message = self._markers.update(
                placed.header, [track.id for track in placed.tracks], placed.found.points,
                placed.found.sizes, placed.axes,
                {track.id for track in (*result.tracks, *result.lost)},
                names_of(result.people), placed.heads, result.image_rotation)
            if message.markers:
                self._publisher.publish(message)
        return True
