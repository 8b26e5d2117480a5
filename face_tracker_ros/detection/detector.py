# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face detector: scaling to the network's input, decoding, non-maximum suppression."""
from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import cv2
from face_tracker_ros import boxes as box_ops
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.families import find_family
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.preference import first_usable
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.spec import ModelSpec
from face_tracker_ros.types import check_image, Detections, Image, IntArray
import numpy as np

# Suppression costs the square of the candidates; no image holds more faces than this.
_MOST_CANDIDATES = 1000
# Widths to choose from when none is given, and the pixels that the smallest face must have there.
_WIDTHS = (320, 480, 640)
_LEAST_FACE = 16.0
_STRETCHED = 0.02  # by which the sides' scales differ, beyond what rounding to pixels does


class _Input(NamedTuple):
    """
    What the network gets: a view of its input tensor, overwritten by the next image.

    canvas: (H, W, 3). inner: the part of it that is the downscaled image, the rest is padding.
    scale: (2,), pixels of the original image in one of the canvas, along x and y.
    """

    canvas: Image
    inner: Image
    scale: tuple[float, float]


class FaceDetector:
    """
    Finds faces in images of any size with any detector model.

    Networks of free input size get the image at its aspect ratio, its longer side downscaled to
    `width` pixels and the rest padded; networks of fixed size get it stretched to that size, or
    padded where their description asks for it. Width 0 is the least at which faces of `min_size`
    pixels in the image are large enough.
    Small images are not enlarged: that costs time and makes near faces larger than what most
    networks are trained on.
    """

    def __init__(self, spec: ModelSpec, path: Path, network: Network, width: int,
                 min_size: float = 0.0) -> None:
        """Combine a model's description, file and network; `from_config` is the usual way."""
        self.name, self.spec, self.path = spec.name, spec, path
        self.min_size = min_size
        self.skipped: tuple[str, ...] = ()  # better models that `auto` found and could not load
        self._network, self._width = network, width
        self._decode = find_family(spec.family, 'detector').decode

    @classmethod
    def from_config(cls, config: Config) -> FaceDetector:
        """
        Load the model that `config.detector` names, compiled for 16:9 images made upright.

        Raises:
            ModelError: the model is unknown, missing, corrupt or cannot be run.
        """
        detector, skipped = first_usable(config.detector, 'detector',
                                         lambda name: cls._load(name, config))
        detector.skipped = skipped
        return detector

    @classmethod
    def _load(cls, name: str, config: Config) -> FaceDetector:
        spec, path = resolve_model(name, 'detector', config.inference)
        network = Network(path, spec.input, config.inference, spec.half)
        detector = cls(spec, path, network, config.detection.width, config.detection.min_size)
        detector._try((1280, 720) if config.image_rotation % 180 else (720, 1280))
        return detector

    def detect(self, image: Image, min_score: float, nms_iou: float) -> Detections:
        """
        Detect the faces of an image.

        Args:
            image: uint8 BGR (H, W, 3).
            min_score: least score of a face, 0 to 1.
            nms_iou: of boxes that overlap by more (IoU) the best stays.

        Returns:
            The faces, best first, in pixels of the image; boxes may extend beyond its border.

        Raises:
            FrameError: the image is of another kind.
        """
        check_image(image)
        return self.detect_checked(image, min_score, nms_iou)[0]

    def detect_checked(self, image: Image, min_score: float,
                       nms_iou: float) -> tuple[Detections, Image | None]:
        """
        Detect the faces of an image that `check_image` has passed.

        Returns:
            The faces, as of `detect`, and a copy of the image as downscaled for the network; None
            where the network stretches it.
        """
        given = self._fit(image)
        stretched = abs(given.scale[0] / given.scale[1] - 1) >= _STRETCHED
        downscaled = None if stretched else given.inner.copy()
        height, width = given.canvas.shape[:2]
        outputs = self._network.infer(given.canvas[None], copy=False)
        found: Detections = self._decode(outputs, width, height, min_score)
        rows = _best(found, nms_iou)
        scale = np.array(given.scale * 2, np.float32)
        landmarks = None if found.landmarks is None else found.landmarks[rows] * scale[:2]
        return Detections(found.boxes[rows] * scale, found.scores[rows], landmarks), downscaled

    def preprocess(self, image: Image) -> Image:
        """Return the network's input (1, H, W, 3) for an image."""
        return self._fit(image).canvas[None].copy()

    def _try(self, size: tuple[int, int]) -> None:
        blank: Image = np.zeros((*size, 3), np.uint8)
        try:
            self.detect(blank, 1.0, 0.5)
        except (IndexError, KeyError, ValueError) as error:
            raise ModelError(f"model '{self.name}': its outputs are not those of the family "
                             f"'{self.spec.family}' ({' '.join(str(error).split())}); correct "
                             'the family or choose another detector') from error

    def _geometry(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return the network's input size and the size to which the image is scaled in it."""
        spec = self.spec.input
        if spec.fixed and spec.fit == 'stretch':
            return spec.width, spec.height, spec.width, spec.height
        if spec.fixed:
            scale = min(spec.width / width, spec.height / height)
            return (spec.width, spec.height, max(1, round(width * scale)),
                    max(1, round(height * scale)))
        longer = max(width, height)
        scale = min(1.0, (self._width or self._enough(longer)) / longer)
        inner = [max(1, round(side * scale)) for side in (width, height)]
        outer = [math.ceil(side / spec.multiple) * spec.multiple for side in inner]
        return outer[0], outer[1], inner[0], inner[1]

    def _enough(self, longer: int) -> int:
        """Return the least width at which the smallest face of such an image is detected."""
        wanted = _LEAST_FACE * longer / max(self.min_size, 1e-6)
        return next((width for width in _WIDTHS if width >= wanted), _WIDTHS[-1])

    def _fit(self, image: Image) -> _Input:
        """Scale the image into the network's input."""
        height, width = image.shape[:2]
        outer_width, outer_height, inner_width, inner_height = self._geometry(width, height)
        canvas = self._network.input(outer_width, outer_height)[0]
        canvas[inner_height:], canvas[:, inner_width:] = 0, 0
        inner = canvas[:inner_height, :inner_width]
        cv2.resize(image, (inner_width, inner_height), dst=inner, interpolation=cv2.INTER_LINEAR)
        return _Input(canvas, inner, (width / inner_width, height / inner_height))


def _best(found: Detections, nms_iou: float) -> IntArray:
    """Return the rows to keep: finite boxes that no better one overlaps, best first."""
    sound = box_ops.usable(found.boxes) & np.isfinite(found.scores)
    if found.landmarks is not None:
        sound &= np.isfinite(found.landmarks).all(axis=(1, 2))
    rows = sound.nonzero()[0]
    if len(rows) > _MOST_CANDIDATES:
        rows = rows[np.argsort(-found.scores[rows], kind='stable')[:_MOST_CANDIDATES]]
    return rows[box_ops.nms(found.boxes[rows], found.scores[rows], nms_iou)]
