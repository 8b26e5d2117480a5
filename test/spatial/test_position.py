# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Positions of faces of known size at known positions."""
from __future__ import annotations

from face_tracker_ros.spatial import Calibration, CameraModel, face_depths, FacePrior, locate
from face_tracker_ros.spatial.position import ASPECT
import numpy as np
import pytest

D = (-0.28, 0.1, 0.001, -0.001, -0.01)
CAMERA = CameraModel(Calibration((1280, 720), (900.0, 0, 640, 0, 900, 360, 0, 0, 1), D), 1280, 720)
PRIOR = FacePrior()


def box_of(point: np.ndarray, camera: CameraModel = CAMERA) -> np.ndarray:
    """Return the box of a face of average size that looks at the camera from the point."""
    ray = point / np.linalg.norm(point)
    right = np.cross([0, 1, 0], ray) / np.linalg.norm(np.cross([0, 1, 0], ray))
    down = np.cross(ray, right)
    half_width = PRIOR.size / np.sqrt(ASPECT) / 2
    half_height = PRIOR.size * np.sqrt(ASPECT) / 2
    seen = camera.pixels(np.array([point - half_width * right, point + half_width * right,
                                   point - half_height * down, point + half_height * down]))
    return np.array([seen[0, 0], seen[2, 1], seen[1, 0], seen[3, 1]], np.float32)


@pytest.mark.parametrize('point', [(0.0, 0, 1), (0.5, -0.2, 1.5), (-1.0, 0.4, 2.5), (2, 0.5, 6)])
def test_face_of_known_size_is_where_it_is(point: tuple[float, ...]) -> None:
    true = np.array(point)
    found = locate(box_of(true)[None], CAMERA)
    assert found.points[0] == pytest.approx(true, rel=0.01, abs=0.02)
    assert not found.from_depth[0]
    assert found.sizes[0, :2] == pytest.approx(
        PRIOR.size * np.array([ASPECT ** -0.5, ASPECT ** 0.5]), rel=0.25)


@pytest.mark.parametrize('cut', [False, True])
def test_a_camera_on_its_side_sees_the_same_face_there(cut: bool) -> None:
    side = CameraModel(Calibration((720, 1280), (900.0, 0, 360, 0, 900, 640, 0, 0, 1)), 720, 1280)
    upright = CameraModel(Calibration((1280, 720), (900.0, 0, 640, 0, 900, 360, 0, 0, 1)),
                          1280, 720)
    left, top, right, bottom = box_of(np.array([0.3, -0.4 if cut else -0.1, 1.0]), upright)
    assert bool(top < 0) is cut
    top = max(top, 0)
    expected = locate(np.array([[left, top, right, bottom]], np.float32), upright)
    found = locate(np.array([[top, 1280 - right, bottom, 1280 - left]], np.float32), side,
                   sideways=True)
    x, y, z = expected.points[0]
    assert found.points[0] == pytest.approx((y, -x, z))
    assert found.sizes[0] == pytest.approx(expected.sizes[0, [1, 0, 2]])


def test_no_faces_no_positions() -> None:
    found = locate(np.zeros((0, 4), np.float32), CAMERA)
    assert found.points.shape == (0, 3) and found.covariances.shape == (0, 3, 3)


def test_boxes_that_are_none_are_left_out() -> None:
    good = box_of(np.array([0.2, 0, 2]))
    boxes = np.array([[5, 5, 5, 5], good, [np.nan, 0, 1, 1], [9, 9, 3, 3]], np.float32)
    assert locate(boxes, CAMERA).rows.tolist() == [1]


def test_range_is_uncertain_along_the_ray_and_little_across() -> None:
    point = np.array([1.0, 0.3, 3.0])
    found = locate(box_of(point)[None], CAMERA)
    values, vectors = np.linalg.eigh(found.covariances[0])
    distance = np.linalg.norm(point)
    assert abs(vectors[:, 2] @ point) / distance == pytest.approx(1, abs=1e-3)
    assert np.sqrt(values[2]) == pytest.approx(PRIOR.spread * distance, rel=0.2)
    assert np.sqrt(values[1]) < 0.01 * distance and values[0] > 0


