# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The time of one tracker update, embeddings given, side by side with deep_sort_realtime."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
import statistics
import time

from baselines import BASELINES, Moment
from face_tracker_ros import Detections
from face_tracker_ros.vectors import unit
import numpy as np
from rich.table import Table

_FRAMES = 160  # long enough for galleries to be full
_MEASURED = 60  # the last of them
_RATE = 30.0
_DIMENSION = 256  # as of the shipped encoder
_TRACKERS = ('robust', 'deepsort', 'deep_sort_realtime')


def compare_times(counts: Sequence[int]) -> Table:
    """Return a table of medians over interleaved updates with so many tracks."""
    table = Table(title=f'One update, embeddings ({_DIMENSION}) given: median ms')
    table.add_column('tracks', justify='right')
    for name in _TRACKERS:
        table.add_column(name, justify='right')
    table.add_column('deep_sort_realtime / robust', justify='right')
    for count in counts:
        middle = _medians(count)
        table.add_row(str(count), *(f'{middle[name]:.2f}' for name in _TRACKERS),
                      f"{middle['deep_sort_realtime'] / middle['robust']:.1f}")
    return table


def _medians(count: int) -> dict[str, float]:
    steps = {name: BASELINES[name](_RATE) for name in _TRACKERS}
    seconds: dict[str, list[float]] = {name: [] for name in _TRACKERS}
    for now in _walk(count):
        for name, step in steps.items():
            begin = time.perf_counter()
            step(now)
            seconds[name].append(time.perf_counter() - begin)
    return {name: 1000 * statistics.median(values[-_MEASURED:])
            for name, values in seconds.items()}


def _walk(count: int) -> Iterator[Moment]:
    """Yield people who walk straight on through an image of 1920x1080 and meet now and then."""
    random = np.random.default_rng(0)
    centre = random.uniform((200, 150), (1720, 930), (count, 2))
    pace = random.normal(0, 1.5, (count, 2))
    height = random.uniform(30, 60, count)
    half = np.column_stack((0.8 * height, height)) / 2
    who = unit(random.standard_normal((count, _DIMENSION)))
    for frame in range(_FRAMES):
        centre = centre + pace
        boxes = np.hstack((centre - half, centre + half)) + random.normal(0, 0.7, (count, 4))
        look = unit(0.75 * who + 0.66 * unit(random.standard_normal(who.shape)))
        yield Moment(frame / _RATE, (1920, 1080),
                     Detections(boxes.astype(np.float32), np.full(count, 0.9, np.float32)),
                     look.astype(np.float32), np.ones(count, np.float32), None)
