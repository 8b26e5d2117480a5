# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks in space as others see them: a live node with a calibrated camera and a depth image."""
from __future__ import annotations

import array
from collections.abc import Callable, Iterator
import copy
from typing import Any

from face_tracker_ros.annotate import id_color
from face_tracker_ros.ros.messages.images import to_message
import numpy as np
import pytest
from ros_client import Client, FACES, NODE, NodeProcess
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import Marker, MarkerArray

EMPTY = np.full((360, 640, 3), 90, np.uint8)
FOCAL = 500.0
DEPTHS = {'hopper': 1.25, 'collins': 2.5}


def calibration(**changes: Any) -> CameraInfo:
    info = CameraInfo(width=640, height=360, distortion_model='plumb_bob', d=[0.0] * 5,
                      k=[FOCAL, 0.0, 320.0, 0.0, FOCAL, 180.0, 0.0, 0.0, 1.0])
    for name, value in changes.items():
        setattr(info, name, value)
    return info


def depth_image(header: Header, encoding: str) -> Image:
    """Return the wall at 4 m, and the two faces at theirs."""
    metres = np.full((360, 640), 4.0, np.float32)
    metres[:, :310], metres[:, 310:] = DEPTHS['hopper'], DEPTHS['collins']
    values = metres if encoding == '32FC1' else (metres * 1000).astype(np.uint16)
    return Image(header=header, width=640, height=360, encoding=encoding,
                 step=640 * values.itemsize, data=array.array('B', values.tobytes()))


class Camera:
    """Publishes images with calibration and depth, and keeps what comes of it."""

    def __init__(self, client: Client, image: np.ndarray) -> None:
        self.client, self.image, self.info = client, image, calibration()
        self.encoding = '16UC1'
        self.lag = 0
        node = client.node
        self._infos = node.create_publisher(CameraInfo, 'camera_info', 5)
        self._depths = node.create_publisher(Image, 'depth_image', 5)
        self.arrays: list[Detection3DArray] = []
        self.markers: list[Marker] = []
        self.subscriptions = [
            node.create_subscription(Detection3DArray, f'{NODE}/tracks_3d', self.arrays.append,
                                     50),
            node.create_subscription(MarkerArray, f'{NODE}/markers',
                                     lambda message: self.markers.extend(message.markers), 50)]

    def send(self) -> Header:
        """Publish one frame of everything, the image last."""
        if self.info is not None:
            self._infos.publish(self.info)
        header = self.client.header()
        if self.encoding:
            late = copy.deepcopy(header)
            late.stamp.sec -= self.lag
            self._depths.publish(depth_image(late, self.encoding))
        self.client.images.publish(to_message(self.image, header))
        return header

    def found(self, number: int = 2) -> Detection3DArray:
        """Send frames until an array of one of them has so many faces; return it."""
        sent: list[Header] = []

        def fitting() -> list[Detection3DArray]:
            return [array for array in self.arrays
                    if len(array.detections) == number and array.header in sent]

        self.client.wait(lambda: bool(fitting()), f'{number} faces in space',
                         lambda: sent.append(self.send()))
        return fitting()[0]

    def close(self) -> None:
        for publisher in (self._infos, self._depths):
            self.client.node.destroy_publisher(publisher)
        for subscription in self.subscriptions:
            self.client.node.destroy_subscription(subscription)


@pytest.fixture(scope='module')
def process(tmp_path_factory: pytest.TempPathFactory, client: Client) -> Iterator[NodeProcess]:
    log = tmp_path_factory.mktemp('node') / 'log'
    process = NodeProcess('face_tracker_ros.ros.node.main', ('-p', 'spatial.depth:=true'), log)
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    yield process
    process.finish()


@pytest.fixture
def camera(process: NodeProcess, client: Client, two_people: np.ndarray) -> Iterator[Camera]:
    assert client.call(Trigger, 'reset').success
    client.forget()
    camera = Camera(client, two_people)
    yield camera
    camera.close()


def by_name(message: Detection3DArray) -> dict[str, Any]:
    """Return the detections by whose ray they lie on."""
    found = {}
    for detection in message.detections:
        point = detection.results[0].pose.pose.position
        u, v = FOCAL * point.x / point.z + 320, FOCAL * point.y / point.z + 180
        found |= {name: detection for name, (x, y) in FACES.items()
                  if abs(u - x) < 40 and abs(v - y) < 40}
    assert set(found) == set(FACES)
    return found


