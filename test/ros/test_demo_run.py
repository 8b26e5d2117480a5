# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The demo as a user runs it: its processes, what they leave, and how it ends."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import csv
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import cv2
from face_tracker_ros.annotate import id_color
from face_tracker_ros.demo import children
from face_tracker_ros.demo import report as demo_report
import numpy as np
import pytest

SECONDS = 8
TIMEOUT = 120.0


class Run:
    """The demo in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder / 'out'
        self._log = folder / 'demo.log'
        with self._log.open('w') as output:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'face_tracker_ros.demo.run', '--output', str(self.folder),
                 *arguments], stdout=output, stderr=subprocess.STDOUT)

    def output(self) -> str:
        return self._log.read_text()

    def wait(self) -> int:
        return self.process.wait(TIMEOUT)

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + TIMEOUT
        while text not in self.output():
            assert self.process.poll() is None and time.monotonic() < end, self.output()
            time.sleep(0.05)

    def nodes(self) -> dict[int, str]:
        """Return the processes of this run that are alive, by their ids."""
        found = {}
        for path in Path('/proc').glob('[0-9]*/cmdline'):
            try:
                command = path.read_bytes().decode(errors='replace')
            except OSError:
                continue
            if f'__ns:=/demo_{self.process.pid}\0' in command:
                found[int(path.parent.name)] = command
        return found


@pytest.fixture(scope='module')
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a complete run on the demo clip."""
    run = Run(tmp_path_factory.mktemp('demo'), '--duration', str(SECONDS))
    run.wait()
    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Return a function that starts the demo; none survives the test."""
    running: list[Run] = []

    def begin(*arguments: str) -> Run:
        running.append(Run(tmp_path, *arguments))
        return running[-1]

    yield begin
    for run in running:
        run.process.kill()
        run.process.wait()


def test_demo_tracks_two_faces_between_processes(demo: Run) -> None:
    assert demo.wait() == 0, demo.output()
    summary = json.loads((demo.folder / 'summary.json').read_text())
    assert [track['id'] for track in summary['tracks']] == [1, 2]
    assert all(0 <= track['first_s'] < track['last_s'] <= SECONDS for track in summary['tracks'])
    assert summary['models'] == {'detector': 'face-detector', 'encoder': 'mobilenetv3-large-face'}
    assert summary['frames_published'] == 30 * SECONDS
    assert 0 < summary['frames_processed'] <= summary['frames_received'] <= 30 * SECONDS
    assert summary['frames_bad'] == 0
    assert 0 < summary['frames_recorded'] <= summary['frames_processed']  # drawing may be shed
    assert 2 <= summary['embeddings'] and summary['fps'] > 0
    assert 0 < summary['latency_p50_ms'] <= summary['latency_p95_ms']
    assert summary['latency_p50_ms'] <= summary['latency_at_recorder_p50_ms']


def test_demo_leaves_every_track_in_a_table(demo: Run) -> None:
    summary = json.loads((demo.folder / 'summary.json').read_text())
    with (demo.folder / 'tracks.csv').open(newline='') as file:
        rows = list(csv.DictReader(file))
    for track in summary['tracks']:
        own = [row for row in rows if int(row['id']) == track['id']]
        assert len(own) == track['frames']
        assert float(own[0]['second']) == pytest.approx(track['first_s'], abs=1e-3)
        assert float(own[-1]['second']) == pytest.approx(track['last_s'], abs=1e-3)
    assert all(40 < float(row['height']) < 300 and float(row['score']) > 0 for row in rows)


def test_demo_leaves_a_video_of_the_right_length_with_boxes(demo: Run) -> None:
    capture = cv2.VideoCapture(str(demo.folder / 'annotated.mp4'))
    frames = []
    while (answer := capture.read())[0]:
        frames.append(answer[1][::4, ::4])
    assert capture.get(cv2.CAP_PROP_FPS) == 30
    assert len(frames) == pytest.approx(30 * SECONDS, abs=15)
    assert frames[0].shape == (180, 320, 3)
    hues = cv2.cvtColor(np.vstack(frames[-10:]), cv2.COLOR_BGR2HSV)
    hue, saturation, value = np.moveaxis(hues, 2, 0)
    assert ((hue > 100) & (hue < 120) & (saturation > 150) & (value > 180)).sum() > 50


def test_demo_leaves_a_page_with_the_faces_from_above(demo: Run) -> None:
    page = cv2.imread(str(demo.folder / 'overview.png'))
    assert page.shape[:2] == (620, 1200)
    for track in (1, 2):
        own = np.abs(page.astype(int) - id_color(track)).max(axis=2) < 3
        assert own[420:, :700].sum() > 500, 'a bar over time'
        assert own[:560, 760:].sum() > 100, 'a path and a position in space'
    assert 'overview.png' in demo.output()


def test_demo_reports_what_happens_once_a_second(demo: Run) -> None:
    lines = [line for line in demo.output().splitlines() if ' fps ' in line]
    assert SECONDS / 2 <= len(lines) <= SECONDS + 1
    assert 'ids so far: #1 #2' in lines[-1]
    assert 'stamp to tracks' in demo.output() and '#2' in demo.output().split('mean score')[1]


def test_no_process_of_the_demo_is_left(demo: Run) -> None:
    assert demo.nodes() == {}


@pytest.mark.parametrize('number, code', [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_all_processes(start: Callable[..., Run], number: int, code: int) -> None:
    run = start()
    run.wait_for('ids so far: #1')  # images have been recorded, however slowly
    assert len(run.nodes()) == 2
    run.process.send_signal(number)
    assert run.wait() == code
    assert run.nodes() == {}
    assert 'Traceback' not in run.output()
    assert cv2.VideoCapture(str(run.folder / 'annotated.mp4')).read()[0]


def test_nodes_end_when_the_demo_is_killed(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for(' fps ')
    run.process.kill()
    end = time.monotonic() + TIMEOUT
    while run.nodes():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_dying_tracker_is_reported_with_its_last_lines(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for(' fps ')
    tracker = next(pid for pid, command in run.nodes().items() if 'face_tracker_node' in command)
    os.kill(tracker, signal.SIGKILL)
    assert run.wait() == 2
    assert 'the tracker process ended with -9; its last lines' in run.output()
    assert 'loaded detector' in run.output().split('last lines')[1]
    assert run.nodes() == {}


def test_tracker_that_ends_too_early_is_a_failure_whatever_its_exit_code(
        start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for(' fps ')
    tracker = next(pid for pid, command in run.nodes().items() if 'face_tracker_node' in command)
    os.kill(tracker, signal.SIGINT)
    assert run.wait() == 2
    assert 'the tracker process ended with 0; its last lines' in run.output()
    assert run.nodes() == {}


def test_skipped_frames_are_a_failure_though_faces_were_tracked(demo: Run) -> None:
    summary = json.loads((demo.folder / 'summary.json').read_text())
    assert demo_report.failure(summary) == ''
    assert '7 of ' in demo_report.failure({**summary, 'frames_bad': 7})


def test_no_face_is_exit_code_1(start: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / 'images'
    folder.mkdir()
    for number in range(20):
        cv2.imwrite(str(folder / f'{number}.png'), np.full((120, 160, 3), 90, np.uint8))
    run = start('--video', str(folder))
    assert run.wait() == 1
    assert 'no face was tracked' in run.output()
    assert json.loads((run.folder / 'summary.json').read_text())['frames_published'] == 20


@pytest.mark.parametrize('arguments, named', [
    (('--video', '/nowhere/film.mp4'), '/nowhere/film.mp4'), (('--camera', '97'), '97'),
    (('--duration', 'long'), 'long'), (('--camera', 'front'), 'front')])
def test_bad_input_is_one_line_and_exit_code_2(start: Callable[..., Run],
                                               arguments: tuple[str, ...], named: str) -> None:
    run = start(*arguments)
    assert run.wait() == 2
    assert named in run.output().splitlines()[-1]
    assert 'Traceback' not in run.output()


def test_child_that_ignores_signals_is_killed(tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, '_PATIENCE', 0.2)
    child = children.Child('deaf', ['bash', '-c', 'trap "" INT TERM; echo here; while :; do '
                                    'sleep 0.1; done'], tmp_path / 'log')
    end = time.monotonic() + TIMEOUT
    while 'here' not in child.last_lines():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert child.stop() == -signal.SIGKILL
