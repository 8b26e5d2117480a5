# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What every source of frames has."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import logging
import math
from pathlib import Path
from types import TracebackType

from face_tracker_ros.types import Image

DEFAULT_RATE = 30.0
"""Frames per second of images, and of videos and cameras that report no plausible rate."""

SLOWEST, FASTEST = 0.1, 1000.0
"""Plausible frames per second."""

Log = Callable[[str], object]
"""Takes one line about something a person should know that is no reason to stop."""

log_warning: Log = logging.getLogger('face_tracker_ros').warning


class FrameSource:
    """
    A context manager to be iterated once: (stamp in seconds, BGR frame uint8 (H, W, 3)).

    Stamps increase. They are the stream's own times where it has them, index / frame_rate where it
    has none or a rate was asked for, and those of the monotonic clock where frames are live.

    Attributes:
        name: What was opened, fit to be printed: without passwords.
        frame_rate: Frames per second; the usual one where the rate varies.
        size: (width, height) of the first frame.
        length: Number of frames as the files report it; None where it is unknown.
        live: Whether frames come when they happen or as fast as they are asked for.
        files: The files that frames are read from.
        lost: Frames so far that could not be decoded and were passed over.
        replaced: Live frames so far that gave way to newer ones before they were asked for.
    """

    def __init__(self, name: str, frame_rate: float, size: tuple[int, int], length: int | None,
                 live: bool = False, files: tuple[Path, ...] = ()) -> None:
        """Note what is known; `open_source` makes the right kind."""
        self.name = name
        self.frame_rate = frame_rate
        self.size = size
        self.length = length
        self.live = live
        self.files = files
        self.lost = 0
        self.replaced = 0

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Yield stamp and frame until the end; SourceError when the source fails."""
        raise NotImplementedError

    def __enter__(self) -> FrameSource:
        """Return the source itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Close the source."""
        self.close()

    def close(self) -> None:
        """Release the file or camera; a second time does nothing."""


def plausible(rate: float) -> bool:
    """Return whether frames come at such a rate."""
    return math.isfinite(rate) and SLOWEST <= rate <= FASTEST


class Clock:
    """Makes stamps that increase out of a stream's times, which may be missing or go back."""

    def __init__(self, frame_rate: float) -> None:
        """Count `frame_rate` frames per second where the stream has no time."""
        self._step = 1 / frame_rate
        self._raw = self._stamp = -math.inf
        self._offset = 0.0

    def stamp(self, raw: float, lost: int) -> float:
        """Return the stamp of a frame at `raw` seconds, before which `lost` ones are missing."""
        if not math.isfinite(raw):
            raw = self._raw
        if self._stamp == -math.inf:
            self._stamp = max(raw, 0.0) if math.isfinite(raw) else lost * self._step
        elif raw > self._raw:
            self._stamp = max(raw + self._offset, self._stamp + 1e-6)
        else:  # no time, or a stream that begins anew: goes on from here
            self._stamp += self._step * (1 + lost)
        self._offset = self._stamp - raw if math.isfinite(raw) else 0.0
        self._raw = raw
        return self._stamp
