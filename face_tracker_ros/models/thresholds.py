# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The thresholds in force: parameters of 0 take what the models recommend."""
from __future__ import annotations

from dataclasses import replace
import functools
import os
import sys

from face_tracker_ros.config import Config
from face_tracker_ros.errors import ConfigError, ModelError
from face_tracker_ros.models.preference import preferred
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.models.spec import AUTO, is_path, ModelSpec

_CLEAR = 0.2  # of the way from detection.score to 1, by which one detection of a track is clear
_LEAST = sys.float_info.min  # of a recommendation of 0, for 0 stands for 'as recommended'


def effective(config: Config, detector_spec: ModelSpec | None = None,
              encoder_spec: ModelSpec | None = None) -> Config:
    """
    Return the configuration with every threshold of 0 replaced by the number in force.

    A recommendation gives way to a number that was given: detection.low_score is never above
    detection.score.

    Args:
        config: thresholds that are not 0 stay as they are.
        detector_spec: description of the detector in use; None = not known, the usual numbers.
        encoder_spec: description of the encoder in use, likewise.
    """
    detection, tracker = config.detection, config.tracker
    detector = _recommended(detector_spec)
    low_score = detection.low_score or min(detector[1], detection.score or detector[1])
    score = detection.score or max(detector[0], low_score)
    distance = max(_LEAST, encoder_spec.distance if encoder_spec else ModelSpec.distance)
    return replace(
        config, detection=replace(detection, score=score, low_score=low_score),
        tracker=replace(tracker,
                        min_track_score=tracker.min_track_score or score + _CLEAR * (1 - score),
                        max_cosine_distance=tracker.max_cosine_distance or distance,
                        reid_max_distance=tracker.reid_max_distance or distance))


def check_low_score(config: Config, detector_spec: ModelSpec | None = None) -> None:
    """Raise ConfigError for a detection.low_score above the recommended detection.score."""
    detection, (recommended, _) = config.detection, _recommended(detector_spec)
    if not detection.score and detection.low_score > recommended:
        raise ConfigError(f"parameter 'detection.low_score': {detection.low_score:g} is above the "
                          f'detection.score that the detector recommends ({recommended:g}); give '
                          'at most that, or detection.score, too')


def named(config: Config) -> tuple[ModelSpec | None, ModelSpec | None]:
    """Return the descriptions of detector and encoder by name, None where there is none."""
    return _described(config.detector, 'detector'), _described(config.encoder, 'encoder')


def shown(config: Config) -> dict[str, float]:
    """Return the thresholds of a configuration by the names that diagnostics show."""
    return {'detection_score': config.detection.score,
            'detection_low_score': config.detection.low_score,
            'min_track_score': config.tracker.min_track_score,
            'max_cosine_distance': config.tracker.max_cosine_distance,
            'reid_max_distance': config.tracker.reid_max_distance}


def _recommended(spec: ModelSpec | None) -> tuple[float, float]:
    """Return score and low score."""
    score, low_score = ((spec.score, spec.low_score) if spec
                        else (ModelSpec.score, ModelSpec.low_score))
    return max(_LEAST, score), max(_LEAST, low_score)


def _described(text: str, task: str) -> ModelSpec | None:
    try:
        if text == AUTO:
            return preferred(task)
        if not is_path(text):
            return load_spec(text, task)
        path = os.path.expanduser(text)
        status = os.stat(path)
        return _of_file(path, task, status.st_size, status.st_mtime_ns)
    except (ModelError, OSError):
        return None  # is reported when the model is loaded


@functools.lru_cache(maxsize=16)
def _of_file(path: str, task: str, size: int, changed: int) -> ModelSpec:
    from face_tracker_ros.models.resolve import resolve_model  # which needs OpenVINO
    return resolve_model(path, task)[0]
