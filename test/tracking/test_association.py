# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Assignment under a limit, and the order of the cascade."""
from face_tracker_ros.tracking.association import assign, cascade
import numpy as np


def pairs(result):
    return sorted(zip(*(index.tolist() for index in result)))


def test_cheapest_sum_wins_over_the_cheapest_pair():
    assert pairs(assign(np.array([[1., 2.], [1.5, 9.]]), 10)) == [(0, 1), (1, 0)]


def test_pairs_above_the_limit_are_not_joined():
    assert pairs(assign(np.array([[0.2, 0.9], [0.8, 0.7]]), 0.5)) == [(0, 0)]


def test_limit_itself_is_admissible():
    assert pairs(assign(np.array([[0.5]]), 0.5)) == [(0, 0)]


def test_infinite_costs_and_empty_sides():
    assert pairs(assign(np.array([[np.inf, np.inf]]), np.finfo(float).max)) == []
    assert pairs(assign(np.zeros((0, 3)), 1)) == []
    assert pairs(assign(np.zeros((3, 0)), 1)) == []


def test_as_many_pairs_as_possible_are_joined():
    # the one cheap pair would leave track 1 without its only face
    assert pairs(assign(np.array([[0.0, 0.5], [0.4, np.inf]]), 1)) == [(0, 1), (1, 0)]


def test_cascade_gives_the_face_to_the_track_seen_last():
    cost = np.array([[0.1], [0.3]])  # the older track looks nearer, and comes too late
    assert pairs(cascade(cost, 0.5, np.array([4, 0]))) == [(1, 0)]


def test_cascade_lets_older_tracks_take_what_is_left():
    cost = np.array([[0.1, 0.2], [0.3, 0.9]])
    assert pairs(cascade(cost, 0.5, np.array([4, 0]))) == [(0, 1), (1, 0)]
