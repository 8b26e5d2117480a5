# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One frame's faces against the tracks predicted for it: what all matching steps share."""
from __future__ import annotations

from collections.abc import Mapping

from face_tracker_ros.boxes import common, iou
from face_tracker_ros.embedding.quality import size_quality
from face_tracker_ros.tracking import kalman
from face_tracker_ros.types import BoolArray, Detections, Float64Array, FloatArray, IntArray
import numpy as np

_LARGEST = 1e6  # pixels; a box that reaches beyond is no face
_REACH = 0.25  # two faces are near when their boxes, each larger by this at every side, meet
_SURE = 0.5  # IoU with the predicted box of a track from which a lone face is that track's
_MIXED = 0.1  # IoU from which a crop shows something of a second face


class FrameMatch:
    """
    The usable faces of one frame (N) and the predicted boxes of the tracks (T).

    Attributes:
        stamp: seconds, of the frame.
        predicted: (T, 4), boxes of the tracks at that stamp.
        rows: (N,), row of each face in the frame's Detections.
        boxes, scores: (N, 4) and (N,), of the faces.
        measured: (N, 4), centre x and y, aspect ratio and height, as the Kalman filter takes them.
        high: (N,), whether the score is high enough to begin a track.
        overlap: (T, N), IoU of tracks and faces.
        face_overlap: (N, N), IoU of the faces with each other, 0 with themselves.
        nearest: (N,), the track that a face overlaps most.
        sure: (N,), whether it is where that track is expected.
        single: (N,), whether it can be that track only besides, nobody else being near.
        apart: (N,), whether at least no other face or track overlaps it.
        needs_embedding: (detections,), whether a face is to be embedded before the match is
            finished; in step with the frame's Detections. Set by `Tracker.begin`.
        reasons: number of these by reason (tracking/embedding_policy.py). Set by `Tracker.begin`.
        embeddings: (N, D), rows of NaN where not embedded; embedded: (N,), which are not;
            quality: (N,), of the crops, 0 to 1. All three come with `embed`.
    """

    def __init__(self, detections: Detections, predicted: FloatArray, *, stamp: float,
                 least_score: float, high_score: float, least_overlap: float) -> None:
        """Skip faces below `least_score` and boxes that are not finite or have no area."""
        scores, boxes = detections.scores, detections.boxes
        with np.errstate(invalid='ignore'):  # comparisons with NaN are False
            good = ((np.abs(boxes) <= _LARGEST).all(axis=1)
                    & (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & (scores >= least_score))
        self.stamp = stamp
        self.predicted = predicted
        self.rows: IntArray = good.nonzero()[0]
        self.boxes: FloatArray = boxes[self.rows]
        self.scores: FloatArray = scores[self.rows]
        self.measured: Float64Array = kalman.to_measurements(self.boxes)
        self.high: BoolArray = self.scores >= high_score
        self.needs_embedding: BoolArray = np.zeros(len(scores), bool)
        self.reasons: Mapping[str, int] = {}
        self.embeddings: FloatArray = np.full((len(self.rows), 1), np.nan, np.float32)
        self.embedded: BoolArray = np.zeros(len(self.rows), bool)
        self.quality: FloatArray = np.zeros(len(self.rows), np.float32)
        self._compare(max(_SURE, least_overlap))

    def _compare(self, sure: float) -> None:
        """Compare the faces with the tracks, and with each other."""
        tracks, faces = len(self.predicted), len(self.boxes)
        everything = np.concatenate((self.predicted, self.boxes))
        shared = common(everything, self.boxes)
        overlap = iou(everything, self.boxes, shared)
        self.overlap, self.face_overlap = overlap[:tracks], overlap[tracks:]
        np.fill_diagonal(self.face_overlap, 0)
        self.nearest: IntArray = np.zeros(faces, np.intp)
        self.sure: BoolArray = np.zeros(faces, bool)
        self.single: BoolArray = self.sure
        self.apart: BoolArray = self.sure
        if not tracks or not faces:
            return
        self.nearest = self.overlap.argmax(axis=0)
        self.sure = self.overlap.max(axis=0) >= sure
        sides = (everything[:, 2:] - everything[:, :2]).T
        near = shared > -_REACH * (sides[:, :, None] + sides[:, None, tracks:])
        count = (near[0] & near[1]).sum(axis=0)
        self.single = self.sure & (count == 2)  # its track, and itself
        self.apart = self.sure & ((overlap > _MIXED).sum(axis=0) == 1)

    def embed(self, embeddings: FloatArray, quality: FloatArray | None) -> None:
        """
        Take the embeddings of the frame's faces.

        Args:
            embeddings: (detections, D), in step with the frame's Detections; rows of NaN where a
                face was not embedded.
            quality: (detections,), 0 to 1, of the crops; from the boxes' sizes where None.

        Raises:
            ValueError: an array is not in step with the Detections.
        """
        count = len(self.needs_embedding)
        if embeddings.ndim != 2:
            raise ValueError(f'embeddings of shape {embeddings.shape}: give (N, D)')
        for name, values in (('embeddings', embeddings), ('qualities', quality)):
            if values is not None and len(values) != count:
                raise ValueError(f'{len(values)} {name} for {count} detections: '
                                 'give one row a detection')
        self.embeddings = embeddings[self.rows]
        self.embedded = np.isfinite(self.embeddings).all(axis=1) & (embeddings.shape[1] > 0)
        if quality is None:
            self.quality = size_quality(self.boxes)
        else:
            self.quality = np.fmin(np.fmax(quality[self.rows], 0), 1)

    @property
    def mixed(self) -> BoolArray:
        """Which faces overlap another one, so that their crops show both."""
        return np.asarray((self.face_overlap > _MIXED).any(axis=1))
