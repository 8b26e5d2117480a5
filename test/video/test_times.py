# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Stamps are the stream's own times, and a written video keeps them."""
from __future__ import annotations

from fractions import Fraction

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import open_source, VideoSink
from face_tracker_ros.video.files import usual_rate
from face_tracker_ros.video.sink import fitted_rate
from face_tracker_ros.video.source import Clock
from hypothesis import given, strategies as st
import numpy as np
import pytest


def read(path, **options):
    with open_source(path, **options) as source:
        frames = list(source)
    return source, np.array([stamp for stamp, _ in frames]), [frame for _, frame in frames]


def flat(value):
    return np.full((48, 64, 3), value, np.uint8)


@pytest.mark.parametrize('name, rate, last, count', [
    ('browser.webm', 29.1, 1.889, 56),  # claimed: 1000 frames per second, of unknown number
    ('variable_rate.mp4', 30.3, 5.485, 56),  # claimed: 10.1, the mean over its gaps
    ('slow_motion.mp4', 241.2, 0.229, 56)])
def test_recordings_have_their_own_times(shared, name, rate, last, count):
    source, stamps, _ = read(shared / 'data' / 'odd' / name)
    assert source.frame_rate == pytest.approx(rate, rel=0.005)
    assert source.length == len(stamps) == count
    assert stamps[0] == 0 and stamps[-1] == pytest.approx(last, abs=1e-3)
    assert (np.diff(stamps) > 0).all()


def test_variable_times_are_not_evened_out(shared):
    _, stamps, _ = read(shared / 'data' / 'odd' / 'variable_rate.mp4')
    steps = np.diff(stamps)
    assert np.median(steps) == pytest.approx(0.033) and steps.max() > 0.2


def test_a_given_rate_replaces_the_times(shared):
    source, stamps, _ = read(shared / 'data' / 'odd' / 'variable_rate.mp4', frame_rate=50.0)
    assert source.frame_rate == 50 and stamps == pytest.approx(np.arange(56) / 50)


@pytest.mark.parametrize('name', ['browser.webm', 'variable_rate.mp4', 'slow_motion.mp4'])
def test_what_is_written_lasts_as_long_as_what_was_read(shared, tmp_path, name):
    source, stamps, frames = read(shared / 'data' / 'odd' / name)
    with VideoSink(tmp_path / 'out.mp4', source.frame_rate) as sink:
        taken = [sink.write(frame, stamp) for stamp, frame in zip(stamps, frames)]
    assert all(taken)
    written, times, images = read(tmp_path / 'out.mp4')
    assert times[-1] == pytest.approx(stamps[-1], abs=3 / source.frame_rate)
    for stamp, frame in list(zip(stamps, frames))[::10]:
        near = np.abs(times - stamp) <= 3 / source.frame_rate
        differences = [np.abs(images[i].astype(int) - frame).mean() for i in near.nonzero()[0]]
        assert min(differences) < 6  # the encoder's loss


def test_a_gap_repeats_the_frame_before_it_and_early_frames_are_left_out(tmp_path):
    with VideoSink(tmp_path / 'gap.mp4', 10.0) as sink:
        taken = [sink.write(flat(value), stamp) for value, stamp in
                 [(0, 5.0), (50, 5.1), (100, 7.0), (150, 7.01), (200, 7.02), (250, 7.03)]]
    assert taken == [True] * 5 + [False]
    _, stamps, frames = read(tmp_path / 'gap.mp4')
    greys = [round(float(frame.mean()) / 50) for frame in frames]
    assert greys == [0] + 19 * [1] + [2, 3, 4]
    assert stamps[20] == pytest.approx(2.0)


def test_endless_gaps_are_cut_short(tmp_path):
    with VideoSink(tmp_path / 'gap.mp4', 0.5) as sink:
        for stamp in (0.0, 2.0, 1e9, 1e9 + 2):
            sink.write(flat(90), stamp)
    assert sink.frames == 304  # 600 seconds and four frames


@pytest.mark.parametrize('rate', [239.9, 241.18438761776582, 66.667, 59.94006, 23.976024, 0.1,
                                  12.345678, 65.5356, 655.36, 999.99])
def test_every_rate_can_be_written(tmp_path, rate):
    with VideoSink(tmp_path / 'a.mp4', rate) as sink:
        for step in range(5):
            sink.write(flat(40 * step))
    assert cv2.VideoCapture(str(tmp_path / 'a.mp4')).get(cv2.CAP_PROP_FPS) == pytest.approx(
        rate, rel=1e-3)


@given(st.floats(0.1, 1000))
def test_rates_are_fractions_that_mpeg_4_can_count(rate):
    fitted = fitted_rate(rate)
    assert fitted == pytest.approx(rate, rel=0.005)
    assert Fraction(str(fitted)).limit_denominator(1000).numerator <= 65535


def test_images_without_times_of_their_own_have_those_of_a_rate(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f'{number}.png'), flat(80 * number))
    _, stamps, _ = read(tmp_path)
    assert stamps == pytest.approx([0, 1 / 30, 2 / 30])


def test_stamps_increase_whatever_the_stream_has():
    clock = Clock(10.0)
    times = [(0.0, 0), (0.1, 0), (0.1, 0), (0.2, 0), (0.0, 0), (0.05, 0), (float('nan'), 0),
             (0.0, 2)]
    found = [clock.stamp(*time) for time in times]
    assert found == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.55, 0.85])
    timeless = Clock(10.0)
    assert [timeless.stamp(0.0, 0) for _ in range(3)] == pytest.approx([0, 0.1, 0.2])


def test_the_usual_rate_believes_times_and_snaps_to_what_is_told():
    rounded = tuple(round(step / 30, 3) for step in range(50))
    assert usual_rate(rounded, 29.97) == 29.97
    assert usual_rate(rounded, 1000.0) == pytest.approx(30, rel=0.01)
    assert usual_rate((), 25.0) == 25.0
    assert usual_rate((0.0,), 90000.0) == usual_rate((0.0, 1e-9), 0.0) == 30.0


def test_impossible_rates_are_rejected(shared):
    for rate in (0.0, -1.0, float('nan'), 1e6):
        with pytest.raises(SourceError, match='frame rate'):
            open_source(shared / 'data' / 'odd' / 'browser.webm', frame_rate=rate)
