# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the node does when it is started with other settings than the default ones."""
from __future__ import annotations

from collections.abc import Callable

from face_tracker_ros.ros import convert
import numpy as np
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess
from sensor_msgs.msg import CompressedImage

EMPTY = np.full((360, 640, 3), 90, np.uint8)
Start = Callable[..., NodeProcess]


def test_reliability_of_the_subscription_can_be_overridden(client: Client,
                                                           start: Start) -> None:
    start('-p', 'qos_overrides./image.subscription.reliability:=reliable')
    client.wait(lambda: [info.qos_profile.reliability for info
                         in client.node.get_subscriptions_info_by_topic('/image')]
                == [QoSReliabilityPolicy.RELIABLE], 'a reliable subscription')


def test_newest_image_wins(client: Client, start: Start, two_people: np.ndarray) -> None:
    start('-p', 'max_rate:=2.0')
    client.tracks_of(two_people, 0)
    client.forget()
    sent = []
    for _ in range(30):
        sent.append(client.publish(EMPTY))
        client.spin(0.03)
    client.wait(lambda: any(message.header == sent[-1] for message in client.arrays),
                'the newest image')
    assert len(client.arrays) <= 5
    stamps = [sent.index(message.header) for message in client.arrays if message.header in sent]
    assert stamps == sorted(stamps)
    client.wait(lambda: client.report('replaced') > 15, 'the count of replaced images')


def test_compressed_images_are_tracked(client: Client, start: Start,
                                       two_people: np.ndarray) -> None:
    start('-p', 'image_transport:=compressed', '-r', 'image:=/lens/image')
    camera = client.publisher(QoSReliabilityPolicy.RELIABLE, '/lens/image/compressed',
                              CompressedImage)
    client.arrays.clear()
    client.wait(lambda: any(len(message.detections) == 2 for message in client.arrays),
                'tracks of compressed images',
                lambda: camera.publish(convert.to_compressed_message(two_people,
                                                                     client.header())))
    client.node.destroy_publisher(camera)
