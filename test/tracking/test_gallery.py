# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a gallery remembers, forgets and answers."""
from face_tracker_ros.tracking.gallery import Gallery
import numpy as np
import pytest

AXES = np.eye(4, dtype=np.float32)
ONE = np.ones(1, np.float32)


def filled(size, *embeddings):
    gallery = Gallery(size)
    slot = gallery.open(1)
    for embedding in embeddings:
        gallery.add(slot, embedding[None], ONE)
    return gallery, slot


def test_nearest_is_the_smallest_cosine_distance():
    gallery, slot = filled(3, AXES[0], AXES[1])
    query = np.float32([[0.6, 0.8, 0, 0], [0, 0, 1, 0]])
    np.testing.assert_allclose(gallery.nearest(slot, query), [[0.2, 1.0]], atol=1e-6)


def test_ring_forgets_the_oldest():
    gallery, slot = filled(2, AXES[0], AXES[1], AXES[2])
    np.testing.assert_allclose(gallery.nearest(slot, AXES[:3]), [[1, 0, 0]], atol=1e-6)


def test_mean_leans_to_the_heavier():
    gallery = Gallery(5)
    slot = gallery.open(1)
    gallery.add(slot, AXES[:1], np.float32([0.1]))
    gallery.add(slot, AXES[1:2], np.float32([1.0]))
    length = np.hypot(0.095, 1)
    # nearest: 0 for both; the mean lies at (0.095, 1)
    np.testing.assert_allclose(gallery.distance(slot.repeat(2), AXES[:2]),
                               [(1 - 0.095 / length) / 2, (1 - 1 / length) / 2], atol=1e-6)


def test_empty_slots_and_missing_embeddings_are_far_from_everything():
    gallery, slot = filled(2, AXES[0])
    empty = gallery.open(1)
    query = np.vstack((AXES[0], np.full(4, np.nan, np.float32)))
    assert gallery.nearest(empty, query).tolist() == [[2, 2]]
    assert gallery.distance(np.repeat(empty, 2), query).tolist() == [2, 2]
    assert gallery.distance(np.repeat(slot, 2), query).tolist() == pytest.approx([0, 2])


def test_an_opposite_face_is_farther_than_a_right_angle_though_places_are_empty():
    gallery, slot = filled(8, AXES[0])
    assert gallery.distance(slot, -AXES[:1]).tolist() == pytest.approx([2])


def test_diverse_gallery_keeps_every_look_however_often_one_is_seen():
    gallery = Gallery(3, diverse=True)
    slot = gallery.open(1)
    near = np.float32([[0.96, 0.28, 0, 0]])
    for look in (AXES[:1], AXES[1:2], *[near] * 10):
        gallery.add(slot, look, ONE)
    # ten sights like the first took its place alone: the second is still known
    np.testing.assert_allclose(gallery.nearest(slot, np.vstack((near, AXES[1:2]))), [[0, 0]],
                               atol=1e-6)
    assert gallery.nearest(slot, AXES[:1])[0, 0] == pytest.approx(0.04)


def test_full_diverse_gallery_gives_the_most_alike_away():
    gallery = Gallery(2, diverse=True)
    slot = gallery.open(1)
    for look in (AXES[0], AXES[1], np.float32([0.6, 0, 0.8, 0])):
        gallery.add(slot, look[None], ONE)
    np.testing.assert_allclose(gallery.nearest(slot, AXES[:2]), [[0.4, 0]], atol=1e-6)


def test_a_reused_slot_knows_nothing_of_its_former_owner():
    gallery, slot = filled(2, AXES[0])
    gallery.close(slot)
    again = gallery.open(1)
    assert again.tolist() == slot.tolist()
    assert gallery.nearest(again, AXES[:1]).tolist() == [[2]]
    assert gallery.counts(again).tolist() == [0]


def test_growing_keeps_what_is_there():
    gallery, slot = filled(2, AXES[3])
    gallery.open(50)
    np.testing.assert_allclose(gallery.nearest(slot, AXES[3:]), [[0]], atol=1e-6)


def test_another_embedding_size_is_rejected():
    gallery, slot = filled(2, AXES[0])
    with pytest.raises(ValueError, match='embeddings of 3 values in a gallery of 4'):
        gallery.add(slot, np.ones((1, 3), np.float32), ONE)
