# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Rays of pixels under every calibration that drivers publish, and rejections of useless ones."""
from __future__ import annotations

import cv2
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.spatial import Calibration, CameraModel
import numpy as np
import pytest

K = (900.0, 0.0, 630.0, 0.0, 910.0, 350.0, 0.0, 0.0, 1.0)
D = {'plumb_bob': (-0.3, 0.12, 0.001, -0.002, -0.02),
     'rational_polynomial': (0.4, -0.2, 0.001, -0.001, 0.02, 0.7, -0.25, 0.03),
     'equidistant': (-0.02, 0.01, -0.003, 0.0004)}
POINTS = np.array([[0.0, 0, 2], [0.9, -0.4, 2], [-1.2, 0.6, 2.5], [0.3, 0.5, 1]])


def calibration(**changes: object) -> Calibration:
    return Calibration(**{'size': (1280, 720), 'k': K, **changes})


def project(points: np.ndarray, model: str, d: tuple[float, ...]) -> np.ndarray:
    """Return pixels as the definitions of the models in OpenCV's manual give them."""
    x, y = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2]
    r = np.hypot(x, y)
    if model == 'equidistant':
        a = np.arctan(r)
        bent = a * (1 + sum(c * a ** (2 * n) for n, c in enumerate(d, 1)))
        f = np.where(r > 0, bent / np.where(r > 0, r, 1), 1)
        u, v = x * f, y * f
    else:
        k1, k2, p1, p2, k3, *rest = (*d, 0, 0, 0)[:8]
        top = 1 + k1 * r ** 2 + k2 * r ** 4 + k3 * r ** 6
        bottom = 1 + sum(c * r ** (2 * n) for n, c in enumerate(rest, 1))
        u = x * top / bottom + 2 * p1 * x * y + p2 * (r ** 2 + 2 * x ** 2)
        v = y * top / bottom + p1 * (r ** 2 + 2 * y ** 2) + 2 * p2 * x * y
    return np.column_stack((K[0] * u + K[2], K[4] * v + K[5]))


@pytest.mark.parametrize('model', D)
def test_rays_undo_the_distortion(model: str) -> None:
    camera = CameraModel(calibration(d=D[model], model=model), 1280, 720)
    expected = POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)
    seen = project(POINTS, model, D[model])
    assert camera.rays(seen) == pytest.approx(expected, abs=1e-5)
    assert camera.pixels(POINTS) == pytest.approx(seen, abs=1e-6)


def test_ideal_fisheye_sees_beyond_ninety_degrees() -> None:
    camera = CameraModel(calibration(k=(300.0, 0, 640, 0, 300, 360, 0, 0, 1),
                                     model='equidistant', d=(0.0,) * 4), 1280, 720)
    rays = camera.rays(np.array([[640.0, 360], [640 + 300 * np.deg2rad(100), 360]]))
    assert rays == pytest.approx(np.array([[0, 0, 1], [np.sin(np.deg2rad(100)), 0,
                                                       np.cos(np.deg2rad(100))]]), abs=1e-9)


def test_no_rays_are_made_up_where_the_distortion_cannot_be_undone() -> None:
    camera = CameraModel(calibration(d=D['plumb_bob']), 1280, 720)
    rays = camera.rays(np.array([[640.0, 360], [90000.0, -50000.0]]))
    assert np.isfinite(rays[0]).all() and np.isnan(rays[1]).all()
    assert camera.rays(np.zeros((0, 2))).shape == (0, 3)


@pytest.mark.parametrize('changes, size, image', [
    ({}, (640, 360), lambda full: full[::2, ::2]),
    ({'binning': (2, 2)}, (640, 360), lambda full: full[::2, ::2]),
    ({'binning': (2, 2)}, (1280, 720), lambda full: full),
    ({'roi': (200, 100, 640, 480)}, (640, 480), lambda full: full[100:580, 200:840]),
    ({'roi': (200, 100, 640, 480), 'binning': (2, 2)}, (320, 240),
     lambda full: full[100:580:2, 200:840:2]),
    ({'roi': (200, 100, 640, 480)}, (1280, 720), lambda full: full)])
