# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for the SSD detectors of the Open Model Zoo (its DetectionOutput layer)."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family, last_sides
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray
import numpy as np


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """
    Return the rows [1, 1, N, 7] (image, label, score, box in 0 to 1) of at least `min_score`.

    The list ends before the first row whose image number is negative.
    """
    rows = next(iter(outputs.values())).reshape(-1, 7)
    ended = np.flatnonzero(rows[:, 0] < 0)
    if len(ended):
        rows = rows[:ended[0]]
    rows = rows[rows[:, 2] >= min_score]
    size = np.array([width, height, width, height], np.float32)
    return Detections(rows[:, 3:] * size, rows[:, 2])


def _recognise(outputs: Sequence[Port]) -> bool:
    return last_sides(outputs) == [7]


FAMILY = Family(
    name='omz-ssd', task='detector', decode=decode, outputs='one output [1, 1, N, 7]',
    recognise=_recognise, default_input=InputSpec('NCHW', 'BGR'))
