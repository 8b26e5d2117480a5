# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Videos, cameras, image files and network addresses as sources of frames; videos as sinks."""
from __future__ import annotations

from face_tracker_ros.video.opening import open_source
from face_tracker_ros.video.outputs import check_writable
from face_tracker_ros.video.sink import VIDEOS, VideoSink
from face_tracker_ros.video.source import DEFAULT_RATE, FrameSource

__all__ = ['check_writable', 'DEFAULT_RATE', 'FrameSource', 'open_source', 'VIDEOS', 'VideoSink']
