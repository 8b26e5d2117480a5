# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The proof of concept that this package began as, re-enacted to be compared with.

The slim-320 detector runs twice a frame, faces are embedded one by one at 256x256 by a
MobileNetV3-Large, and deep_sort_realtime joins them at its defaults. Reading and decoding are
this package's own, so that the difference is what is run rather than how well it is written;
OpenVINO chooses the precision. The MobileNetV3-Large is the shipped encoder at 256x256: the same
layers but for the last, which sees 25 positions instead of their mean (2 % of the whole).
"""
from __future__ import annotations

from typing import Any

import cv2
from face_tracker_ros import Config, Detections
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.types import FloatArray, Image
import numpy as np

_SIDE = 256
_SCORE, _NMS_IOU = 0.7, 0.4


class Original:
    """The proof of concept; `process` takes frames as FaceTracker's does."""

    def __init__(self, config: Config) -> None:
        """Load the models with the threads of `config`."""
        from deep_sort_realtime.deepsort_tracker import DeepSort
        self._detector = FaceDetector.from_config(
            config.updated({'detector': 'ultra-light-slim-320'}))
        spec, path = resolve_model('ultra-light-slim-320', 'detector')
        self._detector._network = Network(path, spec.input, config.inference, half=True)
        spec, path = resolve_model('mobilenetv3-large-face', 'encoder')
        self._network = Network(path, spec.input, config.inference, half=True)
        self._network.prepare(_SIDE, _SIDE)
        self._tracker = DeepSort(embedder=None)

    def process(self, frame: Image, stamp: float) -> Detections:
        """Detect twice, embed each face, track; return the faces."""
        for _ in range(2):
            found = self._detector.detect(frame, _SCORE, _NMS_IOU)
        embeddings, raw = [], []
        for box, score in zip(found.boxes, found.scores):
            embedding = self._embed(frame, box)
            if embedding is not None:
                embeddings.append(embedding)
                raw.append(([*map(float, (*box[:2], *(box[2:] - box[:2])))], float(score),
                            'face'))
        if raw:  # frames without faces did not reach the tracker
            self._tracker.update_tracks(raw, embeds=embeddings)
        return found

    def _embed(self, frame: Image, box: FloatArray) -> Any:
        left, top, right, bottom = np.maximum(box, 0).astype(int)
        crop = frame[top:bottom, left:right]
        if crop.size == 0:
            return None
        small = cv2.resize(crop, (_SIDE, _SIDE))
        outputs = self._network.infer(np.asarray(small, np.uint8)[None])
        return next(iter(outputs.values())).mean(axis=0)
