# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Galleries: some embeddings and a running mean for each track."""
from __future__ import annotations

from typing import Any

from face_tracker_ros.types import Float64Array, FloatArray, IntArray
from face_tracker_ros.vectors import unit
import numpy as np
import numpy.typing as npt

_ALIKE = 0.8  # cosine from which two embeddings count as the same appearance


class Gallery:
    """
    Embeddings of many people in one block of memory; a person is a slot (row).

    Every slot holds `size` embeddings: the last ones (Wojke et al. 2017, section 2.2, L_k) or,
    when `diverse`, one for each appearance: a new one replaces the one it is most like, where
    that is alike or the slot is full. In addition there is the weighted mean of all that the
    slot was given, with weights that fade by `memory` at every addition.
    """

    def __init__(self, size: int, diverse: bool = False, memory: float = 0.95) -> None:
        """Keep `size` embeddings a slot; `memory` is 0 to 1, the share that stays of the mean."""
        self._size = size
        self._diverse = diverse
        self._memory = memory
        self._kept = np.zeros((0, size, 0), np.float32)
        self._sums = np.zeros((0, 0), np.float32)
        self._means = np.zeros((0, 0), np.float32)
        self._filled = np.zeros(0, np.intp)
        self._counts = np.zeros(0, np.intp)
        self._free: list[int] = []

    def open(self, count: int) -> IntArray:
        """Return `count` empty slots."""
        while len(self._free) < count:
            self._grow(max(8, len(self._counts)))
        slots = np.array([self._free.pop() for _ in range(count)], np.intp)
        self._counts[slots] = self._filled[slots] = 0
        self._sums[slots] = 0
        self._kept[slots] = 0
        return slots

    def close(self, slots: IntArray) -> None:
        """Free the slots; what they held is forgotten."""
        self._free.extend(int(slot) for slot in slots)

    def counts(self, slots: IntArray) -> IntArray:
        """Return how many embeddings each slot was given."""
        return self._counts[slots]

    def add(self, slots: IntArray, embeddings: FloatArray, weights: FloatArray) -> None:
        """Add one embedding (M, D) with a weight above 0 to each of M different slots."""
        if not len(slots):
            return
        self._fit(embeddings.shape[1])
        self._kept[slots, self._columns(slots, embeddings)] = embeddings
        sums = self._memory * self._sums[slots] + weights[:, None] * embeddings
        self._sums[slots] = sums
        self._means[slots] = unit(sums)
        self._counts[slots] += 1

    def sums(self, slots: IntArray) -> FloatArray:
        """Return the weighted sums (M, D) of what the slots were given; zeros when empty."""
        return self._sums[slots]

    def recall(self, slot: int, total: FloatArray) -> None:
        """Add to a slot's sum what is remembered of the same person (D,)."""
        self._sums[slot] += total
        self._means[slot] = unit(self._sums[slot:slot + 1])[0]

    def nearest(self, slots: IntArray, embeddings: FloatArray) -> Float64Array:
        """
        Return the smallest cosine distances (M, N) of embeddings (N, D) to each slot (eq. 3).

        2, the largest there is, where a slot is empty or an embedding is not finite.
        """
        known = np.isfinite(embeddings).all(axis=1)
        distances = np.full((len(slots), len(embeddings)), 2.0)
        rows = embeddings[known]
        if len(slots) and len(rows) and self._kept.shape[2]:
            used = self._kept[slots]
            filled = np.arange(self._size)[None, :] < self._filled[slots][:, None]
            cosine = (used.reshape(-1, used.shape[2]) @ rows.T).reshape(*used.shape[:2], -1)
            best = np.where(filled[:, :, None], cosine, -1).max(axis=1)
            distances[:, known] = 1 - best
        return distances

    def distance(self, slots: IntArray, embeddings: FloatArray) -> Float64Array:
        """
        Return cosine distances (P,) of embeddings (P, D) to one slot each.

        Halfway between that to the mean and that to the nearest embedding; 2, the largest there
        is, where a slot is empty or an embedding is not finite.
        """
        if not len(slots) or not self._kept.shape[2]:
            return np.full(len(slots), 2.0)
        nearest = self._cosines(slots, embeddings).max(axis=1)
        mean = np.einsum('pd,pd->p', self._means[slots], embeddings)
        found = 1 - (nearest.astype(np.float64) + mean) / 2
        return np.where((self._counts[slots] > 0) & np.isfinite(found), found, 2.0)

    def _cosines(self, slots: IntArray, embeddings: FloatArray) -> FloatArray:
        """Return (P, size) of embeddings (P, D) with what is in one slot each, -inf unfilled."""
        cosine = np.matmul(self._kept[slots], embeddings[:, :, None])[:, :, 0]
        cosine[np.arange(self._size)[None, :] >= self._filled[slots][:, None]] = -np.inf
        return np.asarray(cosine)

    def _columns(self, slots: IntArray, embeddings: FloatArray) -> IntArray:
        """Return at which index of their slots (M,) the embeddings (M, D) are to be kept."""
        if not self._diverse:
            columns = self._counts[slots] % self._size
            self._filled[slots] = np.minimum(self._filled[slots] + 1, self._size)
            return columns
        filled = self._filled[slots]
        cosine = self._cosines(slots, embeddings)
        best = cosine.argmax(axis=1)
        alike = cosine[np.arange(len(slots)), best] >= _ALIKE
        columns = np.where(alike | (filled == self._size), best, filled)
        self._filled[slots] = np.maximum(filled, columns + 1)
        return columns

    def _fit(self, dimension: int) -> None:
        if self._kept.shape[2] == 0:
            capacity = len(self._counts)
            self._kept = np.zeros((capacity, self._size, dimension), np.float32)
            self._sums = np.zeros((capacity, dimension), np.float32)
            self._means = np.zeros((capacity, dimension), np.float32)
        elif self._kept.shape[2] != dimension:
            raise ValueError(f'embeddings of {dimension} values in a gallery of '
                             f'{self._kept.shape[2]}: reset the tracker when the encoder changes')

    def _grow(self, count: int) -> None:
        capacity = len(self._counts)
        self._kept = _longer(self._kept, count)
        self._sums = _longer(self._sums, count)
        self._means = _longer(self._means, count)
        self._filled = _longer(self._filled, count)
        self._counts = _longer(self._counts, count)
        self._free.extend(range(capacity + count - 1, capacity - 1, -1))


def _longer(rows: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    return np.concatenate((rows, np.zeros((count, *rows.shape[1:]), rows.dtype)))
