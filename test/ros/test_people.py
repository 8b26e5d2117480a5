# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""People on a live node: enrolled, named, remembered, forgotten; and who looks at the robot."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import signal
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.srv import AddDiagnostics
from face_tracker_ros.ros.messages.clouds import ROW
from face_tracker_ros.ros.messages.people import person_number
import numpy as np
import pytest
from ros_client import Client, FACES, NODE, NodeProcess
from sensor_msgs.msg import CameraInfo, PointCloud2
from vision_msgs.msg import Detection2DArray, Detection3DArray
from visualization_msgs.msg import Marker, MarkerArray


class Listener:
    """Keeps the last message of each topic about people."""

    def __init__(self, client: Client) -> None:
        self.client, self.last = client, dict[str, Any]()
        self.subscriptions = [client.node.create_subscription(
            kind, f'{NODE}/{topic}', lambda message, topic=topic: self.last.update(
                {topic: message}), 10)
            for kind, topic in ((DiagnosticArray, 'identities'), (Detection2DArray, 'attention'),
                                (PointCloud2, 'track_states'), (MarkerArray, 'markers'),
                                (Detection3DArray, 'tracks_3d'))]
        self.infos = client.node.create_publisher(CameraInfo, 'camera_info', 5)

    def close(self) -> None:
        for subscription in self.subscriptions:
            self.client.node.destroy_subscription(subscription)
        self.client.node.destroy_publisher(self.infos)

    def send(self, image: np.ndarray) -> None:
        self.infos.publish(CameraInfo(
            width=640, height=360, distortion_model='plumb_bob', d=[0.0] * 5,
            k=[500.0, 0.0, 320.0, 0.0, 500.0, 180.0, 0.0, 0.0, 1.0]))
        self.client.publish(image)

    def names(self) -> dict[str, str]:
        """Return the names by who is on the image."""
        array = self.last.get('identities')
        tracks = self.client.arrays[-1].detections if self.client.arrays else []
        found = {track.id: 'hopper' if track.bbox.center.position.x < 320 else 'collins'
                 for track in tracks}
        return {found[status.name]: status.message for status in (array.status if array else ())
                if status.name in found}

    def ask(self, service: str, text: str, image: np.ndarray) -> AddDiagnostics.Response:
        """Call a service while images go on."""
        client = self.client.node.create_client(AddDiagnostics, f'{NODE}/{service}')
        self.client.wait(client.service_is_ready, service)
        future = client.call_async(AddDiagnostics.Request(load_namespace=text))
        self.client.wait(future.done, f'an answer of {service}', lambda: self.send(image))
        self.client.node.destroy_client(client)
        return future.result()


@pytest.fixture
def begin(start: Callable[..., NodeProcess], client: Client,
          tmp_path: Path) -> Callable[[], NodeProcess]:
    """Return a function that starts a node with a store of people, the same each time."""
    def begin() -> NodeProcess:
        process = start('-p', f"identities.store:={tmp_path / 'people.db'}")
        client.forget()
        client.wait(lambda: client.state() == 'active', 'the node to become active')
        return process
    return begin


def test_people_are_enrolled_named_and_forgotten(
        client: Client, begin: Callable[[], NodeProcess], two_people: np.ndarray,
        tmp_path: Path) -> None:
    node, listener = begin(), Listener(client)
    client.wait(lambda: set(listener.names()) == set(FACES), 'both',
                lambda: listener.send(two_people))
    rejected = listener.ask('enroll', 'Ada', two_people)
    assert not rejected.success and 'faces in view; give the id of one' in rejected.message
    tracks = {'hopper' if track.bbox.center.position.x < 320 else 'collins': track.id
              for track in client.arrays[-1].detections}
    done = listener.ask('enroll', f"{tracks['hopper']} Grace Hopper", two_people)
    assert done.success and "'Grace Hopper': enrolled with" in done.message
    named = {'hopper': 'Grace Hopper', 'collins': ''}
    client.wait(lambda: listener.names() == named, 'the name', lambda: listener.send(two_people))
    again = listener.ask('enroll', f"{tracks['hopper']} Ada", two_people)
    assert not again.success and "known as 'Grace Hopper'" in again.message
    statuses = {status.name: status for status in listener.last['identities'].status}
    status = statuses[tracks['hopper']]
    values = {item.key: item.value for item in status.values}
    assert len(status.hardware_id) == 32 and values['state'] == 'known'
    assert float(values['distance']) < 0.3 and float(values['likeness']) > 0.7
    assert all(item.results[0].hypothesis.class_id == 'face'
               for item in client.arrays[-1].detections), 'a name is no class'
    client.wait(lambda: any(marker.text == f"#{tracks['hopper']} Grace Hopper"
                            for marker in listener.last['markers'].markers), 'the marker text',
                lambda: listener.send(two_people))
    rows = np.frombuffer(listener.last['track_states'].data, ROW)
    persons = dict(zip(map(str, rows['id']), rows['person']))
    assert persons == {tracks['hopper']: person_number(status.hardware_id),
                       tracks['collins']: 0}

    assert node.end(signal.SIGKILL) != 0  # a crash
    begin()
    client.wait(lambda: listener.names() == named, 'the name after a restart',
                lambda: listener.send(two_people))
    assert listener.ask('forget', 'grace hopper', two_people).success
    client.wait(lambda: set(listener.names().values()) == {''}, 'nobody to be known',
                lambda: listener.send(two_people))
    assert not listener.ask('forget', 'Grace Hopper', two_people).success
    listener.close()


