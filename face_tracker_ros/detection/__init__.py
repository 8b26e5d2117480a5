# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Face detection: an image in; boxes, scores and landmarks in its pixels out.

Every family of network outputs has one decoder module with a function
`decode(outputs, width, height, min_score) -> Detections`, in pixels of the network's input.
"""
from __future__ import annotations

from face_tracker_ros.detection.detector import FaceDetector

__all__ = ['FaceDetector']
