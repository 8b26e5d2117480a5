# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Transforms, REP-155 and Foxglove from a live node; and what it logs when they are missing."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

import cv2
from face_tracker_ros.annotate import id_color
from face_tracker_ros.cli.identities import main as identities
from face_tracker_ros.identities.sqlite_store import SqliteStore
import interfaces
import numpy as np
import pytest
from ros_client import Client, NodeProcess
from sensor_msgs.msg import CameraInfo

ASKED = {'spatial.tf': 'tf2_msgs', 'interop.hri': 'hri_msgs', 'interop.foxglove': 'foxglove_msgs'}
# The test's own process may lack the messages: another one listens and writes down what it hears.
LISTENER = """
import array, json, sys
import rclpy
from foxglove_msgs.msg import ImageAnnotations
from hri_msgs.msg import IdsList, IdsMatch, NormalizedRegionOfInterest2D
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_msgs.msg import Bool, String
from tf2_msgs.msg import TFMessage

def plain(value):
    if hasattr(value, 'get_fields_and_field_types'):
        return {name: plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
    if isinstance(value, (list, tuple, array.array)):
        return [plain(item) for item in value]
    return value

rclpy.init()
node = rclpy.create_node('listener')
latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
def hear(kind, topic, qos=10):
    node.create_subscription(kind, topic, lambda message: print(
        json.dumps([topic, plain(message)]), flush=True), qos)
hear(TFMessage, '/tf')
hear(IdsList, '/humans/faces/tracked')
hear(IdsList, '/humans/persons/tracked')
hear(IdsMatch, '/humans/candidate_matches')
hear(IdsList, '/humans/persons/known', latched)
hear(ImageAnnotations, '/face_tracker/image_annotations')
for face in ('f1', 'f2'):
    hear(NormalizedRegionOfInterest2D, f'/humans/faces/{face}/roi')
for person in sys.argv[1:]:
    for kind, topic in ((String, 'face_id'), (String, 'name'), (Bool, 'anonymous')):
        hear(kind, f'/humans/persons/{person}/{topic}', latched)
rclpy.spin(node)
"""

# A frame that the worker still has in hand when the node is asked to rest.
LAST_FRAME = """
import json
from face_tracker_ros import FrameResult, Track
from face_tracker_ros.ros.outputs.hri import HriOutput
from face_tracker_ros.types import Detections
from hri_msgs.msg import IdsList
import numpy as np
import rclpy
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header

rclpy.init()
node, heard = LifecycleNode('tracker'), []
node.create_subscription(IdsList, '/humans/faces/tracked', lambda m: heard.append(list(m.ids)), 10)
output = HriOutput(node, {}, None)
output.create()
node.trigger_configure()
node.trigger_activate()
box = np.array([10, 10, 50, 60], np.float32)
image = np.zeros((90, 160, 3), np.uint8)

def publish(face, expected):
    track = Track(face, box, 0.9, 'confirmed', 1.0, 0.0, np.zeros(2, np.float32), 0.0)
    output.publish(Header(), image, FrameResult(1.0, (track,), (), Detections.empty()))
    while heard[-1:] != [expected]:
        rclpy.spin_once(node, timeout_sec=5)

output.activate()
publish(7, ['f7'])
output.deactivate()
publish(8, [])
output.activate()
publish(9, ['f9'])
print(json.dumps(heard))
"""


