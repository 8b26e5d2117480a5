# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for BlazeFace (Bazarevsky et al. 2019): offsets from a grid of anchors, and logits."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
import functools

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.families import Family, last_sides
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray
import numpy as np

# Cells a side of the input and anchors a cell, by the number of anchors: the short-range and back
# networks look at two maps, the full-range ones at one.
_GRIDS = {896: ((16, 2), (8, 6)), 2304: ((48, 1),)}
_LARGEST_LOGIT = 80.0
_HALF_RANGE = (127.5, 127.5, 127.5)  # pixels go in as -1 to 1


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """
    Return the anchors of at least `min_score` as faces, without landmarks.

    One output [1, A, 16] holds centre and size of the box in pixels from the anchor, and six
    points that are not the five of other detectors; the other [1, A, 1] the logit of the score.
    """
    parts = {value.shape[-1]: value.reshape(-1, value.shape[-1]) for value in outputs.values()}
    logits = np.clip(parts[1][:, 0], -_LARGEST_LOGIT, _LARGEST_LOGIT)
    scores = (1 / (1 + np.exp(-logits))).astype(np.float32)
    rows = np.flatnonzero(scores >= min_score)
    raw = parts[16][rows]
    size = np.array([width, height], np.float32)
    center = raw[:, :2] + _anchors(len(scores))[rows] * size
    half = raw[:, 2:4] / 2
    return Detections(np.hstack([center - half, center + half]), scores[rows])


@functools.lru_cache(maxsize=4)
def _anchors(count: int) -> FloatArray:
    """Return the centres (A, 2) of the anchors in parts of the input's sides."""
    if count not in _GRIDS:
        raise ModelError(f'BlazeFace network with {count} anchors; give one with '
                         f"{' or '.join(map(str, _GRIDS))}")
    grids = []
    for side, anchors in _GRIDS[count]:
        middle = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / side
        x, y = np.meshgrid(middle, middle)
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), anchors, axis=0))
    return np.concatenate(grids)


def _recognise(outputs: Sequence[Port]) -> bool:
    return (last_sides(outputs) == [1, 16] and len(outputs[0].shape) == 3
            and outputs[0].shape[1] in _GRIDS)


FAMILY = Family(
    name='blazeface', task='detector', decode=decode, outputs='[1, A, 16] and [1, A, 1]',
    recognise=_recognise, raw_ir=False,
    default_input=InputSpec('NCHW', 'RGB', _HALF_RANGE, _HALF_RANGE, fit='pad'))
