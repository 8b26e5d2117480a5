# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for landmark models: five points of a crop in one output."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import FloatArray

_NUMBERS = 10  # x and y of five points


def decode(outputs: Mapping[str, FloatArray], count: int) -> FloatArray:
    """Return the points (count, 5, 2) of the first output, 0 to 1 in the crop."""
    return next(iter(outputs.values())).reshape(count, -1, 2)


def _recognise(outputs: Sequence[Port]) -> bool:
    sides = outputs[0].shape[1:] if len(outputs) == 1 else ()
    return sorted(sides) == [1] * (len(sides) - 1) + [_NUMBERS]


FAMILY = Family(
    name='points', task='landmarks', decode=decode, outputs='one output [N, 10], five points',
    recognise=_recognise, default_input=InputSpec('NCHW', 'BGR'))
