# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The executable video_publisher."""
from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import TYPE_CHECKING

from face_tracker_ros.ros.process import run

if TYPE_CHECKING:
    from face_tracker_ros.ros.video_node import VideoPublisherNode


def main(args: Sequence[str] | None = None) -> int:
    """Publish a video, camera or folder of pictures as images; return the exit code."""
    return run(_make_nodes, args)


def _make_nodes(_: Sequence[str]) -> list[VideoPublisherNode]:
    from face_tracker_ros.ros.video_node import VideoPublisherNode
    return [VideoPublisherNode()]


if __name__ == '__main__':
    sys.exit(main())
