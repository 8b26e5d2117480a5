# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A bag that is played with /clock, paused and looped."""
from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import time

import bag
from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.__main__ import main
from face_tracker_ros.ros.messages.images import to_message
import numpy as np
from ros_client import Client, NODE, NodeProcess
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray


def ids(message: Detection2DArray) -> set[str]:
    return {detection.id for detection in message.detections}


def test_bag_that_is_paused_and_looped_is_tracked_by_its_own_clock(
        client: Client, start: Callable[..., NodeProcess], tmp_path: Path,
        two_people: np.ndarray) -> None:
    images = []
    for number in range(45):
        header = Header(frame_id='lens')
        header.stamp.sec, part = divmod(3000 + number, 30)
        header.stamp.nanosec = int(part / 30 * 1e9)
        images.append(to_message(two_people, header))
    bag.write(tmp_path / 'people.mcap', '/lens/image', images)
    process = start('-p', 'use_sim_time:=true', '-r', 'image:=/lens/image')
    client.wait(lambda: client.node.count_subscribers('/lens/image') == 1, 'the node')
    player = bag.Player(client, tmp_path / 'people.mcap')
    client.forget()

    def two() -> list[Detection2DArray]:
        return [message for message in client.arrays if len(message.detections) == 2]

    client.wait(lambda: len(two()) > 2, 'two tracks', player.step)
    before = ids(two()[-1])
    assert all(100 <= message.header.stamp.sec <= 102 for message in client.arrays)
    client.spin(1.5)  # paused: longer than tracker.max_age
    client.arrays.clear()
    client.wait(lambda: len(two()) > 0, 'tracks after the pause', player.step)
    assert ids(two()[0]) == before, 'no time has passed in the bag'
    client.diagnostics.clear()
    client.wait(lambda: client.diagnostics != {}, 'a report')
    assert abs(client.report('latency_p50_ms')) < 3000, 'in the time of the bag'
    client.wait(lambda: player.jumps == 1, 'the loop', player.step)
    client.arrays.clear()

    def again() -> list[Detection2DArray]:  # the last images before the loop may still come
        return [message for message in two() if message.header.stamp.sec == 100]

    client.wait(lambda: len(again()) > 0, 'tracks after the loop', player.step)
    assert ids(again()[0]).isdisjoint(before)
    client.wait(lambda: player.jumps == 2, 'another loop', player.step)
    assert process.output().count('stamps jumped back') == 1
    player.close()


def test_recording_of_the_running_node_becomes_a_report(
        client: Client, tracker: NodeProcess, tmp_path: Path, two_people: np.ndarray) -> None:
    recorder = bag.Recorder(client, {'/image': Image, f'{NODE}/tracks': Detection2DArray,
                                     '/diagnostics': DiagnosticArray})

    def publish() -> None:
        header = Header(frame_id='lens')
        header.stamp.sec, header.stamp.nanosec = divmod(time.time_ns(), 10 ** 9)
        client.images.publish(to_message(two_people, header))

    def reported() -> bool:
        return int(client.diagnostics.get('face_tracker: tracking', {}).get('processed', 0)) > 5

    client.forget()  # the reports of a node before
    client.wait(reported, 'a report about several images', publish)
    before = recorder.count('/diagnostics')
    client.wait(lambda: recorder.count('/diagnostics') > before, 'a report in the recording',
                publish)
    recorder.finish(tmp_path / 'live.mcap')
    assert main(['report', str(tmp_path / 'live.mcap'), '--output', str(tmp_path / 'live.html'),
                 '--json', str(tmp_path / 'live.json'), '--quiet']) == 0
    found = json.loads((tmp_path / 'live.json').read_text())
    assert len(found['people']) == 2 and found['frames'] > 5
    assert 0 < found['stages']['stamp to recording']['median'] < 10
    assert {'latency', 'detect', 'embed'} <= found['stages'].keys()
    assert int(found['figures']['images recorded']) >= found['frames'] - 1
    assert (tmp_path / 'live.html').read_text().count('src="data:image/jpeg') == 2
