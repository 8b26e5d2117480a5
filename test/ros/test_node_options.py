# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the node does when it is started with other settings than the default ones."""
from __future__ import annotations

import array
from collections.abc import Callable
import time

import cv2
import numpy as np
import pytest
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NODE, NodeProcess
from sensor_msgs.msg import CompressedImage

EMPTY = np.full((360, 640, 3), 90, np.uint8)
FORMATS = {'.jpg': ('jpeg', 'bgr8; jpeg compressed bgr8', 'rgb8; jpeg compressed bgr8'),
           '.png': ('png', 'bgr8; png compressed ', 'rgb8; png compressed bgr8')}
Start = Callable[..., NodeProcess]


def test_reliability_of_the_subscription_can_be_overridden(client: Client,
                                                           start: Start) -> None:
    start('-p', 'qos_overrides./image.subscription.reliability:=reliable')
    client.wait(lambda: [info.qos_profile.reliability for info
                         in client.node.get_subscriptions_info_by_topic('/image')]
                == [QoSReliabilityPolicy.RELIABLE], 'a reliable subscription')


@pytest.mark.parametrize('depth', [1, 4])
def test_newest_image_wins(client: Client, start: Start, two_people: np.ndarray,
                           depth: int) -> None:
    start('-p', 'max_rate:=2.0', '-p', f'qos_overrides./image.subscription.depth:={depth}')
    client.tracks_of(two_people, 0)
    client.forget()
    sent, begin = [], time.monotonic()
    for _ in range(60):  # some before the node has subscribed anew, reliably, are not counted
        sent.append(client.publish(EMPTY))
        client.spin(0.03)
    client.wait(lambda: any(message.header == sent[-1] for message in client.arrays),
                'the newest image')
    assert len(client.arrays) <= 2 * (time.monotonic() - begin) + 2
    stamps = [sent.index(message.header) for message in client.arrays if message.header in sent]
    assert stamps == sorted(stamps)
    client.wait(lambda: client.report('replaced') > 15, 'the count of replaced images')


def test_output_qos_can_be_overridden(client: Client, start: Start) -> None:
    override = f'qos_overrides.{NODE}/tracks.publisher'
    start('-p', f'{override}.reliability:=best_effort', '-p', f'{override}.depth:=3')

    def offered() -> list[QoSReliabilityPolicy]:
        return [info.qos_profile.reliability for info
                in client.node.get_publishers_info_by_topic(f'{NODE}/tracks')]

    client.wait(lambda: QoSReliabilityPolicy.BEST_EFFORT in offered(), 'best-effort tracks')


def test_compressed_images_of_every_format_are_tracked(client: Client, start: Start,
                                                       two_people: np.ndarray) -> None:
    start('-p', 'image_transport:=compressed', '-r', 'image:=/lens/image')
    camera = client.publisher(QoSReliabilityPolicy.BEST_EFFORT, '/lens/image/compressed',
                              CompressedImage)
    for suffix, formats in FORMATS.items():
        data = array.array('B', cv2.imencode(suffix, two_people)[1].tobytes())
        for text in formats:
            client.arrays.clear()
            client.wait(lambda: any(len(message.detections) == 2 for message in client.arrays),
                        f"tracks of '{text}'", lambda: camera.publish(
                            CompressedImage(header=client.header(), format=text, data=data)))
    client.node.destroy_publisher(camera)
