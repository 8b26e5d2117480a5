# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The track command when it is stopped, given odd values, or may not write."""
from __future__ import annotations

import os
from pathlib import Path
import re
import signal
import struct
import subprocess
import sys
import time

import cv2
from face_tracker_ros.__main__ import main
from face_tracker_ros.video import open_source, VideoSink
import numpy as np
import pytest
from written import bytes_in

TRACK = [sys.executable, '-m', 'face_tracker_ros', 'track']
FAST = ['--set', 'detection.width=320']
DETECTIONS = ''.join(f'{frame},-1,{100 + 3 * frame},80,50,60,0.9\n' for frame in range(1, 31))


@pytest.fixture
def det(tmp_path):
    path = tmp_path / 'det.txt'
    path.write_text(DETECTIONS)
    return path


@pytest.fixture
def folder(tmp_path, two_portraits):
    """Return a folder of five small images of two people."""
    path = tmp_path / 'images'
    path.mkdir()
    small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
    for number in range(5):
        cv2.imwrite(str(path / f'{number}.jpg'), small)
    return path


def alone(det, *more):
    return ['--detections', str(det), '--frame-rate', '30', *map(str, more)]


def rejected(capsys, words, *parts):
    assert main(['track', *map(str, words)]) == 2
    captured = capsys.readouterr()
    assert captured.err.count('\n') == 1 and captured.out == '' and len(captured.err) < 700
    for part in parts:
        assert part in captured.err


def start(*words, **options):
    return subprocess.Popen(
        [*TRACK, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, 'OMP_NUM_THREADS': '1'}, **{'preexec_fn': default_signals, **options})


def default_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_for(condition, process):
    deadline = time.monotonic() + 90
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope='module')
def long_video(two_portraits, tmp_path_factory):
    """Return a video of two people that takes far longer than the tests need."""
    path = tmp_path_factory.mktemp('long') / 'long.mp4'
    small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
    with VideoSink(path, 30.0) as sink:
        for _ in range(3000):
            sink.write(small)
    return path


def track_for_long(long_video, folder):
    """Return track at work, once it has written tracks."""
    tracks, output = folder / 'tracks.txt', folder / 'a.mp4'
    process = start(long_video, '--tracks', tracks, '--output', output)
    wait_for(lambda: bytes_in(tracks) > 2000, process)
    return process, tracks, output


def frames_of_tracks(path):
    """Return the frames of a file of tracks, of which every line is whole."""
    text = path.read_text()
    assert text.endswith('\n')
    return np.array([[float(field) for field in line.split(',')]
                     for line in text.splitlines()])[:, 0]


@pytest.mark.parametrize('number, count', [
    (signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGHUP, 1), (signal.SIGINT, 10)])
def test_signals_end_it_with_complete_outputs(long_video, tmp_path, number, count):
    process, tracks, output = track_for_long(long_video, tmp_path)
    for _ in range(count):
        process.send_signal(number)
        time.sleep(0.005)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number, errors
    interrupted = re.search(r'interrupted after (\d+) frames; .* complete to there', errors)
    assert interrupted and 'Traceback' not in errors
    with open_source(output) as source:
        assert len(list(source)) == int(interrupted[1]) < 3000
    assert frames_of_tracks(tracks).max() <= int(interrupted[1])
    assert sorted(os.listdir(tmp_path)) == ['a.mp4', 'tracks.txt']


def test_a_kill_leaves_the_former_video_and_the_tracks_so_far(long_video, tmp_path):
    (tmp_path / 'a.mp4').write_bytes(b'former')
    process, tracks, output = track_for_long(long_video, tmp_path)
    process.kill()
    process.communicate()
    assert output.read_bytes() == b'former'
    assert len(frames_of_tracks(tracks)) > 10


