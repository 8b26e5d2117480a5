# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Names for faces: certain ones only, and nobody twice."""
from __future__ import annotations

from face_tracker_ros.errors import SourceError
from face_tracker_ros.identities.calibration import calibrate, halves, probe_distances
from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.matching import assign, LOYALTY
from face_tracker_ros.identities.records import Looks
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays
import numpy as np
import pytest
from vectors import looks_of, uid_of

NOBODY = np.array([-1])


def test_the_nearest_person_within_limit_and_margin() -> None:
    distances = np.array([[0.3, 0.6], [0.55, 0.9], [0.4, 0.45]])
    found = assign(distances, np.full(3, -1), limit=0.5, margin=0.1)
    assert found.person.tolist() == [0, -1, -1], 'near; too far; between two'
    assert found.nearest.tolist() == [0, 0, 0]
    assert found.margin == pytest.approx([0.3, 0.35, 0.05])


def test_a_name_is_kept_a_little_longer_than_it_is_given() -> None:
    for farther, expected in ((LOYALTY - 0.01, 0), (LOYALTY + 0.01, -1)):
        distances = np.array([[0.5 + farther, 0.9]])
        assert assign(distances, NOBODY, 0.5, 0.1).person.tolist() == [-1]
        assert assign(distances, np.array([0]), 0.5, 0.1).person.tolist() == [expected]


def test_the_nearer_of_two_faces_has_the_name() -> None:
    distances = np.array([[0.3, 0.9], [0.2, 0.9]])
    assert assign(distances, np.full(2, -1), 0.5, 0.1).person.tolist() == [-1, 0]
    held = np.array([0, -1])
    assert assign(distances, held, 0.5, 0.1).person.tolist() == [-1, 0]
    distances[1, 0] = 0.3 - LOYALTY / 2
    assert assign(distances, held, 0.5, 0.1).person.tolist() == [0, -1], 'no to and fro'


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_two_people_in_view_never_share_a_name(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(0, 6), st.integers(0, 5)))
    distances = data.draw(arrays.arrays(np.float64, shape, elements=st.floats(0, 2)))
    held = np.array(data.draw(st.lists(st.integers(-1, shape[1] - 1), min_size=shape[0],
                                       max_size=shape[0])), np.intp)
    found = assign(distances, held, 0.5, 0.1)
    named = found.person[found.person >= 0]
    assert len(set(named.tolist())) == len(named)
    assert (found.distance[found.person >= 0] <= 0.5 + LOYALTY).all()


def test_the_search_compares_with_the_mean_of_each_person() -> None:
    vectors = np.vstack([looks_of(person, 3, noise=0.1) for person in (5, 2, 9)])
    uids = np.repeat([uid_of(person) for person in (5, 2, 9)], 3)
    known = KnownPeople(Looks(uids, vectors, np.ones(9), np.zeros(9)), {uid_of(2): 'Ada'})
    assert known.uids.tolist() == [uid_of(2), uid_of(5), uid_of(9)]
    assert known.names == ['Ada', '', '']
    mean = vectors[:3].mean(axis=0)
    expected = 1 - looks_of(9, 1)[0] @ mean / np.linalg.norm(mean)
    assert known.distances(looks_of(9, 1))[0, 1] == pytest.approx(expected, abs=1e-5)
    assert known.distances(looks_of(9, 1)).argmin() == 2


def test_calibration_separates_what_can_be_separated() -> None:
    people = [f'p{person}' for person in range(20) for _ in range(4)]
    vectors = np.vstack([looks_of(person, 4, noise=0.06) for person in range(20)])
    found = calibrate(vectors, people)
    distances, own = probe_distances(vectors, people)
    genuine = distances[np.arange(len(own)), own]
    assert genuine.max() <= found.distance < np.sort(distances, axis=1)[:, 1].min()
    assert (found.false_match, found.false_non_match) == (0, 0)
    assert (found.people, found.photos) == (20, 80)
    assert halves(['a', 'b', 'a', 'a', 'b']).tolist() == [True, True, True, False, False]


def test_stricter_calibration_names_fewer_strangers() -> None:
    people = [f'p{person}' for person in range(60) for _ in range(4)]
    vectors = np.vstack([looks_of(person, 4, noise=0.35, size=16) for person in range(60)])
    lax, strict = (calibrate(vectors, people, strangers) for strangers in (0.2, 0.02))
    assert strict.distance < lax.distance or strict.margin > lax.margin
    assert strict.false_match <= lax.false_match
    with pytest.raises(SourceError, match='give at least 10'):
        calibrate(vectors[:20], people[:20])
