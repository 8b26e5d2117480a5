# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Laws of the box arithmetic."""
from __future__ import annotations

from face_tracker_ros import boxes as box_ops
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

coordinates = st.floats(-2000, 2000, width=32)
any_boxes = st.integers(0, 8).flatmap(lambda n: arrays(np.float32, (n, 4), elements=coordinates))
real_boxes = any_boxes.map(lambda boxes: np.hstack(
    [np.minimum(boxes[:, :2], boxes[:, 2:]) - 1, np.maximum(boxes[:, :2], boxes[:, 2:]) + 1]))
scored = real_boxes.flatmap(lambda boxes: st.tuples(
    st.just(boxes), arrays(np.float32, len(boxes), unique=True,
                           elements=st.floats(0, 1, width=32, exclude_min=True))))


@given(real_boxes, real_boxes)
def test_iou_is_symmetric_and_a_box_overlaps_itself_wholly(a, b):
    overlap = box_ops.iou(a, b)
    assert overlap.shape == (len(a), len(b))
    assert ((overlap >= 0) & (overlap <= 1 + 1e-9)).all()
    np.testing.assert_allclose(overlap, box_ops.iou(b, a).T, atol=1e-12)
    np.testing.assert_allclose(np.diag(box_ops.iou(a, a)), 1)


@given(real_boxes, st.floats(0.25, 4), st.floats(-100, 100))
def test_iou_does_not_depend_on_scale_and_position(boxes, scale, shift):
    moved = boxes.astype(np.float64) * scale + shift
    np.testing.assert_allclose(box_ops.iou(moved, moved), box_ops.iou(boxes, boxes), atol=1e-6)


def test_iou_is_the_share_of_the_common_area():
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[5, 0, 15, 10], [10, 0, 20, 10], [0, 0, 0, 5]], np.float32)
    np.testing.assert_allclose(box_ops.iou(a, b), [[50 / 150, 0, 0]])


@given(scored, st.floats(0, 1))
def test_suppression_keeps_the_best_and_nothing_that_overlaps_it(boxes_and_scores, most):
    boxes, scores = boxes_and_scores
    kept = box_ops.nms(boxes, scores, most)
    assert (np.diff(scores[kept]) <= 0).all()
    among = box_ops.iou(boxes[kept], boxes[kept])[~np.eye(len(kept), dtype=bool)]
    assert (among <= most + 1e-9).all()
    for row in set(range(len(boxes))) - set(kept.tolist()):
        better = kept[scores[kept] >= scores[row]]
        assert (box_ops.iou(boxes[row:row + 1], boxes[better]) > most - 1e-9).any()


@given(scored, st.randoms())
def test_suppression_does_not_depend_on_the_order_of_boxes(boxes_and_scores, random):
    boxes, scores = boxes_and_scores
    order = list(range(len(boxes)))
    random.shuffle(order)
    kept = box_ops.nms(boxes, scores, 0.4)
    again = box_ops.nms(boxes[order], scores[order], 0.4)
    assert [order[row] for row in again] == kept.tolist()


@pytest.mark.parametrize('box', [
    [np.nan, 0, 1, 1], [0, 0, np.inf, 1], [5, 5, 5, 9], [5, 5, 4, 9], [0, 3, 4, 3]])
def test_boxes_without_area_or_number_are_not_usable(box):
    assert box_ops.usable(np.array([[0, 0, 1, 1], box], np.float32)).tolist() == [True, False]


@given(any_boxes)
def test_clipped_boxes_lie_in_the_image(boxes):
    clipped = box_ops.clip(boxes, 640, 480)
    assert (clipped >= 0).all() and (clipped <= [640, 480, 640, 480]).all()
    inside = (boxes >= 0).all(1) & (boxes <= [640, 480, 640, 480]).all(1)
    np.testing.assert_array_equal(clipped[inside], boxes[inside])


def test_crop_is_the_square_around_the_box_with_the_longer_side_scaled():
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:140, 110:190] = 255  # 80 pixels square around (150, 100)
    box = np.array([[130, 60, 170, 140]], np.float32)  # 40 wide, 80 high, same centre
    tight = box_ops.square_crops(image, box, 80, 1.0)[0]
    assert tight.min() == 255
    wide = box_ops.square_crops(image, box, 120, 1.5)[0]
    np.testing.assert_array_equal(wide, image[40:160, 90:210])


def test_crop_over_the_border_repeats_the_border():
    image = np.random.default_rng(1).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    box = np.array([[-20, -20, 20, 20], [40, 30, 80, 70]], np.float32)
    first, second = box_ops.square_crops(image, box, 40, 1.0)
    np.testing.assert_array_equal(first[20:, 20:], image[:20, :20])
    np.testing.assert_array_equal(first[:20, :20], np.broadcast_to(image[0, 0], (20, 20, 3)))
    np.testing.assert_array_equal(first[:20, 20:], np.broadcast_to(image[0, :20], (20, 20, 3)))
    np.testing.assert_array_equal(second[:20, :20], image[30:, 40:])
    np.testing.assert_array_equal(second[20:, 20:], np.broadcast_to(image[-1, -1], (20, 20, 3)))


@given(real_boxes.map(lambda boxes: boxes / 8))
def test_any_box_gives_a_crop(boxes):
    image = np.full((40, 30, 3), 7, np.uint8)
    crops = box_ops.square_crops(image, boxes, 16, 1.15)
    assert crops.shape == (len(boxes), 16, 16, 3) and (crops == 7).all()
