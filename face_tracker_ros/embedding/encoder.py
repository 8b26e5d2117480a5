# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face encoder: from the boxes of one image to unit vectors."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros import boxes as box_ops
from face_tracker_ros.config import Config
from face_tracker_ros.embedding.alignment import aligned_crops, box_crops
from face_tracker_ros.embedding.landmarks import LandmarkDetector
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.families import find_family
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.spec import ModelSpec
from face_tracker_ros.types import BoolArray, check_image, FloatArray, Image
from face_tracker_ros.vectors import unit
import numpy as np

# A crop larger than this many times the image's longer side holds no usable face.
_LARGEST_CROP = 2.0
# Networks of a fixed batch: one of any batch takes 1.7 ms longer a call (MobileNetV3), and each
# takes 26 MiB.
_BATCHES = (2, 4)


class FaceEncoder:
    """Embeds faces with any encoder; `size` is the length of a vector."""

    def __init__(self, spec: ModelSpec, path: Path, network: Network,
                 landmark_detector: LandmarkDetector | None = None) -> None:
        """
        Combine description, file and network of an encoder; from_config is the usual way.

        landmark_detector: gives the landmarks that an aligning encoder needs when the detector
            gives none.
        """
        self.name, self.size, self.spec = spec.name, spec.embedding_size, spec
        self.path = path
        self.landmark_detector = landmark_detector if spec.alignment else None
        self._network = network
        self._decode = find_family(spec.family, 'encoder').decode
        self._batches: tuple[int, ...] = _BATCHES
        self._template = np.array(spec.alignment, np.float32).reshape(-1, 2)

    @classmethod
    def from_config(cls, config: Config) -> FaceEncoder:
        """
        Return the encoder that `config.encoder` names, compiled.

        Raises ModelError when the model is unknown, missing, corrupt or cannot be run.
        """
        spec, path = resolve_model(config.encoder, 'encoder', config.inference)
        network = Network(path, spec.input, config.inference, spec.half)
        encoder = cls(spec, path, network, LandmarkDetector.from_config(config))
        encoder._prepare()
        return encoder

    @property
    def space(self) -> str:
        """What the vectors can be compared with: those of an encoder of the same `space`."""
        if all(item.checksum for item in self.spec.files):
            return repr(self.spec)
        return f'{self.spec!r} {self.path.resolve()}'  # nothing else distinguishes such files

    def encode(self, image: Image, boxes: FloatArray,
               landmarks: FloatArray | None = None) -> FloatArray:
        """
        Embed the faces of an image.

        Encoders that align fit a face's landmarks to their template; the others take the crop of
        its box, rotated upright when the landmarks show a head tilted by more than 15 degrees.
        Without landmarks all take the crop of the box as it is.

        Args:
            image: uint8 BGR (H, W, 3).
            boxes: (N, 4), pixels of the image.
            landmarks: (N, 5, 2), where the detector has them.

        Returns:
            Unit vectors, float32 (N, size); rows of NaN for boxes without a visible face (not
            finite, no area, wholly outside the image, absurdly large).

        Raises:
            FrameError: the image is of another kind.
        """
        check_image(image)
        return self.encode_checked(image, boxes, landmarks)

    def encode_checked(self, image: Image, boxes: FloatArray,
                       landmarks: FloatArray | None = None) -> FloatArray:
        """Embed the faces of an image that `check_image` has passed, as `encode` does."""
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        vectors = np.full((len(boxes), self.size), np.nan, np.float32)
        chosen = _visible(boxes, image.shape[1], image.shape[0], self.spec.crop_scale)
        if chosen.any():
            known = None if landmarks is None else landmarks[chosen]
            vectors[chosen] = unit(self._infer(self.crops(image, boxes[chosen], known)), np.nan)
        return vectors

    def crops(self, image: Image, boxes: FloatArray, landmarks: FloatArray | None) -> Image:
        """Return what the network sees (N, side, side, 3) of usable boxes (N, 4)."""
        side, scale = self.spec.input.width, self.spec.crop_scale
        if landmarks is None and self.landmark_detector is not None:
            landmarks = self.landmark_detector.find(image, boxes)
        if landmarks is None or not len(self._template):
            return box_crops(image, boxes, landmarks, side, scale)
        crops, made = aligned_crops(image, landmarks, self._template, self.spec.aspect, side)
        if not made.all():
            crops[~made] = box_ops.square_crops(image, boxes[~made], side, scale)
        return crops

    def _prepare(self) -> None:
        """Compile for every batch size; some networks take one image at a time only."""
        side = self.spec.input.width
        try:
            for batch in _BATCHES:
                self._infer(np.zeros((batch, side, side, 3), np.uint8))
        except ModelError:
            self._batches = (1,)
            self._infer(np.zeros((1, side, side, 3), np.uint8))

    def _infer(self, crops: Image) -> FloatArray:
        """Return vectors (N, size), made in the least batches that hold the crops."""
        vectors = np.empty((len(crops), self.size), np.float32)
        start, side = 0, crops.shape[1]
        while start < len(crops):
            left = len(crops) - start
            batch = next((size for size in self._batches if size >= left), self._batches[-1])
            taken = min(left, batch)
            images = self._network.input(side, side, batch)
            images[:taken] = crops[start:start + taken]
            outputs = self._network.infer(images, copy=False)
            vectors[start:start + taken] = self._decode(outputs, batch, self.spec)[:taken]
            start += taken
        return vectors


def _visible(boxes: FloatArray, width: int, height: int, crop_scale: float) -> BoolArray:
    with np.errstate(invalid='ignore', over='ignore'):
        inside = ((boxes[:, 0] < width) & (boxes[:, 1] < height)
                  & (boxes[:, 2] > 0) & (boxes[:, 3] > 0))
        side = crop_scale * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        small = side <= _LARGEST_CROP * max(width, height)
    return np.asarray(box_ops.usable(boxes) & inside & small, bool)
