# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for CenterFace: maps of face centres, sizes, offsets and landmarks at stride 4."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray
import numpy as np

_STRIDE = 4


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """
    Return the cells of the heat map of at least `min_score` as faces.

    The four outputs come in the order heat map [1, 1, h, w], log size [1, 2, h, w], centre offset
    [1, 2, h, w] and landmarks [1, 10, h, w], always y before x; sizes and offsets count in cells,
    landmarks in box sides from the top left corner.
    """
    heat, log_size, offset, points = (value[0] for value in outputs.values())
    rows, columns = np.nonzero(heat[0] >= min_score)
    cells = np.stack([rows, columns], axis=1).astype(np.float32)
    with np.errstate(over='ignore'):
        size = np.exp(log_size[:, rows, columns].T) * _STRIDE
    center = (cells + offset[:, rows, columns].T + np.float32(0.5)) * _STRIDE
    corner = center - size / 2
    relative = points[:, rows, columns].T.reshape(-1, 5, 2)
    landmarks = relative * size[:, None] + corner[:, None]
    boxes = np.hstack([corner[:, ::-1], (corner + size)[:, ::-1]])
    return Detections(boxes, heat[0, rows, columns], landmarks[..., ::-1])


def _recognise(outputs: Sequence[Port]) -> bool:
    channels = [port.shape[1] for port in outputs if len(port.shape) == 4]
    return len(outputs) == 4 and channels == [1, 2, 2, 10]


FAMILY = Family(
    name='centerface', task='detector', decode=decode,
    outputs='four maps of 1, 2, 2 and 10 channels', recognise=_recognise,
    default_input=InputSpec('NCHW', 'RGB', multiple=32), landmarks=True, any_size=True)
