# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The video publisher: a folder of images as an image topic."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import time

import cv2
from face_tracker_ros.ros.messages import images as convert
from face_tracker_ros.video import open_source
from mjpeg_server import MjpegServer, PASSWORD, USER
import numpy as np
import pytest
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from ros_client import Client, NodeProcess
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

Start = Callable[..., NodeProcess]
FRAMES = 12


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of images, each of one grey that is ten times its number."""
    path = tmp_path_factory.mktemp('images')
    for number in range(FRAMES):
        cv2.imwrite(str(path / f'{number:03d}.png'),
                    np.full((720, 1280, 3), 10 * number, np.uint8))
    return path


@pytest.fixture
def images(client: Client) -> Iterator[list[tuple[float, Image]]]:
    """Collect all that is published on /video with the time of its arrival."""
    arrived: list[tuple[float, Image]] = []
    subscription = client.node.create_subscription(
        Image, '/video', lambda message: arrived.append((time.time(), message)),
        QoSProfile(depth=60, reliability=QoSReliabilityPolicy.RELIABLE))
    yield arrived
    client.node.destroy_subscription(subscription)


def _publish(start: Start, source: object, *settings: str) -> NodeProcess:
    arguments = [f'source:="{source}"', 'start_delay:=10.0', *settings]
    return start('-r', 'image:=/video', *(part for item in arguments for part in ('-p', item)),
                 module='video_publisher.main')


def _end(client: Client, process: NodeProcess) -> None:
    """Wait until the process has ended well, and take what it has published."""
    client.wait(lambda: process.process.poll() is not None, 'the end')
    client.spin(0.3)
    assert process.wait() == 0, process.output()


def test_every_image_arrives_stamped_at_the_rate_and_the_node_ends(
        client: Client, start: Start, images: list, folder: Path) -> None:
    infos: list[CameraInfo] = []
    calibrations = client.node.create_subscription(CameraInfo, 'camera_info', infos.append, 20)
    process = _publish(start, folder, 'rate:=20.0', 'frame_id:=lens', 'horizontal_fov:=90.0')
    _end(client, process)
    assert 'Traceback' not in process.output()
    greys = [convert.to_image(message)[0, 0, 0] for _, message in images]
    assert greys == [10 * number for number in range(FRAMES)]
    stamps = []
    for arrival, message in images:
        assert (message.height, message.width, message.encoding) == (720, 1280, 'bgr8')
        assert message.header.frame_id == 'lens'
        stamps.append(message.header.stamp.sec + message.header.stamp.nanosec * 1e-9)
        assert 0 <= arrival - stamps[-1] < 10
    assert (stamps[-1] - stamps[0]) / (FRAMES - 1) == pytest.approx(1 / 20, rel=0.5)
    assert client.diagnostics['video_publisher: source']['published'] == str(FRAMES)
    assert infos[-1].header == images[-1][1].header
    assert (infos[-1].width, infos[-1].height) == (1280, 720)
    assert list(infos[-1].k) == pytest.approx([640, 0, 640, 0, 640, 360, 0, 0, 1])
    client.node.destroy_subscription(calibrations)


def test_loop_begins_again_until_a_signal(client: Client, start: Start, images: list,
                                          folder: Path) -> None:
    process = _publish(start, folder, 'rate:=60.0', 'loop:=true')
    client.wait(lambda: len(images) > 2 * FRAMES, 'the third round')
    assert process.end(signal.SIGINT) == 0
    assert 'Traceback' not in process.output()


def test_duration_ends_the_node_in_the_middle_of_a_round(client: Client, start: Start,
                                                         images: list, folder: Path) -> None:
    process = _publish(start, folder, 'rate:=20.0', 'loop:=true', 'duration:=0.75')
    _end(client, process)
    assert len(images) == 15
    assert client.diagnostics['video_publisher: source']['published'] == '15'


@pytest.mark.parametrize('source', ['/nowhere/film.mp4', ''])
def test_unreadable_source_ends_the_node_with_one_line(start: Start, source: str) -> None:
    process = _publish(start, source)
    assert process.wait() == 2
    lines = process.output().splitlines()
    assert len(lines) == 1 and source in lines[0], lines


def _stamps(images: list) -> np.ndarray:
    return np.array([message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
                     for _, message in images])


def test_a_recording_keeps_its_own_times(client: Client, start: Start, images: list,
                                         shared: Path) -> None:
    """Its rate varies: bursts of 33 ms with gaps in between, 5.5 s in all."""
    path = shared / 'data' / 'odd' / 'variable_rate.mp4'
    process = _publish(start, path)
    _end(client, process)
    with open_source(path) as source:
        times = np.array([stamp for stamp, _ in source])
    stamps = _stamps(images)
    assert len(stamps) == len(times) == 56
    late = stamps - times - np.median(stamps - times)
    assert np.median(np.abs(late)) < 0.02, 'but for single frames of a busy machine'


def test_frames_that_cannot_be_decoded_are_logged(client: Client, start: Start, images: list,
                                                  shared: Path) -> None:
    process = _publish(start, shared / 'data' / 'odd' / 'damaged_middle.mp4')
    _end(client, process)
    assert len(images) == 15
    assert '41 of 56 frames could not be decoded' in process.output()


def test_a_name_that_is_no_utf_8_is_found_by_its_folder(client: Client, start: Start, images: list,
                                                        folder: Path, tmp_path: Path) -> None:
    """A parameter is text, so the name itself cannot be given; folders and globs can."""
    (tmp_path / os.fsdecode(b'caf\xe9.png')).write_bytes((folder / '003.png').read_bytes())
    for source in (tmp_path, f'{tmp_path}/caf*.png'):
        images.clear()
        process = _publish(start, source)
        _end(client, process)
        assert [convert.to_image(message)[0, 0, 0] for _, message in images] == [30]


def test_an_address_is_published_as_it_comes_and_comes_back(client: Client, start: Start,
                                                            images: list) -> None:
    with MjpegServer() as server:
        process = _publish(start, server.address, 'rate:=10.0')
        client.wait(lambda: len(images) > 5, 'the first images')
        server.cut()
        before = len(images)
        client.wait(lambda: len(images) > before + 10, 'images after the cut')
        begin = _stamps(images)[-1]
        client.wait(lambda: _stamps(images)[-1] > begin + 2, 'two seconds')
        assert process.end(signal.SIGINT) == 0
    recent = _stamps(images)
    assert 10 <= (recent > begin).sum() <= 24  # of the 50 per second that the server sends
    output = process.output()
    assert 'no more frames; connecting again' in output and 'back after' in output
    assert PASSWORD not in output and USER not in output and 'Traceback' not in output


def test_a_signal_ends_the_waiting_for_an_address_that_is_gone(client: Client, start: Start,
                                                               images: list) -> None:
    with MjpegServer() as server:
        process = _publish(start, server.address)
        client.wait(lambda: len(images) > 2, 'the first images')
        server.stop()
        client.wait(lambda: 'connecting again' in process.output(), 'the loss')
        assert process.end(signal.SIGTERM) == 0, process.output()


def test_stamps_never_go_back_when_the_clock_is_set_right(
        client: Client, start: Start, images: list, folder: Path) -> None:
    clock = client.node.create_publisher(Clock, '/clock', 10)
    process = _publish(start, folder, 'use_sim_time:=true', 'loop:=true', 'rate:=60.0')

    def stamps() -> list[float]:
        return [image.header.stamp.sec + image.header.stamp.nanosec * 1e-9 for _, image in images]

    def set_clock(seconds: float, enough: Callable[[list[float]], bool]) -> None:
        message = Clock()
        message.clock.sec, message.clock.nanosec = int(seconds), round(seconds % 1 * 1e9)
        client.wait(lambda: enough(stamps()), f'stamps at {seconds}',
                    lambda: clock.publish(message))

    set_clock(100.0, lambda found: found[-1:] > [99.5])
    count = len(images)
    set_clock(99.9, lambda found: len(found) > count + 30)
    set_clock(100.2, lambda found: found[-1] > 100.1)
    found = [each for each in stamps() if each > 99.5]
    assert all(after >= before for before, after in zip(found, found[1:]))
    set_clock(50.0, lambda found: found[-1] < 60.0)  # simulation that begins anew
    client.node.destroy_publisher(clock)
    assert process.end() == 0