def test_what_a_killed_process_left_is_removed_by_the_next(folder, tmp_path):
    gone = subprocess.Popen(['true'])
    gone.wait()
    left = tmp_path / f'.face_tracker_ros.{gone.pid}.0123abcd.part.mp4'
    fresh = tmp_path / f'.face_tracker_ros.{os.getpid()}.0123abcd.part.mp4'
    for path in (left, fresh):
        path.write_bytes(b'half a video')
        os.utime(path, (0, 0))
    assert main(['track', str(folder), '--output', str(tmp_path / 'a.mp4'), '--quiet', *FAST]) == 0
    assert not left.exists() and fresh.exists() and (tmp_path / 'a.mp4').exists()


def test_ignored_signals_stay_ignored(folder, tmp_path):
    """As nohup and the background jobs of scripts have it."""
    process = start(folder, '--tracks', tmp_path / 't.txt', *FAST,
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    while process.poll() is None:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.02)
    output, errors = process.communicate()
    assert process.returncode == 0 and '5 frames' in output, errors


def caught_signals(process):
    """Return the signals that have handlers in a process."""
    try:
        status = Path('/proc', str(process.pid), 'status').read_text()
    except OSError:
        return set()
    mask = int(re.search(r'SigCgt:\s*([0-9a-f]+)', status)[1], 16)
    return {number for number in range(1, 32) if mask >> (number - 1) & 1}


@pytest.mark.parametrize('delay', [0.0, 0.03, 0.1, 0.2, 0.3, 0.5])
def test_an_interrupt_during_the_start_is_quiet(folder, delay):
    process = start(folder, *FAST)
    wait_for(lambda: signal.SIGINT in caught_signals(process), process)  # Python is there
    wait_for(lambda: signal.SIGINT not in caught_signals(process), process)  # and so are we
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130, 0)
    assert 'Traceback' not in errors and len(errors.splitlines()) <= 2


def test_a_full_standard_output_is_one_line(det):
    with open('/dev/full', 'w') as full:
        done = subprocess.run([*TRACK, *alone(det)], stdout=full, stderr=subprocess.PIPE,
                              text=True)
    assert done.returncode == 2
    assert done.stderr.startswith('track: standard output cannot be written (No space left')
    assert done.stderr.count('\n') == 1


def test_a_reader_that_leaves_and_closed_outputs_give_no_traceback(det):
    words = ' '.join([*TRACK, *alone(det)])
    for ending in ('| true', '>&-', '2>&-', '2>/dev/full', '>&- 2>&-'):
        done = subprocess.run(['bash', '-c', f'{words} {ending}'], capture_output=True, text=True)
        assert 'Traceback' not in done.stderr and 'Exception' not in done.stderr, ending


def test_no_input_is_an_output(folder, det, tmp_path, capsys):
    former = (folder / '3.jpg').read_bytes()
    os.link(folder / '3.jpg', tmp_path / 'hard.jpg')
    (tmp_path / 'soft').symlink_to(folder / '3.jpg')
    (tmp_path / 'also').symlink_to(folder)
    for source in (folder, f'{folder}/*.jpg', f'{folder}/%d.jpg', folder / '3.jpg'):
        for output in (folder / '3.jpg', tmp_path / 'hard.jpg', tmp_path / 'soft',
                       tmp_path / 'also' / '3.jpg'):
            rejected(capsys, [source, '--tracks', output, *FAST], 'is the input as well')
    assert (folder / '3.jpg').read_bytes() == former
    np.save(tmp_path / 'emb.npy', np.zeros((30, 4)))
    for output in (det, tmp_path / 'emb.npy'):
        rejected(capsys, alone(det, '--embeddings', tmp_path / 'emb.npy', '--tracks', output),
                 'is the input as well')
    rejected(capsys, [folder, '--tracks', tmp_path / 'x.mp4', '--output',
                      tmp_path / 'also' / '..' / 'x.mp4'], 'is given twice')


