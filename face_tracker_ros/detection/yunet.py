# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for YuNet: one class, objectness, box and landmark map for each of three strides."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.models.families import Family
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import Detections, FloatArray
import numpy as np

_STRIDES = (8, 16, 32)


def decode(outputs: Mapping[str, FloatArray], width: int, height: int,
           min_score: float) -> Detections:
    """
    Return the cells of at least `min_score` as faces.

    Score: geometric mean of class and objectness. A cell at (column, row) of stride s has its
    box centre at (column + dx, row + dy) s, its size exp(dw, dh) s and each landmark at
    (column + kx, row + ky) s.
    """
    boxes, scores, landmarks = [], [], []
    for stride in _STRIDES:
        parts = [outputs[f'{name}_{stride}'].reshape(-1) for name in ('cls', 'obj')]
        score = np.sqrt(np.clip(parts[0], 0, 1) * np.clip(parts[1], 0, 1))
        cells = np.flatnonzero(score >= min_score)
        columns = width // stride
        corner = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
        box = outputs[f'bbox_{stride}'].reshape(-1, 4)[cells]
        center = (corner + box[:, :2]) * stride
        with np.errstate(over='ignore'):
            half = np.exp(box[:, 2:]) * (stride / 2)
        boxes.append(np.hstack([center - half, center + half]))
        scores.append(score[cells])
        points = outputs[f'kps_{stride}'].reshape(-1, 5, 2)[cells]
        landmarks.append((points + corner[:, None]) * stride)
    return Detections(np.concatenate(boxes), np.concatenate(scores), np.concatenate(landmarks))


def _recognise(outputs: Sequence[Port]) -> bool:
    wanted = {f'{part}_{stride}' for part in ('cls', 'obj', 'bbox', 'kps') for stride in _STRIDES}
    return wanted <= {port.name for port in outputs}


FAMILY = Family(
    name='yunet', task='detector', decode=decode, outputs='cls_8, obj_8, bbox_8, kps_8 ...',
    recognise=_recognise, default_input=InputSpec('NCHW', 'BGR', multiple=32), landmarks=True)
