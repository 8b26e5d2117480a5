# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Laws that hold for every scene."""
from face_tracker_ros.config import Config
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.types import Detections
from hypothesis import given, settings, strategies as st
import numpy as np
import pytest
from scenes import face

MODES = pytest.mark.parametrize('mode', ['robust', 'deepsort'])


def walk(seed, people=4, frames=40, rate=30.0):
    """Yield (stamp, boxes, embeddings) of people on smooth paths, now and then unseen."""
    random = np.random.default_rng(seed)
    phase, speed = random.uniform(0, 6.3, (people, 2)), random.uniform(0, 2, (people, 2))
    size = random.uniform(40, 120, people)
    hidden = random.integers(0, 3 * frames / rate * 30, (people, 2))
    vectors = np.array([face(person, 0.1, person + 50 * seed) for person in range(people)])
    for step in range(frames):
        time = step / rate
        centre = np.array([640, 360]) + np.array([500, 250]) * np.sin(phase + time * speed / 3)
        half = np.column_stack((0.4 * size, 0.5 * size))
        seen = ~((hidden[:, 0] / 30 <= time) & (time < hidden[:, 1] / 30))
        yield time, np.hstack((centre - half, centre + half))[seen], vectors[seen]


def follow(scene, mode, scale=1.0, shuffle=None, **parameters):
    """Return, for each frame, {id: box} of a scene."""
    tracker = Tracker(Config.load({'tracker.mode': mode, **parameters}))
    result = []
    for stamp, boxes, vectors in scene:
        order = np.arange(len(boxes)) if shuffle is None else shuffle.permutation(len(boxes))
        found = Detections(scale * boxes[order], np.full(len(boxes), 0.9))
        tracks, _ = tracker.update(found, vectors[order].reshape(-1, 16), stamp)
        result.append({track.id: track.box for track in tracks})
    return result


@MODES
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_of_detections_does_not_matter(mode, seed):
    """Boxes are the same; ids may only be swapped among tracks born in one frame."""
    plain = follow(walk(seed), mode)
    other = follow(walk(seed), mode, shuffle=np.random.default_rng(seed))
    renamed = {}
    for ours, theirs in zip(plain, other):
        assert len(ours) == len(theirs)
        for track, box in ours.items():
            same = [k for k, b in theirs.items() if np.allclose(b, box, atol=1e-2)]
            assert len(same) == 1
            assert renamed.setdefault(track, same[0]) == same[0]


@MODES
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.3, 4))
def test_scaling_the_image_scales_boxes_and_keeps_ids(mode, seed, scale):
    small = follow(walk(seed), mode)
    large = follow(walk(seed), mode, scale)
    for ours, theirs in zip(small, large):
        assert ours.keys() == theirs.keys()
        for track in ours:
            np.testing.assert_allclose(theirs[track], scale * ours[track], rtol=1e-3, atol=1e-2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_doubling_the_frame_rate_keeps_ids(seed):
    # n_init frames take half the time: only when ids are given, never who has which, may differ
    once = follow(walk(seed, frames=60), 'robust', **{'tracker.n_init': 1})
    twice = follow(walk(seed, frames=120, rate=60.0), 'robust', **{'tracker.n_init': 1})
    for ours, theirs in zip(once, twice[::2]):
        assert ours.keys() == theirs.keys()


coordinates = st.one_of(st.floats(-200, 2000), st.sampled_from(
    [np.nan, np.inf, -np.inf, 0.0, 1e30, -1e30, 1e6]))
rows = st.lists(st.tuples(coordinates, coordinates, coordinates, coordinates,
                          st.one_of(st.floats(0, 1), st.just(float('nan'))),
                          st.integers(0, 6)), max_size=6)


@MODES
@settings(max_examples=60, deadline=None)
@given(frames=st.lists(st.tuples(rows, st.floats(-1, 70)), max_size=25))
def test_nothing_that_a_detector_reports_breaks_the_tracker(mode, frames):
    tracker = Tracker(Config.load({'tracker.mode': mode, 'tracker.n_init': 1}))
    stamp, highest, alive = 0.0, 0, set()
    for found, step in frames:
        stamp += step
        table = np.array(found, np.float64).reshape(-1, 6)
        with np.errstate(over='ignore', invalid='ignore'):
            detections = Detections(table[:, :4], table[:, 4])
        vectors = np.array([face(int(person)) if person < 6 else np.full(16, np.nan)
                            for person in table[:, 5]], np.float32).reshape(-1, 16)
        match = tracker.begin(detections, stamp)
        assert len(match.needs_embedding) == len(detections)
        tracks, lost = tracker.finish(match, vectors)
        ids = [track.id for track in (*tracks, *lost)]
        assert len(ids) == len(set(ids)) and all(i > 0 for i in ids)
        assert all(np.isfinite(track.box).all() for track in (*tracks, *lost))
        if mode == 'deepsort' and step >= 0:
            assert all(i in alive or i > highest for i in ids)
        alive = set(ids)
        highest = max([highest, *ids])


def test_memory_is_bounded_however_many_people_pass():
    """A thousand short visits: galleries are reused, and the remembered are few vectors."""
    tracker = Tracker(Config.load({'tracker.reid_window': 5.0}))
    random = np.random.default_rng(0)
    for visit in range(300):
        vector = random.standard_normal((1, 64)).astype(np.float32)
        vector /= np.linalg.norm(vector)
        found = Detections(np.array([[100, 100, 160, 180]]), np.array([0.9]))
        for step in range(4):
            tracker.update(found, vector, 2.0 * visit + step / 30)
    assert len(tracker._identities.gallery._counts) <= 16
    assert len(tracker._identities._departed.id) <= 4
