# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a user meets first: values as people write them, log lines, and tables about tracks."""
from __future__ import annotations

from dataclasses import replace
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import Any

import cv2
from face_tracker_ros.ros.messages.clouds import ID_CHANGE, LANDMARKS, to_landmarks, to_table
from face_tracker_ros.ros.messages.images import to_message
from face_tracker_ros.types import Detections, FrameResult, Tracks
import numpy as np
import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from ros_client import Client, NODE, NodeProcess, TIMEOUT
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import LabelInfo

MOMENTS = [0.15 * number for number in range(10)]


def set_parameter(client: Client, name: str, value: Any) -> Any:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    (result,) = client.call(SetParameters, 'set_parameters', request).results
    return result


def test_log_reports_what_begins_and_what_was_asked_for(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    client.wait(lambda: "active; images from '/image'" in process.output(), 'activation')
    client.wait(lambda: 'images a second arrive' in process.output(), 'the rate',
                lambda: client.publish(two_people))
    # It may come before the node has subscribed as reliably as it is published.
    assert len(re.findall("first image on '/image': 640x360 'bgr8', frame_id 'lens', "
                          '(reliable|best effort)', process.output())) == 1
    assert process.output().count('images a second arrive') == 1
    client.call(SetBool, 'enable', SetBool.Request(data=False))
    client.call(SetBool, 'enable', SetBool.Request(data=True))
    client.call(Trigger, 'reset')
    client.wait(lambda: all(line in process.output() for line in (
        'tracking disabled', 'tracking enabled', 'all tracks forgotten')), 'the lines')


def test_a_float_parameter_takes_a_whole_number(client: Client, process: NodeProcess) -> None:
    assert set_parameter(client, 'tracker.max_age', 5).successful
    request = GetParameters.Request(names=['tracker.max_age'])
    (value,) = client.call(GetParameters, 'get_parameters', request).values
    assert (value.type, value.double_value) == (ParameterType.PARAMETER_DOUBLE, 5.0)
    far = set_parameter(client, 'tracker.max_age', 500)
    assert not far.successful and '60' in far.reason
    assert not set_parameter(client, 'tracker.max_age', True).successful
    assert not set_parameter(client, 'tracker.n_init', 3.0).successful
    assert set_parameter(client, 'tracker.max_age', 1.0).successful


def test_class_ids_are_names_of_the_label_info(client: Client, process: NodeProcess,
                                               two_people: np.ndarray) -> None:
    labels: list[LabelInfo] = []
    subscription = client.node.create_subscription(
        LabelInfo, f'{NODE}/label_info', labels.append,
        QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL))
    client.wait(lambda: labels != [], 'the class')
    names = {entry.class_name for entry in labels[-1].class_map}
    faces = client.tracks_of(two_people, 2).detections
    assert {result.hypothesis.class_id for face in faces for result in face.results} == names
    client.node.destroy_subscription(subscription)


