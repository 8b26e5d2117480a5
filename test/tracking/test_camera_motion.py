# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Camera motion out of real pixels: textured walls that are rotated, scaled and shifted."""
import cv2
from face_tracker_ros.demo.scenes import background
from face_tracker_ros.tracking.camera_motion import CameraMotion
from face_tracker_ros.tracking.view import View
import numpy as np
import pytest

NO_FACES = np.zeros((0, 4), np.float32)
WALL = background(np.random.default_rng(7), 1280, 720)


def seen(matrix):
    """Return the wall as a moved camera shows it."""
    return cv2.warpAffine(WALL, matrix, (1280, 720), borderMode=cv2.BORDER_REFLECT)


def motion_to(matrix, boxes=NO_FACES):
    camera = CameraMotion()
    assert camera.update(View.of(WALL), boxes) is None
    return camera.update(View.of(seen(matrix)), boxes)


@pytest.mark.parametrize('angle, scale, shift', [
    (0, 1, (0, 0)), (0, 1, (12, -7)), (1, 1.01, (-9, 4)), (-2, 0.98, (3, 15))])
def test_turn_scale_and_shift_are_found(angle, scale, shift):
    matrix = cv2.getRotationMatrix2D((640, 360), angle, scale)
    matrix[:, 2] += shift
    found = motion_to(matrix)
    corners = np.array([[100, 100, 1], [1180, 100, 1], [640, 600, 1]])
    np.testing.assert_allclose(corners @ found.T, corners @ matrix.T, atol=1.0)


def test_faces_that_walk_do_not_count_as_camera():
    face = background(np.random.default_rng(8), 400, 400)
    camera = CameraMotion()
    for x in (300, 330, 360):
        frame = WALL.copy()
        frame[200:600, x:x + 400] = face
        found = camera.update(View.of(frame), np.float32([[x + 100, 250, x + 300, 500]]))
        if x == 330:
            np.testing.assert_allclose(found, [[1, 0, 0], [0, 1, 0]], atol=0.5)
    assert found is None
    moved = cv2.warpAffine(frame, np.float32([[1, 0, 9], [0, 1, 0]]), (1280, 720))
    assert camera.update(View.of(moved), NO_FACES) is not None, 'not at rest, but lost'


def noisy(image, seed):
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def at_rest():
    """Return a camera that has been at rest for some frames."""
    camera = CameraMotion()
    for step in range(4):
        camera.update(View.of(noisy(WALL, step)), NO_FACES)
    return camera


def test_a_camera_at_rest_has_no_motion_in_spite_of_noise():
    camera = at_rest()
    for step in range(5):
        assert camera.update(View.of(noisy(WALL, 10 + step)), NO_FACES) is None


def test_a_camera_at_rest_is_the_same_with_and_without_a_reduced_image():
    frame = noisy(np.float64(WALL) + np.random.default_rng(5).normal(0, 40, WALL.shape), 0)
    reduced = cv2.resize(frame, (640, 360), interpolation=cv2.INTER_LINEAR)
    camera = CameraMotion()
    for _ in range(2):
        camera.update(View.of(frame), NO_FACES)
    for image in (reduced, None, reduced):
        assert camera.update(View.of(frame, image), NO_FACES) is None


@pytest.mark.parametrize('shift', [(12, -7), (3, 0), (0, 2)])
def test_a_camera_that_was_at_rest_is_followed_from_its_first_motion_on(shift):
    camera, matrix = at_rest(), np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
    np.testing.assert_allclose(camera.update(View.of(seen(matrix)), NO_FACES), matrix, atol=0.7)


@pytest.mark.parametrize('contrast, most', [(1, 1.5), (0.5, 2), (0.25, 2)])
@pytest.mark.parametrize('speed', [0.15, 0.8])
def test_a_slow_drift_adds_up_at_any_contrast(contrast, most, speed):
    camera, x = CameraMotion(), 0.0
    for step in range(60):
        frame = seen(np.float32([[1, 0, speed * step], [0, 1, 0]]))
        found = camera.update(View.of(np.uint8(128 + contrast * (frame - 128.0))), NO_FACES)
        x += 0 if found is None else found[0, 2]
        assert x == pytest.approx(speed * step, abs=most)


def test_a_few_corners_next_to_a_near_face_do_not_make_the_camera_static():
    camera, near = CameraMotion(), np.float32([[200, 200, 1080, 670]])
    camera.update(View.of(WALL), NO_FACES)
    before = len(camera._corners)
    assert camera.update(View.of(WALL), near) is not None
    assert before >= 40 and camera._static is None


def test_nothing_is_reported_without_texture_or_after_a_change_of_size():
    camera = CameraMotion()
    grey = np.full((720, 1280, 3), 128, np.uint8)
    assert camera.update(View.of(grey), NO_FACES) is None
    assert camera.update(View.of(grey), NO_FACES) is None
    assert camera.update(View.of(WALL), NO_FACES) is None
    half = cv2.resize(WALL, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert camera.update(View.of(half), NO_FACES) is None
    assert camera.update(View.of(half), NO_FACES) is not None


def test_a_image_of_something_else_is_no_motion():
    other = background(np.random.default_rng(9), 1280, 720)
    camera = CameraMotion()
    camera.update(View.of(WALL), NO_FACES)
    assert camera.update(View.of(other), NO_FACES) is None


def test_boxes_that_are_none_are_passed_over():
    boxes = np.float32([[np.nan, 0, 10, 10], [0, 0, np.inf, 10], [1e9, 1e9, 2e9, 2e9],
                        [5, 5, 5, 5]])
    assert motion_to(np.float32([[1, 0, 5], [0, 1, 0]]), boxes) is not None


def test_reset_forgets_the_last_frame():
    camera = CameraMotion()
    camera.update(View.of(WALL), NO_FACES)
    camera.reset()
    assert camera.update(View.of(WALL), NO_FACES) is None


@pytest.mark.parametrize('shape', [(1, 1, 3), (2, 900, 3), (900, 3, 3)])
def test_tiny_images_are_no_trouble(shape):
    camera = CameraMotion()
    for _ in range(2):
        assert camera.update(View.of(np.zeros(shape, np.uint8)), NO_FACES) is None
