# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Five landmarks of faces, for detectors that give none."""
from __future__ import annotations

from face_tracker_ros import boxes as box_ops
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.families import find_family
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.spec import ModelSpec
from face_tracker_ros.types import FloatArray, Image
import numpy as np


class LandmarkDetector:
    """Finds the five landmarks in given boxes with a model of the task 'landmarks'."""

    def __init__(self, spec: ModelSpec, network: Network) -> None:
        """Combine a description and a network; from_config is the usual way."""
        self.name, self.spec, self._network = spec.name, spec, network
        self._decode = find_family(spec.family, 'landmarks').decode

    @classmethod
    def from_config(cls, config: Config) -> LandmarkDetector | None:
        """Return the detector that `config.landmarks` names, None for ''; ModelError when bad."""
        if not config.landmarks:
            return None
        spec, path = resolve_model(config.landmarks, 'landmarks', config.inference)
        detector = cls(spec, Network(path, spec.input, config.inference, spec.half))
        side = spec.input.width
        if detector._run(np.zeros((1, side, side, 3), np.uint8)).shape != (1, 5, 2):
            raise ModelError(f"model '{spec.name}': its output is not ten numbers; choose another "
                             'landmarks model')
        return detector

    def find(self, image: Image, boxes: FloatArray) -> FloatArray:
        """Return landmarks (N, 5, 2) in pixels of a uint8 BGR image for usable boxes (N, 4)."""
        scale = self.spec.crop_scale
        crops = box_ops.square_crops(image, boxes, self.spec.input.width, scale)
        points = [self._run(crop[None])[0] for crop in crops]
        side = scale * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        corner = (boxes[:, :2] + boxes[:, 2:] - side[:, None]) / 2
        found = np.array(points, np.float32).reshape(-1, 5, 2)
        return np.asarray(found * side[:, None, None] + corner[:, None], np.float32)

    def _run(self, crops: Image) -> FloatArray:
        return np.asarray(self._decode(self._network.infer(crops), len(crops)))
