# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Times that increase out of stamps that may be missing, wrong or begin anew."""
from __future__ import annotations

from typing import Any

_BACK = 1.0  # seconds; less is a message that was overtaken by another one
_AHEAD = 60.0  # seconds more than passed while it was recorded: no stamp of this recording


class Stamps:
    """Follows the stamps of one topic."""

    def __init__(self) -> None:
        """Begin without a message."""
        self._time = self._recorded = self._offset = 0.0
        self._first = True
        self.late = self.jumps = 0

    def time(self, header: Any, recorded: float) -> float | None:
        """
        Return the time of a message in seconds; None for one that is to be skipped.

        A stamp of zero gives way to the time of recording. After a jump, as where a bag was
        played in a loop, time goes on from where it was.
        """
        raw = seconds(header) or recorded
        if not self._first:
            passed = max(recorded - self._recorded, 1e-3)
            step = raw + self._offset - self._time
            if -_BACK < step <= 0:
                self.late += 1
                return None
            if step <= -_BACK or step > passed + _AHEAD:
                self.jumps += 1
                self._offset += min(passed, _AHEAD) - step
        self._first = False
        self._time, self._recorded = raw + self._offset, recorded
        return self._time

    def notes(self, topic: str) -> list[str]:
        """Return sentences about what was wrong."""
        found = []
        if self.late:
            found.append(f"{self.late} messages of '{topic}' were skipped: their stamps are not "
                         'after the ones before')
        if self.jumps:
            found.append(f"stamps of '{topic}' jumped {self.jumps} times; time goes on there")
        return found


def seconds(header: Any) -> float:
    """Return the stamp of a header in seconds."""
    return float(header.stamp.sec) + float(header.stamp.nanosec) * 1e-9


def key(header: Any) -> int:
    """Return the stamp of a header in nanoseconds: what messages of one image share."""
    return int(header.stamp.sec) * 10 ** 9 + int(header.stamp.nanosec)
