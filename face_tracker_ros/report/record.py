# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a report keeps of each frame."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
from face_tracker_ros.embedding.best_crop import BestCrops
from face_tracker_ros.types import FrameResult, Image
import numpy as np

AWAY = 1.0  # seconds out of view after which somebody counts as back
_CROP = 128  # pixels of a side
_MOST_POINTS = 600  # of a plot; older ones are combined
_LEAST_GAP, _GAP_STEPS = 0.5, 3.0  # seconds, and usual steps between frames: longer is a gap


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

    def call(self, name: str) -> None:
        """Note a name, where it is another than the last."""
        if name and name != (self.names or [''])[-1]:
            self.names.append(name)

    def take(self, other: Person) -> None:
        """Take over what was seen under an id that turned out to be this person."""
        visits = sorted(self.visits + other.visits)
        self.visits = visits[:1]
        for first, last in visits[1:]:
            if first - self.visits[-1][1] <= AWAY:
                self.visits[-1][1] = max(self.visits[-1][1], last)
            else:
                self.visits.append([first, last])
        self.frames += other.frames
        for name in other.names:
            self.call(name)
        self.crop = self.crop or other.crop


class Record:
    """
    Everything that the page shows of a recording.

    Attributes:
        people: by id.
        stamps: of the frames, increasing, seconds.
        counts: faces in each frame.
        timings: seconds of each frame by stage.
        percentiles: median and 95th percentile by stage, seconds, where only these are known.
        embedded: number of faces embedded; None where it is not known.
        id_changes: how often an id turned out to be somebody who was there before.
        origin: where all this comes from, a sentence.
        figures: more names and values for the head of the page.
        notes: sentences about what is missing.
    """

    def __init__(self) -> None:
        """Begin without a frame."""
        self.people: dict[int, Person] = {}
        self.stamps: list[float] = []
        self.counts: list[int] = []
        self.timings: dict[str, list[float]] = {}
        self.percentiles: dict[str, tuple[float, float]] = {}
        self.embedded: int | None = None
        self.id_changes = 0
        self.origin = ''
        self.figures: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self._crops = BestCrops(lasting=True)
        self._former: dict[int, int] = {}  # ids that were given up, and what they became

    def add(self, image: Image, result: FrameResult) -> None:
        """Take a frame that was tracked, before anything is drawn on it."""
        names = {track: person.name for track, person in result.people.items()}
        self.see(result.stamp, result.tracks.ids.tolist(), names, result.id_changes)
        self.embedded = (self.embedded or 0) + result.embedded
        for stage, seconds in result.timings.items():
            self.timings.setdefault(stage, []).append(seconds)
        self.look(image, result)

    def see(self, stamp: float, tracks: list[int], names: Mapping[int, str],
            id_changes: Iterable[tuple[int, int]]) -> None:
        """Take who is in view at a stamp, and which ids became others."""
        self.stamps.append(stamp)
        self.counts.append(len(tracks))
        for old, new in id_changes:
            self.id_changes += 1
            self._former = {early: new if late == old else late
                            for early, late in self._former.items()}
            self._former[old] = new
            if old in self.people:
                self.people.setdefault(new, Person()).take(self.people.pop(old))
        for track in tracks:
            person = self.people.setdefault(track, Person())
            person.see(stamp)
            person.call(names.get(track, ''))

    def look(self, image: Image, result: FrameResult) -> None:
        """Keep the crops of a frame that are better than the former ones."""
        for seen, crop in self._crops.update(image, result):
            self.keep(seen.id, crop)

    def keep(self, track: int, crop: Image) -> None:
        """Keep a crop of a track."""
        track = self._former.get(track, track)
        if track in self.people:
            small = cv2.resize(crop, (_CROP, _CROP), interpolation=cv2.INTER_AREA)
            self.people[track].crop = cv2.imencode(
                '.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()

    @property
    def duration(self) -> float:
        """Seconds from the first to the last frame."""
        return self.stamps[-1] - self.stamps[0] if self.stamps else 0.0

    @property
    def rate(self) -> float:
        """Frames a second, of their stamps."""
        return (len(self.stamps) - 1) / self.duration if self.duration else 0.0

    @property
    def returns(self) -> int:
        """How often somebody came back."""
        return sum(len(person.visits) - 1 for person in self.people.values())

    def gaps(self) -> list[tuple[float, float]]:
        """Return begin and end of each time without a frame, as stamps."""
        stamps = np.array(self.stamps)
        steps = np.diff(stamps)
        if not len(steps):
            return []
        wide = np.flatnonzero(steps > max(_LEAST_GAP, _GAP_STEPS * float(np.median(steps))))
        return list(zip(stamps[wide].tolist(), stamps[wide + 1].tolist()))

    def stages(self) -> dict[str, tuple[float, float]]:
        """Return median and 95th percentile of the time of each stage, seconds."""
        measured = {stage: tuple(np.percentile(seconds, (50, 95)).tolist())
                    for stage, seconds in self.timings.items() if seconds}
        return {**measured, **self.percentiles}

    def in_view(self) -> tuple[list[float], list[float]]:
        """Return seconds from the start and the mean number of faces, at most 600 points."""
        if not self.stamps:
            return [], []
        step = -(-len(self.stamps) // _MOST_POINTS)
        begins = range(0, len(self.stamps), step)
        return ([self.stamps[row] - self.stamps[0] for row in begins],
                [float(np.mean(self.counts[row:row + step])) for row in begins])

    def summary(self) -> dict[str, Any]:
        """Return what the page shows as plain values; times in seconds from the first frame."""
        start = (self.stamps or [0.0])[0]
        return {
            'origin': self.origin, 'frames': len(self.stamps), 'duration': self.duration,
            'rate': self.rate, 'returns': self.returns, 'id_changes': self.id_changes,
            'gaps': [[first - start, last - start] for first, last in self.gaps()],
            'people': [{'id': track, 'names': person.names, 'frames': person.frames,
                        'visits': [[first - start, last - start]
                                   for first, last in person.visits]}
                       for track, person in sorted(self.people.items())],
            'stages': {stage: {'median': middle, 'p95': high}
                       for stage, (middle, high) in self.stages().items()},
            'figures': dict(self.figures), 'notes': self.notes}