def test_covariance_holds_for_faces_of_many_sizes() -> None:
    """Sizes of people vary by the prior's spread: errors must be as the covariance states."""
    random = np.random.default_rng(5)
    point = np.array([0.4, -0.1, 2.0])
    box = box_of(point)
    centre = np.tile((box[:2] + box[2:]) / 2, 2)
    grow = 1 + PRIOR.spread * random.standard_normal((2000, 1))
    boxes = (centre + grow * (box - centre)).astype(np.float32)
    found = locate(boxes, CAMERA)
    error = found.points - point
    normalised = np.einsum('ni,nij,nj->n', error, np.linalg.inv(found.covariances), error)
    assert 0.5 < normalised.mean() < 1.3


def test_cut_side_is_not_taken_for_size() -> None:
    camera = CameraModel(Calibration((1280, 720), (900.0, 0, 640, 0, 900, 360, 0, 0, 1)),
                         1280, 720)
    point = np.array([0.0, -0.4, 1.0])
    box = box_of(point, camera)
    assert box[1] < 0
    cut = np.clip(box, 0, 10000)
    found = locate(cut[None], camera)
    assert np.linalg.norm(found.points[0]) == pytest.approx(np.linalg.norm(point), rel=0.05)
    whole = locate(box_of(np.array([0.0, -0.1, 1.0]), camera)[None], camera)
    assert np.trace(found.covariances[0]) > 2 * np.trace(whole.covariances[0])


def test_depth_image_gives_the_range_and_makes_it_sure() -> None:
    boxes = np.array([box_of(np.array([0.5, 0.2, 2.0])), box_of(np.array([-0.6, 0.0, 1.5]))])
    random = np.random.default_rng(1)
    depth = np.full((360, 640), 4000.0) + random.normal(0, 20, (360, 640))
    x0, y0, x1, y1 = (boxes[0] / 2).astype(int)
    depth[y0:y1, x0:x1] = 2200 + random.normal(0, 20, (y1 - y0, x1 - x0))
    x0, y0, x1, y1 = (boxes[1] / 2).astype(int)
    depth[y0:y1, x0:x1] = 0
    measured = face_depths(boxes, depth.astype(np.uint16), (1280, 720), 0.001)
    assert measured[0, 0] == pytest.approx(2.2, abs=0.01) and np.isnan(measured[1]).all()
    found = locate(boxes, CAMERA, depths=measured)
    assert found.from_depth.tolist() == [True, False]
    assert found.points[0, 2] == pytest.approx(2.2, abs=0.01)
    by_size = locate(boxes, CAMERA)
    assert np.trace(found.covariances[0]) < np.trace(by_size.covariances[0]) / 4
    assert found.points[1] == pytest.approx(by_size.points[1])


def test_unknown_depths_are_not_averaged() -> None:
    box = np.array([[100, 100, 200, 240]], np.float32)
    depth = np.full((720, 1280), 1.8, np.float32)
    depth[::2] = np.nan
    depth[1::4] = np.inf
    depth[:, ::3] = 0
    assert face_depths(box, depth, (1280, 720), 1.0)[0, 0] == pytest.approx(1.8)
    assert np.isnan(face_depths(np.array([[-90, -90, -10, -10]], np.float32), depth, (1280, 720),
                                1.0)).all()


def test_background_next_to_the_face_does_not_count() -> None:
    depth = np.full((720, 1280), 9.0, np.float32)
    depth[130:310, 120:240] = 1.5  # narrower than the box
    box = np.array([[100, 100, 260, 340]], np.float32)
    assert face_depths(box, depth, (1280, 720), 1.0)[0, 0] == pytest.approx(1.5)
