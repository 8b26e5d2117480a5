# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The thresholds that models' descriptions recommend, for parameters that are left to them."""
from __future__ import annotations

import functools
import os

from face_tracker_ros.errors import ModelError
from face_tracker_ros.model_spec import is_path, ModelSpec
from face_tracker_ros.models import load_spec

# Those of the default models, which also hold where nothing is known of a model.
SCORE, LOW_SCORE, DISTANCE = 0.68, 0.5, ModelSpec.distance


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
    from face_tracker_ros.resolve import resolve_model  # which reads configurations itself
    return resolve_model(path, task)[0]
