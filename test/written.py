# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How much a process has written so far."""
from __future__ import annotations

from pathlib import Path


def bytes_in(path: Path) -> int:
    """Return the size of a file; 0 while there is none: it may come, go and come again."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
