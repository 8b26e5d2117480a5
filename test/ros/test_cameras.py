# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Several cameras on one machine: live streams, each with its own tracks and ids."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
import signal

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from postgres_server import PostgresServer
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess
from vision_msgs.msg import Detection2DArray

CAMERAS = ('front', 'left/upper', 'rear')


def test_three_cameras_in_one_process_are_tracked_apart(
        client: Client, start: Callable[..., NodeProcess], two_people: np.ndarray) -> None:
    process = start('-p', 'detection.width:=320', '-p', 'inference.threads:=1',
                    '-r', 'image:=image', namespaces=CAMERAS)
    half = two_people.copy()
    half[:, 330:] = 90
    images = dict(zip(CAMERAS, (two_people, half, np.full_like(half, 90))))
    publishers = {name: client.publisher(QoSReliabilityPolicy.BEST_EFFORT, f'/{name}/image')
                  for name in CAMERAS}
    found: dict[str, list[Detection2DArray]] = {name: [] for name in CAMERAS}
    subscriptions = [client.node.create_subscription(
        Detection2DArray, f'/{name}/face_tracker/tracks', found[name].append, 10)
        for name in CAMERAS]
    client.wait(lambda: all(publisher.get_subscription_count() for publisher
                            in publishers.values()), 'three active nodes')

    def publish() -> None:
        for name in CAMERAS:
            client.publish(images[name], publishers[name])

    def seen(name: str, number: int) -> bool:
        return any(len(message.detections) == number for message in found[name])

    for name, number in zip(CAMERAS, (2, 1, 0)):
        client.wait(partial(seen, name, number), f'{number} faces at {name}', publish)
    assert not seen('left/upper', 2) and not seen('rear', 1)
    ids = {name: {detection.id for message in found[name] for detection in message.detections}
           for name in CAMERAS}
    assert ids == {'front': {'1', '2'}, 'left/upper': {'1'}, 'rear': set()}, 'each counts alone'
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)
    for publisher in publishers.values():
        client.node.destroy_publisher(publisher)
    assert process.end(signal.SIGTERM) == 0
    assert 'Traceback' not in process.output()


def test_one_person_who_walks_past_three_cameras_is_one_person(
        client: Client, start: Callable[..., NodeProcess], postgres: PostgresServer,
        two_people: np.ndarray) -> None:
    process = start('-p', 'detection.width:=320', '-p', 'inference.threads:=1',
                    '-p', f'identities.store:={postgres.address}',
                    '-p', 'identities.remember:=true', namespaces=CAMERAS)
    publishers = {name: client.publisher(QoSReliabilityPolicy.BEST_EFFORT, f'/{name}/image')
                  for name in CAMERAS}
    met: dict[str, set[str]] = {name: set() for name in CAMERAS}

    def note(name: str, message: DiagnosticArray) -> None:
        met[name].update(status.hardware_id for status in message.status if status.hardware_id)

    subscriptions = [client.node.create_subscription(
        DiagnosticArray, f'/{name}/face_tracker/identities', partial(note, name), 10)
        for name in CAMERAS]
    client.wait(lambda: all(publisher.get_subscription_count() for publisher
                            in publishers.values()), 'three active nodes')
    steps = count()

    def walk(seen_by: tuple[str, ...]) -> None:
        step = next(steps)
        for name in CAMERAS:
            image = np.full_like(two_people, 90)
            if name in seen_by:  # to the right, and back at the end of the image
                left = abs((6 * step + 100 * CAMERAS.index(name)) % 760 - 380)
                image[30:330, left:left + 256] = two_people[30:330, 60:316]
                image = np.clip(image * (0.9 + 0.02 * (step % 10)), 0, 255).astype(np.uint8)
            client.publish(image, publishers[name])

    # Two cameras meet a stranger at the same time; the third one later.
    for seen_by in (CAMERAS[:2], CAMERAS[1:], CAMERAS[2:]):
        client.wait(lambda seen_by=seen_by: all(met[name] for name in seen_by),
                    f'{seen_by} to know who it is', partial(walk, seen_by))
    assert met['front'] == met['left/upper'] == met['rear'] and len(met['rear']) == 1
    rows = postgres.execute('SELECT uid, name FROM face_tracker.people')
    assert rows == [(*met['rear'], '')]
    for item in subscriptions:
        client.node.destroy_subscription(item)
    for publisher in publishers.values():
        client.node.destroy_publisher(publisher)
    assert process.end(signal.SIGTERM) == 0


def test_namespace_that_is_none_is_rejected(start: Callable[..., NodeProcess]) -> None:
    for namespaces in (('front', 'no good'), ('no good', 'no good')):
        process = start(namespaces=namespaces)
        assert process.wait() == 2
        assert process.output().startswith("error: namespace 'no good': "), process.output()
        assert len(process.output().splitlines()) == 1
