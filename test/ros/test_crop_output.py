# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/crops of a live node: one image of each face, for everybody who asks."""
from __future__ import annotations

from collections.abc import Callable

import cv2
from face_tracker_ros.ros.messages.images import to_image
import numpy as np
from ros_client import Client, NODE, NodeProcess
from sensor_msgs.msg import CompressedImage


def test_every_listener_gets_each_face_once_at_its_best(
        client: Client, tracker: NodeProcess, two_people: np.ndarray) -> None:
    blurred = cv2.GaussianBlur(two_people, (0, 0), 2)
    blurred[250:] = two_people[250:]  # a badge, which looks like a face when it is blurred
    ids = {detection.id for detection in client.tracks_of(blurred, 2).detections}
    names = {f'face_f{number}' for number in ids}
    heard: list[list[CompressedImage]] = [[], []]
    subscriptions = []
    for crops in heard:
        subscriptions.append(client.node.create_subscription(
            CompressedImage, f'{NODE}/crops', crops.append, 20))
        client.wait(lambda: {crop.header.frame_id for crop in crops} == names, 'both crops',
                    lambda: client.publish(blurred))
        for _ in range(6):
            client.publish(blurred)
            client.spin(0.05)
        assert len(crops) == 2, 'a face that is not better is not sent again'
        stamps = [array.header.stamp for array in client.arrays]
        assert all(crop.header.stamp in stamps for crop in crops)
        assert all(30 < side < 257 for crop in crops for side in to_image(crop).shape[:2])
    last = heard[1]
    client.wait(lambda: {crop.header.frame_id for crop in last[2:]} == names, 'better crops',
                lambda: client.publish(two_people))
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)
    for name in names:
        before, after = (to_image(crop) for crop in last if crop.header.frame_id == name)
        assert cv2.Laplacian(after, cv2.CV_32F).var() > 2 * cv2.Laplacian(before,
                                                                          cv2.CV_32F).var()


def test_a_listener_in_the_place_of_another_gets_all_faces(
        client: Client, tracker: NodeProcess, two_people: np.ndarray) -> None:
    names = {f'face_f{item.id}' for item in client.tracks_of(two_people, 2).detections}
    for _ in range(2):  # and no image while nobody listens, as when a page is loaded again
        crops: list[CompressedImage] = []
        subscription = client.node.create_subscription(
            CompressedImage, f'{NODE}/crops', crops.append, 20)
        client.spin(0.5)
        client.wait(lambda: {crop.header.frame_id for crop in crops} == names, 'both crops',
                    lambda: client.publish(two_people))
        client.node.destroy_subscription(subscription)


def test_crops_are_aligned_and_the_log_shows_associations_on_request(
        client: Client, start: Callable[..., NodeProcess], two_people: np.ndarray) -> None:
    node = start('-p', 'crops.aligned:=true', '--log-level', 'face_tracker:=debug')
    client.wait(lambda: client.state() == 'active', 'the node')
    crops: list[CompressedImage] = []
    subscription = client.node.create_subscription(CompressedImage, f'{NODE}/crops',
                                                   crops.append, 20)
    client.wait(lambda: len({crop.header.frame_id for crop in crops}) == 2, 'both crops',
                lambda: client.publish(two_people))
    client.node.destroy_subscription(subscription)
    assert {to_image(crop).shape for crop in crops} == {(112, 112, 3)}
    ids = {track.id for track in client.tracks_of(two_people, 2).detections}
    client.wait(lambda: 'embedded' in node.output(), 'the log')
    output = node.output()
    assert all(f') is track {number}, embedded ' in output for number in ids)
    assert 'detections, 2 embedded; detection 0 (' in output
