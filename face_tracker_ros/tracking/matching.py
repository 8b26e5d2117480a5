# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which face of a frame belongs to which track: the published order, and the robust one."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from face_tracker_ros.boxes import iou
from face_tracker_ros.config import Config
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.association import assign, cascade
from face_tracker_ros.tracking.gallery import Gallery
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray
import numpy as np

Pairs = tuple[IntArray, IntArray]

MOTION_SHARE = 0.2  # what a face at the edge of the motion gate adds to its cosine distance
RECENT = 0.2  # seconds for which the predicted box of a track out of sight can be relied on
CONTRADICTION = 1.0  # cosine distance from which an overlapping face is another person
NEAR = 1.5  # two faces are near when their boxes, enlarged so much, overlap
MIXED = 0.1  # IoU from which a crop shows something of a second face


@dataclass(frozen=True)
class Scene:
    """
    One frame's usable faces.

    boxes (N, 4), scores (N,), embeddings (N, D) with rows of NaN where not embedded; rows (N,):
    where each stands in the frame's Detections.
    """

    boxes: FloatArray
    scores: FloatArray
    embeddings: FloatArray
    rows: IntArray

    @cached_property
    def embedded(self) -> BoolArray:
        """Which faces have an embedding."""
        known = np.isfinite(self.embeddings).all(axis=1)
        return np.asarray(known & (self.embeddings.shape[1] > 0))

    @cached_property
    def mixed(self) -> BoolArray:
        """Which faces overlap another one, so that their embedding is of both."""
        overlap = iou(self.boxes, self.boxes)
        np.fill_diagonal(overlap, 0)
        return np.asarray((overlap > MIXED).any(axis=1))


def lonely(tracks: FloatArray, faces: FloatArray, among: FloatArray) -> BoolArray:
    """Return which boxes `among` have just themselves of `faces` and one of `tracks` near."""
    tracks, faces, among = _enlarged(tracks), _enlarged(faces), _enlarged(among)
    one_track = (iou(tracks, among) > 0).sum(axis=0) == 1
    return np.asarray(one_track & ((iou(faces, among) > 0).sum(axis=0) == 1))


def _enlarged(boxes: FloatArray) -> FloatArray:
    grown = (boxes[:, 2:] - boxes[:, :2]) * np.float32((NEAR - 1) / 2)
    return np.hstack((boxes[:, :2] - grown, boxes[:, 2:] + grown))


def match_published(table: TrackTable, gallery: Gallery, scene: Scene, config: Config,
                    now: float) -> Pairs:
    """
    Return rows of tracks and of faces joined as published (Wojke et al. 2017, section 2.3).

    The cascade over confirmed tracks by smallest cosine distance, gated by motion and
    appearance; then by IoU what is left of unconfirmed tracks and those of age 1.
    """
    parameters = config.tracker
    stages = _Stages(table, scene)
    cost = gallery.nearest(table.slot, scene.embeddings)
    cost[kalman.mahalanobis(table.mean, table.covariance,
                            kalman.to_measurements(scene.boxes)) > kalman.GATE] = np.inf
    rows = np.flatnonzero(table.confirmed)
    tracks, faces = cascade(cost[rows], parameters.max_cosine_distance, table.misses[rows])
    stages.join(rows[tracks], faces)
    overlap = iou(kalman.to_boxes(table.mean), scene.boxes)
    stages.run(1 - overlap, parameters.max_iou_distance, ~table.confirmed | (table.misses == 0))
    return stages.pairs()


def match_robust(table: TrackTable, gallery: Gallery, scene: Scene, config: Config,
                 now: float) -> Pairs:
    """
    Return rows of tracks and of faces joined in the order of how much is known about them.

    Faces that were not embedded since they can be one track only; confirmed tracks by appearance
    and motion together (one assignment over all ages); by IoU what is left, unless appearance
    says it is somebody else; at last the low-score faces by IoU (Zhang et al. 2022, ByteTrack).
    """
    parameters = config.tracker
    stages = _Stages(table, scene)
    high = scene.scores >= config.detection.score
    embedded = scene.embedded
    distance = 1 - iou(kalman.to_boxes(table.mean), scene.boxes)
    unseen = now - table.last_seen
    recent = (unseen <= RECENT) | (table.misses == 0)
    stages.run(distance, parameters.max_iou_distance, recent & table.confirmed, high & ~embedded)

    appearance = _appearance(gallery, table, scene)
    motion = kalman.mahalanobis(table.mean, table.covariance,
                                kalman.to_measurements(scene.boxes)) / kalman.GATE
    out_of_reach = (motion > 1) & (distance > parameters.max_iou_distance)
    other = appearance > parameters.max_cosine_distance
    cost = appearance + MOTION_SHARE * np.minimum(motion, 1)
    cost[out_of_reach | other] = np.inf
    stages.run(cost, parameters.max_cosine_distance + MOTION_SHARE, table.confirmed,
               high & embedded)

    unknown = (gallery.counts(table.slot) == 0)[:, None] | ~embedded[None, :]
    contradicted = ~unknown & (appearance > CONTRADICTION)
    by_overlap = np.where(contradicted | ~(unknown | recent[:, None]), np.inf, distance)
    stages.run(by_overlap, parameters.max_iou_distance, np.ones(len(table), bool), high)
    if parameters.low_score_pass:
        stages.run(distance, parameters.max_iou_distance, recent & table.confirmed, ~high)
    return stages.pairs()


def _appearance(gallery: Gallery, table: TrackTable, scene: Scene) -> Float64Array:
    """Return (T, N) cosine distances, halfway between the mean face and the nearest one."""
    return (gallery.nearest(table.slot, scene.embeddings)
            + gallery.to_mean(table.slot, scene.embeddings)) / 2


class _Stages:
    """Pairs found so far, and what is still free."""

    def __init__(self, table: TrackTable, scene: Scene) -> None:
        self._tracks = np.ones(len(table), bool)
        self._faces = np.ones(len(scene.rows), bool)
        self._found: list[Pairs] = []

    def run(self, cost: Float64Array, limit: float, tracks: BoolArray,
            faces: BoolArray | None = None) -> None:
        """Join the free ones of `tracks` (T,) and `faces` (N,) at the least cost (T, N)."""
        rows = np.flatnonzero(self._tracks & tracks)
        columns = np.flatnonzero(self._faces if faces is None else self._faces & faces)
        r, c = assign(cost[np.ix_(rows, columns)], limit)
        self.join(rows[r], columns[c])

    def join(self, tracks: IntArray, faces: IntArray) -> None:
        self._tracks[tracks] = False
        self._faces[faces] = False
        self._found.append((tracks, faces))

    def pairs(self) -> Pairs:
        return (np.concatenate([tracks for tracks, _ in self._found]),
                np.concatenate([faces for _, faces in self._found]))