def test_log_holds_no_control_characters_and_no_endless_lines(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    for encoding in ('\x1b[2J\x07red', 'x' * 300_000):
        message = to_message(two_people, client.header())
        message.encoding = message.header.frame_id = encoding
        known = process.output().count('frame skipped')
        client.wait(lambda: process.output().count('frame skipped') > known, 'the line',
                    lambda: client.images.publish(message), 0.2)
    assert all(character.isprintable() for character in process.output().replace('\n', ''))
    assert max(map(len, process.output().splitlines())) < 1200
    client.forget()
    client.wait(lambda: client.status.message != '', 'a report')
    assert '\x1b' not in client.status.message and len(client.status.message) < 3000


def test_landmarks_lie_in_the_boxes_of_their_tracks(client: Client, process: NodeProcess,
                                                    two_people: np.ndarray) -> None:
    clouds: list[PointCloud2] = []
    subscription = client.node.create_subscription(PointCloud2, f'{NODE}/landmarks',
                                                   clouds.append, 10)
    client.wait(lambda: any(cloud.width == 2 for cloud in clouds), 'landmarks',
                lambda: client.publish(two_people))
    cloud = next(cloud for cloud in clouds if cloud.width == 2)
    assert [field.name for field in cloud.fields] == list(LANDMARKS.names)
    client.wait(lambda: any(each.header == cloud.header for each in client.arrays), 'its tracks')
    tracks = next(each for each in client.arrays if each.header == cloud.header).detections
    rows = np.frombuffer(bytes(cloud.data), LANDMARKS)
    assert [str(row['id']) for row in rows] == [track.id for track in tracks]
    for row, track in zip(rows, tracks):
        center = track.bbox.center.position
        assert abs(row['nose_x'] - center.x) < track.bbox.size_x / 2
        assert abs(row['nose_y'] - center.y) < track.bbox.size_y / 2
        assert row['right_eye_x'] < row['left_eye_x'], "the person's right is left in the image"
        assert row['right_eye_y'] < row['nose_y'] < row['right_mouth_corner_y']
    client.node.destroy_subscription(subscription)


def test_no_face_in_view_makes_no_rows() -> None:
    points = np.zeros((0, 5, 2), np.float32)
    result = FrameResult(1.0, Tracks.empty(), Tracks.empty(), replace(
        Detections.empty(), landmarks=points), {}, 0)
    assert to_landmarks(result, Header(frame_id='lens')).width == 0


def test_id_changes_are_rows_that_describe_themselves() -> None:
    message = to_table(np.array([(8, 2), (9, 1)], ID_CHANGE), Header(frame_id='lens'))
    assert [(field.name, field.offset) for field in message.fields] == [('old_id', 0), ('id', 4)]
    assert (message.width, message.point_step, message.header.frame_id) == (2, 8, 'lens')
    assert np.frombuffer(bytes(message.data), ID_CHANGE).tolist() == [(8, 2), (9, 1)]


@pytest.mark.parametrize('module, arguments', [
    ('ros.node.main', []), ('ros.video_publisher.main', ['--ros-args', '-p', 'source:=none.mp4']),
    ('__main__', ['track', 'none.mp4'])], ids=['face_tracker_node', 'video_publisher', 'track'])
def test_ctrl_c_at_any_moment_of_the_start_ends_quietly(tmp_path: Path, module: str,
                                                        arguments: list[str]) -> None:
    for seconds in MOMENTS:
        with (tmp_path / 'log').open('w+') as log:
            process = subprocess.Popen(
                [sys.executable, '-m', f'face_tracker_ros.{module}', *arguments], stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
            time.sleep(seconds)
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(TIMEOUT)
            log.seek(0)
            text = log.read()
        if text.startswith('Fatal Python error: init_import_site') or (
                'runpy' in text and 'face_tracker_ros/' not in text):
            continue  # Python itself was not up yet: nothing of the package was read
        assert 'Traceback' not in text, (seconds, text)
        assert 'KeyboardInterrupt' not in text, (seconds, text)
        with pytest.raises(ProcessLookupError):  # nobody of its session is left
            os.killpg(process.pid, 0)


@pytest.mark.parametrize('module', ['node.main', 'video_publisher.main'])
def test_help_is_printed_without_starting_ros(module: str) -> None:
    done = subprocess.run([sys.executable, '-m', f'face_tracker_ros.ros.{module}', '--help'],
                          capture_output=True, text=True, timeout=TIMEOUT, check=True)
    assert done.stdout.startswith('usage: ros2 run face_tracker_ros ') and not done.stderr


def test_a_missing_openvino_names_its_remedy(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_people: np.ndarray) -> None:
    (tmp_path / 'sitecustomize.py').write_text("import sys\nsys.modules['openvino'] = None\n")
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(tmp_path), os.environ['PYTHONPATH']]))
    image = tmp_path / 'image.png'
    cv2.imwrite(str(image), two_people)
    node = NodeProcess('face_tracker_ros.ros.node.main', (), tmp_path / 'log')
    outputs = [node.wait()]
    assert 'pip install openvino' in node.output() and 'Traceback' not in node.output()
    for command in (['track', str(image)], ['benchmark']):
        done = subprocess.run([sys.executable, '-m', 'face_tracker_ros', *command], text=True,
                              capture_output=True, timeout=TIMEOUT, check=False)
        lines = done.stderr.splitlines()
        outputs.append(done.returncode)
        assert len(lines) == 1 and 'pip install openvino' in lines[0], (command, done)
    assert outputs == [2] * 3
