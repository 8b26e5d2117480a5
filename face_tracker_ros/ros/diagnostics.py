# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Counters, rates and latencies of the running node, and the message that carries them."""
from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import numpy as np
from std_msgs.msg import Header

# Percentiles are of this many last frames, the rate is of the frames of the last seconds.
_WINDOW = 1000
_RATE_SECONDS = 5.0


@dataclass
class Counters:
    """What was counted since the node was activated first."""

    received: int = 0
    processed: int = 0
    replaced: int = 0
    bad_frames: int = 0
    annotated: int = 0
    embeddings: int = 0
    tracks: int = 0


class Statistics:
    """Counters and times of one node; every method may be called from any thread."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self._counters = Counters()
        self._highest_id = 0
        self._arrived = -float('inf')
        self._ends: deque[float] = deque(maxlen=_WINDOW)
        self._seconds: dict[str, deque[float]] = {}

    def arrival(self, replaced: bool) -> None:
        """Count an image that has come and whether it replaced an older one."""
        self.count(received=1, replaced=int(replaced))
        self._arrived = time.monotonic()

    def count(self, **numbers: int) -> None:
        """Add to the counters of these names."""
        with self._lock:
            for name, number in numbers.items():
                setattr(self._counters, name, getattr(self._counters, name) + number)

    def frame(self, ids: set[int], embedded: int, seconds: Mapping[str, float]) -> None:
        """Record a processed frame: the ids seen, the faces embedded, seconds by stage."""
        with self._lock:
            self._counters.processed += 1
            self._counters.embeddings += embedded
            self._counters.tracks = len(ids)
            self._highest_id = max(self._highest_id, *ids, 0)
            self._ends.append(time.monotonic())
            for stage, value in seconds.items():
                self._seconds.setdefault(stage, deque(maxlen=_WINDOW)).append(value)

    def idle(self) -> float:
        """Return the seconds since the last image came; inf before the first."""
        return time.monotonic() - self._arrived

    def values(self) -> dict[str, int | float]:
        """
        Return everything by name.

        Counters, `ids` (number of ids given so far), `fps`, and `<stage>_p50_ms`,
        `<stage>_p95_ms` for each stage.
        """
        with self._lock:
            values: dict[str, int | float] = dict(vars(self._counters))
            values['ids'] = self._highest_id
            ends = np.array(self._ends)
            stages = {stage: np.array(seconds) for stage, seconds in self._seconds.items()}
        values['fps'] = _rate(ends)
        for stage, seconds in stages.items():
            for percent in (50, 95):
                values[f'{stage}_p{percent}_ms'] = float(np.percentile(seconds, percent)) * 1e3
        return values


def _rate(ends: np.ndarray) -> float:
    recent = ends[ends > time.monotonic() - _RATE_SECONDS]
    if len(recent) < 2 or recent[-1] <= recent[0]:
        return 0.0
    return float((len(recent) - 1) / (recent[-1] - recent[0]))


def summary(values: Mapping[str, int | float | str]) -> str:
    """Return one line about values of `Statistics.values`."""
    return (f"{values['processed']} frames, {values['fps']:.1f} a second, "
            f"{values['tracks']} faces now, {values['ids']} ids so far, "
            f"{values['replaced']} replaced by newer ones, {values['bad_frames']} bad")


def to_message(header: Header, name: str, summary: str, warning: bool,
               values: Mapping[str, int | float | str]) -> DiagnosticArray:
    """Return a DiagnosticArray with one status; `warning` chooses WARN instead of OK."""
    status = DiagnosticStatus(
        name=name, message=summary, hardware_id=name,
        level=DiagnosticStatus.WARN if warning else DiagnosticStatus.OK,
        values=[KeyValue(key=key, value=_text(value)) for key, value in values.items()])
    return DiagnosticArray(header=header, status=[status])


def _text(value: int | float | str) -> str:
    return f'{value:.3f}' if isinstance(value, float) else str(value)
