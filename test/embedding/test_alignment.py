# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faces rotated upright by five landmarks, wherever these come from."""
from __future__ import annotations

import cv2
from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.alignment import aligned_crops, fit_similarity
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.embedding.landmarks import LandmarkDetector
from face_tracker_ros.models.registry import load_spec
from hypothesis import given, strategies as st
import numpy as np
import pytest

ALIGNING = 'face-reidentification-retail-0095'
TEMPLATE = np.array(load_spec(ALIGNING).alignment, np.float32)


@pytest.fixture(scope='module')
def load(shared):
    """Return a function that makes something of a configuration with other people's models."""
    def make(kind, **values):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
            return kind.from_config(Config.load(values))
    return make


@given(st.floats(-3, 3), st.floats(0.1, 50), st.floats(-500, 500), st.floats(-500, 500))
def test_turned_scaled_and_shifted_points_are_brought_back(angle, scale, x, y):
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (TEMPLATE @ rotation.T + [x, y]).astype(np.float32)
    matrices, good = fit_similarity(points[None], TEMPLATE)
    assert good[0]
    back = points @ matrices[0, :, :2].T + matrices[0, :, 2]
    np.testing.assert_allclose(back, TEMPLATE, atol=1e-3 * max(1, 500 / scale / 50))


@pytest.mark.parametrize('points', [
    np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf),
    TEMPLATE * [0.01, 100], TEMPLATE * 1e9])
def test_points_that_are_no_face_fit_nothing(points):
    crops, good = aligned_crops(np.zeros((9, 9, 3), np.uint8),
                                points[None].astype(np.float32), TEMPLATE, 1.0, 16)
    assert not good[0] and not crops.any()


@pytest.fixture(scope='module')
def tilted(two_portraits, load):
    """Return (image, box, landmarks) of Grace Hopper upright, and tilted by 30 degrees."""
    found = load(FaceDetector, detector='yunet').detect(two_portraits, 0.5, 0.4)
    row = found.boxes[:, 0].argmin()
    box, points = found.boxes[row], found.landmarks[row]
    rotation = cv2.getRotationMatrix2D(tuple(map(float, (box[:2] + box[2:]) / 2)), 30, 1)
    turned = cv2.warpAffine(two_portraits, rotation, two_portraits.shape[1::-1])
    moved = (points @ rotation[:, :2].T + rotation[:, 2]).astype(np.float32)
    return (two_portraits, box[None], points[None]), (turned, box[None], moved[None])


def test_tilted_head_gives_the_crop_of_an_upright_one(tilted):
    (upright, turned), made = zip(*(aligned_crops(image, points, TEMPLATE, 6 / 7, 128)
                                    for image, _, points in tilted))
    assert all(made) and np.abs(upright.astype(int) - turned)[0, 30:110, 30:100].mean() < 6
    dark_pupils = upright[0, 54:64, [40, 87]].min(axis=(1, 2))
    assert (dark_pupils < upright[0].mean()).all(), 'the eyes lie where they belong'


def test_tilted_face_stays_itself_only_when_aligned(tilted, load):
    encoder = load(FaceEncoder, encoder=ALIGNING)
    aligned = [encoder.encode(*face)[0] for face in tilted]
    cropped = [encoder.encode(image, box)[0] for image, box, _ in tilted]
    assert aligned[0] @ aligned[1] > 0.85 > 0.75 > cropped[0] @ cropped[1]


def test_landmark_model_agrees_with_a_detector_that_has_them(two_portraits, load):
    found = load(FaceDetector, detector='yunet').detect(two_portraits, 0.5, 0.4)
    detector = load(LandmarkDetector, landmarks='landmarks-regression-retail-0009')
    points = detector.find(two_portraits, found.boxes)
    side = (found.boxes[:, 3] - found.boxes[:, 1])[:, None]
    assert (np.linalg.norm(points - found.landmarks, axis=2) < 0.12 * side).all()
    assert detector.find(two_portraits, found.boxes[:0]).shape == (0, 5, 2)


def test_landmark_model_serves_detectors_without(two_portraits, load):
    faces = load(FaceDetector, detector='face-detection-0200').detect(two_portraits, 0.5, 0.4)
    assert faces.landmarks is None
    helped = load(FaceEncoder, encoder=ALIGNING, landmarks='landmarks-regression-retail-0009')
    alone = load(FaceEncoder, encoder=ALIGNING)
    points = helped.landmark_detector.find(two_portraits, faces.boxes)
    np.testing.assert_allclose(helped.encode(two_portraits, faces.boxes),
                               alone.encode(two_portraits, faces.boxes, points), atol=1e-4)
    assert (np.abs(helped.encode(two_portraits, faces.boxes)
                   - alone.encode(two_portraits, faces.boxes)).max(axis=1) > 0.01).all()


def test_bad_landmarks_leave_the_crop_of_the_box(two_portraits, load):
    encoder = load(FaceEncoder, encoder=ALIGNING)
    box = np.array([[250, 200, 480, 500]], np.float32)
    np.testing.assert_allclose(
        encoder.encode(two_portraits, box, np.full((1, 5, 2), np.nan, np.float32)),
        encoder.encode(two_portraits, box), atol=1e-5)


def test_encoder_for_box_crops_takes_no_notice_of_landmarks(two_portraits, load):
    encoder = load(FaceEncoder, landmarks='landmarks-regression-retail-0009')
    assert encoder.landmark_detector is None
    box = np.array([[250, 200, 480, 500]], np.float32)
    np.testing.assert_array_equal(encoder.encode(two_portraits, box, TEMPLATE[None] * 200),
                                  encoder.encode(two_portraits, box))
