# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Overload: what is shed and when, and a live node that gets more than it can do."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
from diagnostic_msgs.msg import DiagnosticStatus
from face_tracker_ros.ros.messages.images import to_message
from face_tracker_ros.ros.node.load import LEVELS, LoadShedding
import numpy as np
import pytest
from ros_client import Client, NodeProcess
from vision_msgs.msg import Detection2DArray

Start = Callable[..., NodeProcess]


class Machine:
    """Images that take as long as a level of shedding lets them, on a clock of its own."""

    def __init__(self, seconds: list[float]) -> None:
        self.now = 100.0
        self.seconds = seconds  # an image, by level
        self.load = LoadShedding(lambda: self.now)

    def run(self, duration: float, pause: float = 0.0) -> list[int]:
        """Return the levels one after the other."""
        end, levels = self.now + duration, [self.load.level]
        while self.now < end:
            spent = self.seconds[self.load.level]
            self.now += spent + pause
            self.load.worked(spent)
            if self.load.level != levels[-1]:
                levels.append(self.load.level)
        return levels


def test_drawing_and_embedding_are_shed_first_then_detection() -> None:
    limits = [level.effort for level in LEVELS]
    assert limits[0].embeddings is None and limits[0].interval == limits[1].interval == 1
    assert [level.drawn for level in LEVELS] == sorted((level.drawn for level in LEVELS),
                                                       reverse=True)
    assert limits[1].embeddings > limits[2].embeddings > limits[3].embeddings
    assert limits[1].interval < limits[2].interval < limits[3].interval


def test_load_is_shed_until_images_take_a_tenth_of_a_second() -> None:
    assert Machine([0.3, 0.2, 0.15, 0.12]).run(60) == [0, 1, 2, 3]
    assert Machine([0.3, 0.09, 0.05, 0.03]).run(60) == [0, 1]
    assert Machine([0.09, 0, 0, 0]).run(60) == [0], 'many images a second are no overload'
    assert Machine([0.3, 0, 0, 0]).run(60, pause=0.1) == [0], 'nor slow ones between pauses'


def test_one_slow_image_sheds_nothing() -> None:
    machine = Machine([5.0, 0, 0, 0])
    machine.run(0.1)
    machine.seconds[0] = 0.03
    assert machine.run(30) == [0]


def test_load_is_taken_back_when_it_is_over_and_later_each_time_it_was_not() -> None:
    machine = Machine([0.3, 0.03, 0.03, 0.03])
    changes = machine.run(600)
    assert changes[:5] == [0, 1, 0, 1, 0]
    assert len(changes) < 20, 'it stays for up to 160 s'
    machine.seconds = [0.02] * 4
    machine.run(200)
    assert machine.load.level == 0


def test_a_level_limits_how_often_images_are_drawn() -> None:
    machine = Machine([0.3, 0.2, 0.15, 0.12])
    assert all(machine.load.draws() for _ in range(10))
    machine.run(20)
    drawn = 0
    for _ in range(100):
        machine.now += 0.1
        drawn += machine.load.draws()
    assert drawn == 5


@pytest.fixture(scope='module')
def crowd(two_people: np.ndarray) -> np.ndarray:
    """Return 1280x1600 with a hundred faces."""
    pair = cv2.resize(two_people[20:340, 40:], (256, 160), interpolation=cv2.INTER_AREA)
    return np.tile(pair, (10, 5, 1))


def held(process: NodeProcess) -> dict[str, int]:
    """Return the memory in kB and the threads of a process."""
    status = Path(f'/proc/{process.process.pid}/status').read_text()
    return {name: int(status.split(f'{name}:')[1].split()[0]) for name in ('VmRSS', 'Threads')}


def counted(client: Client) -> dict[str, int]:
    """Return the counters of the next report."""
    client.diagnostics.clear()
    client.wait(lambda: client.report('received') > 0, 'a report')
    names = ('received', 'processed', 'replaced', 'lost_images', 'bad_frames')
    return {name: int(client.report(name)) for name in names}


@pytest.mark.parametrize('rate, size', [(30, (640, 360)), (120, (640, 360)), (500, (320, 180)),
                                        (30, (3840, 2160))])
