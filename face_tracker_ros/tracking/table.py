# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The state of all tracks as arrays, one row a track."""
from __future__ import annotations

from dataclasses import dataclass, fields

from face_tracker_ros.types import BoolArray, Float64Array, IntArray
import numpy as np


@dataclass
class TrackTable:
    """
    All tracks that are followed, oldest first; every array has one row a track.

    mean, covariance: of the Kalman filter, (T, 8) and (T, 3, 4).
    id: 0 while tentative.
    slot: the gallery's row.
    hits, misses: updates with a detection so far; updates without one since the last.
    first_seen, last_seen, embedded: stamps in seconds (embedded: -inf when never).
    settled: whether it is decided who the person is (new, or somebody who came back).
    score: of the last detection. detection: row in this frame, -1 when not seen.
    quality: of the best embedding so far, 0 to 1.
    found, missed: updates in which the face was found, and in which it was missed just shortly;
    both fade with time.
    """

    mean: Float64Array
    covariance: Float64Array
    id: IntArray
    slot: IntArray
    hits: IntArray
    misses: IntArray
    first_seen: Float64Array
    last_seen: Float64Array
    embedded: Float64Array
    settled: BoolArray
    score: Float64Array
    detection: IntArray
    quality: Float64Array
    found: Float64Array
    missed: Float64Array

    @classmethod
    def empty(cls) -> TrackTable:
        """Return a table without tracks."""
        return cls.born(np.zeros((0, 8)), np.zeros((0, 3, 4)), np.zeros(0, np.intp), 0.0,
                        np.zeros(0), np.zeros(0, np.intp))

    @classmethod
    def born(cls, mean: Float64Array, covariance: Float64Array, slot: IntArray, stamp: float,
             score: Float64Array, detection: IntArray) -> TrackTable:
        """Return tentative tracks that begin at `stamp`."""
        count = len(mean)
        whole, zero, time = np.zeros(count, np.intp), np.zeros(count), np.full(count, stamp)
        return cls(mean, covariance, whole, slot, whole + 1, whole.copy(), time, time.copy(),
                   np.full(count, -np.inf), np.zeros(count, bool), score, detection, zero,
                   zero.copy(), zero.copy())

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.id)

    @property
    def confirmed(self) -> BoolArray:
        """Which tracks have an id."""
        return self.id > 0

    def append(self, other: TrackTable) -> None:
        """Add the rows of `other`."""
        for item in fields(self):
            setattr(self, item.name, np.concatenate((getattr(self, item.name),
                                                     getattr(other, item.name))))

    def keep(self, rows: BoolArray) -> None:
        """Drop the rows that the mask leaves out."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name)[rows])
