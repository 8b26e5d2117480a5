# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The best image of each track: given once, and again only when it is clearly better."""
from __future__ import annotations

import cv2
from face_tracker_ros import Config, FrameResult, Track, Tracks
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.best_crop import BestCrops, portrait_quality
from face_tracker_ros.types import Detections
import numpy as np
import pytest


def track(number: int, box: tuple[float, ...], score: float = 0.9, detection: int = 0) -> Track:
    return Track(number, np.array(box, np.float32), score, 'confirmed', 1.0, 0.0,
                 np.zeros(2, np.float32), 0.0, detection)


def result(*tracks: Track, lost: tuple[Track, ...] = ()) -> FrameResult:
    return FrameResult(0.0, Tracks.of(tracks), Tracks.of(lost), Detections.empty())


def ids(best: BestCrops, image: np.ndarray, found: FrameResult) -> list[int]:
    return [given.id for given, _ in best.update(image, found)]


BOX = (150.0, 110.0, 290.0, 310.0)


def test_track_is_given_once_and_again_when_sharper(grace: np.ndarray) -> None:
    blurred = cv2.GaussianBlur(grace, (0, 0), 5)
    best = BestCrops()
    assert ids(best, blurred, result(track(3, BOX))) == [3]
    assert ids(best, blurred, result(track(3, BOX))) == []
    assert ids(best, grace, result(track(3, BOX))) == [3]
    assert ids(best, grace, result(track(3, BOX))) == []
    assert ids(best, blurred, result(track(3, BOX))) == []


def test_larger_and_surer_is_better(grace: np.ndarray) -> None:
    small = cv2.resize(grace, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    best = BestCrops()
    assert ids(best, small, result(track(1, tuple(0.4 * side for side in BOX)))) == [1]
    assert ids(best, grace, result(track(1, BOX, 0.6))) == [1]
    assert ids(best, grace, result(track(1, BOX, 0.9))) == [1]
    half, full = (portrait_quality(100, score, grace) for score in (0.5, 1.0))
    assert half == pytest.approx(full / 2)


def test_crop_is_the_head_in_its_own_pixels(grace: np.ndarray) -> None:
    ((_, crop),) = BestCrops().update(grace, result(track(1, (170.0, 150.0, 270.0, 290.0))))
    assert crop.shape == (196, 196, 3)
    assert np.array_equal(crop, grace[122:318, 122:318])
    huge = np.zeros((2000, 2000, 3), np.uint8)
    huge[::7] = 255
    ((_, crop),) = BestCrops().update(huge, result(track(1, (500.0, 500.0, 1500.0, 1500.0))))
    assert crop.shape == (256, 256, 3)


def test_cut_and_unseen_faces_are_not_looked_at(grace: np.ndarray) -> None:
    best = BestCrops()
    assert ids(best, grace, result(track(1, (-20.0, 100.0, 100.0, 250.0)),
                                   track(2, BOX, detection=-1),
                                   track(3, (50.0, 50.0, 50.0, 50.0)))) == []


def test_lost_tracks_are_remembered_and_ended_ones_forgotten(grace: np.ndarray) -> None:
    best = BestCrops()
    assert ids(best, grace, result(track(1, BOX))) == [1]
    assert ids(best, grace, result(lost=(track(1, BOX, detection=-1),))) == []
    assert ids(best, grace, result(track(1, BOX))) == []
    assert ids(best, grace, result()) == []
    assert ids(best, grace, result(track(1, BOX))) == [1]
    best.reset()
    assert ids(best, grace, result(track(1, BOX))) == [1]


def test_aligned_crops_are_upright_and_of_one_size(grace: np.ndarray) -> None:
    detector = FaceDetector.from_config(Config())
    crops: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for angle, scale in ((0, 1.0), (35, 1.0), (-35, 0.6)):
        matrix = cv2.getRotationMatrix2D((200, 200), angle, scale)
        image = np.asarray(cv2.warpAffine(grace, matrix, (400, 400)), np.uint8)
        found = detector.detect(image, 0.5, 0.4)[:1]
        face = track(1, tuple(found.boxes[0]))
        seen = FrameResult(1.0, Tracks.of([face]), Tracks.empty(), found)
        for aligned, given in crops.items():
            given += [crop for _, crop in BestCrops(aligned).update(image, seen)]
    assert [crop.shape for crop in crops[True]] == [(112, 112, 3)] * 3
    likeness = {aligned: [float(np.corrcoef(_face(given[0]), _face(other))[0, 1])
                          for other in given[1:]] for aligned, given in crops.items()}
    assert min(likeness[True]) > max(likeness[False]) + 0.2, likeness


def _face(crop: np.ndarray) -> np.ndarray:
    """Return the grey values of the middle of a crop, blurred, scaled to one size."""
    grey = cv2.cvtColor(cv2.resize(crop, (112, 112)), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 3)[20:92, 20:92]).ravel()


def test_aligned_crops_wait_for_landmarks(grace: np.ndarray) -> None:
    found = Detections(np.array([[100, 100, 200, 220]], np.float32),
                       np.array([0.9], np.float32), None)
    seen = FrameResult(1.0, Tracks.of([track(1, (100, 100, 200, 220))]), Tracks.empty(), found)
    assert list(BestCrops(aligned=True).update(grace, seen)) == []
    assert len(list(BestCrops().update(grace, seen))) == 1
