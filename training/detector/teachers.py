# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Two detectors that label images for a third, and what counts as a face."""
from __future__ import annotations

from collections.abc import Sequence

import cv2
from face_tracker_ros import Config
from face_tracker_ros.boxes import iou, nms
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.detector.tile_file import FACE, IGNORE

_LARGE = 700  # pixels of a longer side from which images are also looked at in a large size
_MOST_ENLARGED = 2.2
_SURE, _AGREED, _SECOND, _ALONE, _OVERLAP = 0.88, 0.6, 0.3, 0.4, 0.35


class Teacher:
    """A detector with landmarks that looks at images in several sizes."""

    def __init__(self, name: str, sides: Sequence[int], large: int, lowest: float) -> None:
        """
        Load it; ModelError when it is not there or gives no landmarks.

        sides: pixels of the longer side that images are scaled to; large: a further one for
        images from 700 pixels; lowest: score from which detections are kept.
        """
        if not load_spec(name, 'detector').landmarks:
            raise ModelError(f"model '{name}' gives no landmarks; give yunet or centerface")
        self._detector = FaceDetector.from_config(Config.load({'detector': name,
                                                               'detection.width': 3840}))
        self._sides, self._large, self._lowest = sides, large, lowest

    def __call__(self, image: Image) -> FloatArray:
        """Return rows (N, 15): box, score and five landmarks, in pixels of the image."""
        longer = max(image.shape[:2])
        sides = [*self._sides, *([self._large] if longer >= _LARGE else [])]
        rows = []
        for side in [side for side in sides if side <= _MOST_ENLARGED * longer] or sides[:1]:
            scale = side / longer
            scaled = np.asarray(cv2.resize(image, None, fx=scale, fy=scale,
                                           interpolation=cv2.INTER_LINEAR), np.uint8)
            found = self._detector.detect(scaled, self._lowest, 0.3)
            assert found.landmarks is not None
            rows.append(np.hstack((found.boxes / scale, found.scores[:, None],
                                   found.landmarks.reshape(-1, 10) / scale)))
        together = np.concatenate(rows).astype(np.float32)
        return together[nms(together[:, :4], together[:, 4], 0.4)]


def decide(first: FloatArray, second: FloatArray) -> FloatArray:
    """
    Return rows (N, 15) of box, flag, landmarks from two teachers' rows: faces first, wide first.

    A detection of the first teacher is a face when the second agrees (IoU above 0.35, scores from
    0.6 and 0.3), or from a score of 0.88 on its own; others, and what only the second sees from
    0.4, become regions to ignore.
    """
    overlap = iou(first[:, :4], second[:, :4])
    rows = []
    for row, seen in zip(first, overlap):
        agreed = bool(((seen > _OVERLAP) & (second[:, 4] >= _SECOND)).any())
        sure = (row[4] >= _AGREED and agreed) or row[4] >= _SURE
        rows.append(np.hstack((row[:4], FACE if sure else IGNORE, row[5:])))
    for row, seen in zip(second, overlap.T):
        if row[4] >= _ALONE and not (seen > _OVERLAP).any():
            rows.append(np.hstack((row[:4], IGNORE, np.zeros(10))))
    rows.sort(key=lambda row: (row[4], row[0] - row[2]))
    return np.array(rows, np.float32).reshape(-1, 15)
