# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for the Open Model Zoo's FCOS and ATSS detectors: rows of box and score in pixels."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family, last_sides
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """Return the rows of `boxes` [N, 5] (box in pixels, score) of at least `min_score`."""
    rows = outputs['boxes'].reshape(-1, 5)
    rows = rows[rows[:, 4] >= min_score]
    return Detections(rows[:, :4], rows[:, 4])


def _recognise(outputs: Sequence[Port]) -> bool:
    return {'boxes', 'labels'} <= {port.name for port in outputs} and 5 in last_sides(outputs)


FAMILY = Family(
    name='omz-boxes', task='detector', decode=decode, outputs='boxes [N, 5] and labels',
    recognise=_recognise, default_input=InputSpec('NCHW', 'BGR'))
