# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which of many looks stay: diverse ones, and of those that are alike the better."""
from __future__ import annotations

from face_tracker_ros.types import BoolArray, Float64Array, FloatArray
import numpy as np


def kept(vectors: FloatArray, qualities: Float64Array, most: int) -> BoolArray:
    """
    Return which vectors (N,) stay when there is room for `most`.

    Of the two that are most alike the one of poorer quality goes, until all fit.

    Args:
        vectors: (N, D), unit length.
        qualities: (N,).
        most: number of vectors to keep.
    """
    stays = np.ones(len(vectors), bool)
    alike = np.asarray(vectors @ vectors.T, np.float64)
    np.fill_diagonal(alike, -np.inf)
    while stays.sum() > most:
        first, second = np.unravel_index(int(alike.argmax()), alike.shape)
        gone = first if qualities[first] < qualities[second] else second
        stays[gone] = False
        alike[gone] = alike[:, gone] = -np.inf
    return stays
