# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Positions of faces: range from their size or from a depth image, with covariances."""
from __future__ import annotations

from dataclasses import dataclass

from face_tracker_ros.boxes import usable
from face_tracker_ros.spatial.camera import CameraModel
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray
import numpy as np
import numpy.typing as npt

ASPECT = 1.41  # height / width of the detector's boxes, median of frontal faces
DEPTH = 0.8  # extent of a face along the view, in widths; only for the box that is published
_BOX_NOISE = 0.04  # standard deviation of a box centre, lag of the filter included, in box sizes
_CUT_SPREAD = 2.0  # factor on the spread of faces cut by the border
_BORDER = 1.5  # pixels; a side so near to the border may be cut
_CENTRAL = 0.5  # share of the box, in x and y, whose depth is used
_LEAST_SHARE = 0.1  # of the central pixels that must have a depth
_LEAST_PIXELS = 4
_DEPTH_SPREAD = 0.01  # relative error of depth sensors that the pixels of one face share
_NEAREST, _FARTHEST = 0.05, 200.0  # metres; other depths are errors


@dataclass(frozen=True)
class FacePrior:
    """
    How large faces are.

    Attributes:
        size: metres, geometric mean of width and height of an adult's face box as the detector
            gives it.
        spread: relative standard deviation of that between people and views.
    """

    size: float = 0.16
    spread: float = 0.1


@dataclass(frozen=True)
class Located:
    """
    Faces in the optical frame (x right, y down, z forward).

    Attributes:
        rows: (N,), which boxes could be located.
        points: (N, 3), metres.
        covariances: (N, 3, 3), square metres.
        sizes: (N, 3), extent in metres along x, y, z.
        from_depth: (N,), whether the range was measured by the depth image.
    """

    rows: npt.NDArray[np.intp]
    points: Float64Array
    covariances: Float64Array
    sizes: Float64Array
    from_depth: BoolArray


def locate(boxes: FloatArray, camera: CameraModel, prior: FacePrior = FacePrior(),
           depths: Float64Array | None = None, sideways: bool = False) -> Located:
    """
    Return the positions of faces.

    Args:
        boxes: (N, 4), pixels.
        camera: fitted to the size of the image.
        prior: size of faces.
        depths: (N, 2), median z of each face and its standard deviation in metres, as from
            `face_depths`; faces whose depth is NaN, or all without it, are ranged by their size.
        sideways: whether faces lie on their side in the image (`image_rotation` of 90 or 270).
    """
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    good = np.flatnonzero(usable(corners))
    corners = corners[good]
    centre = (corners[:, :2] + corners[:, 2:]) / 2
    ray = camera.rays(centre)
    distance, spread = _by_size(corners, centre, camera, prior,
                                1 / ASPECT if sideways else ASPECT)
    along = distance * spread
    measured = np.zeros(len(corners), bool)
    if depths is not None:
        with np.errstate(invalid='ignore', divide='ignore'):
            by_depth, depth_spread = depths[good].T / ray[:, 2]
            measured = np.isfinite(by_depth) & (by_depth > 0)
        distance = np.where(measured, by_depth, distance)
        along = np.where(measured, depth_spread, along)
    side = np.sqrt(np.prod(corners[:, 2:] - corners[:, :2], axis=1))
    across = distance * np.hypot(0.5, _BOX_NOISE * side) / camera.focal
    outer = np.einsum('ni,nj->nij', ray, ray)
    covariance = across[:, None, None] ** 2 * (np.eye(3) - outer) \
        + along[:, None, None] ** 2 * outer
    sides = distance[:, None] * (corners[:, 2:] - corners[:, :2]) / np.diag(camera.matrix)[:2]
    points = distance[:, None] * ray
    size = np.column_stack((sides, DEPTH * sides[:, 1 if sideways else 0]))
    rows = np.flatnonzero(np.isfinite(covariance).all(axis=(1, 2)) & (distance > 0)
                          & np.isfinite(size).all(axis=1))
    return Located(good[rows], points[rows], covariance[rows], size[rows],
                   np.asarray(measured[rows], bool))


