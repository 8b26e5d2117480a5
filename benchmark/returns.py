# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Whether people who come back get their id back, and nobody else's."""
from __future__ import annotations

from dataclasses import dataclass

from face_tracker_ros.boxes import iou
from face_tracker_ros.evaluation.metrics import Labels
from face_tracker_ros.types import IntArray
import numpy as np

_SAME = 0.5  # IoU from which a track stands on a face
_VISIT = 0.5  # seconds a person must be seen for a visit to count


@dataclass(frozen=True)
class Returns:
    """
    What became of people who left and came back.

    returns: visits after an absence; regained: those mostly under the id of the visit before.
    begun: times a track began, or began again after an absence; merged: those of them mostly on
    another person than the track was on before.
    """

    returns: int
    regained: int
    begun: int
    merged: int


def count_returns(truth: Labels, tracks: Labels, frame_rate: float,
                  absence: float = 1.0) -> Returns:
    """Return how ids fared over absences of more than `absence` seconds."""
    person = _persons(truth, tracks)
    gap, least = absence * frame_rate, _VISIT * frame_rate
    on_face = person >= 0
    returns = regained = begun = merged = 0
    for who in np.unique(truth.ids[truth.counts]):
        visits = _spells(truth.frames[truth.counts & (truth.ids == who)], gap, least)
        own = on_face & (person == who)
        names = [_most(tracks.ids[own & (tracks.frames >= first) & (tracks.frames <= last)])
                 for first, last in visits]
        returns += max(0, len(names) - 1)
        regained += sum(name == before and name is not None
                        for name, before in zip(names[1:], names))
    for name in np.unique(tracks.ids[on_face]):
        own = on_face & (tracks.ids == name)
        spells = _spells(tracks.frames[own], gap, 1)
        people = [_most(person[own & (tracks.frames >= first) & (tracks.frames <= last)])
                  for first, last in spells]
        begun += len(spells)
        merged += sum(who != before for who, before in zip(people[1:], people))
    return Returns(returns, regained, begun, merged)


def _persons(truth: Labels, tracks: Labels) -> IntArray:
    """Return the person (M,) under each track's box, -1 where there is none."""
    person = np.full(len(tracks.ids), -1, np.intp)
    for frame in np.unique(tracks.frames):
        rows = np.flatnonzero(tracks.frames == frame)
        there = truth.at(int(frame))
        if len(there.ids):
            overlap = iou(there.boxes, tracks.boxes[rows])
            best = overlap.argmax(axis=0)
            person[rows] = np.where(overlap.max(axis=0) >= _SAME, there.ids[best], -1)
    return person


def _spells(frames: IntArray, gap: float, least: float) -> list[tuple[int, int]]:
    """Return first and last frame of the runs parted by more than `gap` that span `least`."""
    frames = np.unique(frames)
    cuts = np.flatnonzero(np.diff(frames) > gap) + 1
    return [(int(run[0]), int(run[-1])) for run in np.split(frames, cuts)
            if len(run) and run[-1] - run[0] + 1 >= least]


def _most(values: IntArray) -> int | None:
    if not len(values):
        return None
    names, counts = np.unique(values, return_counts=True)
    return int(names[counts.argmax()])
