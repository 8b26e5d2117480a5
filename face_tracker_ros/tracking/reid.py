# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Re-identification: the people who left, and which of them a new face is."""
from __future__ import annotations

from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray
import numpy as np

_SAME = 0.35  # cosine distance up to which two ids that are remembered are one person's
_MOST = 1000  # people remembered; the one who left first is forgotten


class Departed:
    """People who left: id, sum of embeddings (as in the gallery), first and last sure stamp."""

    def __init__(self) -> None:
        """Remember nobody."""
        self.id = np.zeros(0, np.intp)
        self.sums = np.zeros((0, 0), np.float32)
        self.first_seen = np.zeros(0)
        self.last_sure = np.zeros(0)

    def add(self, ids: IntArray, sums: FloatArray, first_seen: Float64Array,
            last_sure: Float64Array) -> None:
        """Remember people (M,) with their sums of embeddings (M, D)."""
        if not len(ids):
            return
        old = self.sums if len(self.id) else np.zeros((0, sums.shape[1]), np.float32)
        self.id = np.concatenate((self.id, ids))[-_MOST:]
        self.sums = np.concatenate((old, sums))[-_MOST:]
        self.first_seen = np.concatenate((self.first_seen, first_seen))[-_MOST:]
        self.last_sure = np.concatenate((self.last_sure, last_sure))[-_MOST:]

    def keep(self, rows: BoolArray) -> None:
        """Forget the people that the mask leaves out."""
        self.id, self.sums = self.id[rows], self.sums[rows]
        self.first_seen, self.last_sure = self.first_seen[rows], self.last_sure[rows]


def recognise(new: FloatArray, known: FloatArray, possible: BoolArray, itself: BoolArray,
              apart: BoolArray, max_distance: float, margin: float) -> list[tuple[int, int]]:
    """
    Return pairs (row of `new`, row of `known`) that are surely the same person.

    A pair counts when it is possible, at most `max_distance` apart (cosine), nearer by `margin`
    than everybody else known, impossible ones included (rank-based verification, Barquero et al.
    2021), and no other new face is nearer to that person. Two who are alike and were never seen
    at one time are one person under two ids, and no rivals.

    Args:
        new, known: (M, D) and (K, D) unit vectors.
        possible: (M, K), False where the two were seen at one time.
        itself: (M, K), True where a row of `new` is among `known`.
        apart: (K, K), True where two who left were never seen at one time.
        max_distance, margin: cosine distances.
    """
    if not len(new) or not len(known):
        return []
    distance = np.where(itself, np.inf, 1 - (new @ known.T).astype(np.float64))
    best = distance.argmin(axis=1)
    nearest = distance[np.arange(len(new)), best]
    others = distance.copy()
    others[np.arange(len(new)), best] = np.inf
    others[apart[best] & (1 - known[best] @ known.T <= _SAME)] = np.inf
    with np.errstate(invalid='ignore'):
        clear = others.min(axis=1) - nearest >= margin
    sure = possible[np.arange(len(new)), best] & (nearest <= max_distance) & clear
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for row in np.argsort(nearest, kind='stable'):
        if sure[row] and int(best[row]) not in taken:
            taken.add(int(best[row]))
            pairs.append((int(row), int(best[row])))
    return pairs
