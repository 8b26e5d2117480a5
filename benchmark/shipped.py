# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The shipped models, so that no result depends on what else is installed."""
from __future__ import annotations

from face_tracker_ros import Config

DETECTOR = 'face-detector'


def fixed(config: Config) -> Config:
    """Return a configuration with the shipped detector instead of `auto`."""
    return config.updated({'detector': DETECTOR}) if config.detector == 'auto' else config


SHIPPED = fixed(Config())
"""The default parameters with the shipped models."""
