# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The time that the stages of a frame take."""
from __future__ import annotations

import time


class StageTimer:
    """Seconds by stage of one frame; `total` is their sum."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(
            ('follow', 'detect', 'camera', 'embed', 'track', 'total'), 0.0)
        self._since = time.perf_counter()

    def stop(self, stage: str) -> None:
        """Count the time since the last call, or the start, as of this stage."""
        now = time.perf_counter()
        self.seconds[stage] += now - self._since
        self.seconds['total'] += now - self._since
        self._since = now
