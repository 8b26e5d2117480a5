# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What became of the images that never got here: replaced by newer ones, or lost on the way."""
from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any

_MOST_PUBLISHERS = 16


class Arrivals:
    """Finds what is missing in the numbers that the middleware gives to messages, and why."""

    def __init__(self, lose: Callable[[int], None] = lambda number: None) -> None:
        """Begin; `lose` gets the number of images lost on the way since its last call."""
        self._lose = lose
        self._numbers: dict[Any, int | None] = {}  # the last one of each publisher
        self._lost = 0  # not yet found as a gap in the numbers

    def passed(self, info: Mapping[str, Any]) -> tuple[int, float]:
        """
        Return how many images before this one were replaced here, and how long it waited.

        The number is of images, without those lost on the way; the time is in seconds. Both are 0
        where the middleware does not report them, as on Humble.
        """
        received = info.get('received_timestamp', 0) * 1e-9
        number = info.get('publication_sequence_number')
        publisher = (info.get('publisher_gid') or {}).get('data')  # Kilted and newer
        before = self._numbers.get(publisher)
        if len(self._numbers) > _MOST_PUBLISHERS:
            self._numbers.clear()
        self._numbers[publisher] = number
        waited = max(0.0, time.time() - received) if received else 0.0
        if number is None or before is None:
            self._lost = 0
            return 0, waited
        missing = max(0, number - before - 1)
        lost = min(missing, self._lost)
        self._lost -= lost
        return missing - lost, waited

    def on_lost(self, event: Any) -> None:
        """Count what the middleware reports as lost since it last did."""
        if event is not None and event.total_count_change:
            self._lost += event.total_count_change
            self._lose(event.total_count_change)
