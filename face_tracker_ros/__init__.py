# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Faces with ids that last: detection, embedding and DeepSORT tracking on the CPU.

This package and everything in it but `face_tracker_ros.ros` works without ROS.
"""
from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from face_tracker_ros.config import Config
    from face_tracker_ros.errors import (ConfigError, FaceTrackerError, FrameError, ModelError,
                                         SourceError)
    from face_tracker_ros.pipeline import FaceTracker
    from face_tracker_ros.types import Detections, FrameResult, Track

__version__ = '0.1.0'

__all__ = [
    'Config', 'ConfigError', 'Detections', 'FaceTracker', 'FaceTrackerError', 'FrameError',
    'FrameResult', 'ModelError', 'SourceError', 'Track',
]


_MODULES = {'Config': 'config', 'Detections': 'types', 'FaceTracker': 'pipeline',
            'FrameResult': 'types', 'Track': 'types',
            **dict.fromkeys(('ConfigError', 'FaceTrackerError', 'FrameError', 'ModelError',
                             'SourceError'), 'errors')}


def __getattr__(name: str) -> Any:
    """Load a name's module when it is first asked for, as commands must start at once."""
    if name in _MODULES:
        return getattr(importlib.import_module(f'{__name__}.{_MODULES[name]}'), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
