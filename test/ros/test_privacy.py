# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Privacy and access: no network but loopback, no biometric data in logs, the SROS 2 policy."""
from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import re
import subprocess
import sys

import cv2
import face_tracker_ros
import numpy as np
from policy import check_policy
import pytest
from ros_client import Client, NODE, NodeProcess
from std_srvs.srv import Trigger

Start = Callable[..., NodeProcess]
# Camera, node and listener in one process, in a network namespace of its own.
ALONE = """
import fcntl, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lo:  # loopback up: nothing else is there
    fcntl.ioctl(lo, 0x8914, struct.pack('16sh14x', b'lo', 0x49))
assert [name for _, name in socket.if_nameindex()] == ['lo']
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from face_tracker_ros.ros import FaceTrackerNode
from face_tracker_ros.ros.messages.images import to_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

rclpy.init()
tracker, user, found = FaceTrackerNode(), rclpy.create_node('user'), []
tracker.start()
images, pixels = user.create_publisher(Image, 'image', 5), np.load(sys.argv[1])
user.create_subscription(Detection2DArray, '/face_tracker/tracks', found.append, 10)

def camera():
    message = to_message(pixels, Header())
    message.header.stamp = user.get_clock().now().to_msg()
    images.publish(message)

user.create_timer(0.03, camera)
executor = SingleThreadedExecutor()
executor.add_node(tracker)
executor.add_node(user)
for _ in range(3000):
    executor.spin_once(timeout_sec=0.05)
    if any(len(message.detections) == 2 for message in found):
        print('found')
        break
executor.shutdown()
tracker.destroy_node()
rclpy.shutdown()
"""


def in_namespace(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the only network is a loopback that is down."""
    if subprocess.run(['unshare', '-rn', 'true'], capture_output=True).returncode:
        pytest.skip('this user may not make network namespaces')
    root = str(Path(face_tracker_ros.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    return subprocess.run(['unshare', '-rn', sys.executable, *words], capture_output=True,
                          text=True, timeout=120, env={**os.environ, 'PYTHONPATH': path})


def test_node_works_where_there_is_no_network_but_loopback(two_people: np.ndarray,
                                                           tmp_path: Path) -> None:
    np.save(tmp_path / 'two.npy', two_people)
    done = in_namespace('-c', ALONE, str(tmp_path / 'two.npy'))
    assert 'found' in done.stdout.split() and done.returncode == 0, done.stderr


def test_track_works_where_there_is_no_network(two_people: np.ndarray, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'two.png'), two_people)
    done = in_namespace('-m', 'face_tracker_ros', 'track', str(tmp_path / 'two.png'),
                        '--tracks', str(tmp_path / 'tracks.txt'))
    assert done.returncode == 0, done.stderr
    assert '1 frames' in done.stdout


def test_logs_hold_no_faces(client: Client, start: Start, two_people: np.ndarray, tmp_path: Path,
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither positions nor embeddings, not even when everything is logged."""
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
    process = start('--log-level', 'face_tracker:=debug')
    client.forget()
    tracks = client.tracks_of(two_people, 2)
    client.wait(lambda: client.report('processed') > 20, 'more images',
                lambda: client.publish(two_people))
    assert client.call(Trigger, 'reset').success
    assert process.end() == 0
    text = process.output() + ''.join(path.read_text() for path in (tmp_path / 'log').iterdir())
    assert 'loaded detector' in text
    text = re.sub(r'frame \d+\.\d+:|\[\d+\.\d+\]', '', text)  # times
    for detection in tracks.detections:
        box = detection.bbox
        for value in (box.center.position.x, box.center.position.y, box.size_x, box.size_y):
            assert f'{value:.1f}' not in text
    assert not re.search(r'-?\d+\.\d+[,\s]+-?\d+\.\d+[,\s]+-?\d+\.\d+[,\s]+-?\d+\.\d+', text)


def test_policy_allows_what_the_node_does_and_no_more(client: Client, start: Start) -> None:
    start('-p', 'spatial.depth:=true', '-p', 'use_sim_time:=true')
    client.wait(lambda: client.state() == 'active', 'the node')
    # Made where a parameter or an optional package asks for them; and by rclcpp, not by rclpy.
    check_policy(client, 'face_tracker', {
        '/humans/candidate_matches', '/humans/faces/tracked', '/humans/persons/known',
        '/humans/persons/tracked', f'{NODE}/image_annotations', '/tf', '/tf_static',
        '/image/compressed', '/parameter_events'})