def test_cut_binned_and_scaled_images_see_the_same_rays(changes, size, image) -> None:
    """Follow pixels through the very slicing that makes the image."""
    x, y = np.meshgrid(np.arange(1280.0), np.arange(720.0))
    columns, rows = image(x), image(y)
    assert columns.shape == size[::-1]
    step = (columns[0, 1] - columns[0, 0] - 1) / 2  # a binned pixel is the middle of its parts
    reference = CameraModel(calibration(d=D['plumb_bob']), 1280, 720)
    camera = CameraModel(calibration(d=D['plumb_bob'], **changes), *size)
    for u, v in ((0, 0), (100, 50), (size[0] - 1, size[1] - 1)):
        there = np.array([[columns[v, u] + step, rows[v, u] + step]])
        seen = camera.rays(np.array([[float(u), v]]))
        assert seen == pytest.approx(reference.rays(there), abs=1e-9)


@pytest.mark.parametrize('changes, named', [
    ({'k': (0.0,) * 9}, 'matrix [0, 0, 0'), ({'k': K[:8]}, 'matrix [900'),
    ({'size': (0, 0)}, '0x0'),
    ({'k': (np.nan,) * 9}, 'nan'), ({'model': 'thin_prism'}, "'thin_prism'"),
    ({'d': (0.1,) * 15}, '[0.1, 0.1'), ({'d': (np.inf,) * 5}, 'inf'),
    ({'size': (640, 480)}, '640x480')])
def test_useless_calibration_is_rejected_in_one_line(changes: dict[str, object],
                                                     named: str) -> None:
    with pytest.raises(ConfigError) as rejected:
        CameraModel(calibration(**changes), 1280, 720)
    assert named in str(rejected.value) and '\n' not in str(rejected.value)
    assert 'publish' in str(rejected.value) or 'has' in str(rejected.value)


def test_projection_agrees_with_opencv() -> None:
    camera = CameraModel(calibration(d=D['plumb_bob']), 1280, 720)
    seen, _ = cv2.projectPoints(POINTS, np.zeros(3), np.zeros(3), camera.matrix,
                                np.array(D['plumb_bob']))
    assert camera.pixels(POINTS) == pytest.approx(seen[:, 0])


@pytest.mark.parametrize('model, d', [
    ('plumb_bob', (*D['plumb_bob'], 0.0, 0.0, 0.0)), ('pinhole', D['plumb_bob']),
    ('rational_polynomial', D['plumb_bob']), ('plumb_bob', (*D['plumb_bob'],) + (0.0,) * 9)])
def test_what_undistorts_to_the_same_is_accepted(model: str, d: tuple[float, ...]) -> None:
    usual = CameraModel(calibration(d=D['plumb_bob']), 1280, 720)
    camera = CameraModel(calibration(model=model, d=d), 1280, 720)
    assert camera.rays(usual.pixels(POINTS)) == pytest.approx(usual.rays(usual.pixels(POINTS)))


@pytest.mark.parametrize('model', ['plumb_bob', 'pinhole', 'equidistant'])
@pytest.mark.parametrize('count', [0, 1, 5, 8, 14])
def test_any_number_of_zeros_is_no_distortion(model: str, count: int) -> None:
    camera = CameraModel(calibration(model=model, d=(0.0,) * count), 1280, 720)
    none = CameraModel(calibration(model=model), 1280, 720)
    assert camera.pixels(POINTS) == pytest.approx(none.pixels(POINTS))


def test_coefficients_of_another_model_are_named() -> None:
    with pytest.raises(ConfigError, match='8 are those of rational_polynomial'):
        CameraModel(calibration(d=D['rational_polynomial']), 1280, 720)
