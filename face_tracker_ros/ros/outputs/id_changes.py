# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/id_changes: tracks that go on under the id of somebody who was there before."""
from __future__ import annotations

from face_tracker_ros.ros.messages.clouds import ID_CHANGE, to_table
from face_tracker_ros.ros.outputs.output import Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
import numpy as np
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header


class IdChangesOutput(Output):
    """Published only when an id changes; logged, too."""

    name = 'id_changes'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(PointCloud2, '~/id_changes', 20)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the changes of the frame, if any."""
        if not result.id_changes:
            return False
        self._publisher.publish(to_table(np.array(list(result.id_changes), ID_CHANGE), header))
        for old, new in result.id_changes:
            self._node.get_logger().info(f'track {old} is {new}, who was here before')
        return True
