# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faults of the machine: disks that are full, processes that are forked or killed."""
from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import resource
import subprocess
import sys

import cv2
import face_tracker_ros
import numpy as np
import pytest
from written import bytes_in

PROGRAM = [sys.executable, '-m', 'face_tracker_ros']
FAST = ['--set', 'detection.width=320']
FULL = 30_000  # bytes
FORKED = """
import multiprocessing, os, sys
import numpy as np
from face_tracker_ros import FaceTracker, ModelError

IMAGE = np.full((360, 640, 3), 90, np.uint8)

def new():
    return FaceTracker.from_config({'detection.width': 320, 'inference.cache': False})

def spawned(pipe):
    pipe.send(len(new().process(IMAGE, 0.0).tracks))

if __name__ == '__main__':
    if not os.fork():  # before the first use
        new().process(IMAGE, 0.0)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
    tracker = new()
    tracker.process(IMAGE, 0.0)
    for use in (lambda: tracker.process(IMAGE, 0.1), new):
        if not os.fork():
            try:
                use()
            except ModelError as error:
                print(error, flush=True)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
    tracker.process(IMAGE, 0.2)
    receiver, sender = multiprocessing.Pipe()
    process = multiprocessing.get_context('spawn').Process(target=spawned, args=(sender,))
    process.start()
    assert receiver.poll(60) and receiver.recv() == 0
    process.join()
"""


def test_a_fork_of_a_process_that_ran_models_says_what_to_do(tmp_path: Path) -> None:
    script = tmp_path / 'forked.py'
    script.write_text(FORKED)
    root = str(Path(face_tracker_ros.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True,
                          timeout=120, env={**os.environ, 'PYTHONPATH': path})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('was forked from one that has run models') == 2
    assert "get_context('spawn')" in done.stdout and 'Traceback' not in done.stderr


def full_disk() -> None:
    """Let no file of this process get longer, as on a full disk (with another error's name)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


@pytest.fixture
def folder(tmp_path: Path, two_portraits: np.ndarray) -> Path:
    """Return a folder of forty images, whose results fill any disk of ours."""
    path = tmp_path / 'images'
    path.mkdir()
    small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
    for number in range(40):
        cv2.imwrite(str(path / f'{number:02}.jpg'), small)
    return path


@pytest.fixture
def full(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a command where files cannot get longer than `FULL` bytes."""
    def run(*words: object, limit: Callable[[], None] = full_disk
            ) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('COVERAGE')}  # whose data would not fit, either
        return subprocess.run([*PROGRAM, *map(str, words)], capture_output=True, text=True,
                              preexec_fn=limit, timeout=120, env=environment)
    return run


def is_one_line(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1 and all(part in lines[0] for part in parts), done.stderr


def test_a_video_that_does_not_fit_is_one_line_and_leaves_the_former(
        full: Callable[..., subprocess.CompletedProcess[str]], folder: Path,
        tmp_path: Path) -> None:
    video = tmp_path / 'out' / 'a.mp4'
    video.parent.mkdir()
    video.write_bytes(b'former')
    is_one_line(full('track', folder, '--output', video, '--quiet', *FAST), 'a.mp4', 'disk full')
    assert video.read_bytes() == b'former' and os.listdir(video.parent) == ['a.mp4']


def test_tracks_that_do_not_fit_are_one_line_and_what_is_there_is_whole(
        full: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    detections, tracks = tmp_path / 'det.txt', tmp_path / 'tracks.txt'
    detections.write_text(''.join(f'{frame},-1,{100 + frame % 50},80,50,60,0.9\n'
                                  for frame in range(1, 1001)))
    done = full('track', '--detections', detections, '--frame-rate', 30, '--tracks', tracks,
                '--quiet')
    is_one_line(done, 'tracks.txt', 'cannot be written (File too large)', 'not complete')
    assert len(tracks.read_bytes()) == FULL, 'all that fits'


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))


def test_results_that_do_not_fit_are_one_line_and_leave_the_former(
        full: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    truth, result = tmp_path / 'gt.txt', tmp_path / 'scores.json'
    truth.write_text('1,1,10,10,50,50,1\n2,1,10,10,50,50,1\n')
    for words in (('evaluate', '--gt', truth, '--tracks', truth), ('models', 'list')):
        result.write_text('former')
        is_one_line(full(*words, '--json', result, limit=no_room), 'scores.json',
                    'cannot be written')
        assert result.read_text() == 'former'
        assert sorted(os.listdir(tmp_path)) == ['gt.txt', 'scores.json']
        assert full(*words, '--json', result, limit=lambda: None).returncode == 0
        assert result.read_text() != 'former'


def test_a_cache_that_does_not_fit_costs_time_only(
        full: Callable[..., subprocess.CompletedProcess[str]], folder: Path, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
    done = full('track', folder, *FAST)
    assert done.returncode == 0 and '2 ids' in done.stdout, done.stderr
    assert list((tmp_path / 'cache' / 'compiled').iterdir()) == []


def test_tracks_of_a_killed_process_are_whole_lines(tmp_path: Path) -> None:
    detections, tracks = tmp_path / 'det.txt', tmp_path / 'tracks.txt'
    detections.write_text(''.join(f'{frame},-1,{100 + frame % 50},80,50,60,0.9\n'
                                  for frame in range(1, 100_001)))
    process = subprocess.Popen([*PROGRAM, 'track', '--detections', str(detections),
                                '--frame-rate', '30', '--tracks', str(tracks), '--quiet'])
    try:
        while bytes_in(tracks) < 50_000:
            assert process.poll() is None
    finally:
        process.kill()
        process.wait(30)
    lines = tracks.read_text().split('\n')
    assert lines.pop() == '' and len(lines) < 99_000
    assert all(line.count(',') == 9 for line in lines)
