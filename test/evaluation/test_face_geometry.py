# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Boxes from landmarks lie where detectors of all kinds see the face."""
from __future__ import annotations

from face_tracker_ros.boxes import iou
from face_tracker_ros.config import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.evaluation.face_geometry import face_box
import numpy as np
import pytest

FRONTAL = np.float32([(40, 40), (80, 40), (60, 60), (45, 90), (75, 90)])


def test_box_follows_the_landmarks_in_place_and_size():
    box = face_box(FRONTAL)
    assert (box[0] + box[2]) / 2 == pytest.approx(60)
    assert box[1] < 40 and box[3] > 90  # forehead and chin
    assert face_box(2 * FRONTAL + 7) == pytest.approx(2 * box + 7)


def test_a_head_turned_to_the_side_reaches_away_from_its_nose():
    sideways = FRONTAL.copy()
    sideways[2, 0] += 10
    assert (face_box(sideways) < face_box(FRONTAL))[[0, 2]].all()


def test_box_is_that_of_detectors_of_other_authors(grace, eileen, shared, monkeypatch):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
    for photo in (grace, eileen):
        found = {name: FaceDetector.from_config(Config.load({'detector': name})).detect(
            photo, 0.5, 0.4) for name in ('yunet', 'face-detector')}
        for landmarks in (found['yunet'].landmarks[0], found['face-detector'].landmarks[0]):
            assert iou(found['yunet'].boxes[:1], face_box(landmarks)[None])[0, 0] > 0.7
