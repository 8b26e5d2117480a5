# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What /diagnostics reports: levels, and sentences that name the remedy."""
from __future__ import annotations

from collections.abc import Callable
import time

from diagnostic_msgs.msg import DiagnosticStatus
from face_tracker_ros.ros.diagnostics.image_topic import ImageTopic
from face_tracker_ros.ros.diagnostics.statistics import Statistics
from face_tracker_ros.ros.diagnostics.status import NodeStatus, problems
from face_tracker_ros.tracking.embedding_policy import REASONS
from face_tracker_ros.types import Detections, FrameResult, Track, Tracks
import numpy as np
import pytest
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess
from sensor_msgs.msg import Image

OK, WARN, ERROR, STALE = (DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR,
                          DiagnosticStatus.STALE)
RELIABLE = QoSReliabilityPolicy.RELIABLE
GOOD = {**Statistics().values(), 'received': 300, 'processed': 290, 'input_rate': 30.0,
        'fps': 29.0, 'stamp_age_ms': 12.0, 'utilization': 0.4}
ACTIVE = {'state': 'active', 'topic': ImageTopic('/image', '/image'), 'measured': 60.0,
          'idle': 0.03}


@pytest.mark.parametrize('status, changed, level, words', [
    ({}, {}, None, []),
    ({'expected_rate': 33.0}, {}, None, []),
    ({'expected_rate': 60.0}, {}, WARN, ['30.0 a second instead of 60', 'camera']),
    ({'expected_rate': 60.0, 'measured': 2.0}, {}, None, []),
    ({}, {'fps': 9.0, 'utilization': 0.97}, WARN,
     ['9.0 of 30.0', 'busy 97%', 'config/fast.yaml', 'detection.width']),
    ({}, {'fps': 9.0, 'utilization': 0.1}, WARN,
     ['9.0 of 30.0', 'busy only 10%', 'other programs', 'fastdds_large_images.xml']),
    ({}, {'input_rate': 4.0, 'fps': 4.0, 'lost_rate': 26.0}, WARN,
     ['26.0 of 30.0', 'lost on the way', 'best effort', 'fastdds_large_images.xml']),
    ({'expected_rate': 30.0}, {'input_rate': 4.0, 'fps': 4.0, 'lost_rate': 26.0}, WARN,
     ['lost on the way']),
    ({'idle': 7.0}, {'input_rate': 0.0, 'fps': 0.0, 'lost_rate': 30.0}, WARN,
     ['30.0 of 30.0', 'lost on the way']),
    ({'topic': ImageTopic('/image', reliability=RELIABLE)}, {'lost_rate': 10.0}, WARN,
     ['10.0 of 40.0', 'image_transport:=compressed']),
    ({'topic': ImageTopic('/image', middleware='rmw_cyclonedds_cpp')}, {'lost_rate': 10.0}, WARN,
     ['10.0 of 40.0', 'net.core.rmem_max']),
    ({'topic': ImageTopic('/image', fixed=True)}, {'lost_rate': 10.0}, WARN,
     ['leave out qos_overrides./image.subscription.reliability']),
    ({}, {'lost_rate': 1.0}, None, []),
    ({'max_rate': 10.0}, {'fps': 9.0}, None, []),
    ({}, {'stamp_age_ms': 90e3}, WARN, ['90.0 s old', 'use_sim_time']),
    ({'use_sim_time': True}, {'stamp_age_ms': 90e3}, WARN, ['90.0 s old', '/clock']),
    ({}, {'stamp_age_ms': -400.0}, WARN, ['0.4 s ahead', 'clocks']),
    ({}, {'bad_rate': 1.0, 'last_bad_frame': 'why; remedy'}, WARN, ['some', 'why; remedy']),
    ({}, {'bad_rate': 30.0, 'fps': 0.0, 'last_bad_frame': 'why; remedy'}, ERROR,
     ['no image can be used', 'why; remedy']),
    ({'models': {'min_track_score': 0.74}}, {'faint_share': 0.9, 'faint_score': 0.7169}, OK,
     ['90% of the images', 'tracker.min_track_score (0.74; the best is 0.72)', 'to 0.71']),
    ({'models': {'min_track_score': 0.74}}, {'faint_share': 0.4, 'faint_score': 0.7}, None, []),
    ({'idle': 7.0}, {'fps': 0.0}, STALE, ["'/image' for 7 s", 'nobody publishes it']),
    ({'state': 'disabled', 'idle': 7.0}, {'fps': 0.0}, None, []),
    ({'state': 'unconfigured', 'failure': 'what; remedy'}, {}, ERROR,
     ['not configured', 'what; remedy']),
])
def test_what_is_wrong_gets_its_level_and_remedy(
        status: dict[str, object], changed: dict[str, object], level: bytes | None,
        words: list[str]) -> None:
    found = problems({**GOOD, **changed}, NodeStatus(**{**ACTIVE, **status}))
    assert [problem.level for problem in found] == ([] if level is None else [level])
    assert all(word in found[0].text for word in words), found


