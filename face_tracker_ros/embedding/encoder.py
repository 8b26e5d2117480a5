# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face encoder: boxes of one picture go in together, unit vectors come out."""
from __future__ import annotations

from face_tracker_ros import boxes as box_ops
from face_tracker_ros.config import Config
from face_tracker_ros.detection import check_image
from face_tracker_ros.inference import Network
from face_tracker_ros.model_spec import ModelSpec
from face_tracker_ros.models import find_model
from face_tracker_ros.types import BoolArray, FloatArray, Image
from face_tracker_ros.vectors import unit
import numpy as np

# A crop of more than this many times the picture's longer side holds no face to speak of.
_LARGEST_CROP = 2.0
# Networks of a fixed batch: one of any batch takes over 1 ms longer a call (MobileNetV3).
_BATCHES = (4, 2, 1)


class FaceEncoder:
    """Embeds faces with one of the registry's encoders; `size` is the length of a vector."""

    def __init__(self, spec: ModelSpec, network: Network) -> None:
        """Join an encoder's description and network; see from_config for the usual way."""
        self.name, self.size = spec.name, spec.embedding_size
        self._spec, self._network = spec, network

    @classmethod
    def from_config(cls, config: Config) -> FaceEncoder:
        """
        Return the encoder that `config.encoder` names, compiled.

        Raises ModelError when the model is unknown, missing, corrupt or cannot be run.
        """
        spec, path = find_model(config.encoder, 'encoder')
        network = Network(path, spec.input, config.inference, spec.half)
        for batch in _BATCHES:
            network.prepare(spec.input.width, spec.input.height, batch)
        return cls(spec, network)

    def encode(self, image: Image, boxes: FloatArray) -> FloatArray:
        """
        Return one unit vector a box, float32 (N, size).

        image: uint8 BGR (H, W, 3); boxes: (N, 4) in its pixels. Rows of boxes without a face to
        look at (not finite, no area, wholly outside the picture, absurdly large) are NaN.
        Raises FrameError for another kind of image.
        """
        check_image(image)
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        vectors = np.full((len(boxes), self.size), np.nan, np.float32)
        chosen = _visible(boxes, image.shape[1], image.shape[0], self._spec.crop_scale)
        if chosen.any():
            crops = box_ops.square_crops(image, boxes[chosen], self._spec.input.width,
                                         self._spec.crop_scale)
            vectors[chosen] = unit(self._infer(crops), np.nan)
        return vectors

    def _infer(self, crops: Image) -> FloatArray:
        parts, start = [], 0
        while start < len(crops):
            batch = next(size for size in _BATCHES if start + size <= len(crops))
            outputs = self._network.infer(crops[start:start + batch])
            parts.append(next(iter(outputs.values())).reshape(batch, self.size))
            start += batch
        return np.concatenate(parts)


def _visible(boxes: FloatArray, width: int, height: int, crop_scale: float) -> BoolArray:
    with np.errstate(invalid='ignore', over='ignore'):
        inside = ((boxes[:, 0] < width) & (boxes[:, 1] < height)
                  & (boxes[:, 2] > 0) & (boxes[:, 3] > 0))
        side = crop_scale * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        small = side <= _LARGEST_CROP * max(width, height)
    return np.asarray(box_ops.usable(boxes) & inside & small, bool)
