# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks from detections and embeddings: one update a frame, empty frames included."""
from __future__ import annotations

import math

from face_tracker_ros.boxes import iou
from face_tracker_ros.config import Config
from face_tracker_ros.models.thresholds import effective
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.flicker import Flicker
from face_tracker_ros.tracking.identities import Identities
from face_tracker_ros.tracking.matching import match_published, match_robust
from face_tracker_ros.tracking.scene import Scene
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import (BoolArray, CONFIRMED, Detections, Float64Array, FloatArray,
                                    IntArray, LOST, Track)
import numpy as np

_LEAST_NOISE = 0.05  # share of the measurement noise left to the most confident detection
_VAGUE = 0.1  # deviation, in heights, from which the place of a missed face is not known well
_AMONG_OTHERS = 0.1  # seconds for which the embedding of a face near others is recent enough
_SECOND_BOX = 0.3  # IoU with a tracked face from which another box is of the same face


class Tracker:
    """
    DeepSORT (Wojke et al. 2017), and in mode 'robust' what robots need beside it.

    A track gets its id when it is confirmed: 1, 2, 3 ... or, for somebody who comes back within
    `reid_window`, the former one. Ids are not given again, not even after `reset`.
    """

    def __init__(self, config: Config) -> None:
        """Start without tracks; thresholds of 0 take the numbers usual for unknown models."""
        self._last_id = 0
        self._config = effective(config)
        self._robust = config.tracker.mode == 'robust'
        self.reset()

    def configure(self, config: Config) -> None:
        """Take new parameters; those that may change while running (`Parameter.live`)."""
        self._config = effective(config)
        self._identities.configure(self._config)

    def reset(self) -> None:
        """Forget all tracks and everybody who left."""
        self._table = TrackTable.empty()
        self._identities = Identities(self._config)
        self._flicker = Flicker()
        self._scene: Scene | None = None
        self._stamp: float | None = None
        self._ahead = False  # whether the tracks stand predicted at _stamp already
        self._now = 0.0

    def forget_faces(self) -> None:
        """Forget what everybody looks like, and who left; tracks and their ids stay."""
        self._identities = Identities(self._config)
        self._table.slot = self._identities.gallery.open(len(self._table))
        self._table.embedded[:] = -np.inf
        self._table.quality[:] = 0

    @property
    def least_score(self) -> float:
        """The score below which a detection is of no use."""
        if self._robust and self._config.tracker.low_score_pass:
            return self._config.detection.low_score
        return self._config.detection.score

    def __len__(self) -> int:
        """Return the number of tracks that are followed, tentative and lost ones included."""
        return len(self._table)

    @property
    def tentative(self) -> bool:
        """Whether there are faces that are still to be confirmed (`tracker.n_init`)."""
        return not self._table.id.all()

    def predict(self, stamp: float, camera: Float64Array | None = None) -> None:
        """
        Move all tracks to where they are expected at `stamp` (seconds).

        camera: (2, 3), how pixels moved since the last stamp because the camera did, or None
        (not known, or at rest). `wants_embedding` and `update` predict where this was not called.
        An earlier stamp than the last starts anew. Raises ValueError for a stamp that is not
        finite.
        """
        if not math.isfinite(stamp):
            raise ValueError(f'stamp {stamp!r}: give finite seconds')
        if self._stamp is not None and stamp < self._stamp:
            self.reset()
        if self._ahead and stamp == self._stamp:
            return
        table = self._table
        if self._robust:
            seconds = stamp - (stamp if self._stamp is None else self._stamp)
            self._now = stamp
            self._end(self._expired())  # after a pause of the images, too, before any matching
            table.mean[table.misses > 0, 6:] = 0  # what is out of sight keeps its size
            self._flicker.fade(table, seconds)
        else:
            seconds = 1 / kalman.REFERENCE_RATE
            self._now += seconds
        table.mean, table.covariance = kalman.predict(table.mean, table.covariance,
                                                      seconds * kalman.REFERENCE_RATE)
        if camera is not None and self._robust:
            table.mean, table.covariance = kalman.move(table.mean, table.covariance, camera)
        self._stamp, self._ahead, self._scene = stamp, True, None

    def wants_embedding(self, detections: Detections, stamp: float) -> BoolArray:
        """
        Return which detections (N,) the update at `stamp` needs embedded.

        A face is spared when it can be one track only (well overlapped, nobody else near), and
        that is confirmed, was seen in the last update, and embedded less than `embedding.refresh`
        ago; near others that it does not touch, less than 0.1 s ago.
        """
        scene, table = self._look(detections, stamp), self._table
        wanted = np.zeros(len(detections), bool)
        needed = scene.high
        if self._robust and len(table) and len(scene.rows):
            age = (self._now - table.embedded)[scene.nearest]
            known = (table.confirmed & table.settled & (table.misses == 0))[scene.nearest]
            spared = known & ((scene.single & (age < self._config.embedding.refresh))
                              | (scene.apart & (age < _AMONG_OTHERS)))
            needed = needed & ~spared
        wanted[scene.rows[needed]] = True
        return wanted

    def update(self, detections: Detections, embeddings: FloatArray | None, stamp: float,
               quality: FloatArray | None = None) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
        """
        Take one frame's faces; return the tracks to show (best score first), and those lost.

        Shown are confirmed tracks that were seen and, in mode 'robust', those that the detector
        has likely just missed (`tracker.coast`).
        detections: N faces; boxes that are not finite or have no area are passed over.
        embeddings: (N, D) unit rows in step with them, NaN where a face was not embedded; None
        to track by position alone. quality: (N,), 0 to 1, how much each crop can tell; by its
        size where None. stamp: seconds; an earlier one than the last starts anew.
        Raises ValueError when embeddings and detections are out of step, or for a stamp that is
        not finite.
        """
        if embeddings is not None and embeddings.ndim != 2:
            raise ValueError(f'embeddings of shape {embeddings.shape}: give (N, D)')
        for name, values in (('embeddings', embeddings), ('qualities', quality)):
            if values is not None and len(values) != len(detections):
                raise ValueError(f'{len(values)} {name} for {len(detections)} detections: '
                                 'give one row a detection')
        scene = self._look(detections, stamp)
        if embeddings is not None:
            scene.embed(embeddings, quality)
        self._ahead, self._scene = False, None
        table = self._table
        if len(table) and len(scene.rows):
            match = match_robust if self._robust else match_published
            tracks, faces = match(table, self._identities.gallery, scene, self._config, self._now)
        else:
            tracks = faces = np.zeros(0, np.intp)
        begin = self._newcomers(scene, faces)
        self._correct(tracks, faces, scene)
        self._begin(begin, scene)
        missed = table.misses > 0
        if missed.any():
            if self._robust:
                missed &= ~self._likely_there()
            self._end(np.where(table.confirmed, self._expired(), missed))
        self._identities.settle(table, self._now)
        if self.tentative:
            ready = self._identities.ready(table, self._now) & (table.misses == 0)
            for row in (ready & ~table.confirmed).nonzero()[0]:
                self._last_id += 1
                table.id[row] = self._last_id
        return self._report()

    def carry(self, stamp: float) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
        """
        Take a frame in which no faces were looked for; return tracks to show, and those lost.

        stamp: seconds, as of `predict`. Shown are the tracks of the last update, where they are
        expected; none is the worse for not being seen.
        """
        self.predict(stamp)
        self._ahead, self._scene = False, None
        self._table.detection[:] = -1
        return self._report()

    def _look(self, detections: Detections, stamp: float) -> Scene:
        self.predict(stamp)
        if self._scene is None or self._scene.detections is not detections:
            self._scene = Scene(detections, kalman.to_boxes(self._table.mean), self.least_score,
                                self._config.detection.score,
                                1 - self._config.tracker.max_iou_distance)
        return self._scene

    def _newcomers(self, scene: Scene, tracked: IntArray) -> IntArray:
        """Return the faces that begin a track: not tracked, and no second box of one that is."""
        first = scene.high.copy()
        first[tracked] = False
        if first.any() and len(tracked) and self._robust \
                and self._config.tracker.suppress_duplicates:
            first &= ~(scene.among[:, tracked] > _SECOND_BOX).any(axis=1)
        return first.nonzero()[0]

    def _begin(self, faces: IntArray, scene: Scene) -> None:
        if not len(faces):
            return
        mean, covariance = kalman.initiate(scene.measured[faces])
        slots = self._identities.gallery.open(len(faces))
        self._table.append(TrackTable.born(mean, covariance, slots, self._now,
                                           scene.scores[faces].astype(float), scene.rows[faces]))
        self._identities.remember(self._table,
                                  np.arange(len(self._table) - len(faces), len(self._table)),
                                  faces, scene, self._now)

    def _correct(self, tracks: IntArray, faces: IntArray, scene: Scene) -> None:
        table, scores = self._table, scene.scores[faces].astype(float)
        missed = table.misses[tracks]
        table.misses += 1
        table.detection[:] = -1
        if not len(tracks):
            return
        noise = np.ones(len(tracks))
        if self._robust and self._config.tracker.score_weighted_noise:
            noise = np.clip(1 - scores, _LEAST_NOISE, 1)
        table.mean[tracks], table.covariance[tracks] = kalman.update(
            table.mean[tracks], table.covariance[tracks], scene.measured[faces], noise)
        self._flicker.found(table, tracks, missed)
        table.hits[tracks] += 1
        table.misses[tracks] = 0
        table.last_seen[tracks] = self._now
        table.score[tracks] = scores
        table.detection[tracks] = scene.rows[faces]
        self._identities.remember(table, tracks, faces, scene, self._now)

    def _expired(self) -> BoolArray:
        unseen = self._now - self._table.last_seen
        return np.asarray(unseen > self._config.tracker.max_age + 1e-6)

    def _end(self, gone: BoolArray) -> None:
        self._identities.end(self._table, gone, self._now)

    def _likely_there(self) -> BoolArray:
        """Return which tracks are missed by the detector's fault rather than gone."""
        clear = self._table.score >= (1 + self._config.detection.score) / 2
        return np.asarray(clear & self._flicker.there(self._table))

    def _shown(self) -> BoolArray:
        """Return which tracks were seen, or are likely there and in nobody else's place."""
        table, coast = self._table, self._config.tracker.coast
        seen = np.asarray(table.misses == 0)
        if not self._robust or coast == 0 or seen.all():
            return seen
        there = (~seen & (self._now - table.last_seen <= coast + 1e-6)
                 & table.confirmed & self._likely_there()
                 & (table.covariance[:, 0, 0] < np.square(_VAGUE * table.mean[:, 3])))
        if there.any() and seen.any() and self._config.tracker.suppress_duplicates:
            overlap = iou(kalman.to_boxes(table.mean[there]), kalman.to_boxes(table.mean[seen]))
            there[there] = ~(overlap > _SECOND_BOX).any(axis=1)
        return np.asarray(seen | there)

    def _report(self) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
        """Return the tracks to show, and those lost."""
        shown = self._shown()
        return self._tracks(shown), () if shown.all() else self._tracks(~shown)

    def _tracks(self, chosen: BoolArray) -> tuple[Track, ...]:
        table = self._table
        rows = (table.confirmed & chosen).nonzero()[0]
        if not len(rows):
            return ()
        rows = rows[(-table.score[rows]).argsort(kind='stable')]
        mean, now = table.mean[rows], self._now
        velocity = (mean[:, 4:6] * kalman.REFERENCE_RATE).astype(np.float32)
        columns = zip(table.id[rows].tolist(), kalman.to_boxes(mean), table.score[rows].tolist(),
                      table.first_seen[rows].tolist(), table.last_seen[rows].tolist(), velocity,
                      table.embedded[rows].tolist(), table.detection[rows].tolist())
        return tuple(Track(who, box, score, LOST if detection < 0 else CONFIRMED, now - first,
                           now - last, pace, now - embedded, detection)
                     for who, box, score, first, last, pace, embedded, detection in columns)
