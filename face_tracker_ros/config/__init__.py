# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Every parameter of the package, declared once; a configuration is a value."""
from face_tracker_ros.config.declaration import Parameter
from face_tracker_ros.config.parameters import (Config, DetectionConfig, EmbeddingConfig,
                                                InferenceConfig, MODEL_PARAMETERS, NODE_PARAMETERS,
                                                PARAMETERS, TrackerConfig)

__all__ = [
    'Config', 'DetectionConfig', 'EmbeddingConfig', 'InferenceConfig', 'MODEL_PARAMETERS',
    'NODE_PARAMETERS', 'Parameter', 'PARAMETERS', 'TrackerConfig',
]
