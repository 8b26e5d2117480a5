# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Rotating faces upright: the similarity that brings five landmarks to where they belong."""
from __future__ import annotations

import math

import cv2
from face_tracker_ros import boxes as box_ops
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, Image
import numpy as np

# A fit that would enlarge or reduce more is no face's.
_SMALLEST, _LARGEST = 1e-3, 1e3
# Residual of the fit, in parts of the template's size, from which the points fit no face.
_WORST_FIT = 0.35
# Landmarks of an upright face, in parts of its box: eyes, nose, corners of the mouth.
_UPRIGHT = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.34, 0.77], [0.66, 0.77]], np.float32)
_TILTED = math.radians(15)  # from here an encoder that was trained on upright faces goes astray


def _rotation(template: FloatArray) -> FloatArray:
    """Return (2 K, 2) which gives, of points (N, 2 K), the parts of sum(q conj(p))."""
    x, y = (template - template.mean(axis=0)).T
    return np.stack([np.stack([x, y], axis=1).ravel(), np.stack([y, -x], axis=1).ravel()], axis=1)


_ROTATED = _rotation(_UPRIGHT)


def fit_similarity(points: FloatArray, template: FloatArray) -> tuple[Float64Array, BoolArray]:
    """
    Return matrices (N, 2, 3) that map points (N, K, 2) nearest to template (K, 2), and which hold.

    Rotation, one scale and shift, least squares: with points as complex numbers p and q around
    their means, the factor is sum(q conj(p)) / sum(|p|^2). A fit does not hold when points are
    not finite, coincide, or stay far from the template.
    """
    with np.errstate(invalid='ignore', divide='ignore', over='ignore'):
        p = points[..., 0].astype(np.float64) + 1j * points[..., 1]
        q = template[:, 0].astype(np.float64) + 1j * template[:, 1]
        p_mean, q_mean = p.mean(axis=1, keepdims=True), q.mean()
        p, q = p - p_mean, q - q_mean
        factor = (q * p.conj()).sum(axis=1) / (np.abs(p) ** 2).sum(axis=1)
        shift = q_mean - factor * p_mean[:, 0]
        rest = np.sqrt((np.abs(factor[:, None] * p - q) ** 2).sum(axis=1)
                       / (np.abs(q) ** 2).sum())
        good = (np.isfinite(factor) & np.isfinite(shift) & (rest < _WORST_FIT)
                & (np.abs(factor) > _SMALLEST) & (np.abs(factor) < _LARGEST))
    matrices = np.stack([np.stack([factor.real, -factor.imag, shift.real], axis=1),
                         np.stack([factor.imag, factor.real, shift.imag], axis=1)], axis=1)
    return matrices, np.asarray(good, bool)


def aligned_crops(image: Image, landmarks: FloatArray, template: FloatArray, aspect: float,
                  size: int) -> tuple[Image, BoolArray]:
    """
    Return upright crops (N, size, size, 3) and which of them could be made; others are black.

    landmarks: (N, 5, 2) in pixels of the image; template: (5, 2) in parts of the crop's sides.
    aspect: width by height of the upright region, which is stretched to the square crop.
    """
    region = np.array([aspect, 1.0], np.float32) * size
    matrices, good = fit_similarity(landmarks, template * region)
    matrices[:, 0] /= aspect
    crops = np.zeros((len(landmarks), size, size, 3), np.uint8)
    for row in np.flatnonzero(good):
        cv2.warpAffine(image, matrices[row], (size, size), dst=crops[row],
                       flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return crops, good


def tilts(landmarks: FloatArray) -> Float64Array:
    """
    Return by how many radians (N,) heads are tilted, clockwise; 0 where landmarks fit no face.

    landmarks: (N, 5, 2) in pixels.
    """
    matrices, good = fit_similarity(landmarks, _UPRIGHT)
    return np.where(good, -np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]), 0)


def _maybe_tilted(landmarks: FloatArray) -> BoolArray:
    """
    Return which heads (N,) are tilted by more than _TILTED, if their landmarks fit a face.

    The rotation of `fit_similarity`, by itself: sum(q conj(p)) is sums of products, and as the
    q add up to nothing, p needs not be around its mean.
    """
    rotated = landmarks.reshape(len(landmarks), -1) @ _ROTATED
    with np.errstate(invalid='ignore'):
        return np.asarray(np.abs(rotated[:, 1]) > math.tan(_TILTED) * rotated[:, 0])


def box_crops(image: Image, boxes: FloatArray, landmarks: FloatArray | None, size: int,
              scale: float) -> Image:
    """
    Return the crops (N, size, size, 3) of `square_crops`, those of tilted heads upright.

    boxes: (N, 4), usable ones; landmarks: (N, 5, 2) or None, pixels of the image.
    """
    crops = box_ops.square_crops(image, boxes, size, scale)
    if landmarks is None or not _maybe_tilted(landmarks).any():
        return crops
    angles = tilts(landmarks)
    for row in np.flatnonzero(np.abs(angles) > _TILTED):
        wide = math.ceil(size * math.sqrt(2))  # so that the corners are there after the rotation
        around = box_ops.square_crops(image, boxes[row:row + 1], wide, scale * wide / size)[0]
        matrix = np.asarray(cv2.getRotationMatrix2D((wide / 2, wide / 2),
                                                    math.degrees(angles[row]), 1), np.float64)
        matrix[:, 2] -= (wide - size) / 2
        cv2.warpAffine(around, matrix, (size, size), dst=crops[row], flags=cv2.INTER_LINEAR)
    return crops
