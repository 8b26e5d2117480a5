# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks in space in another frame than the camera's, by /tf and /tf_static."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from face_tracker_ros.ros.messages.optional import optional_messages
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from face_tracker_ros.spatial import FrameTree, Located, quaternions
from face_tracker_ros.types import Float64Array
import numpy as np
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header

_DEPTH = 100
_THROTTLE_SECONDS = 5.0


class TargetFrame:
    """
    Listens to transforms while active; gives located tracks in the frame of a parameter.

    What cannot be transformed stays in the camera's frame, as its header states, and the log names
    the reason.
    """

    def __init__(self, node: Node, name: str) -> None:
        """Stay unsubscribed; ConfigError when tf2_msgs is missing. name: of the frame."""
        self._node, self._name = node, name
        self._messages = optional_messages('tf2_msgs', 'spatial.target_frame', f"'{name}'",
                                           "''")
        self._subscriptions: list[Any] = []
        self._tree = FrameTree()

    def activate(self) -> None:
        """Subscribe, and forget what came before."""
        self.deactivate()
        self._tree = FrameTree()
        latched = QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._subscriptions = [
            self._node.create_subscription(
                self._messages.TFMessage, '/tf', lambda message: self._take(message, True),
                QoSProfile(depth=_DEPTH)),
            self._node.create_subscription(
                self._messages.TFMessage, '/tf_static',
                lambda message: self._take(message, False), latched)]

    def deactivate(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []

    def transform(self, header: Header, found: Located) -> tuple[Header, Located, Float64Array]:
        """
        Return header, faces, and the quaternion (4,) of the camera's axes, in the target frame.

        Args:
            header: Of the image.
            found: In the camera's optical frame.
        """
        try:
            rotation, shift = self._tree.lookup(self._name, header.frame_id,
                                                stamp_seconds(header))
        except LookupError as error:
            self._node.get_logger().warning(
                f"spatial.target_frame '{self._name}': {error}; tracks in space stay in frame "
                f"'{header.frame_id}'; publish that transform (robot_state_publisher, "
                'static_transform_publisher) or set another frame',
                throttle_duration_sec=_THROTTLE_SECONDS)
            return header, found, np.array([0.0, 0.0, 0.0, 1.0])
        moved = replace(found, points=found.points @ rotation.T + shift,
                        covariances=rotation @ found.covariances @ rotation.T)
        return (Header(stamp=header.stamp, frame_id=self._name.lstrip('/')), moved,
                quaternions(rotation[None])[0])

    def _take(self, message: Any, moving: bool) -> None:
        for item in message.transforms:
            shift, q = item.transform.translation, item.transform.rotation
            pose = np.array([shift.x, shift.y, shift.z, q.x, q.y, q.z, q.w])
            self._tree.add(item.header.frame_id, item.child_frame_id, pose,
                           stamp_seconds(item.header) if moving else None)