def _by_size(boxes: Float64Array, centre: Float64Array, camera: CameraModel,
             prior: FacePrior, aspect: float) -> tuple[Float64Array, Float64Array]:
    """
    Return distances (N,) and their relative standard deviations.

    A sphere-like head subtends the same angle wherever it is seen, so ranges come from angles
    and not from sizes on the image plane. A side at the border may be cut: then the other one
    is used alone; the spread grows in either case.
    """
    width, height = camera.size
    middles = [np.column_stack(pair) for pair in (
        (boxes[:, 0], centre[:, 1]), (boxes[:, 2], centre[:, 1]),
        (centre[:, 0], boxes[:, 1]), (centre[:, 0], boxes[:, 3]))]
    left, right, top, bottom = (camera.rays(middle) for middle in middles)
    with np.errstate(invalid='ignore', divide='ignore'):
        by_width = prior.size / np.sqrt(aspect) / _opening(left, right)
        by_height = prior.size * np.sqrt(aspect) / _opening(top, bottom)
        cut_x = (boxes[:, 0] < _BORDER) | (boxes[:, 2] > width - _BORDER)
        cut_y = (boxes[:, 1] < _BORDER) | (boxes[:, 3] > height - _BORDER)
        distance = np.where(cut_x & ~cut_y, by_height,
                            np.where(cut_y & ~cut_x, by_width, np.sqrt(by_width * by_height)))
        pixels = np.hypot(_BOX_NOISE, 0.5 / np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)))
    spread = np.hypot(prior.spread * np.where(cut_x | cut_y, _CUT_SPREAD, 1.0), pixels)
    return distance, spread


def _opening(a: Float64Array, b: Float64Array) -> Float64Array:
    """Return the length (N,) that unit rays a, b (N, 3) span at distance 1, seen from ahead."""
    # 2 tan(angle / 2), without the arc: |a - b| = 2 sin, |a + b| = 2 cos of half the angle
    chord = np.linalg.norm(a - b, axis=1)
    return np.asarray(2 * chord / np.linalg.norm(a + b, axis=1), np.float64)


def face_depths(boxes: FloatArray, depth: npt.NDArray[np.generic], image_size: tuple[int, int],
                scale: float) -> Float64Array:
    """
    Return the depth of each face from a depth image.

    Only the central part of each box is used, where there is face and no background.

    Args:
        boxes: (N, 4), pixels of the colour image.
        depth: (H, W), registered to that image, of any size; 0, NaN and infinity are unknown.
        image_size: width and height of the colour image.
        scale: metres in one unit of `depth`.

    Returns:
        (N, 2): median and its standard deviation in metres; NaN where unknown.
    """
    rows = np.full((len(boxes), 2), np.nan)
    height, width = depth.shape
    ratio = np.tile(np.array([width, height], np.float64) / image_size, 2)
    for row, box in zip(rows, np.asarray(boxes, np.float64) * ratio):
        centre, half = (box[:2] + box[2:]) / 2, _CENTRAL * (box[2:] - box[:2]) / 2
        if not np.isfinite(box).all():
            continue
        x0, y0 = np.clip(np.floor(centre - half), 0, (width, height)).astype(int)
        x1, y1 = np.clip(np.ceil(centre + half), 0, (width, height)).astype(int)
        values = depth[y0:y1, x0:x1].astype(np.float64).ravel() * scale
        with np.errstate(invalid='ignore'):
            known = values[(values > _NEAREST) & (values < _FARTHEST)]
        if len(known) < max(_LEAST_PIXELS, _LEAST_SHARE * len(values)):
            continue
        middle = float(np.median(known))
        relief = 1.4826 * float(np.median(np.abs(known - middle)))
        row[:] = middle, np.hypot(relief, _DEPTH_SPREAD * middle)
    return rows
