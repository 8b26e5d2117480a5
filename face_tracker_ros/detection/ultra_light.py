# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for the Ultra-Light-Fast-Generic detectors, whose graph decodes the anchors."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family, last_sides
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray
import numpy as np


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """Return of scores [1, N, 2] (background, face) and boxes [1, N, 4] (0 to 1) the faces."""
    scores = outputs['scores'].reshape(-1, 2)[:, 1]
    chosen = scores >= min_score
    boxes = outputs['boxes'].reshape(-1, 4)[chosen]
    return Detections(boxes * np.array([width, height, width, height], np.float32), scores[chosen])


def _recognise(outputs: Sequence[Port]) -> bool:
    return {port.name for port in outputs} == {'scores', 'boxes'} and last_sides(outputs) == [2, 4]


FAMILY = Family(
    name='ultra-light', task='detector', decode=decode,
    outputs='scores [1, N, 2] and boxes [1, N, 4]', recognise=_recognise,
    default_input=InputSpec('NCHW', 'RGB', (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)))
