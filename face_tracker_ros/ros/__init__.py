# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The ROS layer: messages, parameters, lifecycle, clocks, QoS and threads; no computer vision.

`from face_tracker_ros.ros import FaceTrackerNode` gives the node for an executor of your own. ROS
is imported only then.
"""
from __future__ import annotations

from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from face_tracker_ros.ros.node.face_tracker_node import FaceTrackerNode

__all__ = ['FaceTrackerNode']


def __getattr__(name: str) -> Any:
    if name == 'FaceTrackerNode':
        from face_tracker_ros.ros.node.face_tracker_node import FaceTrackerNode
        return FaceTrackerNode
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
