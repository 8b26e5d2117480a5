# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The motion filter against numbers worked by hand, and its laws."""
from face_tracker_ros.tracking import kalman
from hypothesis import given, strategies as st
import numpy as np
import pytest

BOX = np.array([[80, 60, 120, 160]], np.float32)  # centre (100, 110), aspect 0.4, height 100


def start():
    return kalman.initiate(kalman.to_measurements(BOX))


def test_measurement_is_centre_aspect_height_and_back():
    measured = kalman.to_measurements(BOX)
    np.testing.assert_allclose(measured, [[100, 110, 0.4, 100]], rtol=1e-6)
    np.testing.assert_allclose(kalman.to_boxes(measured), BOX, rtol=1e-6)


def test_new_track_rests_with_the_published_uncertainty():
    mean, covariance = start()
    np.testing.assert_allclose(mean[0], [100, 110, 0.4, 100, 0, 0, 0, 0], rtol=1e-6)
    # 2/20 of the height, and 10/160 of it a frame: 10 and 6.25 pixels
    np.testing.assert_allclose(np.sqrt(covariance[0]), [[10, 10, 1e-2, 10], [0, 0, 0, 0],
                                                        [6.25, 6.25, 1e-5, 6.25]])


def test_predict_moves_by_velocity_and_widens():
    mean, covariance = start()
    mean[0, 4:6] = 3, -2
    mean, covariance = kalman.predict(mean, covariance, 1.0)
    np.testing.assert_allclose(mean[0, :4], [103, 108, 0.4, 100], rtol=1e-6)
    # 10^2 + 6.25^2 + (100/20)^2, and 6.25^2 + (100/160)^2
    assert covariance[0, 0, 0] == pytest.approx(100 + 39.0625 + 25)
    assert covariance[0, 1, 0] == pytest.approx(39.0625)
    assert covariance[0, 2, 0] == pytest.approx(39.0625 + 0.390625)


def test_update_weighs_prediction_and_measurement_by_variance():
    mean, covariance = start()
    mean, covariance = kalman.update(mean, covariance, np.array([[110, 110, 0.4, 100.]]))
    # prior variance 100, measurement (100/20)^2 = 25: gain 0.8
    np.testing.assert_allclose(mean[0, :4], [108, 110, 0.4, 100], rtol=1e-6)
    assert covariance[0, 0, 0] == pytest.approx(100 - 0.8 * 100)


def test_less_measurement_noise_trusts_the_measurement_more():
    mean, covariance = start()
    sure, _ = kalman.update(mean, covariance, np.array([[110, 110, 0.4, 100.]]), np.array([0.04]))
    assert sure[0, 0] == pytest.approx(100 + 10 * 100 / 101)


def test_mahalanobis_by_hand():
    mean, covariance = start()
    moved = np.array([[100 + 11.180339887, 110, 0.4, 100], [100, 110, 0.4, 100]])
    # innovation variance 100 + 25 = 125 = 11.18^2: one standard deviation
    np.testing.assert_allclose(kalman.mahalanobis(mean, covariance, moved), [[1, 0]], atol=1e-9)


def test_gate_is_the_095_quantile_of_chi_square_with_4_degrees():
    from scipy.stats import chi2
    assert kalman.GATE == pytest.approx(chi2.ppf(0.95, 4), abs=1e-4)


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_two_steps_predict_what_one_does(first, second):
    mean, covariance = start()
    mean[0, 4:] = 1, 2, 0, 0
    once, _ = kalman.predict(mean, covariance, first + second)
    twice, _ = kalman.predict(*kalman.predict(mean, covariance, first), second)
    np.testing.assert_allclose(twice, once, rtol=1e-9)


@given(st.floats(0.05, 20))
def test_filter_scales_with_the_image(scale):
    factor = np.array([scale, scale, 1, scale])
    mean, covariance = start()
    large = kalman.initiate(kalman.to_measurements(BOX) * factor)
    seen = np.array([[112, 95, 0.45, 108.]])
    small_mean, _ = kalman.update(*kalman.predict(mean, covariance, 1.0), seen)
    large_mean, _ = kalman.update(*kalman.predict(*large, 1.0), seen * factor)
    np.testing.assert_allclose(large_mean[0, :4], small_mean[0, :4] * factor, rtol=1e-6)


def test_heights_stay_positive_however_fast_they_shrink():
    mean, covariance = start()
    mean[0, 7] = -1000
    mean, _ = kalman.predict(mean, covariance, 5.0)
    assert mean[0, 3] > 0


def full(covariance):
    """Return a track's (8, 8) covariance, as the paper writes it, of its (3, 4) blocks."""
    matrix = np.zeros((8, 8))
    for row, (first, second) in enumerate([(0, 0), (0, 4), (4, 4)]):
        matrix[range(first, first + 4), range(second, second + 4)] = covariance[row]
        matrix[range(second, second + 4), range(first, first + 4)] = covariance[row]
    return matrix


def textbook(mean, covariance, dt, measured, noise, motion):
    """Return `dt` predictions, a move and an update of the filter in full (8, 8) matrices."""
    height = mean[3]
    step = np.eye(8)
    step[:4, 4:] = np.eye(4)
    side, pace = height / 20, height / 160
    added = np.diag(np.square([side, side, 1e-2, side, pace, pace, 1e-5, pace]))
    for _ in range(dt):
        mean, covariance = step @ mean, step @ covariance @ step.T + added
    turn = np.eye(8)
    turn[:2, :2] = turn[4:6, 4:6] = motion[:, :2]
    turn[3, 3] = turn[7, 7] = np.sqrt(np.linalg.det(motion[:, :2]))
    mean, covariance = turn @ mean, turn @ covariance @ turn.T
    mean[:2] += motion[:, 2]
    seen = np.eye(4, 8)
    side = mean[3] / 20
    expected = seen @ covariance @ seen.T + noise * np.diag(np.square([side, side, 0.1, side]))
    gain = covariance @ seen.T @ np.linalg.inv(expected)
    return mean + gain @ (measured - seen @ mean), covariance - gain @ expected @ gain.T


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0.05, 1), st.floats(-0.3, 0.3),
                          st.floats(0.8, 1.2), st.floats(-20, 20)), min_size=1, max_size=8))
def test_the_blocks_are_the_whole_covariance_whatever_the_camera_does(steps):
    mean, covariance = start()
    one, whole = mean[0], full(covariance[0])
    for row, (dt, noise, angle, size, shift) in enumerate(steps):
        turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        motion = np.column_stack((turn, (shift, -shift)))
        measured = np.array([100 + 5.0 * row, 110 - 2.0 * row, 0.4 + 0.01 * row, 100 + row])
        one, whole = textbook(one, whole, dt, measured, noise, motion)
        mean, covariance = kalman.predict(mean, covariance, dt)
        mean, covariance = kalman.move(mean, covariance, motion)
        mean, covariance = kalman.update(mean, covariance, measured[None], noise)
    np.testing.assert_allclose(mean[0], one, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(full(covariance[0]), whole, rtol=1e-6, atol=1e-8)
