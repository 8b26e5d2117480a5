# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Cameras on the network: found, lost and found again; their passwords stay unknown."""
from __future__ import annotations

import contextlib
import socket
import threading
import time

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import live, open_source
from face_tracker_ros.video.address import masked
from mjpeg_server import MjpegServer, PASSWORD, USER
import pytest
from rtsp_server import RtspServer


@pytest.fixture
def server():
    with MjpegServer() as running:
        yield running


def number(frame):
    """Return which image of the server it is, by its grey."""
    return round(float(frame.mean()) / 2)


def take(frames, count):
    return [(stamp, number(frame)) for _, (stamp, frame) in zip(range(count), frames)]


def test_frames_arrive_with_their_time(server):
    with open_source(server.address) as source:
        assert source.live and source.length is None and source.size == (64, 48)
        begin = time.monotonic()
        found = take(iter(source), 20)
        assert [one for _, one in found] == sorted({one for _, one in found})
        assert begin - 5 < found[0][0] < found[-1][0] <= time.monotonic()


def test_the_newest_frame_wins(server):
    with open_source(server.address) as source:
        frames = iter(source)
        before = take(frames, 1)[0][1]
        deadline = time.monotonic() + 60
        while source.replaced < 30:  # the user is busy
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert take(frames, 2)[0][1] >= before + 30


@pytest.mark.parametrize('fault', ['cut', 'gone', 'stalled'])
def test_what_is_lost_is_found_again_and_both_are_reported(server, fault):
    lines = []
    with open_source(server.address, log=lines.append) as source:
        frames = iter(source)
        take(frames, 3)
        if fault == 'cut':
            server.cut()
        elif fault == 'gone':
            server.stop()
            threading.Timer(1.0, server.start).start()
        else:
            server.stall()
            threading.Timer(6.0, server.go_on).start()
        deadline = time.monotonic() + 60
        while not any('back after' in line for line in lines):
            next(frames)
            assert time.monotonic() < deadline
        assert len(take(frames, 3)) == 3
    assert 'no more frames; connecting again' in lines[0] and 'back after' in lines[-1]
    assert len(lines) <= 4
    assert not any(PASSWORD in line or USER in line for line in lines)


def test_closing_ends_the_waiting_for_one_that_is_gone(server):
    source = open_source(server.address, log=lambda line: None)
    server.stop()
    closer = threading.Timer(1.0, source.close)
    closer.start()
    list(source)  # ends
    closer.join()


def test_a_video_on_a_server_is_read_like_a_file(tmp_path, shared):
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(shared / 'data' / 'odd'))

        def log_message(self, *_):
            """Print nothing."""

    files = ThreadingHTTPServer(('127.0.0.1', 0), Quiet)
    files.daemon_threads = False  # closing waits for them
    threading.Thread(target=files.serve_forever, daemon=True).start()
    try:
        with open_source(f'http://127.0.0.1:{files.server_port}/variable_rate.mp4') as source:
            assert not source.live and source.length == 56
            stamps = [stamp for stamp, _ in source]
        assert len(stamps) == 56 and stamps[-1] == pytest.approx(5.485)
        with pytest.raises(SourceError, match='answers, but gives no video'):
            open_source(f'http://127.0.0.1:{files.server_port}/missing.mp4')
    finally:
        files.shutdown()
        files.server_close()


def silent_port():
    """Return a socket that takes connections and never answers."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen()
    return contextlib.closing(listener), listener.getsockname()[1]


@pytest.mark.parametrize('scheme', ['http', 'rtsp'])
def test_addresses_that_do_not_answer_are_rejected_with_the_reason(scheme, capfd, monkeypatch):
    monkeypatch.setattr(live, 'OPEN_SECONDS', 2.0)
    begin = time.monotonic()
    closing, port = silent_port()
    with closing, pytest.raises(SourceError, match='answers, but gives no video') as caught:
        open_source(f'{scheme}://{USER}:{PASSWORD}@127.0.0.1:{port}/x?pwd={PASSWORD}')
    with pytest.raises(SourceError, match=f'127.0.0.1 port {port}: Connection refused'):
        open_source(f'{scheme}://{USER}:{PASSWORD}@127.0.0.1:{port}/x')
    with pytest.raises(SourceError, match='names no host'):
        open_source(f'{scheme}:///x')
    assert time.monotonic() - begin < 30
    shown = f'{caught.value}{capfd.readouterr()}'
    assert PASSWORD not in shown and USER not in shown and '\n' not in str(caught.value)


def test_a_wrong_password_is_reported_without_it(server):
    with pytest.raises(SourceError, match='check path, user and password') as caught:
        open_source(server.address.replace(PASSWORD, 'wrong-secret'))
    assert 'wrong-secret' not in str(caught.value)


@pytest.mark.parametrize('text, shown', [
    ('rtsp://me:secret@cam:554/live', 'rtsp://***@cam:554/live'),
    ('rtsp://me:se/cr@et@cam/live', 'rtsp://***@cam/live'),
    ('http://cam/video.cgi?user=me&pwd=secret', 'http://cam/video.cgi?***'),
    ('http://cam/video#secret', 'http://cam/video#***'),
    ('http://cam:81/stream', 'http://cam:81/stream'),
    ('rtspsrc location="rtsp://me:secret@cam/x" user-pw=secret user-id=me ! decodebin ! appsink',
     'rtspsrc location="rtsp://***@cam/x" user-pw=*** user-id=*** ! decodebin ! appsink'),
])
def test_what_may_be_a_secret_is_not_shown(text, shown):
    assert masked(text) == shown


def test_pipelines_need_gstreamer():
    """The pipeline runs where OpenCV has GStreamer; the wheels of PyPI have not."""
    pipeline = 'videotestsrc num-buffers=5 ! videoconvert ! appsink'
    if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        with open_source(pipeline) as source:
            assert source.live and next(iter(source))[1].ndim == 3
    else:
        with pytest.raises(SourceError, match='GStreamer pipeline, which this OpenCV .* without'):
            open_source(pipeline)


def test_rtsp_cameras_are_read_lost_and_found_again():
    lines = []
    with RtspServer() as camera, open_source(camera.address('live?channel=1'),
                                             log=lines.append) as source:
        assert source.live and source.size == (64, 48)
        assert source.name == f'rtsp://***@127.0.0.1:{camera.server_address[1]}/live?***'
        frames = iter(source)
        found = take(frames, 10)
        assert [one for _, one in found] == sorted({one for _, one in found})
        camera.cut()
        deadline = time.monotonic() + 60
        while not lines or 'back after' not in lines[-1]:
            next(frames)
            assert time.monotonic() < deadline
        assert camera.paths[-1].endswith('/live?channel=1') and len(camera.paths) == 2
    assert 'no more frames' in lines[0] and 'hunter2' not in str(lines)
