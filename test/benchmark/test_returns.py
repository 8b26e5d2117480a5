# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Returns and wrong merges, counted by hand on two people."""
from benchmark.returns import count_returns, Returns
from face_tracker_ros.evaluation.metrics import Labels
import numpy as np

LEFT, RIGHT = [0, 0, 10, 10], [50, 0, 60, 10]


def labels(*spells):
    """Return labels of (id, first frame, last frame, box)."""
    rows = [(frame, who, box) for who, first, last, box in spells
            for frame in range(first, last + 1)]
    return Labels(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]),
                  np.array([row[2] for row in rows], np.float32), np.ones(len(rows), bool))


TRUTH = labels((1, 0, 29, LEFT), (1, 90, 119, LEFT), (2, 0, 119, RIGHT))


def test_an_id_that_comes_back_is_regained():
    tracks = labels((7, 3, 29, LEFT), (7, 93, 119, LEFT), (8, 3, 119, RIGHT))
    assert count_returns(TRUTH, tracks, 30.0) == Returns(1, 1, 3, 0)


def test_a_new_id_after_a_return_is_not():
    tracks = labels((7, 3, 29, LEFT), (9, 93, 119, LEFT), (8, 3, 119, RIGHT))
    assert count_returns(TRUTH, tracks, 30.0) == Returns(1, 0, 3, 0)


def test_an_id_that_comes_back_on_somebody_else_is_merged():
    tracks = labels((8, 0, 29, RIGHT), (8, 93, 119, LEFT))
    assert count_returns(TRUTH, tracks, 30.0) == Returns(1, 0, 2, 1)


def test_short_gaps_are_no_absence_and_boxes_next_to_a_face_no_sight():
    tracks = labels((8, 0, 29, RIGHT), (8, 55, 119, RIGHT), (9, 0, 50, [200, 0, 210, 10]))
    assert count_returns(TRUTH, tracks, 30.0) == Returns(1, 0, 1, 0)


def test_nothing_tracked_is_nothing_regained():
    nothing = Labels(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4), np.float32),
                     np.zeros(0, bool))
    assert count_returns(TRUTH, nothing, 30.0) == Returns(1, 0, 0, 0)


def test_every_fourth_frame_tells_the_same():
    few = [Labels(*(values[every] for values in (labels_.frames, labels_.ids, labels_.boxes,
                                                 labels_.counts)))
           for labels_ in (TRUTH, labels((7, 0, 29, LEFT), (7, 90, 119, LEFT), (8, 0, 119, RIGHT)))
           for every in [labels_.frames % 4 == 0]]
    assert count_returns(*few, 30.0) == Returns(1, 1, 3, 0)
