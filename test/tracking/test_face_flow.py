# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faces followed through real pixels: a photo that moves, grows, hides and changes on a wall."""
import cv2
from face_tracker_ros.demo.scenes import background
from face_tracker_ros.tracking.face_flow import FaceFlow, side_for
from face_tracker_ros.tracking.view import View
from face_tracker_ros.types import Detections
import numpy as np
import pytest
from skimage import data

WALL = background(np.random.default_rng(7), 1280, 720)
PHOTO = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
FACE = np.float32([178, 70, 270, 190])  # in the photo
EYES = np.float32([[200, 115], [245, 112], [225, 135], [205, 155], [245, 152]])
ROWS = np.arange(1)


def shown(x, y, scale=1.0):
    """Return the wall with the head at (x, y), and the face there."""
    head = PHOTO[30:230, 140:310]
    head = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = WALL.copy()
    frame[y:y + head.shape[0], x:x + head.shape[1]] = head
    place = np.float32([x, y])
    box = (FACE - (140, 30, 140, 30)) * scale + np.tile(place, 2)
    marks = (EYES - (140, 30)) * scale + place
    return frame, Detections(box[None], np.float32([0.9]), marks[None])


def followed(before, after):
    """Return what the flow gives from one (frame, faces) to a frame."""
    flow, (frame, faces) = FaceFlow(), before
    flow.see(View.of(frame), faces)
    return flow.follow(View.of(after), np.arange(len(faces)))


@pytest.mark.parametrize('x, y, scale', [
    (400, 200, 1), (430, 190, 1), (380, 230, 1), (398, 198, 1.04), (405, 204, 0.95)])
def test_a_face_is_found_where_it_went_and_as_large_as_it_became(x, y, scale):
    after, expected = shown(x, y, scale)
    faces, found = followed(shown(400, 200), after)
    assert found.all()
    np.testing.assert_allclose(faces.boxes, expected.boxes, atol=2)
    np.testing.assert_allclose(faces.landmarks, expected.landmarks, atol=2)
    assert faces.scores.tolist() == expected.scores.tolist()


def test_a_face_is_followed_for_seconds_with_little_drift():
    flow = FaceFlow()
    frame, faces = shown(200, 100)
    for step in range(60):
        flow.see(View.of(frame), faces)
        frame, expected = shown(200 + 9 * step, 100 + 3 * step)
        faces, found = flow.follow(View.of(frame), ROWS)
        assert found.all()
    np.testing.assert_allclose(faces.boxes, expected.boxes, atol=6)


def hidden(frame):
    frame[100:500, 300:700] = WALL[100:500, 500:900]
    return frame


@pytest.mark.parametrize('after', [
    WALL, hidden(shown(405, 200)[0]), shown(900, 400)[0], np.full_like(WALL, 128),
    cv2.rotate(shown(400, 200)[0], cv2.ROTATE_180), WALL[:600]])
def test_a_face_that_is_not_to_be_seen_is_not_followed(after):
    faces, found = followed(shown(400, 200), after)
    assert len(faces) == 1 and not found.any()
    assert np.isfinite(faces.boxes).all() and np.isfinite(faces.landmarks).all()


def test_one_of_two_that_hides_is_left_out():
    frame, faces = shown(400, 200)
    frame[200:400, 900:1070] = PHOTO[30:230, 140:310]
    other = faces.boxes + np.float32([500, 0, 500, 0])
    both = Detections(np.concatenate((faces.boxes, other)), np.float32([0.9, 0.8]))
    moved, found = followed((frame, both), hidden(frame.copy()))
    assert found.tolist() == [False, True] and moved.landmarks is None
    np.testing.assert_allclose(moved.boxes[1], other[0], atol=1)


@pytest.mark.parametrize('height, side', [(200, 320), (33, 320), (31, 640), (17, 640), (12, 960),
                                          (9, 320)])
def test_small_faces_take_a_finer_view_in_which_they_are_followed(height, side):
    scale = height / 120
    frame, faces = shown(400, 200, scale)
    assert side_for(faces.boxes, (1280, 720)) == side
    flow, (after, expected) = FaceFlow(), shown(406, 203, scale)
    flow.see(View.of(frame, side=side), faces)
    assert flow.side == side
    moved, found = flow.follow(View.of(after, side=side), ROWS)
    assert found.tolist() == [height > 9]
    if found:
        np.testing.assert_allclose(moved.boxes, expected.boxes, atol=1.5)


def test_without_faces_the_usual_view_is_enough():
    assert side_for(np.zeros((0, 4), np.float32), (1280, 720)) == 320 == FaceFlow().side


@pytest.mark.parametrize('scale, expected', [(0.15, False), (0.4, True)])
def test_faces_too_small_for_the_view_are_left_to_the_detector(scale, expected):
    assert followed(shown(400, 200, scale), shown(403, 200, scale)[0])[1].tolist() == [expected]


@pytest.mark.parametrize('box', [(-60, 300, 40, 400), (1250, 650, 1330, 760), (0, 0, 1280, 720),
                                 (5000, 5000, 5100, 5100), (400, 300, 400, 300)])
def test_any_box_is_taken(box):
    frame, _ = shown(400, 200)
    faces, _ = followed((frame, Detections(np.float32([box]), np.float32([1]))), frame)
    assert np.isfinite(faces.boxes).all()


def test_nothing_is_followed_without_a_frame_before():
    flow, (frame, faces) = FaceFlow(), shown(400, 200)
    for before in (None, View.of(frame[:, :900]), View.of(cv2.resize(frame, (640, 360)))):
        flow.see(before, faces)
        assert not flow.follow(View.of(frame), ROWS)[1].any()
    flow.see(View.of(frame), faces)
    assert flow.follow(View.of(frame), ROWS)[1].all()
    flow.see(View.of(frame), faces)
    flow.reset()
    assert len(flow.follow(View.of(frame), ROWS[:0])[0]) == 0


@pytest.mark.parametrize('size', [(1280, 720), (1920, 1080), (640, 480), (320, 240), (90, 50),
                                  (720, 1280), (1, 1), (5000, 3), (1279, 721)])
def test_a_view_is_grey_and_small_and_the_same_from_a_downscaled_image(size):
    frame = cv2.resize(WALL, size, interpolation=cv2.INTER_AREA)
    view = View.of(frame)
    assert view.grey.ndim == 2 and max(view.grey.shape) == min(320, max(size))
    assert view.size == size and view.scale == pytest.approx(min(1, 320 / max(size)))
    half = cv2.resize(frame, (max(1, size[0] // 2), max(1, size[1] // 2)))
    if max(size) >= 640:
        again = View.of(frame, half)
        assert again.grey.shape == view.grey.shape and again.scale == view.scale
        assert np.abs(again.grey.astype(int) - view.grey).mean() < 3
