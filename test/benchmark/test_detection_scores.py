# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Recall and precision against numbers worked out by hand."""
from __future__ import annotations

from benchmark.detection_scores import judge, match, summarise
import numpy as np
import pytest


def boxes(*lefts: float) -> np.ndarray:
    """Return boxes of 10x10 pixels side by side."""
    return np.float32([(left, 0, left + 10, 10) for left in lefts]).reshape(-1, 4)


def test_pairs_are_one_to_one_and_as_many_as_there_can_be():
    # The first box overlaps both references, the second only the first one.
    taken = match(boxes(0, 6), boxes(2.5, -2), 0.4)
    assert taken.tolist() == [1, 0]
    assert match(boxes(0), boxes(1, 2), 0.4).tolist() == [0, -1]
    assert match(boxes(), boxes(1), 0.4).tolist() == [-1]
    assert match(boxes(1), boxes(), 0.4).tolist() == []


def test_overlap_has_to_pass_the_limit():
    assert match(boxes(0), boxes(5), 1 / 3).tolist() == [-1]  # 50 of 150
    assert match(boxes(0), boxes(4.9), 1 / 3).tolist() == [0]


def test_what_need_not_be_found_is_neither_right_nor_wrong():
    scores, right, missed = judge(boxes(0, 20, 40), np.array([True, False, True]),
                                  boxes(1, 21, 60), np.float32([0.9, 0.8, 0.7]), 0.4)
    assert scores.tolist() == pytest.approx([0.9, 0.7])
    assert right.tolist() == [True, False]
    assert missed == 1


def test_shares_at_a_threshold_and_over_all():
    judged = [(np.float32([0.9, 0.6, 0.3]), np.array([True, False, True]), 0),
              (np.float32([0.8]), np.array([True]), 1)]
    result = summarise(judged, 0.5)
    assert (result.found, result.missed, result.extra) == (2, 2, 1)
    assert (result.recall, result.precision) == pytest.approx((2 / 4, 2 / 3))
    # Precision 1, 1 at the first two right ones, 3/4 at the third; the fourth is never found.
    assert result.average_precision == pytest.approx((1 + 1 + 3 / 4) / 4)


def test_nothing_there_and_nothing_found():
    result = summarise([], 0.5)
    assert (result.recall, result.precision, result.found, result.extra) == (0, 0, 0, 0)
