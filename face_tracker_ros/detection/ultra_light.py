# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for the Ultra-Light-Fast-Generic detectors, whose graph decodes the anchors."""
from __future__ import annotations

from collections.abc import Mapping

from face_tracker_ros.types import Detections, FloatArray
import numpy as np


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """Return of scores [1, N, 2] (background, face) and boxes [1, N, 4] (0 to 1) the faces."""
    scores = outputs['scores'].reshape(-1, 2)[:, 1]
    chosen = scores >= min_score
    boxes = outputs['boxes'].reshape(-1, 4)[chosen]
    return Detections(boxes * np.array([width, height, width, height], np.float32), scores[chosen])
