# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A camera driver in a process of its own: `camera.py TOPIC RELIABILITY`."""
from __future__ import annotations

import sys
import time

from face_tracker_ros.ros.messages.images import to_message
import numpy as np
import rclpy
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header

RATE = 15.0


def main(topic: str, reliability: str) -> None:
    """
    Publish what the lines of the standard input ask for: width, height and number of images.

    Images wait until a node has subscribed, and had the time to subscribe anew.
    """
    rclpy.init()
    node = rclpy.create_node('driver')
    publisher = node.create_publisher(Image, topic, QoSProfile(
        depth=5, reliability=QoSReliabilityPolicy[reliability]))
    for line in sys.stdin:
        width, height, number = map(int, line.split())
        while not publisher.get_subscription_count():
            time.sleep(0.05)
        time.sleep(1.0)  # whoever asked knows the subscription already
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        for _ in range(number):
            publisher.publish(to_message(image, Header(stamp=node.get_clock().now().to_msg())))
            time.sleep(1 / RATE)
    node.destroy_node()
    rclpy.shutdown()


if __name__ == '__main__':
    main(*sys.argv[1:])
