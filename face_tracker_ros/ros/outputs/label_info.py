# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/label_info: the one class, latched."""
from __future__ import annotations

from face_tracker_ros.config import Config
from face_tracker_ros.ros.messages.tracks import to_label_info
from face_tracker_ros.ros.outputs.output import Output
from rclpy.qos import QoSDurabilityPolicy
from std_msgs.msg import Header
from vision_msgs.msg import LabelInfo


class LabelInfoOutput(Output):
    """Published when parameters change, not for each frame."""

    name = 'label_info'

    def create(self) -> None:
        """Offer the topic to subscribers that come later, too."""
        self._publisher = self._offer(LabelInfo, '~/label_info', 1,
                                      durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)

    def configure(self, config: Config) -> None:
        """Publish the class, and the score from which a face may start a track."""
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._publisher.publish(to_label_info(header, config.detection.score))
