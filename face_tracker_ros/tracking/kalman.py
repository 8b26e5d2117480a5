# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Constant-velocity Kalman filter over all tracks at once (Wojke et al. 2017, section 2.1).

The state of a track is (x, y, a, h, vx, vy, va, vh): box centre, aspect ratio width / height,
height, and their velocities. Time counts in reference frames of 1/30 s, for which the noise
below is stated; a longer step of `dt` reference frames carries what `dt` short ones would add up
to, so that the filter means the same at every frame rate.

Means are (T, 8), measurements (N, 4) of (x, y, a, h). No noise couples two of the four
quantities, and a camera's rotation leaves x and y as uncertain as they were, equally; so of the
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

# Variances of (x, y, a, h): shares of the squared height, but for the aspect ratio plain numbers.
_SCALED = np.array([1.0, 1.0, 0.0, 1.0])
_ASPECT = np.array([0.0, 0.0, 1.0, 0.0])


def _variances(scaled: float, aspect: float) -> Float64Array:
    """Return the variances (4,), as multiples of `_units`, for these standard deviations."""
    return np.asarray(scaled ** 2 * _SCALED + aspect ** 2 * _ASPECT)


_MEASURED = _variances(_POSITION, 1e-1)
_FIRST_POSITION = _variances(2 * _POSITION, 1e-2)
_FIRST_VELOCITY = _variances(10 * _VELOCITY, 1e-5)
# Process noise of a position (row 0) and of a velocity (row 1) in one reference frame.
_STEP_NOISE = np.array([_variances(_POSITION, 1e-2), _variances(_VELOCITY, 1e-5)])


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


def _units(means: Float64Array) -> Float64Array:
    """Return (T, 4), what variances of (x, y, a, h) are multiples of."""
    return np.asarray(np.square(means[:, 3:4]) * _SCALED + _ASPECT)


def initiate(measurements: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return means (N, 8), without velocity, and covariances (N, 3, 4) for measurements (N, 4)."""
    means = np.zeros((len(measurements), 8))
    means[:, :4] = measurements
    covariances = np.zeros((len(measurements), 3, 4))
    units = _units(means)
    covariances[:, 0] = units * _FIRST_POSITION
    covariances[:, 2] = units * _FIRST_VELOCITY
    return means, covariances


def _transition(dt: float) -> Float64Array:
    """
    Return (3, 3), what becomes of a block's variances without noise in `dt` reference frames.

    F P F' for F = [[1, dt], [0, 1]] and P = [[p, c], [c, v]], with p, c and v in a column:
    p + 2 dt c + dt^2 v, c + dt v, v.
    """
    return np.array([[1.0, 2 * dt, dt * dt], [0.0, 1.0, dt], [0.0, 0.0, 1.0]])


def _accumulation(dt: float) -> Float64Array:
    """
    Return (3, 2), how often the noise of one step enters p, c and v in `dt` steps.

    Columns: noise of the position, noise of the velocity. The latter, when it entered k steps
    before the end, is in c k times and in p k^2 times; the sums over k = 0 ... dt - 1 are
    dt (dt - 1) / 2 and dt (dt - 1) (2 dt - 1) / 6. Below one step there is no such part.
    """
    product = max(0.0, dt * (dt - 1))
    sum_of_k, sum_of_squares = product / 2, product * (2 * dt - 1) / 6
    return np.array([[dt, sum_of_squares], [0.0, sum_of_k], [0.0, dt]])


def predict(means: Float64Array, covariances: Float64Array,
            dt: float) -> tuple[Float64Array, Float64Array]:
    """Return the states `dt` reference frames later; heights stay positive."""
    later = _transition(dt) @ covariances
    later += _units(means)[:, None] * (_accumulation(dt) @ _STEP_NOISE)
    moved = means.copy()
    moved[:, :4] += dt * means[:, 4:]
    np.maximum(moved[:, 2:4], 0.1 * means[:, 2:4], out=moved[:, 2:4])
    return moved, later


def move(means: Float64Array, covariances: Float64Array,
         motion: Float64Array) -> tuple[Float64Array, Float64Array]:
    """
    Return the states as seen after the camera moved.

    Positions are rotated, scaled and shifted, velocities rotated and scaled, heights scaled,
    aspect ratios kept, and uncertainties with them.

    Args:
        means, covariances: (T, 8) and (T, 3, 4).
        motion: (2, 3), the similarity transform of pixels.
    """
    scale = float(np.hypot(motion[0, 0], motion[1, 0]))
    linear = np.diag([0.0, 0.0, 1.0, scale])  # of rows (x, y, a, h), and of their velocities
    linear[:2, :2] = motion[:, :2].T
    moved = (means.reshape(-1, 2, 4) @ linear).reshape(-1, 8)
    moved[:, :2] += motion[:, 2]
    return moved, covariances * (scale ** 2 * _SCALED + _ASPECT)


def innovation(means: Float64Array, covariances: Float64Array,
               noise_scale: float | Float64Array = 1.0) -> Float64Array:
    """
    Return the variances (T, 4) with which measurements are expected around the means.

    noise_scale: factor on the variance of the measurement itself, one for all or (T,).
    """
    noise = _units(means) * _MEASURED
    return np.asarray(covariances[:, 0] + (noise.T * noise_scale).T)


def update(means: Float64Array, covariances: Float64Array, measurements: Float64Array,
           noise_scale: float | Float64Array = 1.0) -> tuple[Float64Array, Float64Array]:
    """Return the states (M, 8), (M, 3, 4) after one measurement each (M, 4)."""
    gain = covariances[:, :2] / innovation(means, covariances, noise_scale)[:, None]
    residual = measurements - means[:, :4]
    updated = covariances.copy()
    updated[:, :2] -= gain[:, :1] * covariances[:, :2]
    updated[:, 2] -= gain[:, 1] * covariances[:, 1]
    return means + (gain * residual[:, None]).reshape(-1, 8), updated


def mahalanobis(means: Float64Array, covariances: Float64Array,
                measurements: Float64Array) -> Float64Array:
    """Return squared Mahalanobis distances (T, N) of measurements (N, 4) (eq. 1)."""
    # (m - z)^2 / s, summed, as three products of matrices, is quicker but loses digits far out.
    squared = np.square(measurements - means[:, None, :4])
    return np.asarray((squared / innovation(means, covariances)[:, None]).sum(axis=2))