def test_more_images_than_it_can_do_are_replaced_by_the_newest_and_all_are_counted(
        client: Client, process: NodeProcess, two_people: np.ndarray, rate: int,
        size: tuple[int, int]) -> None:
    image = cv2.resize(two_people, size, interpolation=cv2.INTER_LINEAR)
    client.tracks_of(image, 2)
    client.settle()
    before, former = counted(client), held(process)
    message, sent = to_message(image, client.header()), []

    def publish() -> None:
        client.stamp += 1 / rate - 1 / 30  # which header adds
        message.header = client.header()
        sent.append(message.header)
        client.images.publish(message)

    timer = client.node.create_timer(1 / rate, publish)
    client.spin(1.5)
    client.node.destroy_timer(timer)
    client.spin(0.3)  # to take what came while this process was publishing
    client.arrays.clear()
    client.wait(lambda: any(array.header in sent[-3:] for array in client.arrays),
                'one of the last images', publish, step=0.5)
    client.wait(lambda: client.arrays[-1].header == sent[-1], 'the last image')
    assert len(client.arrays) <= 10, 'only what the publisher kept, five images, and the last'
    now = {name: value - before[name] for name, value in counted(client).items()}
    # What the middleware replaced after the last image that was taken is not known yet.
    assert len(sent) - 2 <= now['received'] + now['lost_images'] + 2 <= len(sent) + 4
    # An image that is at work when the report is made is counted with the next one.
    missing = now['received'] - now['processed'] - now['replaced']
    assert 0 <= missing <= 1 and now['bad_frames'] == 0, (now, [
        item.value for item in client.status.values if item.key == 'last_bad_frame'])
    assert held(process)['Threads'] == former['Threads']
    assert held(process)['VmRSS'] < former['VmRSS'] + 150_000, 'a few images, kB'


def test_a_crowd_is_tracked_with_fewer_embeddings_and_diagnostics_report_it(
        client: Client, start: Start, crowd: np.ndarray) -> None:
    # Small faces are faint; and a hundred of them are no load unless all are embedded, slowly.
    process = start(*(part for text in (
        'tracker.min_track_score:=0.01', 'embedding.policy:=always', 'inference.half:=false',
        'inference.int8:=false', 'inference.threads:=1') for part in ('-p', text)))
    client.forget()
    client.wait(lambda: client.state() == 'active', 'the node')
    client.wait(lambda: client.report('shed_level') >= 1
                and 'faces an image at most' in client.status.message, 'load to be shed',
                lambda: client.publish(crowd))
    assert 'embeds' in client.status.message
    assert client.status.level == DiagnosticStatus.WARN
    before = client.report('processed'), client.report('embeddings')
    client.tracks_of(crowd, 100)
    client.wait(lambda: client.report('processed') >= before[0] + 5, 'five more images',
                lambda: client.publish(crowd))
    limit = LEVELS[1].effort.embeddings
    assert limit is not None
    images = client.report('processed') - before[0] + 2  # one on the way, one before the level
    assert client.report('embeddings') - before[1] <= limit * images
    assert process.end() == 0


def test_three_nodes_that_share_the_machine_get_on_evenly(
        client: Client, start: Start, two_people: np.ndarray) -> None:
    found: dict[str, list[Detection2DArray]] = {'one': [], 'two': [], 'three': []}
    for name in found:
        start('-r', f'__ns:=/{name}', '-r', 'image:=/image')
    subscriptions = [client.node.create_subscription(
        Detection2DArray, f'/{name}/face_tracker/tracks', messages.append, 10)
        for name, messages in found.items()]
    client.wait(lambda: all(map(len, found.values())), 'all three',
                lambda: client.publish(two_people))
    for messages in found.values():
        messages.clear()
    timer = client.node.create_timer(1 / 60, lambda: client.publish(two_people))
    client.wait(lambda: max(map(len, found.values())) >= 60, '60 images of the quickest')
    client.node.destroy_timer(timer)
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)
    counts = {name: len(messages) for name, messages in found.items()}
    assert min(counts.values()) >= 20, counts
