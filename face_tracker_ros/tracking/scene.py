# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One frame's faces beside the tracks that are expected there; what both share, made once."""
from __future__ import annotations

from functools import cached_property

from face_tracker_ros.boxes import iou
from face_tracker_ros.embedding.quality import by_size
from face_tracker_ros.tracking import kalman
from face_tracker_ros.types import BoolArray, Detections, Float64Array, FloatArray, IntArray
import numpy as np

_LARGEST = 1e6  # pixels; a box that reaches beyond is no face
_NEAR = 1.5  # two faces are near when their boxes, enlarged so much, overlap
_SURE = 0.5  # IoU with where a track is expected from which a lone face is its
_MIXED = 0.1  # IoU from which a crop shows something of a second face


class Scene:
    """
    The usable faces of one frame, N of them, and the boxes (T, 4) where tracks are expected.

    rows (N,): where each face stands in the frame's Detections; boxes (N, 4), scores (N,);
    high (N,): whether the score is enough to begin a track. embeddings (N, D), rows of NaN where
    not embedded, and quality (N,), 0 to 1, come later, with `embed`.
    """

    def __init__(self, detections: Detections, expected: FloatArray, least_score: float,
                 high_score: float, least_overlap: float) -> None:
        """Pass over faces below `least_score` and boxes that are none."""
        self._sure = max(_SURE, least_overlap)
        scores, boxes = detections.scores, detections.boxes
        with np.errstate(invalid='ignore'):  # what is not a number is never larger or smaller
            good = ((np.abs(boxes) <= _LARGEST).all(axis=1)
                    & (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & (scores >= least_score))
        self.detections = detections
        self.expected = expected
        self.rows: IntArray = good.nonzero()[0]
        self.boxes: FloatArray = boxes[self.rows]
        self.scores: FloatArray = scores[self.rows]
        self.high: BoolArray = self.scores >= high_score
        self.embeddings: FloatArray = np.full((len(self.rows), 1), np.nan, np.float32)
        self.embedded: BoolArray = np.zeros(len(self.rows), bool)
        self.quality: FloatArray = np.zeros(len(self.rows), np.float32)

    def embed(self, embeddings: FloatArray, quality: FloatArray | None) -> None:
        """Take the embeddings (all detections, D) and their quality; by size where None."""
        self.embeddings = embeddings[self.rows]
        self.embedded = np.isfinite(self.embeddings).all(axis=1) & (embeddings.shape[1] > 0)
        if quality is None:
            self.quality = by_size(self.boxes)
        else:
            self.quality = np.fmin(np.fmax(quality[self.rows], 0), 1)

    @cached_property
    def measured(self) -> Float64Array:
        """Centre, aspect and height of each face, (N, 4)."""
        return kalman.to_measurements(self.boxes)

    @cached_property
    def overlap(self) -> Float64Array:
        """Return the IoU (T, N) of tracks and faces."""
        return iou(self.expected, self.boxes)

    @cached_property
    def among(self) -> Float64Array:
        """Return the IoU (N, N) of the faces with each other, 0 with themselves."""
        overlap = iou(self.boxes, self.boxes)
        np.fill_diagonal(overlap, 0)
        return overlap

    @cached_property
    def mixed(self) -> BoolArray:
        """Which faces overlap another one, so that their embedding is of both."""
        return np.asarray((self.among > _MIXED).any(axis=1))

    @cached_property
    def only(self) -> IntArray:
        """Return the one track (N,) that each face can be, -1 where it is not so clear."""
        sure, track = self._nearest
        if sure.any():
            near = _near(np.concatenate((self.expected, self.boxes)), self.boxes)
            count = len(self.expected)
            sure = sure & (near[:count].sum(axis=0) == 1) & (near[count:].sum(axis=0) == 1)
        return np.where(sure, track, -1)

    @cached_property
    def likely(self) -> IntArray:
        """Return the track (N,) that alone overlaps a face apart from others, else -1."""
        sure, track = self._nearest
        alone = (self.overlap > _MIXED).sum(axis=0) == 1
        return np.where(sure & alone & ~self.mixed, track, -1)

    @cached_property
    def _nearest(self) -> tuple[BoolArray, IntArray]:
        """Return which faces (N,) a track overlaps well, and the track that does most."""
        if not len(self.expected) or not len(self.boxes):
            return np.zeros(len(self.boxes), bool), np.full(len(self.boxes), -1)
        return (np.asarray(self.overlap.max(axis=0) >= self._sure, bool),
                np.asarray(self.overlap.argmax(axis=0), np.intp))


def _near(a: FloatArray, b: FloatArray) -> BoolArray:
    """Return (N, M), whether boxes a (N, 4) and b (M, 4), enlarged, meet."""
    return np.asarray(_near_along(a, b, 0) & _near_along(a, b, 1))


def _near_along(a: FloatArray, b: FloatArray, axis: int) -> BoolArray:
    low, high = axis, axis + 2
    apart = (a[:, low] + a[:, high])[:, None] - (b[:, low] + b[:, high])
    np.abs(apart, out=apart)
    reach = np.float32(_NEAR) * ((a[:, high] - a[:, low])[:, None] + (b[:, high] - b[:, low]))
    return np.asarray(apart < reach)