def test_reports_of_a_node_whose_camera_is_wrong_then_slow_then_gone(
        client: Client, start: Callable[..., NodeProcess], two_people: np.ndarray) -> None:
    process = start('-p', 'expected_rate:=100.0', '-r', '__ns:=/robot',
                    '-r', '/robot/face_tracker/get_state:=/face_tracker/get_state',
                    '-r', 'image:=/lens/image')
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    camera = client.publisher(QoSReliabilityPolicy.RELIABLE, '/lens/image')
    client.forget()
    client.wait(lambda: client.status.level == ERROR, 'an error', lambda: camera.publish(
        Image(header=client.header(), encoding='nonsense', height=4, width=4, step=4)))
    assert "no image can be used: image encoding 'nonsense' is unknown" in client.status.message
    client.wait(lambda: 'instead of 100' in client.status.message, 'the low rate',
                lambda: client.publish(two_people, camera))
    status = client.status
    assert status.level == WARN
    assert status.name == 'robot/face_tracker: tracking' and status.hardware_id == '/lens/image'
    assert 's old when they come' in status.message, 'the stamps are of 1970'
    values = {item.key: item.value for item in status.values}
    assert values['state'] == 'active' and values['encoder'] == 'mobilenetv3-large-face'
    assert 0 < float(values['fps']) and 0 < float(values['input_rate']) < 80
    assert 0 < float(values['embeddings_per_frame']) <= 2
    assert int(values['embeddings_new']) >= 2
    assert int(values['embeddings']) == sum(int(values[f'embeddings_{reason}'])
                                            for reason in REASONS)
    assert 20 < float(values['memory_mb']) < 4000
    assert float(values['stamp_age_ms']) > 1e9
    client.wait(lambda: client.status.level == STALE, 'silence')
    assert client.status.message.startswith("no image on '/lens/image' for ")
    assert 'camera paused: last image' in client.status.message
    client.node.destroy_publisher(camera)
    client.wait(lambda: 'nobody publishes it' in client.status.message, 'the other cause')
    log = process.output()
    for text in ('instead of 100', 'camera paused', 'nobody publishes it'):
        assert log.count(text) == 1, 'logged once each'
    assert 'Traceback' not in log


def test_report_after_a_pause_measures_anew() -> None:
    statistics = Statistics()
    for _ in range(5):
        statistics.arrival(0, 0.01)
    assert statistics.values()['stamp_age_ms'] == pytest.approx(10)
    statistics.begin()
    values = statistics.values()
    assert values['received'] == 5, 'counters go on'
    assert values['input_rate'] == 0 and 'stamp_age_ms' not in values
    assert statistics.idle() < 1


def test_images_with_faint_faces_only_are_counted() -> None:
    statistics = Statistics()
    track = Track(1, np.zeros(4, np.float32), 0.9, 'confirmed', 1.0, 0.0,
                  np.zeros(2, np.float32), 1.0)
    for tracks, faint in (([], ()), ([], (0.5, 0.6)), ([], (0.7,)), ([track], (0.8,))):
        result = FrameResult(0.0, Tracks.of(tracks), Tracks.empty(), Detections.empty(),
                             {'total': 0.0}, faint=faint)
        statistics.frame(result, {}, {}, 0.0)
    values = statistics.values()
    assert values['faint_share'] == 0.5 and values['faint_score'] == 0.7


def test_images_left_to_wait_are_counted_when_one_is_taken() -> None:
    statistics = Statistics()
    for _ in range(4):
        time.sleep(0.05)
        statistics.arrival(4, 0.01)
        assert statistics.idle() == 0, 'nobody listens'
    values = statistics.values()
    assert values['received'] == 20 and values['replaced'] == 16
    time.sleep(0.2)
    assert statistics.values()['input_rate'] == pytest.approx(values['input_rate'], rel=0.01), \
        'as long as nobody listens, nothing reports that images stay away'
    assert 0 < values['input_rate'] <= 110
    statistics.listen()
    time.sleep(0.2)
    assert statistics.values()['input_rate'] < 0.8 * values['input_rate']
    assert 0.2 <= statistics.idle() < 5


def test_work_and_losses_of_the_last_seconds_are_measured() -> None:
    statistics = Statistics()
    time.sleep(0.2)
    statistics.worked(0.1)
    assert 0.1 < float(statistics.values()['utilization']) <= 0.5
    statistics.worked(60.0)
    assert 0.9 < float(statistics.values()['utilization']) <= 2, 'only since the node subscribed'
    assert statistics.last_arrival() is None
    statistics.lose(20)
    values = statistics.values()
    assert values['lost_images'] == 20 and values['lost_rate'] == pytest.approx(20)
    assert values['received'] == values['replaced'] == 0, 'they did not arrive'
    statistics.arrival(0, 0.01)
    statistics.begin()
    assert statistics.values()['lost_rate'] == 0
    assert statistics.last_arrival() < 5, 'also from before a pause'
