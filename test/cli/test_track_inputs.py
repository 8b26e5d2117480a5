# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The track command on recordings as people have them, and on a camera in the network."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import cv2
from face_tracker_ros.__main__ import main
from face_tracker_ros.video import open_source
from mjpeg_server import MjpegServer, PASSWORD, USER
import numpy as np
import pytest
from written import bytes_in


@pytest.mark.parametrize('name, seconds, count', [
    ('browser.webm', 1.89, 56), ('variable_rate.mp4', 5.49, 56), ('slow_motion.mp4', 0.23, 56),
    ('damaged_middle.mp4', 1.83, 15)])
def test_duration_frames_and_people_of_recordings(shared, tmp_path, capsys, name, seconds, count):
    tracks, output = tmp_path / 'tracks.txt', tmp_path / 'out.mp4'
    assert main(['track', str(shared / 'data' / 'odd' / name), '--tracks', str(tracks),
                 '--output', str(output)]) == 0
    captured = capsys.readouterr()
    assert f'{count} frames, {seconds:.2f} s from first to last' in captured.out
    assert '2 ids' in captured.out
    table = np.loadtxt(tracks, delimiter=',')
    assert set(table[:, 1]) == {1, 2} and table[-1, 0] == 56  # lost frames have numbers, too
    assert ('41 of 56 frames could not be decoded' in captured.err) is ('damaged' in name)
    with open_source(output) as source:
        assert [stamp for stamp, _ in source][-1] == pytest.approx(seconds, abs=0.12)


def test_a_rate_that_mpeg_4_cannot_count_is_fitted(shared, tmp_path):
    path = shared / 'data' / 'odd' / 'slow_motion.mp4'
    assert main(['track', str(path), '--frame-rate', '66.667', '--output',
                 str(tmp_path / 'out.mp4'), '--quiet']) == 0
    with open_source(tmp_path / 'out.mp4') as source:
        assert source.frame_rate == pytest.approx(66.67) and source.length == 56


def test_a_camera_in_the_network_until_ctrl_c(two_portraits, tmp_path):
    tracks, output = tmp_path / 'tracks.txt', tmp_path / 'out.mp4'
    small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / 'people.png'), small)
    with MjpegServer(200.0, tmp_path / 'people.png') as server:
        process = subprocess.Popen(
            [sys.executable, '-m', 'face_tracker_ros', 'track', server.address, '--tracks',
             str(tracks), '--output', str(output)], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, 'OMP_NUM_THREADS': '1'},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        deadline = time.monotonic() + 90
        while bytes_in(tracks) < 2000:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert re.search(r'\d+ frames, \d+ gave way to newer ones', printed) and '2 ids' in printed
    assert set(np.loadtxt(tracks, delimiter=',')[:, 1]) == {1, 2}
    assert not any(secret in printed + errors for secret in (PASSWORD, USER))
    with open_source(output) as source:
        assert source.size == (640, 360) and len(list(source)) > 5


def test_an_address_that_is_none_is_one_line(capsys):
    assert main(['track', f'http://{USER}:{PASSWORD}@127.0.0.1:9/stream']) == 2
    errors = capsys.readouterr().err
    assert errors.count('\n') == 1 and 'http://***@127.0.0.1:9/stream' in errors
    assert 'Connection refused' in errors and PASSWORD not in errors
