# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The quality of a crop: by size, border and sharpness."""
import cv2
from face_tracker_ros.embedding.quality import crop_quality, sharpness
import numpy as np
import pytest
from skimage import data

FACE = np.float32([[60, 40, 320, 300]])
SIZE = (1280, 720)
SHARP = np.ones(1, np.float32)


@pytest.mark.parametrize('box, expected', [
    ([100, 100, 164, 200], 1.0),  # 64 pixels wide
    ([100, 100, 116, 120], 0.25),
    ([-40, 100, 40, 200], 0.5),  # half of it outside
    ([2000, 100, 2080, 200], 0.0)])
def test_small_faces_and_those_at_the_border_are_poor(box, expected):
    assert crop_quality(np.float32([box]), SIZE, SHARP) == pytest.approx([expected])


def test_blurred_faces_are_poor():
    photo = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    face = np.float32([[170, 60, 280, 190]])
    sharp = sharpness(photo, face)
    blurred = sharpness(cv2.GaussianBlur(photo, (0, 0), 6), face)
    assert crop_quality(face, (512, 512), sharp) == pytest.approx([1.0])
    assert crop_quality(face, (512, 512), blurred) < 0.5


def test_sharpness_hardly_depends_on_the_size_of_the_face():
    photo = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    face = np.float32([[170, 60, 280, 190]])
    half = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert sharpness(half, face / 2) == pytest.approx(sharpness(photo, face), rel=0.3)


def test_boxes_outside_the_image_are_not_sharp():
    image = np.zeros((20, 20, 3), np.uint8)
    assert sharpness(image, np.float32([[30, 30, 40, 40], [5, 5, 5.5, 9]])).tolist() == [0, 0]


def test_no_boxes_give_nothing():
    empty = np.zeros((0, 4), np.float32)
    sharp = sharpness(np.zeros((20, 20, 3), np.uint8), empty)
    assert crop_quality(empty, SIZE, sharp).shape == (0,)
