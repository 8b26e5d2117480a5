# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The time of each image: its stamp, or its time of arrival where the stamps are of no use."""
from __future__ import annotations

from collections.abc import Callable
import time
from typing import NamedTuple

from face_tracker_ros.errors import FrameError

_JUMP = 1.0  # seconds that a stamp may differ from what the time of arrival suggests
_LONGER = 4.0  # times the last step that a step may be without counting as a jump
_SAME = 10  # images in a row with the very same stamp after which stamps are not used


class _Arrival(NamedTuple):
    """An image's stamp, and when it came by the node's clock and by one that nobody sets."""

    stamp: float
    arrival: float
    steady: float


class ImageClock:
    """
    Turns stamps into the times by which faces are tracked.

    A jump, back or further ahead than time passed, counts when the next stamp confirms it; an
    image with a lone one is rejected. Images without stamps, or with one that never changes, are
    given their times of arrival.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """Begin a stream; `steady` gives seconds, also while simulated time stands still."""
        self._steady = steady
        self._last: _Arrival | None = None
        self._jumped: _Arrival | None = None
        self._step = 0.0
        self._same = 0

    @property
    def is_frozen(self) -> bool:
        """Whether the stamp did not change for so long that it is not used any more."""
        return self._same >= _SAME

    def seconds(self, stamp: float, arrival: float) -> float:
        """
        Return the time of an image.

        Args:
            stamp: Seconds, 0 when the image carries none.
            arrival: Seconds, of the node's clock.

        Raises:
            FrameError: The stamp jumped and is not confirmed yet; the clock goes on.
        """
        now = _Arrival(stamp, arrival, self._steady())
        if self._last is not None and self._is_jump(self._last, now):
            jumped, self._jumped = self._jumped, now
            if jumped is None or self._is_jump(jumped, now):
                raise FrameError(f'stamp: {stamp - self._last.stamp:+.3f} s from that of the last '
                                 'image; taken when the next image confirms it')
            self._last = jumped
        if self._last is not None:
            self._step = stamp - self._last.stamp
            if not self.is_frozen:
                self._same = self._same + 1 if self._step == 0 and stamp else 0
        self._last, self._jumped = now, None
        return arrival if self.is_frozen or stamp == 0 else stamp

    def _is_jump(self, before: _Arrival, now: _Arrival) -> bool:
        step = now.stamp - before.stamp
        passed = max(0.0, now.arrival - before.arrival, now.steady - before.steady)
        return step < -_JUMP or step > max(_JUMP + passed, _LONGER * self._step)
