# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Live nodes on an empty cache: several that start together, and one without a network."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
import signal

import numpy as np
import pytest
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess
from traced import Traced
from vision_msgs.msg import Detection2DArray

CAMERAS = ('one', 'two', 'three', 'four')
Start = Callable[..., NodeProcess]


def test_nodes_that_start_together_on_an_empty_cache_all_track(
        client: Client, start: Start, two_people: np.ndarray, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
    found: dict[str, list[Detection2DArray]] = {name: [] for name in CAMERAS}
    processes = [start('-p', 'detection.width:=320', '-p', 'inference.threads:=1',
                       '-r', f'__ns:=/{name}', '-r', 'image:=image') for name in CAMERAS]
    publishers = [client.publisher(QoSReliabilityPolicy.BEST_EFFORT, f'/{name}/image')
                  for name in CAMERAS]
    subscriptions = [client.node.create_subscription(
        Detection2DArray, f'/{name}/face_tracker/tracks', found[name].append, 10)
        for name in CAMERAS]

    def publish() -> None:
        for publisher in publishers:
            client.publish(two_people, publisher)

    def seen(name: str) -> bool:
        return any(len(message.detections) == 2 for message in found[name])

    for name in CAMERAS:
        client.wait(partial(seen, name), f'2 faces at {name}', publish)
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)
    for publisher in publishers:
        client.node.destroy_publisher(publisher)
    assert [process.end(signal.SIGTERM) for process in processes] == [0] * len(CAMERAS)
    kept = list((tmp_path / 'cache' / 'compiled').iterdir())
    assert kept and {path.suffix for path in kept} == {'.network'}, 'nothing is left over'


@pytest.mark.parametrize('agreed', [False, True], ids=['first use', 'agreed to statistics'])
def test_node_connects_to_nothing_and_writes_its_log_only(
        agreed: bool, client: Client, start: Start, two_people: np.ndarray, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    traced = Traced(tmp_path / 'traced', agreed)
    with monkeypatch.context() as patch:
        for name in ('CI', 'FACE_TRACKER_CACHE', 'XDG_CACHE_HOME', 'ROS_HOME', 'ROS_LOG_DIR'):
            patch.delenv(name, raising=False)
        for name, value in traced.environment.items():
            patch.setenv(name, value)
        process = start()
    client.forget()
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    client.tracks_of(two_people, 2)
    assert process.end() == 0, process.output()
    assert traced.faults('.ros/log') == []
    assert list((traced.home / '.cache/face_tracker_ros/compiled').iterdir())
    assert list((traced.home / '.ros/log').iterdir())
