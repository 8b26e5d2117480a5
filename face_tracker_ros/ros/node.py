# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The executable face_tracker_node."""
from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import TYPE_CHECKING

from face_tracker_ros.ros.process import run

if TYPE_CHECKING:
    from face_tracker_ros.ros.tracker_node import FaceTrackerNode


def main(args: Sequence[str] | None = None) -> int:
    """Run the face tracker node until it is told to stop; return the exit code."""
    return run(_make_node, args)


def _make_node() -> FaceTrackerNode:
    from face_tracker_ros.ros.tracker_node import FaceTrackerNode
    return FaceTrackerNode()


if __name__ == '__main__':
    sys.exit(main())
