# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What each track has shown of its face since it began: good and different looks."""
from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from face_tracker_ros.boxes import iou
from face_tracker_ros.identities.store import MOST_LOOKS
from face_tracker_ros.identities.thinning import kept
from face_tracker_ros.types import Float64Array, FloatArray, FrameResult
from face_tracker_ros.vectors import unit
import numpy as np

NEEDED = 4  # looks that are enough to enrol somebody
SECONDS = 1.5  # which they must span, so that they differ
_MIXED = 0.1  # IoU from which a crop shows something of a second face


@dataclass
class TrackLooks:
    """
    The looks of one track.

    Attributes:
        vectors: float32 (N, D), N up to MOST_LOOKS, unit length.
        qualities: float64 (N,).
        first, last: stamps in seconds of the first and the last look that was good enough.
        count: number of them.
    """

    vectors: FloatArray
    qualities: Float64Array
    first: float
    last: float
    count: int = 1

    @property
    def mean(self) -> FloatArray:
        """Their mean, float32 (D,), unit length."""
        return np.asarray(unit(self.vectors.sum(axis=0, keepdims=True))[0])

    @property
    def enough(self) -> bool:
        """Whether they are enough to enrol somebody."""
        return self.count >= NEEDED and self.last - self.first >= SECONDS

    def add(self, vector: FloatArray, quality: float, stamp: float) -> None:
        """Add a look; one of the two most alike goes where there are too many."""
        self.vectors = np.vstack((self.vectors, vector))
        self.qualities = np.append(self.qualities, quality)
        if len(self.vectors) > MOST_LOOKS:
            stays = kept(self.vectors, self.qualities, MOST_LOOKS)
            self.vectors, self.qualities = self.vectors[stays], self.qualities[stays]
        self.last, self.count = stamp, self.count + 1


class AllLooks:
    """The looks of all tracks by id."""

    def __init__(self) -> None:
        """Know no track."""
        self._looks: dict[int, TrackLooks] = {}
        self.poor: dict[int, float] = {}
        """Quality of the last look of a track, where that was not good enough."""

    def update(self, result: FrameResult, least_quality: float) -> bool:
        """Take the embeddings of a frame; return whether anything is new."""
        alive = {*result.tracks.ids.tolist(), *result.lost.ids.tolist()}
        ended = self._looks.keys() - alive
        for track in ended:
            del self._looks[track]
        self.poor = {track: value for track, value in self.poor.items() if track in alive}
        if result.embeddings is None or result.quality is None or not len(result.tracks):
            return bool(ended)
        overlaps = iou(result.detections.boxes, result.detections.boxes)
        np.fill_diagonal(overlaps, 0)
        found = False
        for track, row in zip(result.tracks.ids.tolist(), result.tracks.detection_rows.tolist()):
            vector = result.embeddings[row]
            if row < 0 or not np.isfinite(vector).all() or overlaps[row].max() > _MIXED:
                continue
            quality = float(result.quality[row])
            if quality < least_quality:
                self.poor[track] = quality
                continue
            self.poor.pop(track, None)
            if track in self._looks:
                self._looks[track].add(vector, quality, result.stamp)
            else:
                self._looks[track] = TrackLooks(
                    vector[None], np.array([quality]), result.stamp, result.stamp)
            found = True
        return found or bool(ended)

    def rename(self, old: int, new: int) -> None:
        """Take the looks of a track along to its new id, unless that has some."""
        if old in self._looks:
            looks = self._looks.pop(old)
            self._looks.setdefault(new, looks)

    def __getitem__(self, track: int) -> TrackLooks | None:
        """Return the looks of a track; None without a good one."""
        return self._looks.get(track)

    def of(self, tracks: Collection[int]) -> Iterator[tuple[int, TrackLooks]]:
        """Yield those of the tracks that have a good look, and their looks."""
        for track in tracks:
            if track in self._looks:
                yield track, self._looks[track]
