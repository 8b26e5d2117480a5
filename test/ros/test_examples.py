# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The examples with a live tracker: a camera that two faces pass."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import subprocess
import sys

from geometry_msgs.msg import Twist
import numpy as np
import pytest
from ros_client import Client, NodeProcess, TIMEOUT
from sensor_msgs.msg import CameraInfo
from vision_msgs.msg import Detection3D, Detection3DArray

EXAMPLES = Path(__file__).parents[2] / 'examples'
INFO = CameraInfo(width=640, height=360, distortion_model='plumb_bob', d=[0.0] * 5,
                  k=[500.0, 0.0, 320.0, 0.0, 500.0, 180.0, 0.0, 0.0, 1.0])


class Example:
    """A running example."""

    def __init__(self, name: str, log: Path) -> None:
        self._log = log
        with log.open('w') as output:
            self.process = subprocess.Popen([sys.executable, str(EXAMPLES / f'{name}.py')],
                                            stdout=output, stderr=subprocess.STDOUT,
                                            env=dict(os.environ))

    def lines(self) -> list[str]:
        return self._log.read_text().splitlines()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(TIMEOUT)


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Callable[[str], Example]]:
    running: list[Example] = []

    def begin(name: str) -> Example:
        running.append(Example(name, tmp_path / f'{name}.log'))
        return running[-1]

    yield begin
    for one in running:
        one.process.kill()
        one.process.wait()


def test_examples_say_who_is_nearest_turn_there_and_count(
        client: Client, tracker: NodeProcess, two_people: np.ndarray,
        example: Callable[[str], Example]) -> None:
    nearest, turn, count = map(example, ('nearest_person', 'turn_to_face', 'count_visitors'))
    calibrations = client.node.create_publisher(CameraInfo, 'camera_info', 5)
    twists: list[Twist] = []
    listener = client.node.create_subscription(Twist, 'cmd_vel', twists.append, 10)
    node = client.node
    client.wait(lambda: node.count_subscribers('/face_tracker/tracks_3d') == 2
                and node.count_subscribers('/face_tracker/tracks') == 2, 'the examples')

    def show(image: np.ndarray) -> Callable[[], None]:
        def send() -> None:
            calibrations.publish(INFO)
            client.publish(image)
        return send

    only_hopper, only_collins = two_people.copy(), two_people.copy()
    only_hopper[:, 320:], only_collins[:, :320] = 90, 90
    # Collins, smaller and right of the middle, comes first and stays the one to look at
    client.wait(lambda: any(twist.angular.z < -0.1 for twist in twists), 'a turn to the right',
                show(only_collins))
    client.wait(lambda: 'nearest: #1 at' in ' '.join(nearest.lines()), 'the nearest',
                show(only_collins))
    client.wait(lambda: 'nearest: #2 at' in ' '.join(nearest.lines()), 'a nearer one',
                show(two_people))
    assert twists[-1].angular.z < -0.1
    client.wait(lambda: '2 visitors so far, 2 here now' in count.lines(), 'two visitors',
                show(two_people))
    twists.clear()
    client.stamp += 5
    client.wait(lambda: nearest.lines()[-1] == 'nobody', 'nobody',
                show(np.full_like(two_people, 90)))
    client.wait(lambda: bool(twists) and twists[-1].angular.z == 0, 'the robot to stop')
    client.wait(lambda: any(twist.angular.z > 0.1 for twist in twists), 'a turn to the left',
                show(only_hopper))
    assert count.lines()[-1] == '2 visitors so far, 2 here now', 'who comes back counts once'
    for one in (turn, nearest, count):
        assert one.end() == 0
        client.wait(lambda: twists[-1].angular.z == 0, 'the last command, which ends the turn')
        assert 'Traceback' not in ' '.join(one.lines())
    client.node.destroy_subscription(listener)
    client.node.destroy_publisher(calibrations)


def test_the_robot_turns_by_tracks_in_its_own_frame_and_stays_in_others(
        client: Client, example: Callable[[str], Example]) -> None:
    turn = example('turn_to_face')
    twists: list[Twist] = []
    listener = client.node.create_subscription(Twist, 'cmd_vel', twists.append, 10)
    tracks = client.node.create_publisher(Detection3DArray, 'face_tracker/tracks_3d', 10)
    client.wait(lambda: tracks.get_subscription_count() == 1 and bool(twists), 'the example')

    def show(frame: str) -> Callable[[], None]:
        message = Detection3DArray(detections=[Detection3D(id='1')])
        message.header.frame_id = frame
        centre = message.detections[0].bbox.center  # ahead and left of the robot
        centre.position.x, centre.position.y, centre.position.z = 2.0, 1.0, 0.3
        q = centre.orientation  # of a camera that looks ahead
        q.x, q.y, q.z, q.w = -0.5, 0.5, -0.5, 0.5
        return lambda: tracks.publish(message)

    client.wait(lambda: twists[-1].angular.z > 0.1, 'a turn to the left', show('base_link'))
    client.wait(lambda: "in frame 'map': set spatial.target_frame" in ' '.join(turn.lines()),
                'the reason', show('map'))
    client.wait(lambda: twists[-1].angular.z == 0, 'the robot to stop', show('map'))
    twists.clear()
    client.wait(lambda: len(twists) >= 5, 'commands', show('map'))
    assert {twist.angular.z for twist in twists} == {0}
    assert turn.end() == 0
    client.node.destroy_subscription(listener)
    client.node.destroy_publisher(tracks)
