# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for networks that decode in the graph: rows of box, score and five landmarks."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family, last_sides
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """Return the rows [1, N, 15] (4 box, score, 5 points of x, y) of at least `min_score`."""
    rows = next(iter(outputs.values())).reshape(-1, 15)
    rows = rows[(rows[:, 4] >= min_score).nonzero()[0]]
    return Detections(rows[:, :4], rows[:, 4], rows[:, 5:])


def _recognise(outputs: Sequence[Port]) -> bool:
    return last_sides(outputs) == [15]


FAMILY = Family(
    name='decoded', task='detector', decode=decode, outputs='one output [1, N, 15]',
    recognise=_recognise, default_input=InputSpec('NCHW', 'BGR', multiple=32), landmarks=True)
