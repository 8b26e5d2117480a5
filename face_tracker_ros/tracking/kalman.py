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

# Variances of (x, y, a, h): shares of the squared height, but for the aspect ratio plain numbers.
_SCALED = np.array([1.0, 1.0, 0.0, 1.0])
_ASPECT = np.array([0.0, 0.0, 1.0, 0.0])


def _variances(scaled: float, aspect: float) -> Float64Array:
    """Return the variances (4,), as multiples of `_units`, for these standard deviations."""
    return np.asarray(scaled ** 2 * _SCALED + aspect ** 2 * _ASPECT)


_MEASURED = _variances(_POSITION, 1e-1)
_FIRST_PLACE = _variances(2 * _POSITION, 1e-2)
_FIRST_PACE = _variances(10 * _VELOCITY, 1e-5)
# Of a position and of a velocity in a reference frame.
_NOISE = np.array([_variances(_POSITION, 1e-2), _variances(_VELOCITY, 1e-5)])


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
    """Return means (N, 8) at rest and covariances (N, 3, 4) for first measurements (N, 4)."""
    means = np.zeros((len(measurements), 8))
    means[:, :4] = measurements
    covariances = np.zeros((len(measurements), 3, 4))
    units = _units(means)
    covariances[:, 0] = units * _FIRST_PLACE
    covariances[:, 2] = units * _FIRST_PACE
    return means, covariances


def predict(means: Float64Array, covariances: Float64Array,
            dt: float) -> tuple[Float64Array, Float64Array]:
    """Return the states `dt` reference frames later; heights stay positive."""
    more = max(0.0, dt * (dt - 1))
    noise = np.array([[dt, more * (2 * dt - 1) / 6], [0.0, more / 2], [0.0, dt]]) @ _NOISE
    later = np.array([[1.0, 2 * dt, dt * dt], [0.0, 1.0, dt], [0.0, 0.0, 1.0]]) @ covariances
    later += _units(means)[:, None] * noise
    moved = means.copy()
    moved[:, :4] += dt * means[:, 4:]
    np.maximum(moved[:, 2:4], 0.1 * means[:, 2:4], out=moved[:, 2:4])
    return moved, later


def move(means: Float64Array, covariances: Float64Array,
         motion: Float64Array) -> tuple[Float64Array, Float64Array]:
    """
    Return the states as seen after the camera moved.

    motion: (2, 3), the similarity transform of pixels. Positions are turned, scaled and shifted,
    velocities turned and scaled, heights scaled, and uncertainties with them.
    """
    size = float(np.hypot(motion[0, 0], motion[1, 0]))
    change = np.diag([0.0, 0.0, 1.0, size])
    change[:2, :2] = motion[:, :2].T
    moved = (means.reshape(-1, 2, 4) @ change).reshape(-1, 8)
    moved[:, :2] += motion[:, 2]
    return moved, covariances * (size ** 2 * _SCALED + _ASPECT)


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
    surprise = measurements - means[:, :4]
    known = covariances.copy()
    known[:, :2] -= gain[:, :1] * covariances[:, :2]
    known[:, 2] -= gain[:, 1] * covariances[:, 1]
    return means + (gain * surprise[:, None]).reshape(-1, 8), known


def mahalanobis(means: Float64Array, covariances: Float64Array,
                measurements: Float64Array) -> Float64Array:
    """Return squared Mahalanobis distances (T, N) of measurements (N, 4) (eq. 1)."""
    # (m - z)^2 / s, summed, as three products of matrices, is quicker but loses digits far out.
    squared = np.square(measurements - means[:, None, :4])
    return np.asarray((squared / innovation(means, covariances)[:, None]).sum(axis=2))
