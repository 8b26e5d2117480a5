# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face detector: scaling to the network's input, decoding, filtering and suppression."""
from __future__ import annotations

import math
from pathlib import Path

import cv2
from face_tracker_ros import boxes as box_ops
from face_tracker_ros.config import Config
from face_tracker_ros.errors import FrameError, ModelError
from face_tracker_ros.models.families import find_family
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.spec import ModelSpec
from face_tracker_ros.types import Detections, Image, IntArray
import numpy as np

# Suppression costs the square of the candidates; no image holds more faces than this.
_MOST_CANDIDATES = 1000
# Widths to choose from when none is given, and the pixels that the smallest face must have there.
_WIDTHS = (320, 480, 640)
_LEAST_FACE = 16.0
_STRETCHED = 0.02  # by which the sides' scales differ, beyond what rounding to pixels does


class FaceDetector:
    """
    Finds faces in images of any size with any detector.

    For networks of free input size the image keeps its aspect ratio: its longer side is downscaled
    to `width` pixels and the rest padded. For networks of fixed size it is stretched to that size,
    or padded where their description says so. Width 0 is the smallest at which faces of `min_size`
    pixels in the image are large enough.
    Small images are not enlarged: that costs time and makes near faces larger than those that
    most networks were trained with.
    """

    def __init__(self, spec: ModelSpec, path: Path, network: Network, width: int,
                 min_size: float = 0.0) -> None:
        """Combine description, file and network of a detector; from_config is the usual way."""
        self.name, self.spec, self.path = spec.name, spec, path
        self.min_size = min_size
        self._network, self._width = network, width
        self._decode = find_family(spec.family, 'detector').decode
        self._reduced: Image | None = None

    @classmethod
    def from_config(cls, config: Config) -> FaceDetector:
        """
        Return the detector that `config.detector` names, ready for 16:9 images.

        Raises ModelError when the model is unknown, missing, corrupt or cannot be run.
        """
        spec, path = resolve_model(config.detector, 'detector', config.inference)
        network = Network(path, spec.input, config.inference, spec.half)
        detector = cls(spec, path, network, config.detection.width, config.detection.min_size)
        detector._try()
        return detector

    def detect(self, image: Image, min_score: float, nms_iou: float) -> Detections:
        """
        Return the faces of a uint8 BGR image (H, W, 3), best first.

        Boxes are in pixels of the image and may stick out of its border; of boxes that overlap
        by more than `nms_iou` (IoU) the best stays. Raises FrameError for another kind of image.
        """
        check_image(image)
        height, width = image.shape[:2]
        canvas, scale_x, scale_y = self._fit(image)
        outputs = self._network.infer(canvas[None], copy=False)
        found: Detections = self._decode(outputs, canvas.shape[1], canvas.shape[0], min_score)
        rows = _best(found, nms_iou)
        scale = np.array([scale_x, scale_y, scale_x, scale_y], np.float32)
        landmarks = None if found.landmarks is None else found.landmarks[rows] * scale[:2]
        return Detections(found.boxes[rows] * scale, found.scores[rows], landmarks)

    @property
    def reduced(self) -> Image | None:
        """The last picture as it was reduced for the network; None where that stretched it."""
        return self._reduced

    def network_input(self, image: Image) -> Image:
        """Return the input [1, H, W, 3] that the network gets for an image, uint8 BGR."""
        return self._fit(image)[0][None].copy()

    def _try(self) -> None:
        blank: Image = np.zeros((720, 1280, 3), np.uint8)
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
        """Return the least width at which the smallest face of such a picture is found."""
        wanted = _LEAST_FACE * longer / max(self.min_size, 1e-6)
        return next((width for width in _WIDTHS if width >= wanted), _WIDTHS[-1])

    def _fit(self, image: Image) -> tuple[Image, float, float]:
        """Return the network's input and the factors from its pixels to the image's."""
        height, width = image.shape[:2]
        outer_width, outer_height, inner_width, inner_height = self._geometry(width, height)
        canvas = self._network.input(outer_width, outer_height)[0]
        canvas[inner_height:], canvas[:, inner_width:] = 0, 0
        inner = canvas[:inner_height, :inner_width]
        cv2.resize(image, (inner_width, inner_height), dst=inner, interpolation=cv2.INTER_LINEAR)
        scale_x, scale_y = width / inner_width, height / inner_height
        self._reduced = inner if abs(scale_x / scale_y - 1) < _STRETCHED else None
        return canvas, scale_x, scale_y


def check_image(image: Image) -> None:
    """Raise FrameError unless `image` is a uint8 array (H, W, 3) with at least one pixel."""
    if not isinstance(image, np.ndarray):
        raise FrameError(f'image is a {type(image).__name__}; give a uint8 BGR array (H, W, 3)')
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise FrameError(f'image is {image.dtype} {image.shape}; '
                         'give a uint8 BGR array (H, W, 3) that is not empty')


def _best(found: Detections, nms_iou: float) -> IntArray:
    """Return the rows to keep: sound ones that no better one overlaps, best first."""
    sound = box_ops.usable(found.boxes) & np.isfinite(found.scores)
    if found.landmarks is not None:
        sound &= np.isfinite(found.landmarks).all(axis=(1, 2))
    rows = sound.nonzero()[0]
    if len(rows) > _MOST_CANDIDATES:
        rows = rows[np.argsort(-found.scores[rows], kind='stable')[:_MOST_CANDIDATES]]
    return rows[box_ops.nms(found.boxes[rows], found.scores[rows], nms_iou)]
