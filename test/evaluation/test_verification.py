# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Verification figures against numbers worked out by hand, and the laws that they obey."""
from __future__ import annotations

from face_tracker_ros.evaluation.verification import (
    accepted_at, best_threshold, cross_validated, curve, equal_error_rate, make_pairs, verify)
from hypothesis import given, strategies as st
import numpy as np
import pytest

SIMILARITY = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
SAME = np.array([True, True, False, True, False, True, False, False])


def test_curve_counts_what_each_threshold_accepts():
    thresholds, false, true = curve(SIMILARITY, SAME)
    assert thresholds.tolist() == [np.inf, *SIMILARITY]
    assert false.tolist() == [0, 0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 1]
    assert true.tolist() == [0, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1, 1]


def test_equal_similarities_are_accepted_together():
    thresholds, false, true = curve(np.array([0.5, 0.5, 0.1]), np.array([True, False, False]))
    assert (thresholds.tolist(), false.tolist(), true.tolist()) == (
        [np.inf, 0.5, 0.1], [0, 0.5, 1], [0, 1, 1])


def test_equal_error_rate_is_where_both_errors_meet():
    assert equal_error_rate(SIMILARITY, SAME) == pytest.approx(0.25)
    # False 0 and missed 1/2, then false 1 and missed 0: they meet a third of the way.
    assert equal_error_rate(np.array([0.9, 0.5, 0.5]), np.array([True, True, False])) \
        == pytest.approx(1 / 3)
    assert equal_error_rate(np.array([0.9, 0.1]), np.array([True, False])) == 0
    assert equal_error_rate(np.array([0.9, 0.1]), np.array([False, True])) == 1


def test_accepted_at_a_false_accept_rate():
    assert accepted_at(SIMILARITY, SAME, 0.0) == (0.5, 0.8)
    assert accepted_at(SIMILARITY, SAME, 0.25) == (0.75, 0.6)
    assert accepted_at(SIMILARITY, SAME, 1.0)[0] == 1
    assert accepted_at(np.array([0.9, 0.1]), np.array([False, True]), 0.0) == (0.0, np.inf)


def test_best_threshold_lies_between_the_values_that_it_parts():
    assert best_threshold(np.array([0.9, 0.7, 0.3]), np.array([True, True, False])) \
        == pytest.approx(0.5)


def test_each_fold_is_judged_by_the_others():
    similarity = np.array([0.9, 0.1, 0.8, 0.2, 0.4, 0.35])
    same = np.array([True, False, True, False, True, False])
    fold = np.array([0, 0, 1, 1, 2, 2])
    accuracy, threshold = cross_validated(similarity, same, fold)
    # Folds 0 and 1 are judged at (0.4 + 0.35) / 2, and right; fold 2 at (0.8 + 0.2) / 2: half.
    assert accuracy == pytest.approx((1 + 1 + 0.5) / 3)
    assert threshold == pytest.approx((0.375 + 0.375 + 0.5) / 3)


def test_unequal_numbers_weigh_the_same():
    similarity = np.array([0.9, 0.8, 0.1, 0.9, 0.8, 0.9, 0.1, 0.2, 0.1])
    same = np.array([True, True, False, True, True, False, False, False, False])
    accuracy, _ = cross_validated(similarity, same, np.array([0, 0, 0, 1, 1, 1, 1, 1, 1]))
    assert accuracy == pytest.approx((1 + (1 + 3 / 4) / 2) / 2)


def test_pairs_follow_the_rule_and_folds_share_nobody():
    people = ['a', 'b', 'b', 'c', 'c', 'd']
    pairs = make_pairs(people, folds=2)  # a and c, b and d
    listed = {(people[i], people[j], bool(same), int(fold)) for i, j, same, fold in
              zip(pairs.first, pairs.second, pairs.same, pairs.fold)}
    assert listed == {('a', 'c', False, 0), ('c', 'c', True, 0), ('b', 'b', True, 1),
                      ('b', 'd', False, 1)}
    assert len(pairs) == 6 and pairs.same.sum() == 2


def test_few_people_make_few_folds():
    pairs = make_pairs(['a', 'a', 'b', 'c', 'c'])  # one fold: everybody with everybody
    assert len(pairs) == 10 and not pairs.fold.any()
    assert cross_validated(np.where(pairs.same, 0.9, 0.1), pairs.same, pairs.fold) \
        == (1.0, pytest.approx(0.5))
    assert len(make_pairs([])) == 0


def test_figures_of_vectors():
    vectors = np.float32([(1, 0), (0.8, 0.6), (0, 1), (0, 1)])
    pairs = make_pairs(['a', 'a', 'b', 'b'], folds=1)
    similarity = pairs.similarity(vectors)
    assert sorted(similarity.round(6)) == [0, 0, 0.6, 0.6, 0.8, 1]
    figures = verify(similarity, pairs.same, np.arange(6) % 2)
    assert (figures.eer, figures.tar) == (0, 100)


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=2, max_size=40).filter(
    lambda pairs: len({same for _, same in pairs}) == 2), st.floats(0.1, 10))
def test_only_the_order_of_similarities_counts(pairs, factor):
    similarity, same = np.array([s for s, _ in pairs]), np.array([y for _, y in pairs])
    scaled = similarity * 2.0 ** round(factor)
    assert equal_error_rate(scaled, same) == equal_error_rate(similarity, same)
    assert accepted_at(scaled, same, 0.1)[0] == accepted_at(similarity, same, 0.1)[0]
