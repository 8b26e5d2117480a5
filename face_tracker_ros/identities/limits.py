# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The distance and margin in force: of parameters, calibration or the encoder's description."""
from __future__ import annotations

from face_tracker_ros.config import Config
from face_tracker_ros.identities.records import Calibration
from face_tracker_ros.models.spec import ModelSpec

_UNCALIBRATED = 0.6  # share of the encoder's distance for the same track, without a calibration
_USUAL_MARGIN = 0.08


def limit_of(config: Config, spec: ModelSpec, calibration: Calibration | None) -> float:
    """
    Return the maximum cosine distance of a face to a known person.

    The parameter's, else what `calibrate` stored, else what the encoder's description recommends,
    else a cautious share of its distance for tracks.
    """
    if config.identities.max_distance:
        return config.identities.max_distance
    if calibration is not None:
        return calibration.distance
    return spec.identity_distance or _UNCALIBRATED * spec.distance


def margin_of(config: Config, spec: ModelSpec, calibration: Calibration | None) -> float:
    """Return the minimum lead over the second nearest person, likewise."""
    if config.identities.margin:
        return config.identities.margin
    if calibration is not None:
        return calibration.margin
    return spec.identity_margin or _USUAL_MARGIN
