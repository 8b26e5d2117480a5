# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""On which frames the detector is run."""
from __future__ import annotations

from enum import Enum
import math

_JITTER = 0.003  # seconds by which stamps of a regular camera may be off


class Rest(Enum):
    """Whether the detector rests on a frame."""

    NO = 'no'
    MAY = 'when all faces can be followed'
    MUST = 'yes'


class Schedule:
    """When the detector ran last, and whether it may rest."""

    def __init__(self) -> None:
        """Start with a detector that has not run."""
        self.reset()

    def reset(self) -> None:
        """Run the detector on the next frame."""
        self._ran = -math.inf  # stamp
        self._rested = 0  # frames since

    def rest(self, stamp: float, interval: int, max_pause: float) -> Rest:
        """
        Return whether the detector rests on a frame.

        Args:
            stamp: seconds, of the frame.
            interval: it runs on every n-th frame at most.
            max_pause: seconds for which it may rest besides.
        """
        if self._ran == -math.inf:
            return Rest.NO
        if self._rested + 1 < interval:
            return Rest.MUST
        return Rest.MAY if 0 < stamp - self._ran <= max_pause + _JITTER else Rest.NO

    def ran(self, stamp: float) -> None:
        """Note that the detector ran on the frame of this stamp."""
        self._ran, self._rested = stamp, 0

    def rested(self) -> None:
        """Note that it did not run on a frame."""
        self._rested += 1
