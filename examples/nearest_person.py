#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Print who is nearest, whenever that changes.

Nearest to the origin of the tracks' frame: the camera where spatial.target_frame of the tracker is
empty, the robot where it is one of the robot's.
"""
import math

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from vision_msgs.msg import Detection3DArray


class NearestPerson(Node):
    """Listens to the tracks in space."""

    def __init__(self):
        """Subscribe; remap tracks_3d to the topic of another tracker."""
        super().__init__('nearest_person')
        self._nearest = None
        self.create_subscription(Detection3DArray, 'face_tracker/tracks_3d', self._on_tracks, 10)

    def _on_tracks(self, message):
        def distance(detection):
            position = detection.bbox.center.position
            return math.hypot(position.x, position.y, position.z)

        nearest = min(message.detections, key=distance, default=None)
        name = nearest.id if nearest else None
        if name != self._nearest:
            self._nearest = name
            print(f'nearest: #{name} at {distance(nearest):.1f} m' if nearest else 'nobody',
                  flush=True)


def main():
    """Run until interrupted."""
    rclpy.init()
    try:
        rclpy.spin(NearestPerson())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
