# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks in space in the robot's frame, and what a node says that lacks transforms or depth."""
from __future__ import annotations

from collections.abc import Callable
import os
import subprocess
import sys

import interfaces
import numpy as np
import pytest
from ros_client import Client, NODE, NodeProcess
from sensor_msgs.msg import CameraInfo, Image
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import Marker, MarkerArray

# The camera is at (1, 2, 1.5) and looks along x; the robot stands at (10, 0, 0) of the map.
ROBOT = """
from geometry_msgs.msg import TransformStamped
import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

def transform(parent, child, position, turn):
    made = TransformStamped(child_frame_id=child)
    made.header.frame_id = parent
    made.header.stamp.sec, made.header.stamp.nanosec = 1, 0
    shift, rotation = made.transform.translation, made.transform.rotation
    shift.x, shift.y, shift.z = position
    rotation.x, rotation.y, rotation.z, rotation.w = turn
    return made

rclpy.init()
node = rclpy.create_node('robot')
latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
node.create_publisher(TFMessage, '/tf_static', latched).publish(TFMessage(transforms=[
    transform('map', 'base', (10.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
    transform('base', 'lens', (1.0, 2.0, 1.5), (-0.5, 0.5, -0.5, 0.5))]))
print('robot', flush=True)
rclpy.spin(node)
"""


def positions(message: Detection3DArray) -> dict[str, np.ndarray]:
    """Return x, y, z of each track."""
    positions = {item.id: item.results[0].pose.pose.position for item in message.detections}
    return {name: np.array([at.x, at.y, at.z]) for name, at in positions.items()}


def test_tracks_come_in_the_target_frame_and_stay_in_the_cameras_without_transform(
        client: Client, start: Callable[..., NodeProcess], two_people: np.ndarray,
        tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    built = interfaces.build(tmp_path_factory.mktemp('interfaces'))
    for name, value in interfaces.environment(built).items():
        monkeypatch.setenv(name, value)
    node = start('-p', 'spatial.target_frame:=map', '-p', 'spatial.depth:=true')
    client.wait(lambda: client.state() == 'active', 'the node')
    calibrations = client.node.create_publisher(CameraInfo, 'camera_info', 5)
    elsewhere = client.node.create_publisher(Image, '/other/aligned_depth/image_raw', 5)
    heard: list[Detection3DArray] = []
    markers: list[Marker] = []
    subscriptions = [
        client.node.create_subscription(Detection3DArray, f'{NODE}/tracks_3d', heard.append, 50),
        client.node.create_subscription(MarkerArray, f'{NODE}/markers',
                                        lambda message: markers.extend(message.markers), 50)]
    info = CameraInfo(width=640, height=360, distortion_model='plumb_bob',
                      k=[500.0, 0.0, 320.0, 0.0, 500.0, 180.0, 0.0, 0.0, 1.0])

    def send() -> None:
        calibrations.publish(info)
        client.publish(two_people)

    def in_frame(name: str) -> Callable[[], bool]:
        return lambda: any(len(message.detections) == 2 and message.header.frame_id == name
                           for message in heard[-3:])

    client.wait(in_frame('lens'), "tracks in the camera's frame", send)
    client.wait(lambda: "'/other/aligned_depth/image_raw'" in node.output(), 'the hint', send)
    output = node.output()
    assert "spatial.target_frame 'map': no transform to or from frame 'map'; tracks in space " \
        "stay in frame 'lens'" in output
    assert "no depth image on '/depth_image'" in output
    before = positions([message for message in heard if len(message.detections) == 2][-1])
    robot = subprocess.Popen([sys.executable, '-c', ROBOT], stdout=subprocess.PIPE, text=True,
                             env=dict(os.environ))
    try:
        client.wait(in_frame('map'), 'tracks in the map', send)
        markers.clear()
        client.wait(lambda: any(marker.ns == 'trails' for marker in markers), 'trails', send)
    finally:
        robot.kill()
        robot.communicate()
    message = [message for message in heard if message.header.frame_id == 'map'][-1]
    after = positions(message)
    assert set(after) == set(before)
    for name, (x, y, z) in before.items():
        assert after[name] == pytest.approx([11 + z, 2 - x, 1.5 - y], abs=0.05)
    for item in message.detections:
        turn = item.bbox.center.orientation
        assert np.abs([turn.x, turn.y, turn.z, turn.w]) == pytest.approx(0.5)
        covariance = np.array(item.results[0].pose.covariance).reshape(6, 6)
        assert covariance[0, 0] > 4 * covariance[2, 2], 'along the view, which is x now'
    shown = {marker.ns: marker for marker in markers if marker.action == Marker.ADD}
    assert {marker.header.frame_id for marker in shown.values()} == {'map'}
    same = [marker for marker in markers if marker.id == shown['ids'].id]
    sphere, text = ([marker for marker in same if marker.ns == name][-1].pose.position
                    for name in ('faces', 'ids'))
    assert text.z > sphere.z + 0.1 and text.x == pytest.approx(sphere.x), 'above the head'
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)
    for publisher in (calibrations, elsewhere):
        client.node.destroy_publisher(publisher)
