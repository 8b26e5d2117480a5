# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Faces with ids that last: detection, embedding and DeepSORT tracking on the CPU.

This package and everything in it but `face_tracker_ros.ros` works without ROS.
"""
from __future__ import annotations

from typing import Any, TYPE_CHECKING

from face_tracker_ros.config import Config
from face_tracker_ros.errors import (ConfigError, FaceTrackerError, FrameError, ModelError,
                                     SourceError)
from face_tracker_ros.types import Detections, FrameResult, Track

if TYPE_CHECKING:
    from face_tracker_ros.pipeline import FaceTracker

__version__ = '0.1.0'

__all__ = [
    'Config', 'ConfigError', 'Detections', 'FaceTracker', 'FaceTrackerError', 'FrameError',
    'FrameResult', 'ModelError', 'SourceError', 'Track',
]


def __getattr__(name: str) -> Any:
    """Load FaceTracker, and OpenVINO with it, when it is first asked for."""
    if name == 'FaceTracker':
        from face_tracker_ros.pipeline import FaceTracker
        return FaceTracker
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
