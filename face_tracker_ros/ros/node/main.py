# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The executable face_tracker_node: a face tracker, or one for each of several cameras."""
from __future__ import annotations

from collections.abc import Sequence
import re
import sys
from typing import TYPE_CHECKING

from face_tracker_ros.errors import ConfigError
from face_tracker_ros.ros.process import run

if TYPE_CHECKING:
    from face_tracker_ros.ros.node.face_tracker_node import FaceTrackerNode


def main(args: Sequence[str] | None = None) -> int:
    """
    Run the face tracker node until it is told to stop; return the exit code.

    Arguments that are not for ROS are namespaces: one node in each, in this process.
    """
    return run(_make_nodes, args)


def _make_nodes(namespaces: Sequence[str]) -> list[FaceTrackerNode]:
    from face_tracker_ros.ros.node.face_tracker_node import FaceTrackerNode
    if not namespaces:
        return [FaceTrackerNode()]
    for number, namespace in enumerate(namespaces):
        if not re.fullmatch(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*', namespace, re.ASCII) \
                or namespace in namespaces[:number]:
            raise ConfigError(f"namespace '{namespace}': given twice or no name; give different "
                              "ones of letters, digits, '_' and '/', as in front rear")
    return [FaceTrackerNode(namespace=namespace) for namespace in namespaces]


if __name__ == '__main__':
    sys.exit(main())
