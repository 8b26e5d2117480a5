# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which face of a frame belongs to which track: the published order, and the robust one."""
from __future__ import annotations

from face_tracker_ros.config import Config
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.association import assign, cascade
from face_tracker_ros.tracking.frame_match import FrameMatch
from face_tracker_ros.tracking.gallery import Gallery
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray, Float64Array, IntArray
import numpy as np

Pairs = tuple[IntArray, IntArray]

RECENT = 0.2  # seconds for which the predicted box of a track out of sight is reliable
CONTRADICTION = 1.0  # cosine distance from which an overlapping face is another person
DOUBTS = 5  # clear sights in a row unlike the person, after which position is no evidence


def match_published(table: TrackTable, gallery: Gallery, frame: FrameMatch, config: Config,
                    now: float) -> Pairs:
    """
    Return matched rows of tracks and faces, as published (Wojke et al. 2017, section 2.3).

    The cascade over confirmed tracks by smallest cosine distance, gated by motion and
    appearance; then unconfirmed tracks and those of age 1 by IoU with the faces left.
    """
    parameters = config.tracker
    stages = _Stages(table, frame)
    rows, faces = stages.free(table.confirmed)
    cost = gallery.nearest(table.slot[rows], frame.embeddings)
    cost[kalman.mahalanobis(table.mean[rows], table.covariance[rows],
                            frame.measured) > kalman.GATE] = np.inf
    tracks, faces = cascade(cost, parameters.max_cosine_distance, table.misses[rows])
    stages.add(rows[tracks], faces)
    stages.by_overlap(parameters.max_iou_distance, ~table.confirmed | (table.misses == 0))
    return stages.pairs()


def match_robust(table: TrackTable, gallery: Gallery, frame: FrameMatch, config: Config,
                 now: float) -> Pairs:
    """
    Return matched rows of tracks and faces, the surest evidence first.

    1. faces that can be one recent track only, whatever they look like now: heads turn;
    2. confirmed tracks by appearance and motion together (one assignment over all ages);
    3. what is left by IoU, unless appearance contradicts;
    4. low-score faces by IoU (Zhang et al. 2022, ByteTrack).

    After a gap, and where somebody else seems to stand in the track's position (`DOUBTS`), only
    appearance is evidence.
    """
    limit = config.tracker.max_iou_distance
    trusted = table.doubts < DOUBTS
    moment = (table.confirmed & trusted & (table.misses == 0)
              & (now - table.last_seen <= RECENT))
    clear = (frame.high & frame.single & moment[frame.nearest]).nonzero()[0]
    tracks = frame.nearest[clear]
    if len(clear) in (len(table), len(frame.rows)):  # nothing is left to match
        return tracks, clear
    stages = _Stages(table, frame)
    stages.add(tracks, clear)
    recent = trusted & ((now - table.last_seen <= RECENT) | (table.misses == 0))
    stages.by_overlap(limit, recent & table.confirmed, frame.high & ~frame.embedded)
    rows, faces = stages.free(table.confirmed, frame.high & frame.embedded)
    if len(rows) and len(faces):
        stages.assign(_fused(table, gallery, frame, rows, faces, config),
                      config.tracker.max_cosine_distance + config.tracker.motion_share,
                      rows, faces)
    rows, faces = stages.free(None, frame.high)
    if len(rows) and len(faces):
        distance = 1 - frame.overlap[np.ix_(rows, faces)]
        r, c = np.nonzero(distance <= limit)
        known = (gallery.counts(table.slot[rows[r]]) > 0) & frame.embedded[faces[c]]
        r, c = r[known], c[known]
        appearance = gallery.distance(table.slot[rows[r]], frame.embeddings[faces[c]])
        near = trusted[rows[r]] & (now - table.last_seen[rows[r]] <= RECENT)
        rejected = appearance > np.where(near, CONTRADICTION,
                                         config.tracker.max_cosine_distance)
        distance[r[rejected], c[rejected]] = np.inf
        stages.assign(distance, limit, rows, faces)
    if config.tracker.low_score_pass:
        stages.by_overlap(limit, recent & table.confirmed, ~frame.high)
    return stages.pairs()


def _fused(table: TrackTable, gallery: Gallery, frame: FrameMatch, rows: IntArray, faces: IntArray,
           config: Config) -> Float64Array:
    """Return costs of appearance and motion together; infinite outside either gate."""
    parameters = config.tracker
    motion = kalman.mahalanobis(table.mean[rows], table.covariance[rows],
                                frame.measured[faces]) / kalman.GATE
    near = 1 - frame.overlap[np.ix_(rows, faces)] <= parameters.max_iou_distance
    r, c = np.nonzero((motion <= 1) | near)
    appearance = gallery.distance(table.slot[rows[r]], frame.embeddings[faces[c]])
    cost = np.full(motion.shape, np.inf)
    cost[r, c] = np.where(appearance <= parameters.max_cosine_distance,
                          appearance + parameters.motion_share * np.minimum(motion[r, c], 1),
                          np.inf)
    return cost


class _Stages:
    """Pairs matched so far, and the tracks and faces that are still free."""

    def __init__(self, table: TrackTable, frame: FrameMatch) -> None:
        self._overlap = frame.overlap
        self._tracks = np.ones(len(table), bool)
        self._faces = np.ones(len(frame.rows), bool)
        self._found: list[Pairs] = []

    def free(self, tracks: BoolArray | None = None, faces: BoolArray | None = None) -> Pairs:
        """Return the rows of tracks and faces that are free, of these masks (T,) and (N,)."""
        chosen = self._tracks if tracks is None else self._tracks & tracks
        wanted = self._faces if faces is None else self._faces & faces
        return chosen.nonzero()[0], wanted.nonzero()[0]

    def assign(self, cost: Float64Array, limit: float, rows: IntArray, faces: IntArray) -> None:
        """Match `rows` and `faces` at the least cost (rows, faces)."""
        r, c = assign(cost, limit)
        self.add(rows[r], faces[c])

    def by_overlap(self, limit: float, tracks: BoolArray, faces: BoolArray | None = None) -> None:
        """Match the free ones of these masks by 1 - IoU."""
        rows, columns = self.free(tracks, faces)
        if len(rows) and len(columns):
            self.assign(1 - self._overlap[np.ix_(rows, columns)], limit, rows, columns)

    def add(self, tracks: IntArray, faces: IntArray) -> None:
        """Add matched pairs."""
        self._tracks[tracks] = False
        self._faces[faces] = False
        self._found.append((tracks, faces))

    def pairs(self) -> Pairs:
        """Return all pairs."""
        empty = np.zeros(0, np.intp)
        return (np.concatenate([empty, *(tracks for tracks, _ in self._found)]),
                np.concatenate([empty, *(faces for _, faces in self._found)]))
