# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Scores of tracks whose worth is known."""
from dataclasses import replace

from face_tracker_ros.evaluation.metrics import Labels, score
import numpy as np
import pytest


def labels(*rows, counts=None):
    """Return labels of (frame, id, left) rows with boxes of 20 x 20 pixels."""
    table = np.array(rows, float).reshape(-1, 3)
    boxes = np.column_stack((table[:, 2], 0 * table[:, 2], table[:, 2] + 20, 0 * table[:, 2] + 20))
    return Labels(table[:, 0].astype(int), table[:, 1].astype(int), boxes.astype(np.float32),
                  np.ones(len(table), bool) if counts is None else np.array(counts))


TWO = labels(*[(frame, person, 100 * person) for frame in range(10) for person in (1, 2)])


def test_truth_itself_is_perfect_under_any_names():
    renamed = replace(TWO, ids=np.where(TWO.ids == 1, 77, 3))
    found = score(TWO, renamed)
    assert (found.hota, found.idf1, found.mota) == pytest.approx((100, 100, 100))
    assert (found.switches, found.fragments, found.ids, found.people) == (0, 0, 2, 2)


def test_a_swap_in_the_middle_costs_identity_and_no_detection():
    swapped = replace(TWO, ids=np.where(TWO.frames >= 5, 3 - TWO.ids, TWO.ids))
    found = score(TWO, swapped)
    assert found.switches == 2 and found.idf1 == pytest.approx(50)
    assert found.det_a == pytest.approx(100) and found.mota == pytest.approx(90)


def test_missing_half_of_the_boxes_halves_what_is_detected():
    found = score(TWO, TWO.__class__(*(getattr(TWO, name)[::2] for name in
                                       ('frames', 'ids', 'boxes', 'counts'))))
    assert found.det_a == pytest.approx(50) and found.mota == pytest.approx(50)


def test_what_does_not_count_is_neither_missed_nor_wrong():
    hidden = replace(TWO, counts=TWO.ids == 1)
    for tracks in (TWO, TWO.__class__(*(getattr(TWO, name)[TWO.ids == 1] for name in
                                        ('frames', 'ids', 'boxes', 'counts')))):
        assert score(hidden, tracks).mota == pytest.approx(100)


def test_no_tracks_and_tracks_on_nothing():
    assert score(TWO, labels()).mota == 0
    far = replace(TWO, boxes=TWO.boxes + 1000)
    assert score(TWO, far).mota == pytest.approx(-100)
    assert score(TWO, far).hota == 0


def test_the_order_of_rows_does_not_matter():
    shuffled = np.random.default_rng(0).permutation(len(TWO.ids))
    mixed = TWO.__class__(*(getattr(TWO, name)[shuffled] for name in
                            ('frames', 'ids', 'boxes', 'counts')))
    assert score(TWO, mixed) == score(TWO, TWO)
