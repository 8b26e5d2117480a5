# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Head poses on heads whose pose is known: projected, with noise of landmarks and of faces."""
from __future__ import annotations

from face_tracker_ros.spatial import quaternions
from face_tracker_ros.spatial.camera import Calibration, CameraModel
from face_tracker_ros.spatial.facing import Facing, HYSTERESIS
from face_tracker_ros.spatial.head_pose import (FRONTAL, head_poses, LANDMARK_NOISE, MEAN_HEAD,
                                                nominal_camera, rotation_of, SPREAD)
import numpy as np
import pytest

CAMERA = nominal_camera(1280, 720)
BOX = 0.19  # metres, longer side of the box around a head


def project(angles: np.ndarray, positions: np.ndarray, camera: CameraModel = CAMERA,
            noise: float = 0.0, spread: float = 0.0
            ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return landmarks, boxes and rotations of heads at yaw, pitch and roll (N, 3), degrees."""
    draw = np.random.default_rng(1)
    count = len(angles)
    z = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    view = np.stack([x, np.cross(z, x), z], axis=2)
    rotation = view @ FRONTAL @ rotation_of(*np.radians(angles).T)
    shape = MEAN_HEAD + spread * SPREAD * draw.normal(size=(count, 5, 3))
    points = np.einsum('nij,nkj->nki', rotation, shape) + positions[:, None]
    pixels = camera.pixels(points.reshape(-1, 3)).reshape(-1, 5, 2)
    side = BOX * camera.focal / np.linalg.norm(positions, axis=1)
    pixels += draw.normal(size=pixels.shape) * (noise * side)[:, None, None]
    middle = pixels.mean(axis=1)
    boxes = np.hstack((middle - side[:, None] / 2, middle + side[:, None] / 2))
    return pixels.astype(np.float32), boxes.astype(np.float32), rotation


def random_heads(count: int, yaw: float) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(7)
    angles = draw.uniform(-1, 1, (count, 3)) * [yaw, 20, 25]
    depth = draw.uniform(0.5, 2.5, (count, 1))
    return angles, np.hstack((draw.uniform(-0.35, 0.35, (count, 2)) * [1, 0.5], np.ones(
        (count, 1)))) * depth


def test_the_mean_head_is_found_exactly() -> None:
    angles, positions = random_heads(60, 60)
    landmarks, boxes, rotation = project(angles, positions)
    poses = head_poses(landmarks, boxes, CAMERA)
    assert poses.known.all()
    assert poses.rotations == pytest.approx(rotation, abs=0.02)
    assert np.degrees(poses.angles) == pytest.approx(angles, abs=1)
    off = np.degrees(np.arccos(np.cos(np.radians(angles[:, 0])) * np.cos(np.radians(
        angles[:, 1]))))
    assert np.degrees(poses.off) == pytest.approx(off, abs=1)


@pytest.mark.parametrize(('angles', 'sign'), [
    ((30, 0, 0), 'the nose moves right in the image: the own left'),
    ((0, 20, 0), 'the nose moves down'),
    ((0, 0, 20), 'the own right eye moves down')])
def test_signs_of_the_angles(angles: tuple[float, ...], sign: str) -> None:
    there = np.array([[0.0, 0.0, 1.0]])
    straight, turned = (project(np.array([a], float), there)[0][0]
                        for a in ((0, 0, 0), angles))
    moved = {30: turned[2, 0] - straight[2, 0] - (turned[:2] - straight[:2]).mean(axis=0)[0],
             0: 0}.get(angles[0], 0) + (angles[1] and (turned[2] - straight[2])[1]) \
        + (angles[2] and (turned[0] - straight[0])[1])
    assert moved > 3, sign
    poses = head_poses(turned[None], project(np.array([angles], float), there)[1], CAMERA)
    assert np.degrees(poses.angles[0]) == pytest.approx(angles, abs=1)


@pytest.mark.parametrize('degrees', [90, 180, 270])
def test_angles_are_those_of_the_upright_image(degrees: int) -> None:
    camera = nominal_camera(900, 900)
    angles, positions = random_heads(60, 45)
    landmarks, boxes, rotation = project(angles, positions, camera)
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    back = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])  # as the camera sees it
    poses = head_poses((landmarks - 450) @ back[:2, :2].T.astype(np.float32) + 450, boxes, camera,
                       degrees)
    assert poses.known.all()
    assert np.degrees(poses.angles) == pytest.approx(angles, abs=1)
    assert poses.rotations == pytest.approx(back @ rotation, abs=0.02)


@pytest.mark.parametrize(('yaw', 'worst'), [(15, (7, 9, 3)), (60, (6, 7, 4))])
def test_errors_are_as_documented_and_the_covariance_is_honest(
        yaw: float, worst: tuple[float, ...]) -> None:
    angles, positions = random_heads(800, yaw)
    landmarks, boxes, rotation = project(angles, positions, noise=LANDMARK_NOISE, spread=1)
    poses = head_poses(landmarks, boxes, CAMERA)
    assert poses.known.mean() > 0.98
    known = poses.known
    assert (np.abs(np.degrees(poses.angles) - angles)[known].mean(axis=0) < worst).all()
    turn = poses.rotations[known] @ rotation[known].transpose(0, 2, 1)
    error = np.stack([turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0],
                      turn[:, 1, 0] - turn[:, 0, 1]], axis=-1) / 2
    distance = np.einsum('ni,nij,nj->n', error, np.linalg.inv(poses.covariances[known]), error)
    assert 0.90 < (distance < 7.81).mean() < 0.99, '95 % are within the ellipsoid of 95 %'


def test_distorted_and_wide_cameras_are_undone() -> None:
    camera = CameraModel(Calibration((1280, 720), (
        700.0, 0.0, 640.0, 0.0, 700.0, 360.0, 0.0, 0.0, 1.0), (-0.25, 0.06, 0.001, -0.001, 0.0)),
        1280, 720)
    angles, positions = random_heads(20, 40)
    landmarks, boxes, rotation = project(angles, positions, camera)
    poses = head_poses(landmarks, boxes, camera)
    assert poses.rotations == pytest.approx(rotation, abs=0.03)


def test_landmarks_that_show_no_head_have_no_pose() -> None:
    landmarks, boxes, _ = project(np.zeros((6, 3)), np.tile([0.0, 0.0, 1.0], (6, 1)))
    landmarks[1] = np.nan
    landmarks[2] = landmarks[2, 2]
    landmarks[3] = landmarks[3, [3, 4, 2, 0, 1]] + [[60, 0], [-60, 0], [90, 9], [0, 0], [0, 0]]
    boxes[4] = np.inf
    poses = head_poses(landmarks, boxes, CAMERA)
    assert poses.known.tolist() == [True, False, False, False, False, True]
    assert np.isnan(poses.off[1:5]).all()
    assert len(head_poses(landmarks[:0], boxes[:0], CAMERA).known) == 0


def test_quaternions_are_those_rotations() -> None:
    rotation = rotation_of(*np.radians(np.random.default_rng(2).uniform(-180, 180, (3, 50))))
    x, y, z, w = quaternions(rotation).T
    assert np.allclose(x ** 2 + y ** 2 + z ** 2 + w ** 2, 1) and (w >= 0).all()
    again = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                      [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                      [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
    assert np.allclose(again.transpose(2, 0, 1), rotation)


def test_facing_has_hysteresis_and_says_since_when() -> None:
    facing, angle = Facing(), np.radians(25)

    def show(begin: float, end: float, off: float) -> object:
        for stamp in np.arange(begin, end, 0.1):
            state = facing.update(float(stamp), {1: off}, {1}, angle)[1]
        return state
    assert not show(0, 1, angle * (1 + 2 * HYSTERESIS)).facing
    assert not show(1, 3, angle * (1 - HYSTERESIS / 2)).facing, 'within the hysteresis: as before'
    looking = show(3, 6, 0.1)
    assert looking.facing and 3 <= looking.since < 3.6
    since = looking.since
    looking = show(6, 8, angle * (1 + HYSTERESIS / 2))
    assert looking.facing and looking.since == since
    away = show(8, 10, angle * (1 + 2 * HYSTERESIS))
    assert not away.facing and 8 <= away.since < 9.5
    show(10, 12, 0.1)
    assert facing.update(12.0, {}, {1}, angle)[1].facing, 'a pose may be missing for a moment'
    for stamp in np.arange(12.1, 13, 0.1):
        state = facing.update(float(stamp), {}, {1}, angle)
    assert not state[1].facing
    assert facing.update(13.0, {}, set(), angle) == {}
    show(13.1, 14, 0.1)
    assert facing.update(20.0, {1: 0.1}, {1}, angle)[1].since == 20, 'a gap begins anew'