def test_an_enrolment_ends_with_the_reason_when_no_image_comes(
        client: Client, begin: Callable[[], NodeProcess], two_people: np.ndarray) -> None:
    begin()
    track = client.tracks_of(two_people, 2).detections[0].id
    client.settle()
    service = client.node.create_client(AddDiagnostics, f'{NODE}/enroll')
    client.wait(service.service_is_ready, 'the service')
    answer = service.call_async(AddDiagnostics.Request(load_namespace=f'{track} Ada'))
    client.wait(answer.done, 'an answer without images')
    assert not answer.result().success
    assert "'Ada': not enrolled; no image came for 5 s" in answer.result().message
    client.node.destroy_client(service)
    listener = Listener(client)
    assert listener.ask('enroll', f'{track} Ada', two_people).success, 'once images come again'
    listener.close()


def test_without_a_store_nobody_is_enrolled(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    listener = Listener(client)
    rejected = listener.ask('enroll', '1 Ada', two_people)
    assert not rejected.success and 'identities.store is empty' in rejected.message
    client.tracks_of(two_people, 2)
    assert 'identities' not in listener.last
    listener.close()


def test_who_looks_at_the_robot_and_since_when(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    listener = Listener(client)
    client.wait(lambda: 'attention' in listener.last and 'tracks_3d' in listener.last
                and len(listener.last['attention'].detections) == 2, 'both to look here',
                lambda: listener.send(two_people))
    first = listener.last['attention']
    since = {item.id: item.header.stamp for item in first.detections}
    for _ in range(10):
        listener.send(two_people)
        client.spin(0.05)
    client.wait(lambda: listener.last['attention'].header.stamp.sec
                + listener.last['attention'].header.stamp.nanosec * 1e-9 > client.stamp - 0.1,
                'the last one')
    later = listener.last['attention']
    assert {item.id: item.header.stamp for item in later.detections} == since
    assert {item.results[0].hypothesis.class_id for item in later.detections} == {'facing'}
    rows = np.frombuffer(listener.last['track_states'].data, ROW)
    assert rows['facing'].tolist() == [1, 1]
    assert (np.abs(rows['yaw']) < 0.6).all() and (np.abs(rows['roll']) < 0.4).all()
    arrows = [marker for marker in listener.last['markers'].markers if marker.ns == 'heads']
    assert {marker.type for marker in arrows} == {Marker.ARROW} and len(arrows) == 2
    for detection in listener.last['tracks_3d'].detections:
        pose = detection.results[0].pose
        q = pose.pose.orientation
        forward = 1 - 2 * (q.y ** 2 + q.z ** 2), 2 * (q.x * q.y + q.z * q.w), 2 * (
            q.x * q.z - q.y * q.w)
        assert forward[2] < -0.8, 'the face looks against the view'
        spread = np.array(pose.covariance).reshape(6, 6)[3:, 3:]
        assert (np.linalg.eigvalsh(spread) > 0).all() and np.trace(spread) < 0.3
        assert detection.bbox.center.orientation.w == 1
    assert client.set_parameters({'spatial.facing_angle': 1.0}).successful
    client.wait(lambda: not listener.last['attention'].detections, 'nobody to be within 1 degree',
                lambda: listener.send(two_people))
    assert client.set_parameters({'spatial.facing_angle': 25.0}).successful
    listener.close()