def test_outputs_go_where_links_point(folder, tmp_path, capsys):
    for name in ('a.mp4', 't.txt'):
        (tmp_path / name).symlink_to(tmp_path / f'target-{name}')
    assert main(['track', str(folder), '--output', str(tmp_path / 'a.mp4'), '--tracks',
                 str(tmp_path / 't.txt'), '--quiet', *FAST]) == 0
    for name in ('a.mp4', 't.txt'):
        assert (tmp_path / name).is_symlink() and (tmp_path / f'target-{name}').is_file()
    (tmp_path / 'lost.mp4').symlink_to(tmp_path / 'nowhere' / 'a.mp4')
    rejected(capsys, [folder, '--output', tmp_path / 'lost.mp4', *FAST], 'cannot be written')
    assert (tmp_path / 'lost.mp4').is_symlink()


@pytest.mark.parametrize('value', [
    '2024-99-99', '2024-13-01T99:99:99', '!!int abc', '!!float x', '!!timestamp x', '!!binary é',
    '!!python/object:os.system {}', '!!set {a, b}', '{[]: 1}', '&a [*a]', '0x', '1:99:99',
    '*unknown', '"', '{<<: 1}', '!!omap x', '1e999999', '[' * 3000, '9' * 5000, '\x07', '\ud800'])
def test_odd_values_are_one_line(det, capsys, value):
    for name in ('tracker.max_age', 'detector'):
        if name == 'tracker.max_age' or not value.isalnum():
            main(['track', *alone(det, '--set', f'{name}={value}', '--quiet')])
            captured = capsys.readouterr()
            assert captured.err.count('\n') <= 1 and len(captured.err) < 900
    rejected(capsys, alone(det, '--set', f'tracker.max_age={value}'), 'tracker.max_age')


@pytest.mark.parametrize('size', ['9' * 5000 + 'x9', '0x0', '1x', '-1x5', '5x5x5', '٣x٣', '²x5'])
def test_odd_image_sizes_are_one_line(det, capsys, size):
    rejected(capsys, alone(det, f'--image-size={size}'), '--image-size', 'give WIDTHxHEIGHT')


def test_arrays_that_are_none_are_one_line(det, tmp_path, capsys):
    path = tmp_path / 'emb.npy'
    words = alone(det, '--embeddings', path)
    with open(path, 'wb') as file:
        np.savez(file, a=np.zeros((30, 4)))
    rejected(capsys, words, 'an archive of several arrays', 'numpy.save')
    for shape in ('(1000000000000, 128)', '(99999999999999999999999, 1)', '(-1, 5)', '(30, "x")'):
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
        header = header.ljust(117) + '\n'
        path.write_bytes(b'\x93NUMPY\x01\x00' + struct.pack('<H', 118) + header.encode() + b'0000')
        rejected(capsys, words, 'cannot be read')
    for content in (b'', b'\x93NUMPY', b'PK\x03\x04 no archive', b'\x93NUMPY\x01\x00\xff\xff{'):
        path.write_bytes(content)
        rejected(capsys, words, 'cannot be read')


def test_files_without_end_are_rejected(det, tmp_path, capsys):
    os.mkfifo(tmp_path / 'pipe')
    for path in ('/dev/zero', tmp_path / 'pipe', '/dev/null', tmp_path):
        rejected(capsys, alone(det, '--config', path), f"'{path}' cannot be read", 'give a YAML')
        rejected(capsys, alone(path), f"'{path}' cannot be read", 'give MOTChallenge text')
    with open(tmp_path / 'sparse', 'wb') as file:
        file.truncate(20 << 30)
    rejected(capsys, alone(det, '--config', tmp_path / 'sparse'), '1048576 are the most')
    rejected(capsys, alone(tmp_path / 'sparse'), '268435456 are the most')


def test_frames_without_end_are_rejected(det, capsys):
    det.write_text('1,-1,100,80,50,60,0.9\n10000000,-1,100,80,50,60,0.9\n')
    rejected(capsys, alone(det), '9999998 of the frames from 1 to 10000000 hold no detection')
