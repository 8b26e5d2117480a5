# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Points of one frame in another: chains, time, and what is missing."""
from __future__ import annotations

from face_tracker_ros.spatial import FrameTree, quaternions
from hypothesis import given, strategies as st
import numpy as np
import pytest

SAME = (0.0, 0.0, 0.0, 1.0)
QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # counter-clockwise about z
OPTICAL = (-0.5, 0.5, -0.5, 0.5)  # of a camera that looks along x (REP-103)


def pose(x=0.0, y=0.0, z=0.0, turn=SAME):
    return np.array([x, y, z, *turn])


def tree(*edges):
    """Return a tree of (parent, child, pose, stamp)."""
    made = FrameTree()
    for edge in edges:
        made.add(*edge)
    return made


def moved(made, target, source, point, stamp=1.0):
    rotation, shift = made.lookup(target, source, stamp)
    return (rotation @ point + shift).round(9).tolist()


def test_chains_go_up_and_down():
    made = tree(('map', 'base', pose(10, 0, 0, QUARTER), 1.0), ('/base', 'head', pose(z=1), None),
                ('head', 'lens', pose(0.1, turn=OPTICAL), None),
                ('base', 'hand', pose(0, 2, 0), None))
    ahead = np.array([0.0, 0.0, 2.0])  # two metres in front of the lens
    assert moved(made, 'head', 'lens', ahead) == [2.1, 0, 0]
    assert moved(made, '/base', '/lens', ahead) == [2.1, 0, 1]
    assert moved(made, 'map', 'lens', ahead) == [10, 2.1, 1]
    assert moved(made, 'hand', 'lens', ahead) == [2.1, -2, 1]
    assert moved(made, 'lens', 'map', np.array([10, 2.1, 1])) == [0, 0, 2]
    assert moved(made, 'lens', 'lens', ahead) == [0, 0, 2]


def test_moving_frames_are_taken_at_the_stamp():
    made = tree(*(('map', 'base', pose(x, turn=turn), stamp) for stamp, x, turn in (
        (3.0, 30, SAME), (1.0, 10, SAME), (2.0, 20, QUARTER))))
    origin = np.zeros(3)
    assert moved(made, 'map', 'base', origin, 1.25)[0] == 12.5
    assert moved(made, 'map', 'base', np.array([1.0, 0, 0]), 1.5) == pytest.approx(
        [15 + np.sqrt(0.5), np.sqrt(0.5), 0])
    assert moved(made, 'map', 'base', origin, 3.1)[0] == 30, 'the newest holds for a moment'
    assert moved(made, 'map', 'base', origin, 0.0)[0] == 30, '0 is the newest, as in tf2'
    made.add('map', 'base', pose(100), 500.0)  # a bag that loops, or a long pause
    with pytest.raises(LookupError, match='oldest is 497.0 s newer'):
        made.lookup('map', 'base', 3.0)


def test_frames_that_ended_go_before_those_that_are_needed():
    made = tree(('map', 'base', pose(1), 0.0), ('base', 'lens', pose(2), None))
    for face in range(3000):  # such as those of spatial.tf, over a year
        made.add('lens', f'face_f{face}', pose(), face / 10)
        made.add('map', 'base', pose(1), face / 10)
    assert moved(made, 'map', 'lens', np.zeros(3), 299.9)[0] == 3
    with pytest.raises(LookupError, match="frame 'face_f0'"):
        made.lookup('map', 'face_f0', 0.0)


def test_what_is_missing_is_named():
    made = tree(('map', 'base', pose(), 1.0), ('world', 'lens', pose(), None))
    for target, source, stamp, words in (
            ('odom', 'lens', 1, "no transform to or from frame 'odom'"),
            ('map', 'lens', 1, "in two trees, below 'world' and 'map'"),
            ('map', 'base', 3.5, 'its newest is 2.5 s older than the image')):
        with pytest.raises(LookupError, match=words):
            made.lookup(target, source, stamp)


def test_bad_transforms_are_passed_over_and_loops_end():
    made = tree(('map', 'base', pose(1), None), ('map', 'base', pose(np.nan), None),
                ('map', 'base', pose(turn=(0, 0, 0, 0)), None), ('base', 'base', pose(), None))
    assert moved(made, 'map', 'base', np.zeros(3)) == [1, 0, 0]
    made.add('base', 'map', pose(1), None)  # each other's parent
    made.lookup('map', 'base', 1.0)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(
    lambda values: np.linalg.norm(values) > 0.1))
def test_quaternions_survive_the_matrix(values):
    quaternion = np.array(values) / np.linalg.norm(values)
    made = tree(('map', 'base', np.array([0, 0, 0, *quaternion]), None))
    back = quaternions(made.lookup('map', 'base', 1.0)[0][None])[0]
    assert abs(back @ quaternion) == pytest.approx(1, abs=1e-9) and back[3] >= 0
