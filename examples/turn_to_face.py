#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Rotate a robot towards the face it knows longest: velocities on cmd_vel.

Only a demonstration: it looks at no obstacle. It stops when it sees nobody for half a second, and
when it is ended. The tracker's spatial.target_frame is empty (the camera looks ahead), or the
frame of the robot: parameter base_frame, 'base_link' by default. With tracks in any other frame,
such as a map, the robot stays where it is and the log names the remedy.
"""
import math
import signal

from geometry_msgs.msg import Twist
import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from vision_msgs.msg import Detection3DArray

GAIN = 1.2  # radians a second, for each radian off the middle
FASTEST = 0.8  # radians a second
STILL = 0.05  # radians off the middle that are left alone
PATIENCE = 0.5  # seconds


class TurnToFace(Node):
    """Listens to the tracks in space, and commands rotations 10 times a second."""

    def __init__(self):
        """Subscribe and advertise; remap tracks_3d and cmd_vel as needed."""
        super().__init__('turn_to_face')
        self._base = self.declare_parameter('base_frame', 'base_link').value
        self._angle, self._seen = 0.0, None
        self._commands = self.create_publisher(Twist, 'cmd_vel', 1)
        self.create_subscription(Detection3DArray, 'face_tracker/tracks_3d', self._on_tracks, 10)
        self.create_timer(0.1, self._command)

    def _on_tracks(self, message):
        # Ids count upwards, so the least is the one known longest.
        if message.detections:
            first = min(message.detections, key=lambda detection: int(detection.id))
            angle = self._angle_of(message.header.frame_id, first.bbox.center)
            if angle is not None:
                self._angle, self._seen = angle, self.get_clock().now()

    def _angle_of(self, frame, centre):
        """Return the angle from straight ahead, positive to the left; None in another frame."""
        position = centre.position
        if frame == self._base:  # x is ahead and y left (REP 103)
            return math.atan2(position.y, position.x)
        # The orientation is that of the camera's axes: none in the camera's own, optical frame.
        if abs(centre.orientation.w) > 0.9999:  # x is right and z ahead
            return -math.atan2(position.x, position.z)
        self.get_logger().error(
            f"tracks are in frame '{frame}': set spatial.target_frame of the tracker to '' or "
            f"'{self._base}' (base_frame)", throttle_duration_sec=5.0)
        return None

    def _command(self):
        twist = Twist()
        if self._seen is not None:
            age = (self.get_clock().now() - self._seen).nanoseconds * 1e-9
            if age < PATIENCE and abs(self._angle) > STILL:
                twist.angular.z = max(-FASTEST, min(FASTEST, GAIN * self._angle))
        self._commands.publish(twist)

    def stop(self):
        """Command no rotation, and wait until that has arrived."""
        self._commands.publish(Twist())
        self._commands.wait_for_all_acked(Duration(seconds=1))


def main():
    """Run until interrupted or terminated."""
    # rclpy's own handlers would close the topics before the last command.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = TurnToFace()
    try:
        rclpy.spin(node)
    except KeyboardInterrupt:
        pass
    finally:
        node.stop()
        rclpy.shutdown()


if __name__ == '__main__':
    main()
