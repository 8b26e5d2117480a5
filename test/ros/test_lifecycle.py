# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Lifecycle transitions by the real services, rejected models, and leaving by signals."""
from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import signal
import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
from ros_client import Client, NodeProcess
import small_models

Start = Callable[..., NodeProcess]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def test_transitions_can_be_repeated(client: Client, start: Start,
                                     two_people: np.ndarray) -> None:
    process = start('-p', 'autostart:=false')
    for _ in range(3):
        assert client.state() == 'unconfigured'
        assert not client.change('activate')
        assert client.change('configure')
        assert client.state() == 'inactive'
        assert client.change('activate')
        client.tracks_of(two_people, 2)
        client.settle()
        assert client.change('deactivate')
        client.arrays.clear()
        for _ in range(5):
            client.publish(two_people)
            client.spin(0.03)
        assert client.arrays == [], 'an inactive node publishes nothing'
        assert client.images.get_subscription_count() == 0
        assert client.change('activate')
        client.tracks_of(two_people, 2)
        assert client.change('deactivate')
        assert client.change('cleanup')
    assert client.change('configure')
    assert client.change('shutdown')
    assert client.state() == 'finalized'
    assert process.end() == 0
    assert 'Traceback' not in process.output()


def _held(process: NodeProcess) -> dict[str, int]:
    """Return the memory in kB, the threads and the open files of a process."""
    folder = Path(f'/proc/{process.process.pid}')
    status = (folder / 'status').read_text()
    return {'memory': int(status.split('VmRSS:')[1].split()[0]),
            'threads': int(status.split('Threads:')[1].split()[0]),
            'files': len(list((folder / 'fd').iterdir()))}


def _cpu_seconds(process: NodeProcess) -> float:
    stat = Path(f'/proc/{process.process.pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf('SC_CLK_TCK')


def test_inactive_node_rests_and_cleaned_up_node_frees_its_models(
        client: Client, start: Start, two_people: np.ndarray) -> None:
    process = start()
    client.tracks_of(two_people, 2)
    assert client.change('deactivate')
    begin = _cpu_seconds(process)
    for _ in range(60):
        client.publish(two_people)
        client.spin(0.03)
    assert _cpu_seconds(process) - begin < 0.15, 'images cost nothing while inactive'
    loaded = _held(process)['memory']
    assert client.change('cleanup')
    assert _held(process)['memory'] < loaded - 5_000, 'kB'


def test_hundred_rounds_with_errors_leave_nothing_behind(
        client: Client, start: Start, two_people: np.ndarray, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(small_models.make(tmp_path / 'models')))
    process = start('-p', 'autostart:=false', '-p', f'detector:={small_models.DETECTOR}',
                    '-p', f'encoder:={small_models.ENCODER}', '--log-level', 'fatal')
    assert client.state() == 'unconfigured'
    held = {}
    with client.changes() as change:
        for number in range(1, 101):
            if number % 10 == 0:
                assert client.set_parameters({'detector': 'no-such-model'}).successful
                assert not change('configure')
                assert client.set_parameters({'detector': small_models.DETECTOR}).successful
            assert change('configure') and change('activate')
            if number % 10 == 0:
                client.tracks_of(two_people, 2)
            assert change('deactivate') and change('cleanup')
            if number in (30, 100):
                held[number] = _held(process)
    assert held[100]['threads'] == held[30]['threads']
    assert held[100]['files'] == held[30]['files']
    # half a megabyte a round; a model that stays would be several
    assert held[100]['memory'] < held[30]['memory'] + 35_000, 'kB'


@pytest.mark.parametrize('setting, words', [
    ('detector:=face-detectr', ['face-detectr', 'face-detector']),
    ('encoder:=face-detector', ['face-detector', 'encoder']),
])
def test_bad_model_leaves_the_node_unconfigured(client: Client, start: Start, setting: str,
                                                words: list[str]) -> None:
    process = start('-p', setting)
    assert client.state() == 'unconfigured'
    assert not client.change('configure')
    assert client.state() == 'unconfigured'
    errors = [line for line in process.output().splitlines() if 'ERROR' in line]
    assert errors and all(word in errors[0] for word in words), process.output()
    assert 'Traceback' not in process.output()
    client.wait(lambda: client.status.level == DiagnosticStatus.ERROR, 'the error')
    assert all(word in client.status.message for word in ['not configured', *words])
    good = {'detector': 'face-detector', 'encoder': 'mobilenetv3-large-face'}
    assert client.set_parameters(good).successful
    assert client.change('configure') and client.change('activate')
    client.wait(lambda: client.status.message.startswith('waiting for the first image'),
                'the report of a good node')


@pytest.mark.parametrize('number', SIGNALS)
def test_signal_while_loading_ends_cleanly(client: Client, start: Start,
                                           number: signal.Signals) -> None:
    for seconds in (0.0, 0.3):
        process = start()
        client.wait(lambda: process.handles(signal.SIGTERM), 'the first handler')
        client.spin(seconds)
        assert process.end(number) == 0, process.output()
        assert 'Traceback' not in process.output() and 'ERROR' not in process.output()


@pytest.mark.parametrize('number', SIGNALS)
def test_signal_while_tracking_ends_cleanly(client: Client, tracker: NodeProcess,
                                            two_people: np.ndarray,
                                            number: signal.Signals) -> None:
    client.tracks_of(two_people, 2)
    for _ in range(5):
        client.publish(two_people)
    assert tracker.end(number) == 0, tracker.output()
    assert 'Traceback' not in tracker.output() and 'ERROR' not in tracker.output()


def test_more_signals_on_the_way_out_change_nothing(client: Client, start: Start) -> None:
    process = start()
    client.wait(lambda: client.state() == 'active', 'the node')
    while process.process.poll() is None:
        process.process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    assert process.wait() == 0, process.output()
    assert 'Traceback' not in process.output() and 'ERROR' not in process.output()


@pytest.mark.parametrize('number', SIGNALS)
def test_signal_while_answering_ends_cleanly(client: Client, start: Start,
                                             number: signal.Signals) -> None:
    for _ in range(2):
        process = start('-p', 'autostart:=false')
        assert client.state() == 'unconfigured'
        assert process.end(number) == 0, process.output()
        assert process.output() == ''


def test_an_error_while_activating_leads_back_to_unconfigured(client: Client,
                                                              start: Start) -> None:
    """A QoS override that DDS cannot serve makes the subscription fail, not the node."""
    process = start('-p', 'autostart:=false',
                    '-p', 'qos_overrides./image.subscription.history:=unknown')
    with client.changes() as change:
        for _ in range(3):
            assert change('configure')
            assert not change('activate')
            assert client.state() == 'unconfigured'
    assert process.end() == 0
