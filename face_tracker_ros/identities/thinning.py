# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which of many looks stay: diverse ones, and of those that are alike the better."""
from __future__ import annotations

from collections.abc import Iterable

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


def surplus(rows: Iterable[tuple[int, FloatArray, float, object]], most: int) -> list[int]:
    """
    Return the ids of a person's looks that have to go, so that `most` stay in each space.

    Args:
        rows: id, vector, quality and space of each look.
        most: number of looks to keep.
    """
    spaces: dict[object, list[tuple[int, FloatArray, float]]] = {}
    for number, vector, quality, space in rows:
        spaces.setdefault(space, []).append((number, vector, quality))
    gone = []
    for looks in spaces.values():
        if len(looks) > most:
            numbers, vectors, qualities = zip(*looks)
            stays = kept(np.array(vectors), np.array(qualities), most)
            gone += [number for number, keep in zip(numbers, stays) if not keep]
    return gone
