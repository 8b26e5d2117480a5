# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The thresholds that models' descriptions recommend, for parameters that are left to them."""
from __future__ import annotations

import functools
import os

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.spec import is_path, ModelSpec

# What holds where nothing is known of a model.
NAMES = ('detection.score', 'detection.low_score', 'tracker.max_cosine_distance',
         'tracker.reid_max_distance')
SCORE, LOW_SCORE, DISTANCE = ModelSpec.score, ModelSpec.low_score, ModelSpec.distance


def recommended(detector: str, encoder: str) -> dict[str, float]:
    """
    Return the thresholds for two models by the parameters' names.

    Models that are unknown or missing get the usual numbers: who loads them says so.
    """
    finder, teller = _described(detector, 'detector'), _described(encoder, 'encoder')
    distance = teller.distance if teller else DISTANCE
    return {'detection.score': finder.score if finder else SCORE,
            'detection.low_score': finder.low_score if finder else LOW_SCORE,
            'tracker.max_cosine_distance': distance, 'tracker.reid_max_distance': distance}


def _described(text: str, task: str) -> ModelSpec | None:
    from face_tracker_ros.models.registry import load_spec
    try:
        if not is_path(text):
            return load_spec(text, task)
        path = os.path.expanduser(text)
        status = os.stat(path)
        return _of_file(path, task, status.st_size, status.st_mtime_ns)
    except (ModelError, OSError):
        return None


@functools.lru_cache(maxsize=16)
def _of_file(path: str, task: str, size: int, changed: int) -> ModelSpec:
    from face_tracker_ros.models.resolve import resolve_model
    return resolve_model(path, task)[0]
