# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Turning a face upright by its landmarks, for encoders that were trained on aligned faces."""
from __future__ import annotations

import cv2
from face_tracker_ros.types import Float64Array, FloatArray, Image
import numpy as np

_SHRINK = 2.0  # times smaller, from which neighbouring pixels have to be averaged first


def warp(image: Image, landmarks: FloatArray, size: int, template: FloatArray) -> Image:
    """
    Return the face as an upright crop (size, size, 3) of a uint8 BGR image (H, W, 3).

    landmarks: (5, 2) in pixels of the image, finite and not all at one place. template: (5, 2),
    where they belong in the crop, in its pixels. The crop is moved, turned and scaled alike in
    both directions so that the points come nearest to the template (least squares); what lies
    outside the image repeats its border.
    """
    matrix = similarity(landmarks, template)
    shrink = 1 / float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if shrink > _SHRINK:
        image, matrix = _reduced(image, matrix, size, shrink)
    crop = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def similarity(source: FloatArray, target: FloatArray) -> Float64Array:
    """Return the (2, 3) similarity that brings points (N, 2) nearest to others (N, 2)."""
    z, w = (points.astype(np.float64) @ np.array([1, 1j]) for points in (source, target))
    centred = z - z.mean()
    turn = np.vdot(centred, w) / np.vdot(centred, centred).real
    shift = w.mean() - turn * z.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _reduced(image: Image, matrix: Float64Array, size: int,
             shrink: float) -> tuple[Image, Float64Array]:
    """Return the part of the image that the crop shows, made smaller, and the matrix for it."""
    back = np.linalg.inv(np.vstack((matrix, (0, 0, 1))))
    corners = back @ np.array([[0, size, 0, size], [0, 0, size, size], [1, 1, 1, 1]])
    limits = np.array(image.shape[1::-1]) - 1
    low = np.clip(np.floor(corners[:2].min(axis=1)) - shrink, 0, limits).astype(int)
    high = np.clip(np.ceil(corners[:2].max(axis=1)) + shrink, low + 1, limits + 1).astype(int)
    sides = high - low
    fewer = np.maximum(np.rint(sides / shrink), 1).astype(int)
    small = cv2.resize(image[low[1]:high[1], low[0]:high[0]], (int(fewer[0]), int(fewer[1])),
                       interpolation=cv2.INTER_AREA)
    scale = sides / fewer  # of a pixel, whose centre is at its middle
    grow = np.array([[scale[0], 0, low[0] + scale[0] / 2 - 0.5],
                     [0, scale[1], low[1] + scale[1] / 2 - 0.5], [0, 0, 1]])
    return np.asarray(small, np.uint8), matrix @ grow
