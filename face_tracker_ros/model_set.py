# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The models of a tracker: loaded, checked, and exchanged while running."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from face_tracker_ros.config import Config, MODEL_PARAMETERS
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.models.resolve import is_slow_to_check, MODELS_PAGE, resolve_model
from face_tracker_ros.models.spec import AUTO
from face_tracker_ros.models.thresholds import check_low_score, effective


@dataclass(frozen=True)
class ModelSet:
    """
    A detector and an encoder, as a configuration names them.

    Attributes:
        detector, encoder: the loaded models.
        parameters: the values of the configuration's model parameters, by name.
    """

    detector: FaceDetector
    encoder: FaceEncoder
    parameters: Mapping[str, str]

    @classmethod
    def load(cls, config: Config) -> ModelSet:
        """
        Load the models that a configuration names.

        Raises:
            ModelError: a model is unknown, missing, corrupt or cannot be run.
        """
        detector = FaceDetector.from_config(config)
        check_low_score(config, detector.spec)
        return cls(detector, FaceEncoder.from_config(config), model_parameters(config))

    def updated(self, config: Config) -> ModelSet:
        """
        Return the models that a configuration names; those that it names already are shared.

        Any thread may call this, also while the models are in use.

        Raises:
            ModelError: a model is unknown, missing, corrupt or cannot be run.
        """
        wanted = model_parameters(config)
        changed = {name for name in wanted if wanted[name] != self.parameters[name]}
        return ModelSet(
            FaceDetector.from_config(config) if 'detector' in changed else self.detector,
            FaceEncoder.from_config(config) if changed - {'detector'} else self.encoder, wanted)

    def check(self, config: Config, current: Config) -> None:
        """
        Check the files of the models that `updated` would load, without loading them.

        Takes a moment only: models that are too large for that are left to `updated`.

        Args:
            config: the configuration to come.
            current: the one in use.

        Raises:
            ModelError: a model is unknown, missing or corrupt.
            ConfigError: a new detection.low_score is above the score that the detector recommends.
        """
        detector_spec = self.detector.spec
        for task, wanted in model_parameters(config).items():
            if wanted != self.parameters[task] and (wanted or task != 'landmarks'):
                if is_slow_to_check(wanted):
                    continue
                spec, _ = resolve_model(wanted, task)
                detector_spec = spec if task == 'detector' else detector_spec
        if config.detection.low_score != current.detection.low_score:
            check_low_score(config, detector_spec)

    def effective(self, config: Config) -> Config:
        """Return the configuration with the thresholds in force (models/thresholds.py)."""
        return effective(config, self.detector.spec, self.encoder.spec)

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the models in use, by task."""
        return {'detector': self.detector.name, 'encoder': self.encoder.name}

    @property
    def summary(self) -> str:
        """The models in use, and which of them `auto` has chosen, in words."""
        return ' and '.join(
            f"{task} '{name}'{' (auto)' if self.parameters[task] == AUTO else ''}"
            for task, name in self.names.items())

    @property
    def notices(self) -> list[str]:
        """What a user should know about the models, a sentence each: terms, guesses, faults."""
        landmarks = self.encoder.landmark_detector
        specs = [self.detector.spec, self.encoder.spec] + ([landmarks.spec] if landmarks else [])
        restricted = [f"'{spec.name}'" for spec in specs if spec.restricted]
        lines = list(self.detector.skipped)
        lines += [f"{' and '.join(restricted)}: weights for research use only; "
                  'config/permissive.yaml names models that are free for all uses'
                  ] if restricted else []
        for spec in specs:
            if not spec.files[0].checksum and spec.source == spec.name:
                lines.append(f"'{spec.name}': recognised as '{spec.family}', input {spec.input}; "
                             f'if that is wrong, describe it in a model.yaml ({MODELS_PAGE})')
        return lines


def model_parameters(config: Config) -> dict[str, str]:
    """Return the values of the parameters that name models."""
    return {name: getattr(config, name) for name in MODEL_PARAMETERS}
