# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Face detection: an image in; boxes, scores and landmarks in its pixels out.

Every family of network outputs has one module here with its decoder and its record `FAMILY`
(models/families.py).
"""
from __future__ import annotations

from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from face_tracker_ros.detection.detector import FaceDetector

__all__ = ['FaceDetector']


def __getattr__(name: str) -> Any:
    """Load the detector, and OpenVINO with it, when it is first asked for; decoders need none."""
    if name in __all__:
        from face_tracker_ros.detection import detector
        return getattr(detector, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
