# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Counters, rates and latencies of the running node."""
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import threading
import time

from face_tracker_ros.tracking.embedding_policy import REASONS
from face_tracker_ros.types import FrameResult
import numpy as np

# Percentiles and means are of this many last frames, rates of the frames of the last seconds.
_WINDOW = 1000
RATE_SECONDS = 5.0

Values = Mapping[str, 'int | float | str']


@dataclass
class Counters:
    """Counts since the node was started."""

    received: int = 0
    processed: int = 0
    replaced: int = 0
    lost_images: int = 0
    bad_frames: int = 0
    annotated: int = 0
    detector_runs: int = 0
    embeddings: int = 0
    tracks: int = 0
    lost: int = 0


class Statistics:
    """Counters and times of one node; every method may be called from any thread."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self._counters = Counters()
        self._reasons = Counter(dict.fromkeys(REASONS, 0))
        self._highest_id = 0
        self._reason = ''
        self._last: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._since = self._arrived = time.monotonic()
        self._listening: float | None = self._since  # None while images are left to wait
        self._arrivals: deque[float] = deque(maxlen=_WINDOW)
        self._ages: deque[float] = deque(maxlen=_WINDOW)
        self._ends: deque[float] = deque(maxlen=_WINDOW)
        self._bad: deque[float] = deque(maxlen=_WINDOW)
        self._losses: deque[float] = deque(maxlen=_WINDOW)
        self._work: deque[tuple[float, float]] = deque(maxlen=_WINDOW)
        self._embedded: deque[int] = deque(maxlen=_WINDOW)
        self._faint: deque[tuple[float, float]] = deque(maxlen=_WINDOW)
        self._seconds: dict[str, deque[float]] = {}

    def begin(self) -> None:
        """Measure anew from now on, as after a pause; counters continue."""
        with self._lock:
            self._begin()

    def listen(self) -> None:
        """Note that from now on an image is taken as soon as it arrives."""
        with self._lock:
            self._listening = time.monotonic()

    def arrival(self, missed: int, age: float) -> None:
        """
        Count an image that arrived.

        Args:
            missed: Images before it that arrived and were never taken.
            age: Seconds from its stamp to its arrival.
        """
        with self._lock:
            self._counters.received += 1 + missed
            self._counters.replaced += missed
            before, self._arrived, self._listening = self._arrived, time.monotonic(), None
            self._last = self._arrived
            step = (self._arrived - before) / (1 + missed)  # when those came is unknown
            self._arrivals.extend(self._arrived - step * number
                                  for number in range(min(missed, _WINDOW), -1, -1))
            self._ages.append(age)

    def lose(self, number: int) -> None:
        """Count images that were lost on the way."""
        with self._lock:
            self._counters.lost_images += number
            self._losses.extend([time.monotonic()] * min(number, _WINDOW))

    def worked(self, seconds: float) -> None:
        """Record the time that was spent on an image, up to now."""
        with self._lock:
            self._work.append((time.monotonic(), seconds))

    def bad_frame(self, reason: str) -> None:
        """Count an image that could not be used."""
        with self._lock:
            self._counters.bad_frames += 1
            self._bad.append(time.monotonic())
            self._reason = reason

    def frame(self, result: FrameResult, seconds: Mapping[str, float],
              outputs: Mapping[str, float], publishing: float) -> None:
        """
        Record a processed frame.

        Args:
            result: Of the tracker, with the seconds of its own stages.
            seconds: Seconds of the stages around it.
            outputs: Seconds of each output that had something to publish, by name.
            publishing: Seconds of all outputs together.
        """
        tracks, drawn = outputs.get('tracks', 0.0), outputs.get('annotated_image', 0.0)
        stages = {**seconds, **result.timings, 'publish': tracks, 'annotate': drawn,
                  'extras': publishing - tracks - drawn,
                  **{f'output_{name}': value for name, value in outputs.items()}}
        del stages['total']
        if not result.searched:
            del stages['detect'], stages['embed']
        with self._lock:
            self._counters.annotated += 'annotated_image' in outputs
            self._counters.processed += 1
            self._counters.detector_runs += result.searched
            self._counters.embeddings += result.embedded
            self._reasons.update(result.reasons)
            self._counters.tracks = len(result.tracks)
            self._counters.lost = len(result.lost)
            self._highest_id = max(self._highest_id, *(track.id for track in result.tracks), 0)
            self._ends.append(time.monotonic())
            self._faint.append((self._ends[-1], max(result.faint, default=0.0)
                                if not len(result.tracks) else 0.0))
            self._embedded.append(result.embedded)
            for stage, value in stages.items():
                self._seconds.setdefault(stage, deque(maxlen=_WINDOW)).append(value)

    def idle(self) -> float:
        """Return for how many seconds an image has been waited for."""
        listening = self._listening
        return 0.0 if listening is None else time.monotonic() - listening

    def last_arrival(self) -> float | None:
        """Return how many seconds ago the last image came; None before the first."""
        last = self._last
        return None if last is None else time.monotonic() - last

    def _known_until(self, now: float) -> float:
        return self._arrived if self._listening is None else now

    def measured(self) -> float:
        """Return the seconds since measuring began."""
        return time.monotonic() - self._since

    def _utilization(self, now: float) -> float:
        begin = max(self._since, now - RATE_SECONDS)
        spent = sum(min(seconds, end - begin) for end, seconds in self._work if end > begin)
        return spent / max(now - begin, 1e-3)

    def values(self) -> dict[str, int | float | str]:
        """
        Return everything by name.

        Counters, `embeddings_<reason>` for each reason to embed a face, `ids` (number of ids given
        so far), rates a second (`input_rate`, `fps`, `bad_rate`, `lost_rate`), `utilization`
        (share of the last seconds that was spent on images), `faint_share` (of their images, that
        showed only faces without an id) and `faint_score` (the best of these), `stamp_age_ms`
        (median, of images as they arrive), `last_bad_frame`, `embeddings_per_frame`, `memory_mb`
        (resident) and `<stage>_p50_ms`, `<stage>_p95_ms` for each stage: `latency` is from the
        stamp to the publication of the tracks, `publish` that of ~/tracks, `annotate` that of the
        annotated image, `extras` that of all other outputs, and `output_<name>` that of each
        output while it has subscribers.
        """
        now = time.monotonic()
        with self._lock:
            values: dict[str, int | float | str] = {
                'input_rate': _rate(self._arrivals, self._known_until(now)),
                'fps': _rate(self._ends, now), 'bad_rate': _rate(self._bad, now),
                'lost_rate': _burst_rate(self._losses, now), 'utilization': self._utilization(now),
                **vars(self._counters),
                **{f'embeddings_{reason}': count for reason, count in self._reasons.items()},
                'ids': self._highest_id,
                'last_bad_frame': self._reason}
            ages, embedded = np.array(self._ages), np.array(self._embedded)
            faint = np.array([score for moment, score in self._faint
                              if moment > now - RATE_SECONDS])
            stages = {stage: np.array(seconds) for stage, seconds in self._seconds.items()}
        values['embeddings_per_frame'] = float(embedded.mean()) if len(embedded) else 0.0
        values['faint_share'] = float((faint > 0).mean()) if len(faint) else 0.0
        values['faint_score'] = float(faint.max(initial=0.0))
        values['memory_mb'] = _memory()
        if len(ages):
            values['stamp_age_ms'] = float(np.median(ages)) * 1e3
        for stage, seconds in stages.items():
            for percent in (50, 95):
                values[f'{stage}_p{percent}_ms'] = float(np.percentile(seconds, percent)) * 1e3
        return values


def _rate(times: deque[float], now: float) -> float:
    """Return the rate of the last seconds; a first event alone has none."""
    recent = [moment for moment in times if moment > now - RATE_SECONDS]
    if len(recent) < len(times):
        return len(recent) / RATE_SECONDS
    return (len(recent) - 1) / (now - recent[0]) if len(recent) > 1 else 0.0


def _burst_rate(times: deque[float], now: float) -> float:
    """Return how many a second there were of late, where several may come at one moment."""
    recent = [moment for moment in times if moment > now - RATE_SECONDS]
    if not recent:
        return 0.0
    known = RATE_SECONDS if len(recent) < len(times) else now - recent[0]
    return len(recent) / max(known, 1.0)


def _memory() -> float:
    try:
        pages = int(Path('/proc/self/statm').read_text(encoding='ascii').split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf('SC_PAGE_SIZE') / 1e6