@pytest.fixture(scope='module')
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which all the optional messages can be imported."""
    return interfaces.environment(interfaces.build(tmp_path_factory.mktemp('interfaces')))


@pytest.fixture
def people(tmp_path: Path, two_people: np.ndarray) -> tuple[str, str]:
    """Return the path of a store in which Grace Hopper is, and the name of the person."""
    path, photo = tmp_path / 'people.db', tmp_path / 'grace.png'
    cv2.imwrite(str(photo), two_people[:, :320])
    assert identities(['--store', str(path), 'enroll', 'Grace Hopper', str(photo)]) == 0
    store = SqliteStore(path)
    person, = store.people()
    store.close()
    return str(path), f'p{person.uid[:8]}'


@pytest.fixture
def listener(variables: dict[str, str], people: tuple[str, str], tmp_path: Path) -> Iterator[Path]:
    """Return the file in which everything heard is written, a line a message."""
    log, errors = tmp_path / 'heard', tmp_path / 'errors'
    with log.open('w') as output, errors.open('w') as error:
        process = subprocess.Popen([sys.executable, '-c', LISTENER, people[1]], stdout=output,
                                   stderr=error, env={**os.environ, **variables})
    yield log
    process.kill()
    process.wait()


def heard(log: Path) -> dict[str, Any]:
    """Return the last message of each topic."""
    return dict(json.loads(line) for line in log.read_text().splitlines(True)
                if line.endswith('\n'))


def test_other_tools_are_told_about_the_tracks(
        client: Client, start: Callable[..., NodeProcess], listener: Path, two_people: np.ndarray,
        people: tuple[str, str], variables: dict[str, str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    node = start(*(part for name in ASKED for part in ('-p', f'{name}:=true')),
                 '-p', f'identities.store:={people[0]}')
    client.wait(lambda: client.state() == 'active', 'the node')
    calibrations = client.node.create_publisher(CameraInfo, 'camera_info', 5)
    info = CameraInfo(width=640, height=360, distortion_model='plumb_bob',
                      k=[500.0, 0.0, 320.0, 0.0, 500.0, 180.0, 0.0, 0.0, 1.0])

    def send() -> None:
        calibrations.publish(info)
        client.publish(two_people)

    def complete() -> bool:
        now = heard(listener)
        return {'/humans/faces/f1/roi', '/humans/faces/f2/roi', '/tf', '/humans/persons/known',
                f'/humans/persons/{people[1]}/anonymous'} <= set(now) \
            and len(now['/humans/faces/tracked']['ids']) == 2 \
            and len(now['/face_tracker/image_annotations']['points']) == 2

    client.wait(complete, 'everything', send)
    now = heard(listener)
    tracks = {int(d.id): d.bbox for d in client.arrays[-1].detections}
    assert set(now['/humans/faces/tracked']['ids']) == {'f1', 'f2'}
    for track, box in tracks.items():
        region = now[f'/humans/faces/f{track}/roi']
        left, top = (box.center.position.x - box.size_x / 2,
                     box.center.position.y - box.size_y / 2)
        assert region['header']['frame_id'] == 'lens'
        assert 640 * (region['xmax'] - region['xmin']) == pytest.approx(box.size_x, abs=2)
        assert 640 * region['xmin'] == pytest.approx(left, abs=2)
        assert 360 * region['ymin'] == pytest.approx(top, abs=2)
    annotations = now['/face_tracker/image_annotations']
    hopper = min(tracks, key=lambda track: tracks[track].center.position.x)
    assert sorted(text['text'] for text in annotations['texts']) == sorted(
        [f'#{hopper} Grace Hopper', f'#{3 - hopper}'])
    for outline, text in zip(annotations['points'], annotations['texts']):
        assert outline['type'] == 2 and len(outline['points']) == 4
        blue, green, red = id_color(int(text['text'].split()[0][1:]))
        assert [outline['outline_color'][c] for c in 'rgba'] == pytest.approx(
            [red / 255, green / 255, blue / 255, 1])
        assert outline['timestamp'] == text['timestamp'] and outline['timestamp']['sec'] > 0
    frames = {item['child_frame_id']: item for item in now['/tf']['transforms']}
    assert set(frames) == {f'face_{face}' for face in now['/humans/faces/tracked']['ids']}
    for frame in frames.values():
        assert frame['header']['frame_id'] == 'lens'
        assert 0.3 < frame['transform']['translation']['z'] < 2
        assert frame['transform']['rotation'] == {'x': 0, 'y': 0, 'z': 0, 'w': 1}
    person = f'/humans/persons/{people[1]}'
    assert now['/humans/persons/tracked']['ids'] == [people[1]]
    assert now[f'{person}/face_id']['data'] == f'f{hopper}'
    assert now[f'{person}/name']['data'] == 'Grace Hopper'
    assert now[f'{person}/anonymous']['data'] is False
    matches = [content for topic, content in map(json.loads, listener.read_text().splitlines())
               if topic == '/humans/candidate_matches' and content['id1'] == f'f{hopper}']
    assert matches[-1]['id2'] == people[1] and matches[-1]['confidence'] > 0.8
    assert (matches[-1]['id1_type'], matches[-1]['id2_type']) == (2, 1)
    empty = np.full_like(two_people, 90)
    client.stamp += 5
    client.wait(lambda: '/humans/faces/f1/roi' not in dict(
        client.node.get_topic_names_and_types()) or not client.node.count_publishers(
            '/humans/faces/f1/roi'), 'the topics of faces to go', lambda: client.publish(empty))
    assert heard(listener)['/humans/faces/tracked']['ids'] == []
    assert heard(listener)['/humans/persons/tracked']['ids'] == []
    assert heard(listener)['/humans/persons/known']['ids'] == [people[1]], 'also out of view'
    assert heard(listener)['/humans/candidate_matches']['confidence'] == 0, 'taken back'
    assert node.end() == 0 and 'Traceback' not in node.output()
    client.node.destroy_publisher(calibrations)


def test_a_face_tracker_at_rest_publishes_nothing_more(variables: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, '-c', LAST_FRAME], capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, **variables})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [['f7'], [], ['f9']]


@pytest.mark.parametrize('name', ASKED)
def test_missing_messages_are_named_with_the_remedy(
        client: Client, start: Callable[..., NodeProcess], name: str, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / 'hidden' / ASKED[name]  # in front of an installed one
    package.mkdir(parents=True)
    (package / '__init__.py').write_text('')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        filter(None, [str(package.parent), os.environ.get('PYTHONPATH')])))
    node = start('-p', f'{name}:=true')
    client.wait(lambda: f"parameter '{name}': true" in node.output(), 'the reason')
    assert f'{ASKED[name]} cannot be imported' in node.output()
    assert 'sudo apt install' in node.output() and 'Traceback' not in node.output()
    assert client.state() == 'unconfigured'
