# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The best crop of each track so far."""
from __future__ import annotations

from collections.abc import Iterator

import cv2
from face_tracker_ros.boxes import square_crops, usable
from face_tracker_ros.embedding.alignment import aligned_crops
from face_tracker_ros.rotation import rotate
from face_tracker_ros.types import FrameResult, Image, Track
import numpy as np

BETTER = 1.2  # times the quality of the last crop, for another one to be given

_SCALE = 1.4  # side of the crop in longer sides of the box: the whole head
_SMALLEST, _LARGEST = 32, 256  # pixels of a crop's side; between them it is not scaled
# Eyes, nose and corners of the mouth in an aligned crop, in parts of its side.
_ALIGNED = np.array([[0.34, 0.46], [0.66, 0.46], [0.5, 0.64], [0.37, 0.82], [0.63, 0.82]],
                    np.float32)
_ALIGNED_SIDE = 112  # pixels
_LOOK = 96  # pixels of the side at which sharpness is compared
_SHARP = 150.0  # variance of the Laplacian at which sharpness counts half
_FULL_SIZE = 200.0  # pixels of the longer side of a box, from which size counts in full


def portrait_quality(box_side: float, score: float, look: Image) -> float:
    """
    Return how good a crop is to look at, 0 to 1: size times score times sharpness.

    Args:
        box_side: longer side of the face box, pixels.
        score: of the detection, 0 to 1.
        look: uint8 BGR (N, N, 3), the crop, scaled to one size for all.
    """
    grey = cv2.cvtColor(look, cv2.COLOR_BGR2GRAY)
    edges = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return min(box_side / _FULL_SIZE, 1.0) * score * edges / (edges + _SHARP)


class BestCrops:
    """Remembers how good the last given crop of each track is; one number a track."""

    def __init__(self, aligned: bool = False, lasting: bool = False) -> None:
        """
        Start without tracks.

        Args:
            aligned: Give crops by landmarks, and only where there are any.
            lasting: Remember deleted tracks, which may come back.
        """
        self._aligned, self._lasting = aligned, lasting
        self._best: dict[int, float] = {}

    def update(self, image: Image, result: FrameResult) -> Iterator[tuple[Track, Image]]:
        """
        Yield the tracks whose crop is clearly better than their last one, and the crop.

        A new track is always given. Faces cut by the border or not seen in this frame are
        skipped; deleted tracks are forgotten, unless `lasting`. Crops are upright, also where
        the image is not (`FrameResult.image_rotation`).
        """
        known = {*result.tracks.ids.tolist(), *result.lost.ids.tolist()}
        if not self._lasting:
            self._best = {track: best for track, best in self._best.items() if track in known}
        height, width = image.shape[:2]
        for track in result.tracks:
            left, top, right, bottom = track.box
            inside = left >= 0 and top >= 0 and right <= width and bottom <= height
            if track.detection < 0 or not inside or not usable(track.box[None])[0]:
                continue
            side = float(max(right - left, bottom - top))
            look = square_crops(image, track.box[None], _LOOK, _SCALE)[0]
            value = portrait_quality(side, track.score, look)
            if value > BETTER * self._best.get(track.id, 0.0):
                crop = self._crop(image, track, result, side)
                if crop is not None:
                    self._best[track.id] = value
                    yield track, crop

    def _crop(self, image: Image, track: Track, result: FrameResult,
              side: float) -> Image | None:
        """Return the crop, upright; None where one that is to be aligned has no landmarks."""
        if not self._aligned:
            size = int(np.clip(_SCALE * side, _SMALLEST, _LARGEST))
            crop = np.asarray(square_crops(image, track.box[None], size, _SCALE)[0], np.uint8)
            return rotate(crop, result.image_rotation)
        if result.detections.landmarks is None:
            return None
        landmarks = result.detections.landmarks[track.detection][None]
        crops, made = aligned_crops(image, landmarks, _ALIGNED, 1.0, _ALIGNED_SIDE)
        return np.asarray(crops[0], np.uint8) if made[0] else None

    def reset(self) -> None:
        """Forget all tracks, so that every one is given again."""
        self._best.clear()
