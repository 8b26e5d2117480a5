# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Constant-velocity Kalman filter over all tracks at once (Wojke et al. 2017, section 2.1).

The state of a track is (x, y, a, h, vx, vy, va, vh): box centre, aspect ratio width / height,
height, and their velocities. Time counts in reference frames of 1/30 s, for which the noise
below is stated; a step of `dt` reference frames carries `dt` times the variance, so that the
filter means the same at every frame rate. Means are (T, 8), covariances (T, 8, 8), measurements
(N, 4) of (x, y, a, h).
"""
from __future__ import annotations

from face_tracker_ros.types import Float64Array, FloatArray
import numpy as np

REFERENCE_RATE = 30.0  # reference frames a second
GATE = 9.4877  # 0.95 quantile of the chi-square distribution with 4 degrees of freedom

_POSITION = 1 / 20  # standard deviation, in box heights
_VELOCITY = 1 / 160  # standard deviation, in box heights a reference frame
_ASPECT = 1e-2
_ASPECT_VELOCITY = 1e-5
_ASPECT_MEASURED = 1e-1


def to_measurements(boxes: FloatArray) -> Float64Array:
    """Return (N, 4) of centre, aspect, height for boxes (N, 4) of left, top, right, bottom."""
    boxes = boxes.astype(np.float64)
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.column_stack((boxes[:, :2] + sides / 2, sides[:, 0] / sides[:, 1], sides[:, 1]))


def to_boxes(means: Float64Array) -> FloatArray:
    """Return boxes (T, 4) for states or measurements (T, 4 or more)."""
    half = np.column_stack((means[:, 2] * means[:, 3], means[:, 3])) / 2
    return np.hstack((means[:, :2] - half, means[:, :2] + half)).astype(np.float32)


def _scaled(height: Float64Array, size: float, aspect: float) -> Float64Array:
    side = size * height
    return np.column_stack((side, side, np.full_like(side, aspect), side))


def initiate(measurements: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return means (N, 8) at rest and covariances (N, 8, 8) for first measurements (N, 4)."""
    height = measurements[:, 3]
    deviation = np.hstack((_scaled(height, 2 * _POSITION, _ASPECT),
                           _scaled(height, 10 * _VELOCITY, _ASPECT_VELOCITY)))
    means = np.hstack((measurements, np.zeros_like(measurements)))
    return means, np.square(deviation)[:, :, None] * np.eye(8)


def predict(means: Float64Array, covariances: Float64Array,
            dt: float) -> tuple[Float64Array, Float64Array]:
    """Return the states `dt` reference frames later; heights stay positive."""
    transition = np.eye(8)
    transition[:4, 4:] = dt * np.eye(4)
    deviation = np.hstack((_scaled(means[:, 3], _POSITION, _ASPECT),
                           _scaled(means[:, 3], _VELOCITY, _ASPECT_VELOCITY)))
    noise = dt * np.square(deviation)[:, :, None] * np.eye(8)
    moved = means @ transition.T
    moved[:, 2:4] = np.maximum(moved[:, 2:4], 0.1 * means[:, 2:4])
    return moved, transition @ covariances @ transition.T + noise


def project(means: Float64Array, covariances: Float64Array,
            noise_scale: float | Float64Array = 1.0) -> tuple[Float64Array, Float64Array]:
    """
    Return what would be measured: (T, 4) and its covariance (T, 4, 4).

    noise_scale: factor on the variance of the measurement, one for all or (T,).
    """
    variance = np.square(_scaled(means[:, 3], _POSITION, _ASPECT_MEASURED))
    variance = variance * np.asarray(noise_scale, np.float64).reshape(-1, 1)
    return means[:, :4], covariances[:, :4, :4] + variance[:, :, None] * np.eye(4)


def update(means: Float64Array, covariances: Float64Array, measurements: Float64Array,
           noise_scale: float | Float64Array = 1.0) -> tuple[Float64Array, Float64Array]:
    """Return the states (M, 8), (M, 8, 8) after one measurement each (M, 4)."""
    expected, innovation = project(means, covariances, noise_scale)
    gain = np.linalg.solve(innovation, covariances[:, :4, :]).transpose(0, 2, 1)
    means = means + np.einsum('tij,tj->ti', gain, measurements - expected)
    covariances = covariances - gain @ innovation @ gain.transpose(0, 2, 1)
    return means, (covariances + covariances.transpose(0, 2, 1)) / 2


def mahalanobis(means: Float64Array, covariances: Float64Array,
                measurements: Float64Array) -> Float64Array:
    """Return squared Mahalanobis distances (T, N) of measurements (N, 4) (eq. 1)."""
    expected, innovation = project(means, covariances)
    difference = measurements[None, :, :] - expected[:, None, :]
    whitened = np.linalg.solve(innovation, difference.transpose(0, 2, 1))
    return np.asarray(np.einsum('tin,tni->tn', whitened, difference))
