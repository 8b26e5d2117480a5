# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What commands share: how they end, and what they print to."""
from __future__ import annotations

from collections.abc import Callable
import sys

from face_tracker_ros.errors import FaceTrackerError
from rich.console import Console


def finish(name: str, work: Callable[[], int]) -> int:
    """
    Do the work and return the exit code.

    2 and one line on standard error for what the package refuses; 130 when interrupted.
    """
    try:
        return work()
    except FaceTrackerError as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f'{name}: interrupted', file=sys.stderr)
        return 130


def make_console() -> Console:
    """Return a console for tables: as wide as the terminal, and wide enough for files."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)
