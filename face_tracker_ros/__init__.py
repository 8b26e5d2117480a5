# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Face tracking with persistent ids: detection, embedding and DeepSORT on the CPU.

The names in `__all__` are the public API; all else is private and may change. They are loaded
when they are first used, OpenVINO with those that run models. Only `face_tracker_ros.ros` needs
ROS.
"""
from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from face_tracker_ros.annotate import draw
    from face_tracker_ros.config import Config
    from face_tracker_ros.detection import FaceDetector
    from face_tracker_ros.embedding.encoder import FaceEncoder
    from face_tracker_ros.errors import (ConfigError, FaceTrackerError, FrameError, ModelError,
                                         SourceError)
    from face_tracker_ros.pipeline import FaceTracker
    from face_tracker_ros.tracking import Tracker
    from face_tracker_ros.types import Detections, FrameResult, Track, Tracks
    from face_tracker_ros.video import open_source, VideoSink

__version__ = '0.1.0'

__all__ = [
    'Config', 'ConfigError', 'Detections', 'draw', 'FaceDetector', 'FaceEncoder', 'FaceTracker',
    'FaceTrackerError', 'FrameError', 'FrameResult', 'ModelError', 'open_source', 'SourceError',
    'Track', 'Tracker', 'Tracks', 'VideoSink',
]

_MODULES = {
    'annotate': ('draw',),
    'config': ('Config',),
    'detection': ('FaceDetector',),
    'embedding.encoder': ('FaceEncoder',),
    'errors': ('ConfigError', 'FaceTrackerError', 'FrameError', 'ModelError', 'SourceError'),
    'pipeline': ('FaceTracker',),
    'tracking': ('Tracker',),
    'types': ('Detections', 'FrameResult', 'Track', 'Tracks'),
    'video': ('open_source', 'VideoSink'),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = getattr(importlib.import_module(f'{__name__}.{_HOME[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
