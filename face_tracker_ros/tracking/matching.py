# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which face of a frame belongs to which track: the published order, and the robust one."""
from __future__ import annotations

from face_tracker_ros.config import Config
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.association import assign, cascade
from face_tracker_ros.tracking.gallery import Gallery
from face_tracker_ros.tracking.scene import Scene
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray, Float64Array, IntArray
import numpy as np

Pairs = tuple[IntArray, IntArray]

RECENT = 0.2  # seconds for which the predicted box of a track out of sight can be relied on
CONTRADICTION = 1.0  # cosine distance from which an overlapping face is another person


def match_published(table: TrackTable, gallery: Gallery, scene: Scene, config: Config,
                    now: float) -> Pairs:
    """
    Return rows of tracks and of faces joined as published (Wojke et al. 2017, section 2.3).

    The cascade over confirmed tracks by smallest cosine distance, gated by motion and
    appearance; then by IoU what is left of unconfirmed tracks and those of age 1.
    """
    parameters = config.tracker
    stages = _Stages(table, scene)
    rows, faces = stages.free(table.confirmed)
    cost = gallery.nearest(table.slot[rows], scene.embeddings)
    cost[kalman.mahalanobis(table.mean[rows], table.covariance[rows],
                            scene.measured) > kalman.GATE] = np.inf
    tracks, faces = cascade(cost, parameters.max_cosine_distance, table.misses[rows])
    stages.join(rows[tracks], faces)
    stages.by_overlap(parameters.max_iou_distance, ~table.confirmed | (table.misses == 0))
    return stages.pairs()


def match_robust(table: TrackTable, gallery: Gallery, scene: Scene, config: Config,
                 now: float) -> Pairs:
    """
    Return rows of tracks and of faces joined in the order of how much is known about them.

    Faces that can be one track only, of a moment ago, whatever they look like now; confirmed
    tracks by appearance and motion together (one assignment over all ages); by IoU what is left,
    unless appearance says it is somebody else; at last the low-score faces by IoU (Zhang et al.
    2022, ByteTrack).
    """
    limit = config.tracker.max_iou_distance
    moment = table.confirmed & (table.misses == 0) & (now - table.last_seen <= RECENT)
    clear = (scene.high & scene.single & moment[scene.nearest]).nonzero()[0]
    tracks = scene.nearest[clear]
    if len(clear) in (len(table), len(scene.rows)):  # nobody is left over
        return tracks, clear
    stages = _Stages(table, scene)
    stages.join(tracks, clear)
    recent = (now - table.last_seen <= RECENT) | (table.misses == 0)
    stages.by_overlap(limit, recent & table.confirmed, scene.high & ~scene.embedded)
    rows, faces = stages.free(table.confirmed, scene.high & scene.embedded)
    if len(rows) and len(faces):
        stages.assign(_fused(table, gallery, scene, rows, faces, config),
                      config.tracker.max_cosine_distance + config.tracker.motion_share,
                      rows, faces)
    rows, faces = stages.free(None, scene.high)
    if len(rows) and len(faces):
        distance = 1 - scene.overlap[np.ix_(rows, faces)]
        r, c = np.nonzero(distance <= limit)
        known = (gallery.counts(table.slot[rows[r]]) > 0) & scene.embedded[faces[c]]
        r, c = r[known], c[known]
        other = gallery.distance(table.slot[rows[r]],
                                 scene.embeddings[faces[c]]) > CONTRADICTION
        refused = other | ~recent[rows[r]]
        distance[r[refused], c[refused]] = np.inf
        stages.assign(distance, limit, rows, faces)
    if config.tracker.low_score_pass:
        stages.by_overlap(limit, recent & table.confirmed, ~scene.high)
    return stages.pairs()


def _fused(table: TrackTable, gallery: Gallery, scene: Scene, rows: IntArray, faces: IntArray,
           config: Config) -> Float64Array:
    """Return costs of appearance and motion together; infinite out of either's gate."""
    parameters = config.tracker
    motion = kalman.mahalanobis(table.mean[rows], table.covariance[rows],
                                scene.measured[faces]) / kalman.GATE
    near = 1 - scene.overlap[np.ix_(rows, faces)] <= parameters.max_iou_distance
    r, c = np.nonzero((motion <= 1) | near)
    appearance = gallery.distance(table.slot[rows[r]], scene.embeddings[faces[c]])
    cost = np.full(motion.shape, np.inf)
    cost[r, c] = np.where(appearance <= parameters.max_cosine_distance,
                          appearance + parameters.motion_share * np.minimum(motion[r, c], 1),
                          np.inf)
    return cost


class _Stages:
    """Pairs found so far, and what is still free."""

    def __init__(self, table: TrackTable, scene: Scene) -> None:
        self._scene = scene
        self._tracks = np.ones(len(table), bool)
        self._faces = np.ones(len(scene.rows), bool)
        self._found: list[Pairs] = []

    def free(self, tracks: BoolArray | None = None, faces: BoolArray | None = None) -> Pairs:
        """Return the rows of tracks and faces that are free, of these masks (T,) and (N,)."""
        chosen = self._tracks if tracks is None else self._tracks & tracks
        wanted = self._faces if faces is None else self._faces & faces
        return chosen.nonzero()[0], wanted.nonzero()[0]

    def assign(self, cost: Float64Array, limit: float, rows: IntArray, faces: IntArray) -> None:
        """Join `rows` and `faces` at the least cost (rows, faces)."""
        r, c = assign(cost, limit)
        self.join(rows[r], faces[c])

    def by_overlap(self, limit: float, tracks: BoolArray, faces: BoolArray | None = None) -> None:
        """Join the free ones of these masks by 1 - IoU."""
        rows, columns = self.free(tracks, faces)
        if len(rows) and len(columns):
            self.assign(1 - self._scene.overlap[np.ix_(rows, columns)], limit, rows, columns)

    def join(self, tracks: IntArray, faces: IntArray) -> None:
        """Note pairs."""
        self._tracks[tracks] = False
        self._faces[faces] = False
        self._found.append((tracks, faces))

    def pairs(self) -> Pairs:
        """Return all pairs."""
        empty = np.zeros(0, np.intp)
        return (np.concatenate([empty, *(tracks for tracks, _ in self._found)]),
                np.concatenate([empty, *(faces for _, faces in self._found)]))
