# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faults around a live node: it answers every image that can be answered, and ends cleanly."""
from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import random
import resource
import signal
import time

import numpy as np
import pytest
from ros_client import Client, NODE, NodeProcess, TRANSITIONS
from rosgraph_msgs.msg import Clock
import small_models
from std_srvs.srv import SetBool

Start = Callable[..., NodeProcess]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Return the arguments of a node with networks of a few bytes."""
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(small_models.make(tmp_path / 'models')))
    return ('-p', f'detector:={small_models.DETECTOR}', '-p', f'encoder:={small_models.ENCODER}')


def test_a_node_that_was_killed_can_be_started_again(client: Client, start: Start,
                                                     two_people: np.ndarray) -> None:
    for _ in range(2):
        process = start()
        assert len(client.tracks_of(two_people, 2).detections) == 2
        process.process.kill()
        process.wait()


def test_fifty_rounds_of_any_transitions_end_in_the_state_they_should(
        client: Client, start: Start, small: tuple[str, ...], two_people: np.ndarray) -> None:
    process = start('-p', 'autostart:=false', *small)
    moves = {('unconfigured', 'configure'): 'inactive', ('inactive', 'activate'): 'active',
             ('active', 'deactivate'): 'inactive', ('inactive', 'cleanup'): 'unconfigured'}
    state, chance = client.state(), random.Random(16)
    assert state == 'unconfigured'
    with client.changes() as change:
        for number in range(50):
            transition = chance.choice(sorted(TRANSITIONS.keys() - {'shutdown'}))
            wanted = moves.get((state, transition))
            assert change(transition) == (wanted is not None), (number, state, transition)
            state = wanted or state
            if chance.random() < 0.3:
                client.call(SetBool, 'enable', SetBool.Request(data=chance.random() < 0.7))
            client.publish(two_people)
            if number % 10 == 9:
                assert client.state() == state
        client.call(SetBool, 'enable', SetBool.Request(data=True))
        for transition in {'unconfigured': ('configure', 'activate'), 'inactive': ('activate',),
                           'active': ()}[state]:
            assert change(transition)
    client.tracks_of(two_people, 2)
    assert process.end() == 0 and 'Traceback' not in process.output()


def test_an_inference_that_raises_is_a_bad_image_and_the_next_is_tracked(
        client: Client, start: Start, small: tuple[str, ...], two_people: np.ndarray) -> None:
    process = start(*small[2:], '-p', f'detector:={small_models.FAILING}')
    dark = np.minimum(two_people, 200)
    client.forget()
    client.tracks_of(dark, 2)
    before = client.report('bad_frames')
    white = np.full_like(dark, 255)
    client.wait(lambda: client.report('bad_frames') >= before + 3, 'three bad images',
                lambda: client.publish(white))
    reason = client.diagnostics[f'{NODE[1:]}: tracking']['last_bad_frame']
    assert f'{small_models.FAILING}.xml' in reason and 'fails on an image' in reason
    assert len(client.tracks_of(dark, 2).detections) == 2
    assert process.end() == 0 and 'Traceback' not in process.output()


def test_an_image_for_which_there_is_no_memory_is_skipped(
        client: Client, start: Start, two_people: np.ndarray) -> None:
    process = start()
    client.wait(lambda: client.state() == 'active', 'the node')  # not tracks of one before
    client.forget()
    client.tracks_of(two_people, 2)
    statm = Path(f'/proc/{process.process.pid}/statm').read_text().split()
    used = int(statm[0]) * os.sysconf('SC_PAGE_SIZE')
    large = np.zeros((8000, 8000), np.uint8)  # 64 MB, and 192 MB in colour
    resource.prlimit(process.process.pid, resource.RLIMIT_AS, (used + 160_000_000,) * 2)
    before = client.report('bad_frames')
    client.publish(large)
    client.wait(lambda: client.report('bad_frames') > before
                or 'message skipped' in process.output(), 'the large image to be skipped')
    assert len(client.tracks_of(two_people, 2).detections) == 2
    assert process.end() == 0 and 'Traceback' not in process.output()


def test_tracks_go_on_when_the_clock_jumps(client: Client, start: Start,
                                           two_people: np.ndarray) -> None:
    process = start('-p', 'use_sim_time:=true')
    clock = client.node.create_publisher(Clock, '/clock', 10)
    client.forget()
    try:
        for seconds in (5000, 6000, 10, 4000, 4_000_000):
            message = Clock()
            message.clock.sec = seconds
            clock.publish(message)
            assert len(client.tracks_of(two_people, 2).detections) == 2
        client.wait(lambda: client.report('processed') > 0, 'the report')
    finally:
        client.node.destroy_publisher(clock)
    assert process.end() == 0 and 'Traceback' not in process.output()


def lives(process: NodeProcess, number: int) -> bool:
    """Return whether the process handles a signal; False when it has ended."""
    try:
        return process.handles(number)
    except (OSError, IndexError):
        return False


def test_a_signal_at_ten_points_of_the_start_ends_it(client: Client, start: Start) -> None:
    begin = time.monotonic()
    process = start()
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    whole = time.monotonic() - begin
    assert process.end() == 0
    for point in range(10):
        both = {number: start() for number in (signal.SIGINT, signal.SIGTERM)}
        time.sleep(whole * point / 10)
        for number, process in both.items():
            handled = lives(process, signal.SIGTERM)
            process.process.send_signal(number)
            code = process.wait()
            if handled:
                assert code == 0 and 'Traceback' not in process.output(), process.output()
            else:  # Python itself was still starting
                assert code in (-number, 0, 1, 130), process.output()


def test_a_start_that_is_stopped_ten_times_goes_on(client: Client, start: Start,
                                                   two_people: np.ndarray) -> None:
    process = start()
    client.forget()
    for _ in range(10):
        client.spin(0.1)
        process.process.send_signal(signal.SIGSTOP)
        client.spin(0.1)
        process.process.send_signal(signal.SIGCONT)
    assert len(client.tracks_of(two_people, 2).detections) == 2
    assert process.end() == 0 and 'Traceback' not in process.output()
