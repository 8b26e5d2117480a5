# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What faces looked like: a ring of embeddings and a running mean for each track."""
from __future__ import annotations

from typing import Any

from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray
from face_tracker_ros.vectors import unit
import numpy as np
import numpy.typing as npt


class Gallery:
    """
    Embeddings of many people in one block of memory; a person is a slot (row).

    Every slot holds the last `size` embeddings (Wojke et al. 2017, section 2.2, L_k) and the
    weighted mean of all it was given, with weights that fade by `memory` at every addition.
    """

    def __init__(self, size: int, memory: float = 0.95) -> None:
        """Keep `size` embeddings a slot; `memory` is 0 to 1, the share that stays of the mean."""
        self._size = size
        self._memory = memory
        self._rings = np.zeros((0, size, 0), np.float32)
        self._sums = np.zeros((0, 0), np.float32)
        self._counts = np.zeros(0, np.intp)
        self._free: list[int] = []

    def open(self, count: int) -> IntArray:
        """Return `count` empty slots."""
        while len(self._free) < count:
            self._grow(max(8, len(self._counts)))
        slots = np.array([self._free.pop() for _ in range(count)], np.intp)
        self._counts[slots] = 0
        self._sums[slots] = 0
        return slots

    def close(self, slots: IntArray) -> None:
        """Give slots back; what they held is forgotten."""
        self._free.extend(int(slot) for slot in slots)

    def counts(self, slots: IntArray) -> IntArray:
        """Return how many embeddings each slot was given."""
        return self._counts[slots]

    def add(self, slots: IntArray, embeddings: FloatArray, weights: Float64Array) -> None:
        """Add one embedding (M, D) with a weight above 0 to each of M different slots."""
        if not len(slots):
            return
        self._fit(embeddings.shape[1])
        self._rings[slots, self._counts[slots] % self._size] = embeddings
        self._sums[slots] = (self._memory * self._sums[slots]
                             + (weights[:, None] * embeddings).astype(np.float32))
        self._counts[slots] += 1

    def sums(self, slots: IntArray) -> FloatArray:
        """Return the weighted sums (M, D) of what the slots were given; zeros when empty."""
        return self._sums[slots]

    def recall(self, slot: int, total: FloatArray) -> None:
        """Add to a slot's sum what is remembered of the same person (D,)."""
        self._sums[slot] += total

    def nearest(self, slots: IntArray, embeddings: FloatArray) -> Float64Array:
        """
        Return the smallest cosine distances (M, N) of embeddings (N, D) to each ring (eq. 3).

        2, the largest there is, where a slot is empty or an embedding is not finite.
        """
        known, distances = self._comparable(slots, embeddings)
        rows = embeddings[known]
        if len(slots) and len(rows) and self._rings.shape[2]:
            used = self._rings[slots]
            filled = np.arange(self._size)[None, :] < self._counts[slots][:, None]
            cosine = (used.reshape(-1, used.shape[2]) @ rows.T).reshape(*used.shape[:2], -1)
            best = np.where(filled[:, :, None], cosine, -1).max(axis=1)
            distances[:, known] = 1 - best
        return distances

    def to_mean(self, slots: IntArray, embeddings: FloatArray) -> Float64Array:
        """Return cosine distances (M, N) to the slots' means; 2 where there is nothing."""
        known, distances = self._comparable(slots, embeddings)
        if len(slots) and known.any() and self._sums.shape[1]:
            near = 1 - (unit(self._sums[slots]) @ embeddings[known].T).astype(np.float64)
            distances[:, known] = np.where(self._counts[slots][:, None] > 0, near, 2)
        return distances

    def _comparable(self, slots: IntArray,
                    embeddings: FloatArray) -> tuple[BoolArray, Float64Array]:
        known = np.asarray(np.isfinite(embeddings).all(axis=1))
        return known, np.full((len(slots), len(embeddings)), 2.0)

    def _fit(self, dimension: int) -> None:
        if self._rings.shape[2] == 0:
            capacity = len(self._counts)
            self._rings = np.zeros((capacity, self._size, dimension), np.float32)
            self._sums = np.zeros((capacity, dimension), np.float32)
        elif self._rings.shape[2] != dimension:
            raise ValueError(f'embeddings of {dimension} values in a gallery of '
                             f'{self._rings.shape[2]}: reset the tracker when the encoder changes')

    def _grow(self, count: int) -> None:
        capacity = len(self._counts)
        self._rings = _longer(self._rings, count)
        self._sums = _longer(self._sums, count)
        self._counts = _longer(self._counts, count)
        self._free.extend(range(capacity + count - 1, capacity - 1, -1))


def _longer(rows: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    return np.concatenate((rows, np.zeros((count, *rows.shape[1:]), rows.dtype)))
