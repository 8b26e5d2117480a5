# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The orientation of heads: perspective-n-point on five landmarks with a mean head."""
from __future__ import annotations

from dataclasses import dataclass

from face_tracker_ros.rotation import down_of
from face_tracker_ros.spatial.camera import Calibration, CameraModel
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray
import numpy as np

# The mean adult head in metres: x out of the face, y to the person's left, z up, from between the
# eyes. Rows: right eye, left eye, nose, right and left mouth corner.
MEAN_HEAD = np.array([[0.0, -0.0315, 0.0], [0.0, 0.0315, 0.0], [0.033, 0.0, -0.039],
                      [0.004, -0.027, -0.069], [0.004, 0.027, -0.069]])
# Standard deviation between people and expressions, in metres.
SPREAD = np.array([[0.003, 0.002, 0.002], [0.003, 0.002, 0.002], [0.004, 0.002, 0.004],
                   [0.004, 0.0035, 0.004], [0.004, 0.0035, 0.004]])
LANDMARK_NOISE = 0.012  # standard deviation of a detector's landmark, in longer sides of the box
_LEAST_NOISE = 0.5  # pixels
_STARTS = np.radians([-50.0, 0.0, 50.0])  # yaws from which the fit begins; the best one stays
_STEPS = 7
_WORST_FIT = 4.0  # standard deviations of the residuals, beyond which landmarks show no head
# A head that faces the camera, in a frame whose z is the direction of view: columns x, y, z.
FRONTAL = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])


@dataclass(frozen=True)
class HeadPoses:
    """
    Orientation of heads; the head's x points out of the face, y to the person's left, z up.

    Attributes:
        known: bool (N,), whether the landmarks gave one; the other arrays are NaN elsewhere.
        rotations: (N, 3, 3), from the head to the optical frame (x right, y down, z forward).
        covariances: (N, 3, 3), of small rotations around the axes of the optical frame, rad^2.
        angles: (N, 3), yaw, pitch and roll in radians away from facing the camera: turned to the
            person's own left, downwards, and towards the own right shoulder are positive.
        off: (N,), radians between the face's direction and that to the camera.
    """

    known: BoolArray
    rotations: Float64Array
    covariances: Float64Array
    angles: Float64Array
    off: Float64Array


def nominal_camera(width: int, height: int) -> CameraModel:
    """Return a usual camera (53 degrees wide) for images whose calibration is not known."""
    return CameraModel(Calibration((width, height), (
        float(width), 0.0, width / 2, 0.0, float(width), height / 2, 0.0, 0.0, 1.0)),
        width, height)


def head_poses(landmarks: FloatArray, boxes: FloatArray, camera: CameraModel,
               image_rotation: int = 0) -> HeadPoses:
    """
    Return the orientation of heads.

    Rotation and position that minimise the reprojection error of the mean head (Gauss-Newton,
    from three yaws), each landmark weighted by what detectors and faces vary. What is left over
    of that goes into the covariance.

    Args:
        landmarks: (N, 5, 2), pixels: right eye, left eye, nose, right and left mouth corner.
        boxes: (N, 4), pixels.
        camera: fitted to the size of the image; what `nominal_camera` returns does for angles
            relative to the camera.
        image_rotation: degrees clockwise by which the image has to be rotated to be upright; the
            angles are those in the upright image.
    """
    points = np.asarray(landmarks, np.float64).reshape(-1, 5, 2)
    count = len(points)
    poses = HeadPoses(np.zeros(count, bool), np.full((count, 3, 3), np.nan),
                      np.full((count, 3, 3), np.nan), np.full((count, 3), np.nan),
                      np.full(count, np.nan))
    with np.errstate(invalid='ignore', over='ignore', divide='ignore'):
        rays = camera.rays(np.nan_to_num(points, nan=1e9).reshape(-1, 2)).reshape(-1, 5, 3)
        sides = np.ptp(np.asarray(boxes, np.float64).reshape(-1, 2, 2), axis=1).max(
            axis=1, initial=0)
        good = np.isfinite(rays).all(axis=(1, 2)) & np.isfinite(sides) & (sides > 1)
        good &= np.linalg.norm(points[:, 0] - points[:, 1], axis=1) \
            + np.linalg.norm(points[:, 2] - points[:, 3], axis=1) > 0.02 * sides
        if not good.any():
            return poses
        view = _view(rays[good, :2].mean(axis=1), down_of(image_rotation))  # between the eyes
        local = np.einsum('nji,nkj->nki', view, rays[good])
        flat = local[..., :2] / local[..., 2:]
        noise = np.maximum(LANDMARK_NOISE * sides[good], _LEAST_NOISE) / camera.focal
        rotation, covariance, error = _fit(flat, noise)
        fits = np.isfinite(covariance).all(axis=(1, 2)) & (error < _WORST_FIT)
    rows = np.flatnonzero(good)[fits]
    poses.known[rows] = True
    view, rotation = view[fits], rotation[fits]
    poses.rotations[rows] = in_camera = view @ rotation
    poses.covariances[rows] = in_camera @ covariance[fits] @ in_camera.transpose(0, 2, 1)
    away = FRONTAL.T @ rotation
    poses.angles[rows] = np.column_stack((
        np.arctan2(away[:, 1, 0], away[:, 0, 0]), -np.arcsin(np.clip(away[:, 2, 0], -1, 1)),
        np.arctan2(away[:, 2, 1], away[:, 2, 2])))
    poses.off[rows] = np.arccos(np.clip(away[:, 0, 0], -1, 1))
    return poses


