# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One frame's faces beside the tracks that are expected there; what both share, made once."""
from __future__ import annotations

from face_tracker_ros.boxes import common, iou
from face_tracker_ros.embedding.quality import by_size
from face_tracker_ros.tracking import kalman
from face_tracker_ros.types import BoolArray, Detections, Float64Array, FloatArray, IntArray
import numpy as np

_LARGEST = 1e6  # pixels; a box that reaches beyond is no face
_REACH = 0.25  # two faces are near when their boxes, each larger by this at every side, meet
_SURE = 0.5  # IoU with where a track is expected from which a lone face is its
_MIXED = 0.1  # IoU from which a crop shows something of a second face


class Scene:
    """
    The usable faces of one frame, N of them, and the boxes (T, 4) where tracks are expected.

    rows (N,): where each face stands in the frame's Detections; boxes (N, 4), scores (N,);
    measured (N, 4): centre, aspect and height; high (N,): whether the score is enough to begin a
    track.
    overlap (T, N): IoU of tracks and faces; among (N, N): of the faces, 0 with themselves.
    nearest (N,): the track that a face overlaps most; single (N,): whether it can be that one
    only, nobody else being near; apart (N,): whether at least no other one overlaps it.
    embeddings (N, D), rows of NaN where not embedded, and quality (N,), 0 to 1, come later, with
    `embed`.
    """

    def __init__(self, detections: Detections, expected: FloatArray, least_score: float,
                 high_score: float, least_overlap: float) -> None:
        """Pass over faces below `least_score` and boxes that are none."""
        scores, boxes = detections.scores, detections.boxes
        with np.errstate(invalid='ignore'):  # what is not a number is never larger or smaller
            good = ((np.abs(boxes) <= _LARGEST).all(axis=1)
                    & (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & (scores >= least_score))
        self.detections = detections
        self.expected = expected
        self.rows: IntArray = good.nonzero()[0]
        self.boxes: FloatArray = boxes[self.rows]
        self.scores: FloatArray = scores[self.rows]
        self.measured: Float64Array = kalman.to_measurements(self.boxes)
        self.high: BoolArray = self.scores >= high_score
        self.embeddings: FloatArray = np.full((len(self.rows), 1), np.nan, np.float32)
        self.embedded: BoolArray = np.zeros(len(self.rows), bool)
        self.quality: FloatArray = np.zeros(len(self.rows), np.float32)
        self._compare(max(_SURE, least_overlap))

    def _compare(self, sure: float) -> None:
        """Lay faces over tracks, and over each other."""
        tracks, faces = len(self.expected), len(self.boxes)
        everything = np.concatenate((self.expected, self.boxes))
        shared = common(everything, self.boxes)
        overlap = iou(everything, self.boxes, shared)
        overlap.reshape(-1)[tracks * faces::faces + 1] = 0
        self.overlap, self.among = overlap[:tracks], overlap[tracks:]
        self.nearest: IntArray = np.zeros(faces, np.intp)
        self.single: BoolArray = np.zeros(faces, bool)
        self.apart: BoolArray = self.single
        if not tracks or not faces:
            return
        self.nearest = self.overlap.argmax(axis=0)
        surely: BoolArray = self.overlap.max(axis=0) >= sure
        sides = (everything[:, 2:] - everything[:, :2]).T
        near = shared > -_REACH * (sides[:, :, None] + sides[:, None, tracks:])
        count = (near[0] & near[1]).sum(axis=0)
        self.single = surely & (count == 2)  # its track, and itself
        self.apart = surely & ((overlap > _MIXED).sum(axis=0) == 1)

    def embed(self, embeddings: FloatArray, quality: FloatArray | None) -> None:
        """Take the embeddings (all detections, D) and their quality; by size where None."""
        self.embeddings = embeddings[self.rows]
        self.embedded = np.isfinite(self.embeddings).all(axis=1) & (embeddings.shape[1] > 0)
        if quality is None:
            self.quality = by_size(self.boxes)
        else:
            self.quality = np.fmin(np.fmax(quality[self.rows], 0), 1)

    @property
    def mixed(self) -> BoolArray:
        """Which faces overlap another one, so that their embedding is of both."""
        return np.asarray((self.among > _MIXED).any(axis=1))
