# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Cameras that are mounted rotated: images are made upright, results mapped back."""
from __future__ import annotations

import cv2
from face_tracker_ros import ConfigError, FaceTracker
from face_tracker_ros.boxes import square_crops
from face_tracker_ros.embedding.best_crop import BestCrops
from face_tracker_ros.rotation import rotate, Rotation
from hypothesis import given, strategies as st
import numpy as np
import pytest

DEGREES = (90, 180, 270)


@given(st.sampled_from((0, *DEGREES)), st.integers(1, 41), st.integers(1, 41), st.data())
def test_a_box_of_the_upright_image_is_mapped_onto_its_pixels(degrees, width, height, data):
    upright_sides = (width, height) if degrees % 180 == 0 else (height, width)
    left, top = (data.draw(st.integers(0, side - 1)) for side in upright_sides)
    right, bottom = (data.draw(st.integers(low + 1, side))
                     for low, side in zip((left, top), upright_sides))
    image = np.zeros((height, width, 3), np.uint8)
    upright = rotate(image, degrees).copy()
    upright[top:bottom, left:right] = 255
    came = rotate(upright, (360 - degrees) % 360)
    assert came.shape == image.shape
    box = Rotation(degrees, width, height).boxes(np.array([[left, top, right, bottom]], 'f4'))[0]
    rows, columns = came[:, :, 0].nonzero()
    assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@given(st.sampled_from((0, *DEGREES)), st.floats(-50, 50, width=32), st.floats(-50, 50, width=32))
def test_velocities_are_differences_of_points(degrees, x, y):
    rotation, step = Rotation(degrees, 31, 47), np.array([x, y], np.float32)
    begin = np.array([3, 5], np.float32)
    np.testing.assert_allclose(
        rotation.points(begin + step) - rotation.points(begin), rotation.vectors(step), atol=1e-4)


def moving(grace, steps=8):
    """Yield stamps and 481x360 frames of a face that moves to the right and downwards."""
    face = cv2.resize(grace, (150, 150), interpolation=cv2.INTER_AREA)
    for step in range(steps):
        frame = np.full((360, 481, 3), 90, np.uint8)
        frame[20 + 3 * step:170 + 3 * step, 30 + 5 * step:180 + 5 * step] = face
        yield step / 30, frame


@pytest.mark.parametrize('degrees', DEGREES)
def test_rotated_images_give_the_tracks_of_the_upright_ones(grace, wheels, degrees):
    settings = {'detector': 'centerface', 'embedding.policy': 'always'}  # it gives landmarks
    expected = list(FaceTracker.from_config(settings).run(moving(grace)))
    tracker = FaceTracker.from_config({**settings, 'image_rotation': degrees})
    back = (360 - degrees) % 360
    size = rotate(np.zeros((360, 481, 3), np.uint8), back).shape[1::-1]
    rotation = Rotation(degrees, *size)
    for (stamp, frame), upright in zip(moving(grace), expected):
        came = rotate(frame, back)
        found = tracker.process(came, stamp)
        assert found.image_rotation == degrees and found.embedded == upright.embedded
        assert found.tracks.ids.tolist() == upright.tracks.ids.tolist()
        np.testing.assert_allclose(found.tracks.boxes, rotation.boxes(upright.tracks.boxes))
        np.testing.assert_allclose(found.tracks.velocities,
                                   rotation.vectors(upright.tracks.velocities))
        np.testing.assert_allclose(found.detections.boxes,
                                   rotation.boxes(upright.detections.boxes))
        np.testing.assert_allclose(found.detections.landmarks,
                                   rotation.points(upright.detections.landmarks))
    assert upright.tracks.ids.tolist() == [1] and np.abs(upright.tracks.velocities).min() > 1


def test_crops_are_upright_and_boxes_lie_on_the_image_as_it_came(grace):
    tracker, crops = FaceTracker.from_config({'image_rotation': 90}), {}
    for stamp, frame in moving(grace):
        came = rotate(frame, 270)
        result = tracker.process(came, stamp)
        crops.update({track.id: (frame, came, track.box, crop)
                      for track, crop in BestCrops().update(came, result)})
    frame, came, box, crop = crops[1]
    upright_box = Rotation(270, *frame.shape[1::-1]).boxes(box[None])
    expected = square_crops(frame, upright_box, crop.shape[0], 1.4)[0]
    off = np.abs(crop.astype(int) - expected).mean()
    assert off < 8 < np.abs(crop.astype(int) - np.rot90(expected)).mean()


def test_another_rotation_at_run_time_starts_tracks_anew(grace):
    tracker = FaceTracker.from_config()
    frames = [frame for _, frame in moving(grace, 10)]
    for step, frame in enumerate(frames):
        result = tracker.process(frame, step / 30)
    assert result.tracks.ids.tolist() == [1]
    tracker.reconfigure(tracker.config.updated({'image_rotation': 180}))
    first = tracker.process(rotate(frames[-1], 180), 11 / 30)
    assert not first.tracks and not first.lost
    for step in range(12, 20):
        result = tracker.process(rotate(frames[-1], 180), step / 30)
    assert result.tracks.ids.tolist() == [2]
    tracker.reconfigure(tracker.config.updated({'tracker.max_age': 2.0}))
    assert tracker.process(rotate(frames[-1], 180), 20 / 30).tracks.ids.tolist() == [2]


def test_other_angles_are_rejected():
    with pytest.raises(ConfigError, match='image_rotation.*45.*0, 90, 180, 270'):
        FaceTracker.from_config({'image_rotation': 45})
