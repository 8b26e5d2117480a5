# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Constant-velocity Kalman filter over all tracks at once (Wojke et al. 2017, section 2.1).

The state of a track is (x, y, a, h, vx, vy, va, vh): box centre, aspect ratio width / height,
height, and their velocities. Time counts in reference frames of 1/30 s, for which the noise
below is stated; a longer step of `dt` reference frames carries what `dt` short ones would add up
to, so that the filter means the same at every frame rate.

Means are (T, 8), measurements (N, 4) of (x, y, a, h). No noise couples two of the four
quantities, and a camera's turn leaves x and y as uncertain as they were, equally; so of the
(T, 8, 8) covariance just the four (2, 2) blocks of a quantity with its velocity are ever other
than zero. They are kept as (T, 3, 4): variances of the positions, covariances of position and
velocity, variances of the velocities.
"""
from __future__ import annotations

from face_tracker_ros.types import Float64Array, FloatArray
import numpy as np

REFERENCE_RATE = 30.0  # reference frames a second
GATE = 9.4877  # 0.95 quantile of the chi-square distribution with 4 degrees of freedom

_POSITION = 1 / 20  # standard deviation, in box heights
_VELOCITY = 1 / 160  # standard deviation, in box heights a reference frame

# Variances of (x, y, a, h) as a share of the squared height, and what does not depend on it.
_SCALED = np.array([1.0, 1.0, 0.0, 1.0])
_ASPECT = np.array([0.0, 0.0, 1.0, 0.0])
_POSITION_ASPECT = 1e-2 ** 2 * _ASPECT
_VELOCITY_ASPECT = 1e-5 ** 2 * _ASPECT
_MEASURED_ASPECT = 1e-1 ** 2 * _ASPECT


def to_measurements(boxes: FloatArray) -> Float64Array:
    """Return (N, 4) of centre, aspect, height for boxes (N, 4) of left, top, right, bottom."""
    wide = boxes.astype(np.float64)
    sides = wide[:, 2:] - wide[:, :2]
    measured = np.empty((len(wide), 4))
    measured[:, :2] = wide[:, :2] + sides / 2
    measured[:, 2] = sides[:, 0] / sides[:, 1]
    measured[:, 3] = sides[:, 1]
    return measured


def to_boxes(means: Float64Array) -> FloatArray:
    """Return boxes (T, 4) for states or measurements (T, 4 or more)."""
    half = np.empty((len(means), 2))
    half[:, 1] = means[:, 3] / 2
    half[:, 0] = means[:, 2] * half[:, 1]
    boxes = np.empty((len(means), 4), np.float32)
    boxes[:, :2] = means[:, :2] - half
    boxes[:, 2:] = means[:, :2] + half
    return boxes


def _variance(height: Float64Array, size: float, fixed: Float64Array) -> Float64Array:
    """Return variances (T, 4) of (x, y, a, h) for boxes so high (T,)."""
    return np.asarray(np.square(size * height)[:, None] * _SCALED + fixed)


def initiate(measurements: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return means (N, 8) at rest and covariances (N, 3, 4) for first measurements (N, 4)."""
    means = np.zeros((len(measurements), 8))
    means[:, :4] = measurements
    covariances = np.zeros((len(measurements), 3, 4))
    height = measurements[:, 3]
    covariances[:, 0] = _variance(height, 2 * _POSITION, _POSITION_ASPECT)
    covariances[:, 2] = _variance(height, 10 * _VELOCITY, _VELOCITY_ASPECT)
    return means, covariances


def predict(means: Float64Array, covariances: Float64Array,
            dt: float) -> tuple[Float64Array, Float64Array]:
    """Return the states `dt` reference frames later; heights stay positive."""
    moved = means.copy()
    moved[:, :4] += dt * means[:, 4:]
    np.maximum(moved[:, 2:4], 0.1 * means[:, 2:4], out=moved[:, 2:4])
    height = means[:, 3]
    position, both, velocity = covariances[:, 0], covariances[:, 1], covariances[:, 2]
    jolt = _variance(height, _VELOCITY, _VELOCITY_ASPECT)  # of the velocity in a reference frame
    more = max(0.0, dt * (dt - 1))
    later = np.empty_like(covariances)
    later[:, 0] = (position + dt * (2 * both + dt * velocity)
                   + dt * _variance(height, _POSITION, _POSITION_ASPECT)
                   + more * (2 * dt - 1) / 6 * jolt)
    later[:, 1] = both + dt * velocity + more / 2 * jolt
    later[:, 2] = velocity + dt * jolt
    return moved, later


def move(means: Float64Array, covariances: Float64Array,
         motion: Float64Array) -> tuple[Float64Array, Float64Array]:
    """
    Return the states as seen after the camera moved.

    motion: (2, 3), the similarity transform of pixels. Positions are turned, scaled and shifted,
    velocities turned and scaled, heights scaled, and uncertainties with them.
    """
    turn, size = motion[:, :2], float(np.hypot(motion[0, 0], motion[1, 0]))
    moved = means.copy()
    moved[:, :2] = means[:, :2] @ turn.T + motion[:, 2]
    moved[:, 4:6] = means[:, 4:6] @ turn.T
    moved[:, 3::4] *= size
    return moved, covariances * (size ** 2 * _SCALED + _ASPECT)


def innovation(means: Float64Array, covariances: Float64Array,
               noise_scale: float | Float64Array = 1.0) -> Float64Array:
    """
    Return the variances (T, 4) with which measurements are expected around the means.

    noise_scale: factor on the variance of the measurement itself, one for all or (T,).
    """
    noise = _variance(means[:, 3], _POSITION, _MEASURED_ASPECT)
    return np.asarray(covariances[:, 0] + noise * np.reshape(noise_scale, (-1, 1)))


def update(means: Float64Array, covariances: Float64Array, measurements: Float64Array,
           noise_scale: float | Float64Array = 1.0) -> tuple[Float64Array, Float64Array]:
    """Return the states (M, 8), (M, 3, 4) after one measurement each (M, 4)."""
    expected = innovation(means, covariances, noise_scale)
    gain = covariances[:, :2] / expected[:, None]
    surprise = measurements - means[:, :4]
    after = means.copy()
    after[:, :4] += gain[:, 0] * surprise
    after[:, 4:] += gain[:, 1] * surprise
    known = covariances.copy()
    known[:, :2] -= gain[:, :1] * covariances[:, :2]
    known[:, 2] -= gain[:, 1] * covariances[:, 1]
    return after, known


def mahalanobis(means: Float64Array, covariances: Float64Array,
                measurements: Float64Array) -> Float64Array:
    """Return squared Mahalanobis distances (T, N) of measurements (N, 4) (eq. 1)."""
    precision = 1 / innovation(means, covariances)
    # (m - z)^2 / s, summed, as three products of matrices, is quicker but loses digits far out.
    difference = measurements[None, :, :] - means[:, None, :4]
    return np.asarray(np.einsum('tnd,tnd,td->tn', difference, difference, precision))
