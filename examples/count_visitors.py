#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Count visitors: who is seen for a second counts once, also when leaving and coming back.

Needs pixels only, no calibration. Somebody recognised late is not counted twice, as a second is
what the tracker takes for that.
"""
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from vision_msgs.msg import Detection2DArray

LEAST = 1.0  # seconds in sight


class CountVisitors(Node):
    """Listens to the tracks."""

    def __init__(self):
        """Subscribe; remap tracks to the topic of another tracker."""
        super().__init__('count_visitors')
        self._first = {}
        self._counted = set()
        self.create_subscription(Detection2DArray, 'face_tracker/tracks', self._on_tracks, 10)

    def _on_tracks(self, message):
        stamp = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        here = {detection.id for detection in message.detections}
        before = len(self._counted)
        for track in here - self._counted:
            if stamp - self._first.setdefault(track, stamp) >= LEAST:
                self._counted.add(track)
        if len(self._counted) > before:
            print(f'{len(self._counted)} visitors so far, {len(here)} here now', flush=True)


def main():
    """Run until interrupted."""
    rclpy.init()
    try:
        rclpy.spin(CountVisitors())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
