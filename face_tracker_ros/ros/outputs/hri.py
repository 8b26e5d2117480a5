# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""/humans/faces: the tracks as REP-155 (ROS4HRI) has them."""
from __future__ import annotations

import threading
from typing import Any

from face_tracker_ros.ros.messages.hri import to_region
from face_tracker_ros.ros.messages.optional import optional_messages
from face_tracker_ros.ros.messages.tracks import face_name
from face_tracker_ros.ros.outputs.output import offer, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

_FACES = '/humans/faces'


class HriOutput(Output):
    """
    /humans/faces/tracked, and /humans/faces/<face>/roi for each face while it is tracked.

    Once deactivated it stays silent, also about a frame that is being worked on.
    """

    name = 'hri'
    enabled_by = 'interop.hri'

    def create(self) -> None:
        """Offer the list; ConfigError without hri_msgs."""
        self._messages = optional_messages('hri_msgs', self.enabled_by)
        self._region = getattr(self._messages, 'NormalizedRegionOfInterest2D', RegionOfInterest)
        self._list = self._offer(self._messages.IdsList, f'{_FACES}/tracked', 1)
        self._regions: dict[int, Any] = {}
        self._restart = False
        self._resting = True
        self._lock = threading.Lock()  # frames against the executor's services

    def activate(self) -> None:
        """Begin anew."""
        self.reset()
        self._resting = False

    def deactivate(self) -> None:
        """Report that nobody is tracked."""
        with self._lock:
            self._resting = True
            if self._node.context.ok():
                header = Header(stamp=self._node.get_clock().now().to_msg())
                self._list.publish(self._messages.IdsList(header=header))

    def reset(self) -> None:
        """Withdraw the topics of all faces with the next frame."""
        self._restart = True

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the list of the faces seen, and the region of each."""
        with self._lock:
            if self._resting:
                return False
            self._withdraw(set() if self._restart else {
                track.id for track in (*result.tracks, *result.lost)})
            self._restart = False
            height, width = image.shape[:2]
            for track in result.tracks:
                self._publisher_of(track.id).publish(
                    to_region(self._region, header, track.box, width, height))
            self._list.publish(self._messages.IdsList(
                header=header, ids=[face_name(track.id) for track in result.tracks]))
        return True

    def destroy(self) -> None:
        """Withdraw the topics."""
        self._withdraw(set())
        super().destroy()

    def _withdraw(self, alive: set[int]) -> None:
        for ended in self._regions.keys() - alive:
            self._node.destroy_lifecycle_publisher(self._regions.pop(ended))

    def _publisher_of(self, number: int) -> Any:
        if number not in self._regions:
            topic = f'{_FACES}/{face_name(number)}/roi'
            publisher = offer(self._node, self._region, topic, 1, overridable=False)
            publisher.on_activate(None)  # those made while the node is active begin inactive
            self._regions[number] = publisher
        return self._regions[number]
