# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How often the detector misses a face that is there, and whether a missed one is still there."""
from __future__ import annotations

import math

from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray, Float64Array, IntArray
import numpy as np

_MEMORY = 2.0  # seconds; time constant with which the counts fade
_SHORT = 4  # misses in a row that still count as the detector's; more count as absence
_SHARED = 5.0  # updates of a track that weigh as much as the rate of all tracks
_DOUBT = 0.03  # probability of a row of misses below which the face counts as gone


class Flicker:
    """
    Rates of misses, of each track and of all together.

    A miss counts once the face is found again, shortly after and by its track: faces that
    leave do not count.
    """

    def __init__(self) -> None:
        """Start without misses."""
        self._found = self._missed = 0.0

    def fade(self, table: TrackTable, seconds: float) -> None:
        """Fade the counts by `seconds`."""
        kept = math.exp(-seconds / _MEMORY)
        table.found *= kept
        table.missed *= kept
        self._found *= kept
        self._missed *= kept

    def found(self, table: TrackTable, tracks: IntArray, missed: IntArray) -> None:
        """Count the tracks (M,) found now, and how often each was missed just before (M,)."""
        table.found[tracks] += 1
        self._found += len(tracks)
        if missed.any():
            missed = np.where(missed <= _SHORT, missed, 0)
            table.missed[tracks] += missed
            self._missed += float(missed.sum())

    def there(self, table: TrackTable) -> BoolArray:
        """Return which tracks (T,) are likely there, though missed `misses` times in a row."""
        return np.asarray(self._rate(table) ** np.maximum(table.misses, 0) >= _DOUBT)

    def _rate(self, table: TrackTable) -> Float64Array:
        overall = self._missed / max(self._found + self._missed, 1.0)
        rate = ((table.missed + _SHARED * overall)
                / (table.found + table.missed + _SHARED))
        return np.asarray(rate)
