# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Cameras that restart or change in mid-stream, and listeners that come late."""
from __future__ import annotations

import array

import cv2
import numpy as np
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from ros_client import Client, FACES, ids_of, NODE, NodeProcess
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray


def test_camera_that_restarts_finds_its_people_again(client: Client, idle: NodeProcess,
                                                     two_people: np.ndarray) -> None:
    before: set[str] = set()
    for reliability in (QoSReliabilityPolicy.RELIABLE, QoSReliabilityPolicy.BEST_EFFORT,
                        QoSReliabilityPolicy.RELIABLE):
        camera = client.publisher(reliability, '/image')
        found = ids_of(client.tracks_of(two_people, 2, camera))
        assert not before or found == before, 'the same people after the restart'
        before = found
        client.node.destroy_publisher(camera)
        client.stamp += 10


def in_encoding(image: np.ndarray, encoding: str, header: Header) -> Image:
    """Return a bgr8 image as a message in another encoding."""
    codes = {'rgb8': cv2.COLOR_BGR2RGB, 'bgra8': cv2.COLOR_BGR2BGRA, 'mono8': cv2.COLOR_BGR2GRAY}
    pixels = cv2.cvtColor(image, codes[encoding]) if encoding in codes else image
    message = Image(header=header, height=image.shape[0], width=image.shape[1],
                    encoding=encoding, step=pixels.nbytes // image.shape[0])
    message.data = array.array('B', pixels.tobytes())
    return message


def near(message: Detection2DArray, scale: float) -> bool:
    """Return whether both faces are where an image of `scale` times the width has them."""
    found = [detection.bbox.center.position for detection in message.detections]
    return all(any(abs(at.x - scale * x) < 40 * scale and abs(at.y - scale * y) < 40 * scale
                   for at in found) for x, y in FACES.values())


def test_size_and_encoding_may_change_from_frame_to_frame(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    before = idle.output().count('skipped')
    for encoding, width, height in (('rgb8', 1280, 720), ('mono8', 640, 360), ('bgra8', 960, 540),
                                    ('bgr8', 427, 240)):
        image = cv2.resize(two_people, (width, height), interpolation=cv2.INTER_AREA)
        client.arrays.clear()
        client.wait(lambda: any(near(message, width / 640) for message in client.arrays),
                    f'two faces in {encoding} {width}x{height}',
                    lambda: client.images.publish(in_encoding(image, encoding,
                                                              client.header())))
    assert idle.output().count('skipped') == before


def test_listener_that_comes_late_sees_the_next_frame(client: Client, idle: NodeProcess,
                                                      two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    for reliability in (QoSReliabilityPolicy.RELIABLE, QoSReliabilityPolicy.BEST_EFFORT):
        late: list[Detection2DArray] = []
        subscription = client.node.create_subscription(
            Detection2DArray, f'{NODE}/tracks', late.append,
            QoSProfile(depth=1, reliability=reliability))
        client.wait(lambda: late != [], 'tracks', lambda: client.publish(two_people))
        assert len(late[0].detections) == 2
        client.node.destroy_subscription(subscription)
