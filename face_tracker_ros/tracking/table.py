# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The state of all tracks as arrays, one row a track."""
from __future__ import annotations

from dataclasses import dataclass, fields

from face_tracker_ros.tracking import kalman
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray, Tracks
import numpy as np


@dataclass
class TrackTable:
    """
    All tracks that are followed, oldest first; every array has one row a track.

    Attributes:
        mean, covariance: of the Kalman filter, (T, 8) and (T, 3, 4).
        id: 0 while tentative.
        slot: row in the gallery.
        hits, misses: updates with a detection so far; updates without one since the last.
        first_seen, last_seen, embedded: stamps in seconds (embedded: -inf when never).
        last_sure: stamp of the last sight that was not doubtful.
        settled: whether it is decided who the person is (new, or somebody who came back).
        score, best_score: of the last detection, and the highest so far.
        detection: row in this frame's Detections, -1 when not seen.
        quality: of the best embedding so far, 0 to 1.
        doubts: clear sights in a row that did not look like the person.
        found, missed: updates in which the face was found, and in which it was missed shortly;
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
    last_sure: Float64Array
    embedded: Float64Array
    settled: BoolArray
    score: Float64Array
    best_score: Float64Array
    detection: IntArray
    quality: Float64Array
    doubts: IntArray
    found: Float64Array
    missed: Float64Array

    @classmethod
    def empty(cls) -> TrackTable:
        """Return a table without tracks."""
        return cls.born(mean=np.zeros((0, 8)), covariance=np.zeros((0, 3, 4)),
                        slot=np.zeros(0, np.intp), stamp=0.0, score=np.zeros(0),
                        detection=np.zeros(0, np.intp))

    @classmethod
    def born(cls, *, mean: Float64Array, covariance: Float64Array, slot: IntArray, stamp: float,
             score: Float64Array, detection: IntArray) -> TrackTable:
        """Return tentative tracks that begin at `stamp`."""
        count = len(mean)
        return cls(mean=mean, covariance=covariance, slot=slot, score=score,
                   best_score=score.copy(), detection=detection,
                   id=np.zeros(count, np.intp), hits=np.ones(count, np.intp),
                   misses=np.zeros(count, np.intp), first_seen=np.full(count, stamp),
                   last_seen=np.full(count, stamp), last_sure=np.full(count, stamp),
                   embedded=np.full(count, -np.inf),
                   settled=np.zeros(count, bool), quality=np.zeros(count),
                   doubts=np.zeros(count, np.intp),
                   found=np.zeros(count), missed=np.zeros(count))

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.id)

    @property
    def confirmed(self) -> BoolArray:
        """Which tracks have an id."""
        return self.id > 0

    @property
    def boxes(self) -> FloatArray:
        """The filter's estimate of the boxes (T, 4)."""
        return kalman.to_boxes(self.mean)

    def append(self, other: TrackTable) -> None:
        """Add the rows of `other`."""
        for item in fields(self):
            setattr(self, item.name, np.concatenate((getattr(self, item.name),
                                                     getattr(other, item.name))))

    def keep(self, rows: BoolArray) -> None:
        """Delete the rows that the mask leaves out."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name)[rows])

    def report(self, chosen: BoolArray, now: float) -> Tracks:
        """Return the confirmed tracks of a mask as they are at `now`, best score first."""
        rows = (self.confirmed & chosen).nonzero()[0]
        if not len(rows):
            return Tracks.empty()
        rows = rows[(-self.score[rows]).argsort(kind='stable')]
        mean, detection = self.mean[rows], self.detection[rows]
        return Tracks(
            ids=self.id[rows], boxes=kalman.to_boxes(mean), scores=self.score[rows],
            are_lost=detection < 0, ages=now - self.first_seen[rows],
            times_since_update=now - self.last_seen[rows],
            velocities=(mean[:, 4:6] * kalman.REFERENCE_RATE).astype(np.float32),
            embedding_ages=now - self.embedded[rows], detection_rows=detection)