def rotation_of(yaw: Float64Array, pitch: Float64Array, roll: Float64Array) -> Float64Array:
    """Return rotations (N, 3, 3): first roll around x, then pitch around y, then yaw around z."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (yaw, pitch, roll))
    return np.stack([np.stack([cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr], -1),
                     np.stack([sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr], -1),
                     np.stack([-sp, cp * sr, cp * cr], -1)], 1)


def _view(rays: Float64Array, down: Float64Array) -> Float64Array:
    """Return frames (N, 3, 3), columns x, y, z, whose z is a ray and whose x is level."""
    z = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    x = np.cross(down, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=2)


def _fit(flat: Float64Array, noise: Float64Array
         ) -> tuple[Float64Array, Float64Array, Float64Array]:
    """
    Return rotations (N, 3, 3), their covariances around the head's axes and the relative errors.

    Args:
        flat: (N, 5, 2), landmarks at distance 1 along the view.
        noise: (N,), their standard deviation.
    """
    starts, count = len(_STARTS), len(flat)
    flat, noise = np.tile(flat, (starts, 1, 1)), np.tile(noise, starts)
    eyes = flat[:, 1] - flat[:, 0]
    yaw, roll = np.repeat(_STARTS, count), -np.arctan2(eyes[:, 1], eyes[:, 0])
    rotation = FRONTAL @ rotation_of(yaw, np.zeros(len(yaw)), roll)
    size = np.linalg.norm(np.ptp(flat, axis=1), axis=1)
    position = np.column_stack((flat.mean(axis=1), np.ones(len(flat)))) \
        * (0.1 / np.maximum(size, 1e-6))[:, None]
    for _ in range(_STEPS):
        residual, jacobian, weight = _linearised(rotation, position, flat, noise)
        normal = np.einsum('nkia,nkij,nkjb->nab', jacobian, weight, jacobian)
        gradient = np.einsum('nkia,nkij,nkj->na', jacobian, weight, residual)
        damped = normal + 1e-6 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(6) / 6
        step = np.linalg.solve(damped, gradient[..., None])[..., 0]
        length = np.linalg.norm(step[:, :3], axis=1)
        step[:, :3] *= np.minimum(1, 0.5 / np.maximum(length, 1e-9))[:, None]
        rotation = rotation @ _exponential(step[:, :3])
        position = position + step[:, 3:]
        position[:, 2] = np.maximum(position[:, 2], 0.05)
    residual, jacobian, weight = _linearised(rotation, position, flat, noise)
    error = np.sqrt(np.einsum('nki,nkij,nkj->n', residual, weight, residual) / 4)  # 10 - 6
    error = np.where(np.isfinite(error), error, np.inf).reshape(starts, count)
    best = error.argmin(axis=0) * count + np.arange(count)
    normal = np.einsum('nkia,nkij,nkjb->nab', jacobian[best], weight[best], jacobian[best])
    normal = np.where(np.isfinite(normal), normal, 0) + 1e-9 * np.eye(6)
    error = error.min(axis=0)
    covariance = np.linalg.inv(normal)[:, :3, :3] * np.maximum(error, 1)[:, None, None] ** 2
    return rotation[best], covariance, error


def _linearised(rotation: Float64Array, position: Float64Array, flat: Float64Array,
                noise: Float64Array) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return residuals (N, 5, 2), their derivatives (N, 5, 2, 6) and weights (N, 5, 2, 2)."""
    seen = np.einsum('nij,kj->nki', rotation, MEAN_HEAD) + position[:, None]
    depth = np.maximum(seen[..., 2], 0.01)
    projected = seen[..., :2] / depth[..., None]
    by_point = np.zeros((*projected.shape, 3))
    by_point[..., 0, 0] = by_point[..., 1, 1] = 1 / depth
    by_point[..., 2] = -projected / depth[..., None]
    by_head = np.einsum('nkij,njl->nkil', by_point, rotation)
    x, y, z = MEAN_HEAD.T
    none = np.zeros(5)
    cross = np.stack([np.stack([none, z, -y], -1), np.stack([-z, none, x], -1),
                      np.stack([y, -x, none], -1)], 1)  # derivative of a rotation of each point
    jacobian = np.concatenate((np.einsum('nkil,klm->nkim', by_head, cross), by_point), axis=-1)
    spread = np.einsum('nkil,kl,nkjl->nkij', by_head, SPREAD ** 2, by_head)
    spread += noise[:, None, None, None] ** 2 * np.eye(2)
    return flat - projected, jacobian, np.linalg.inv(spread)


def _exponential(vectors: Float64Array) -> Float64Array:
    """Return the rotations (N, 3, 3) of rotation vectors (N, 3) (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = vectors.T
    none = np.zeros(len(vectors))
    cross = np.stack([np.stack([none, -z, y], -1), np.stack([z, none, -x], -1),
                      np.stack([-y, x, none], -1)], 1)
    return np.asarray(np.eye(3) + np.sinc(angle / np.pi) * cross
                      + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (cross @ cross))
