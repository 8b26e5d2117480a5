# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a report keeps of each frame."""
from __future__ import annotations

from dataclasses import dataclass, field

import cv2
from face_tracker_ros.embedding.best_crop import BestCrops
from face_tracker_ros.types import FrameResult, Image
import numpy as np

AWAY = 1.0  # seconds out of view after which somebody counts as back
_CROP = 128  # pixels of a side
_MOST_POINTS = 600  # of a plot; older ones are combined


@dataclass
class Person:
    """
    One id.

    Attributes:
        visits: first and last stamp of each time in view.
        frames: number of frames in which it was seen.
        names: that it had, in their order, each once in a row.
        crop: JPEG of the best crop, empty without one.
    """

    visits: list[list[float]] = field(default_factory=list)
    frames: int = 0
    names: list[str] = field(default_factory=list)
    crop: bytes = b''

    @property
    def seconds(self) -> float:
        """Seconds in view."""
        return sum(last - first for first, last in self.visits)

    def see(self, stamp: float) -> None:
        """Count a frame."""
        if self.visits and stamp - self.visits[-1][1] <= AWAY:
            self.visits[-1][1] = stamp
        else:
            self.visits.append([stamp, stamp])
        self.frames += 1


class Record:
    """Everything that the page shows of a recording."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self.people: dict[int, Person] = {}
        self.stamps: list[float] = []
        self.counts: list[int] = []
        self.timings: dict[str, list[float]] = {}
        self.embedded = 0
        self._crops = BestCrops()

    def add(self, image: Image, result: FrameResult) -> None:
        """Take a frame, before anything is drawn on it."""
        self.stamps.append(result.stamp)
        self.counts.append(len(result.tracks))
        self.embedded += result.embedded
        for stage, seconds in result.timings.items():
            self.timings.setdefault(stage, []).append(seconds)
        for track in result.tracks.ids.tolist():
            person = self.people.setdefault(track, Person())
            person.see(result.stamp)
            name = result.people[track].name if track in result.people else ''
            if name and name != (person.names or [''])[-1]:
                person.names.append(name)
        for seen, crop in self._crops.update(image, result):
            small = cv2.resize(crop, (_CROP, _CROP), interpolation=cv2.INTER_AREA)
            self.people[seen.id].crop = cv2.imencode(
                '.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()

    @property
    def duration(self) -> float:
        """Seconds from the first to the last frame."""
        return self.stamps[-1] - self.stamps[0] if self.stamps else 0.0

    def in_view(self) -> tuple[list[float], list[float]]:
        """Return seconds from the start and the mean number of faces, at most 600 points."""
        if not self.stamps:
            return [], []
        step = -(-len(self.stamps) // _MOST_POINTS)
        begins = range(0, len(self.stamps), step)
        return ([self.stamps[row] - self.stamps[0] for row in begins],
                [float(np.mean(self.counts[row:row + step])) for row in begins])
