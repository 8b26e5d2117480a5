# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faces turned upright: points reach their places, near faces are averaged, borders repeat."""
from __future__ import annotations

import cv2
from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.alignment import similarity, warp
import numpy as np
import pytest

TEMPLATE = np.float32([(35, 52), (77, 52), (56, 72), (39, 92), (73, 92)])


def test_points_are_moved_turned_and_scaled_alike():
    turned = np.float32([(2, 0), (2, 4), (0, 2)]) @ np.float32([[0, 1], [-1, 0]])  # 90 degrees
    matrix = similarity(np.float32([(2, 0), (2, 4), (0, 2)]), 3 * turned + np.float32([5, -1]))
    assert matrix == pytest.approx(np.array([[0, -3, 5], [3, 0, -1]]), abs=1e-9)


def test_points_that_fit_no_similarity_come_nearest():
    # Stretched to twice the width: the best scale is between both, (2 * 2 + 1 * 2) / (2 + 2).
    square = np.float32([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    assert similarity(square, square * np.float32([2, 1]))[0, 0] == pytest.approx(1.5)


@pytest.mark.parametrize('scale', [0.8, 3.0])
def test_landmarks_of_a_tilted_face_come_to_the_template(grace, scale):
    centre = (200 * scale, 200 * scale)
    tilt = cv2.getRotationMatrix2D(centre, 25, 1.0)
    large = cv2.resize(grace, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tilted = cv2.warpAffine(large, tilt, large.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    detector = FaceDetector.from_config(Config.load({'detection.width': 640}))
    points = detector.detect(grace, 0.5, 0.4).landmarks[0] * scale
    turned = (points @ tilt[:, :2].T + tilt[:, 2]).astype(np.float32)
    upright, crop = warp(large, points, 112, TEMPLATE), warp(tilted, turned, 112, TEMPLATE)
    assert crop.shape == (112, 112, 3)
    assert np.abs(crop.astype(int) - upright).mean() < 4  # the same picture, tilted or not
    found = detector.detect(crop, 0.3, 0.4).landmarks[0]
    assert np.abs(found - TEMPLATE).max() < 8


def test_a_near_face_is_averaged_and_not_sampled():
    stripes = np.zeros((1200, 1200, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = warp(stripes, TEMPLATE * 10, 112, TEMPLATE)
    assert np.abs(crop[:, :110].astype(int) - 100).max() <= 2


def test_reduction_moves_nothing():
    ramp = np.repeat(np.arange(0, 250, 0.25)[None, :], 1000, axis=0)
    image = np.dstack([ramp] * 3).round().astype(np.uint8)
    crop = warp(image, TEMPLATE * 5 + 130, 112, TEMPLATE)
    expected = (np.arange(112) * 5 + 130) / 4
    assert np.abs(crop[56, :, 0] - expected).max() < 1


def test_what_lies_outside_repeats_the_border():
    image = np.full((50, 50, 3), 77, np.uint8)
    assert (warp(image, TEMPLATE - 40, 112, TEMPLATE) == 77).all()
    assert (warp(image, TEMPLATE * 4 + 300, 112, TEMPLATE) == 77).all()