def along(detection: Any) -> float:
    """Return the deviation along z of a face."""
    return float(np.sqrt(detection.results[0].pose.covariance[14]))


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1'])
def test_depth_image_places_the_faces(camera: Camera, encoding: str) -> None:
    camera.encoding = encoding
    camera.found()
    message = camera.found()
    assert message.header.frame_id == 'lens'
    for name, detection in by_name(message).items():
        assert detection.header == message.header and detection.id.isdecimal()
        assert detection.results[0].hypothesis.class_id == 'face'
        pose = detection.results[0].pose.pose
        assert pose.position.z == pytest.approx(DEPTHS[name], rel=0.01)
        assert detection.bbox.center.position == pose.position
        assert 0.03 < detection.bbox.size.x < detection.bbox.size.y < 1
        assert 0.003 < along(detection) < 0.05


def test_without_fitting_depth_the_size_of_the_face_gives_the_range(camera: Camera) -> None:
    camera.found()
    for lag, encoding in ((3, '16UC1'), (0, ''), (0, 'bgr8')):
        camera.lag, camera.encoding = lag, encoding
        camera.client.stamp += 100
        faces = by_name(camera.found())
        for detection in faces.values():
            distance = detection.results[0].pose.pose.position.z
            assert 0.4 < distance < 1.8 and along(detection) > 0.04 * distance
        near, far = (faces[name].results[0].pose.pose.position.z for name in FACES)
        assert near < far, 'the larger face is nearer'


def test_unusable_calibration_is_said_once_and_tracks_go_on(
        camera: Camera, process: NodeProcess, client: Client) -> None:
    camera.found()
    for bad, reason in ((calibration(k=[0.0] * 9), 'has no focal lengths'),
                        (calibration(distortion_model='magic'), "model 'magic' is unknown"),
                        (calibration(width=640, height=480), 'for images of 640x480')):
        camera.info = bad
        client.wait(lambda: reason in process.output(), reason, camera.send)
        camera.arrays.clear()
        client.arrays.clear()
        client.wait(lambda: len(client.arrays) > 5 and client.arrays[-1].detections, 'tracks',
                    camera.send)
        assert camera.arrays == []
        assert process.output().count(reason) == 1
        assert 'Traceback' not in process.output()
    camera.info = calibration()
    camera.found()


def test_markers_show_ids_in_their_colours_and_leave_with_the_track(camera: Camera,
                                                                    client: Client) -> None:
    ids = {int(d.id) for d in camera.found().detections}
    camera.markers.clear()
    client.wait(lambda: sum(m.ns == 'trails' for m in camera.markers) > 6, 'trails', camera.send)
    shown = {(m.ns, m.id): m for m in camera.markers if m.action == Marker.ADD}
    spaces = 'faces', 'ids', 'trails', 'heads'
    assert set(shown) == {(space, id_) for space in spaces for id_ in ids}
    for (space, id_), marker in shown.items():
        blue, green, red = id_color(id_)
        assert (marker.color.r, marker.color.g, marker.color.b) == pytest.approx(
            (red / 255, green / 255, blue / 255), abs=1e-3)
        assert marker.header.frame_id == 'lens' and marker.lifetime.sec >= 1
        if space == 'ids':
            assert marker.text == f'#{id_}' and marker.scale.z > 0
        elif space == 'trails':
            assert len(marker.points) >= 2
    camera.image = EMPTY
    client.stamp += 5
    client.wait(lambda: {(m.ns, m.id) for m in camera.markers if m.action == Marker.DELETE}
                == set(shown), 'markers to be deleted', camera.send)
    camera.markers.clear()
    assert client.call(Trigger, 'reset').success
    client.wait(lambda: any(m.action == Marker.DELETEALL for m in camera.markers), 'a clear view')


def test_nothing_is_placed_while_nobody_listens(camera: Camera, client: Client,
                                                process: NodeProcess) -> None:
    """Without listeners no calibration is looked at, so that nothing is said about a bad one."""
    camera.found()
    for subscription in camera.subscriptions:
        client.node.destroy_subscription(subscription)
    camera.subscriptions = []
    client.wait(lambda: client.node.count_subscribers(f'{NODE}/markers') == 0, 'silence')
    client.spin(0.3)
    camera.info = calibration(distortion_model='unheard')
    client.arrays.clear()
    client.wait(lambda: len(client.arrays) > 5, 'tracks', camera.send)
    assert 'unheard' not in process.output()


def test_calibration_that_does_not_come_is_told_once(
        start: Callable[..., NodeProcess], client: Client, two_people: np.ndarray,
        process: NodeProcess) -> None:
    other = start('-r', '__ns:=/other', '-r', 'image:=/image')
    listener = client.node.create_subscription(MarkerArray, '/other/face_tracker/markers',
                                               lambda message: None, 5)
    client.wait(lambda: "no calibration on '/camera_info'" in other.output(), 'the warning',
                lambda: client.publish(two_people))
    client.node.destroy_subscription(listener)
    assert other.output().count('no calibration') == 1
