# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Load shedding: what a node leaves out of its work while images take too long."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import time

from face_tracker_ros.pipeline import Effort

LONGEST = 0.1
"""Seconds an image from which a node without rest sheds load."""

_OBSERVE_SECONDS = 2.0  # of work at one level, before the next one is judged
_OBSERVE_IMAGES = 3
_RECOVER_SECONDS = 10.0  # of light work, after which a level is taken back
_LONGEST_RECOVERY = 160.0
_BUSY = 0.9  # share of the time
_LIGHT = 0.04  # seconds an image below which a level is taken back
_RESTED = 0.4  # share of the time below which a level is taken back


@dataclass(frozen=True)
class Level:
    """What is left out: images drawn a second, and the effort of the tracker."""

    drawn: float
    effort: Effort
    text: str


LEVELS = (
    Level(float('inf'), Effort(), ''),
    Level(2.0, Effort(embeddings=8),
          'draws 2 images a second and embeds 8 faces an image at most'),
    Level(1.0, Effort(embeddings=4, interval=2),
          'draws 1 image a second, embeds 4 faces an image at most, and runs the detector on '
          'every 2nd image'),
    Level(0.5, Effort(embeddings=2, interval=4),
          'draws an image in 2 s, embeds 2 faces an image at most, and runs the detector on '
          'every 4th image'))
"""Drawing and embedding are shed first, then the rate of detection."""


class LoadShedding:
    """
    Chooses the level of shedding from the time that images take.

    It rises while the node works without rest and images take longer than `LONGEST`, and falls
    once that has been over for some time.

    A single slow image, such as the first of another size, counts for nothing. A level that was
    taken back too early is kept twice as long the next time. Used on the thread of images; `level`
    may be read from any.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with everything done; `clock` gives seconds."""
        self.level = 0
        self._clock = clock
        self._work: deque[tuple[float, float]] = deque()  # end and seconds of each image
        self._since = self._light_since = clock()
        self._lowered: float | None = None
        self._recovery = _RECOVER_SECONDS
        self._drawn = -float('inf')

    @property
    def effort(self) -> Effort:
        """What the tracker is to do for the next image."""
        return LEVELS[self.level].effort

    def draws(self) -> bool:
        """Return whether the next image is to be drawn, and count it."""
        now = self._clock()
        if now - self._drawn < 1 / LEVELS[self.level].drawn:
            return False
        self._drawn = now
        return True

    def worked(self, seconds: float) -> None:
        """Take the seconds that were spent on an image, up to now, and choose the level anew."""
        now = self._clock()
        work = self._work
        work.append((now, seconds))
        while len(work) > _OBSERVE_IMAGES and work[0][0] <= now - _OBSERVE_SECONDS:
            work.popleft()
        spent = [each for _, each in work]
        usual = (sum(spent) - max(spent)) / max(len(spent) - 1, 1)
        busy = sum(spent) / max(now - work[0][0] + work[0][1], 1e-6)
        if usual > _LIGHT and busy > _RESTED:
            self._light_since = now
        if now - self._since < _OBSERVE_SECONDS or len(work) < _OBSERVE_IMAGES:
            return
        if usual > LONGEST and busy >= _BUSY and self.level < len(LEVELS) - 1:
            if self._lowered is not None and now - self._lowered < self._recovery:
                self._recovery = min(2 * self._recovery, _LONGEST_RECOVERY)
            self._change(self.level + 1, now)
        elif self.level and now - self._light_since >= self._recovery:
            self._lowered = now
            self._change(self.level - 1, now)

    def _change(self, level: int, now: float) -> None:
        self.level, self._since, self._light_since = level, now, now
        self._work.clear()
