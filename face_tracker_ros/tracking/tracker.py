# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks from detections and embeddings: one update a frame, empty frames included."""
from __future__ import annotations

import math

from face_tracker_ros.config import Config
from face_tracker_ros.models.thresholds import effective
from face_tracker_ros.tracking import embedding_policy, kalman, presence
from face_tracker_ros.tracking.flicker import Flicker
from face_tracker_ros.tracking.frame_match import FrameMatch
from face_tracker_ros.tracking.identities import Identities
from face_tracker_ros.tracking.matching import match_published, match_robust
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import (BoolArray, Detections, Float64Array, FloatArray, IntArray,
                                    Tracks)
import numpy as np

_LEAST_NOISE = 0.05  # share of the measurement noise left to the most confident detection


class Tracker:
    """
    DeepSORT (Wojke et al. 2017) and, in mode 'robust', what robots need in addition.

    A frame enters by `begin`, which predicts all tracks and reports which faces need an embedding,
    and `finish`, which takes the embeddings and returns the tracks. `update` does both where the
    embeddings are at hand; `follow` is for frames on which the detector was not run.

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
        """Delete all tracks and forget everybody who left."""
        self._table = TrackTable.empty()
        self._identities = Identities(self._config)
        self._flicker = Flicker()
        self._stamp: float | None = None
        self._now = 0.0

    def forget_faces(self) -> None:
        """Forget all embeddings and everybody who left; tracks and their ids stay."""
        self._identities = Identities(self._config)
        self._table.slot = self._identities.gallery.open(len(self._table))
        self._table.embedded[:] = -np.inf
        self._table.quality[:] = 0
        self._table.doubts[:] = 0

    @property
    def least_score(self) -> float:
        """The score below which detections are not used."""
        if self._robust and self._config.tracker.low_score_pass:
            return self._config.detection.low_score
        return self._config.detection.score

    def __len__(self) -> int:
        """Return the number of tracks that are followed, tentative and lost ones included."""
        return len(self._table)

    @property
    def id_changes(self) -> tuple[tuple[int, int], ...]:
        """Pairs (id given up, id from now on) of the last frame, as in FrameResult."""
        return tuple(self._identities.changes)

    @property
    def faint_scores(self) -> tuple[float, ...]:
        """Best scores of the faces in view that lack an id for `tracker.min_track_score` alone."""
        table = self._table
        if not self._robust or table.confirmed.all():
            return ()
        return tuple(table.best_score[self._kept_faint() & (table.misses == 0)].tolist())

    @property
    def tentative(self) -> bool:
        """Whether there are tracks to be confirmed (`tracker.n_init`), faint ones left out."""
        table = self._table
        if not self._robust or table.id.all():
            return not table.id.all()
        return not (table.confirmed | self._kept_faint()).all()

    def _kept_faint(self) -> BoolArray:
        """Return which tracks lack an id for `tracker.min_track_score` alone."""
        return (self._identities.faint(self._table)
                & (self._table.hits >= self._config.tracker.n_init))

    def update(self, detections: Detections, embeddings: FloatArray | None, stamp: float,
               quality: FloatArray | None = None) -> tuple[Tracks, Tracks]:
        """
        Take one frame's faces with the embeddings at hand: `begin` and `finish` in one call.

        Args:
            detections: as for `begin`.
            embeddings, quality: as for `finish`.
            stamp: seconds, as for `begin`.

        Returns:
            The tracks to show and those lost, as `finish` does.

        Raises:
            ValueError: as of `begin` and `finish`.
        """
        return self.finish(self._look(detections, stamp, None), embeddings, quality)

    def begin(self, detections: Detections, stamp: float, camera: Float64Array | None = None,
              most: int | None = None) -> FrameMatch:
        """
        Predict all tracks for a frame and compare them with its faces.

        Which faces need an embedding is in `embedding_policy.wanted`, but a faint one
        (`tracker.min_track_score`) of a track without an id needs none either. With
        `embedding.policy` 'always' and in mode 'deepsort' every face does.

        Args:
            detections: the N faces; boxes that are not finite or have no area are skipped.
            stamp: seconds; an earlier one than the last starts anew.
            camera: (2, 3), similarity transform of the pixels from the last frame to this one,
                or None (unknown, or at rest).
            most: faces to embed at most, first those whose track was embedded longest ago; None:
                all that need it.

        Returns:
            The faces against the tracks, to be given to `finish`; `needs_embedding` (N,) names
            the faces to embed.

        Raises:
            ValueError: the stamp is not finite.
        """
        frame = self._look(detections, stamp, camera)
        embedding_policy.choose(
            self._table, frame, self._config, self._now, most,
            automatic=self._robust and self._config.embedding.policy == 'auto',
            faint=self._identities.faint(self._table))
        return frame

    def finish(self, frame: FrameMatch, embeddings: FloatArray | None = None,
               quality: FloatArray | None = None) -> tuple[Tracks, Tracks]:
        """
        Match the frame's faces with the tracks and update these.

        Args:
            frame: from the last `begin`; each is finished once.
            embeddings: (N, D) unit rows in step with the detections, NaN where a face was not
                embedded; None to track by position alone.
            quality: (N,), 0 to 1, how much each crop reveals of the identity; from the size of
                the box where None.

        Returns:
            The tracks to show, best score first, and those lost. Shown are confirmed tracks that
            were seen and, in mode 'robust', those that the detector has likely just missed
            (`tracker.coast`).

        Raises:
            ValueError: arrays are not in step with the detections, or the frame is not of the
                last `begin`.
        """
        table = self._table
        if frame.stamp != self._stamp or len(frame.predicted) != len(table):
            raise ValueError(f'frame match of stamp {frame.stamp!r}: the tracks are at '
                             f'{self._stamp!r}; finish what the last begin returned')
        if embeddings is not None:
            frame.embed(embeddings, quality)
        tracks, faces = self._match(frame)
        newcomers = self._newcomers(frame, faces)
        self._correct(tracks, faces, frame)
        self._add(newcomers, frame)
        self._delete_missed()
        self._identities.settle(table, self._now)
        self._confirm()
        return self._report()

    @property
    def seen(self) -> IntArray:
        """Rows, in the last frame's Detections, of the faces that are tracked."""
        rows = self._table.detection
        return rows[rows >= 0]

    @property
    def steady(self) -> bool:
        """Whether all faces can be followed for a moment without the detector."""
        return self._robust and not self.tentative and presence.steady(self._table, self._now)

    def follow(self, faces: Detections, rows: IntArray, stamp: float,
               camera: Float64Array | None = None) -> tuple[Tracks, Tracks]:
        """
        Take a frame on which the detector was not run.

        Args:
            faces: where faces of the last frame, that could be followed, are in this one.
            rows: (N,), which rows they had in the last frame's Detections.
            stamp, camera: as for `begin`.

        Returns:
            The tracks to show and those lost. Tracks of the faces are seen, as rows of `faces`;
            others are at their predicted positions, and none counts as missed.

        Raises:
            ValueError: the stamp is not finite.
        """
        self._predict(stamp, camera)
        table = self._table
        tracks, followed = (table.detection[:, None] == rows).nonzero()
        table.detection[:] = -1
        if len(tracks):
            self._measure(tracks, kalman.to_measurements(faces.boxes[followed]),
                          faces.scores[followed].astype(float))
            table.last_seen[tracks] = self._now
            table.detection[tracks] = followed
        return self._report()

    def _look(self, detections: Detections, stamp: float,
              camera: Float64Array | None) -> FrameMatch:
        """Predict all tracks and compare them with the faces of a frame."""
        self._predict(stamp, camera)
        return FrameMatch(detections, self._table.boxes, stamp=stamp,
                          least_score=self.least_score, high_score=self._config.detection.score,
                          least_overlap=1 - self._config.tracker.max_iou_distance)

    def _predict(self, stamp: float, camera: Float64Array | None) -> None:
        if not math.isfinite(stamp):
            raise ValueError(f'stamp {stamp!r}: give finite seconds')
        if self._stamp is not None and stamp < self._stamp:
            self.reset()
        table = self._table
        self._identities.changes.clear()
        if self._robust:
            seconds = stamp - (stamp if self._stamp is None else self._stamp)
            self._now = stamp
            self._delete(self._expired())  # before any matching, for stamps may pause
            table.mean[table.misses > 0, 6:] = 0  # what is out of sight keeps its size
            self._flicker.fade(table, seconds)
        else:
            seconds = 1 / kalman.REFERENCE_RATE
            self._now += seconds
        table.mean, table.covariance = kalman.predict(table.mean, table.covariance,
                                                      seconds * kalman.REFERENCE_RATE)
        if camera is not None and self._robust:
            table.mean, table.covariance = kalman.move(table.mean, table.covariance, camera)
        self._stamp = stamp

    def _match(self, frame: FrameMatch) -> tuple[IntArray, IntArray]:
        """Return matched rows of tracks and faces."""
        if not len(self._table) or not len(frame.rows):
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        match = match_robust if self._robust else match_published
        return match(self._table, self._identities.gallery, frame, self._config, self._now)

    def _newcomers(self, frame: FrameMatch, tracked: IntArray) -> IntArray:
        """Return the faces that begin a track: not tracked, and no second box of one that is."""
        first = frame.high.copy()
        first[tracked] = False
        if first.any() and len(tracked) and self._robust \
                and self._config.tracker.suppress_duplicates:
            first &= ~(frame.face_overlap[:, tracked] > presence.SECOND_BOX).any(axis=1)
        return first.nonzero()[0]

    def _add(self, faces: IntArray, frame: FrameMatch) -> None:
        """Begin a tentative track for each of the faces."""
        if not len(faces):
            return
        mean, covariance = kalman.initiate(frame.measured[faces])
        known = len(self._table)
        self._table.append(TrackTable.born(
            mean=mean, covariance=covariance, slot=self._identities.gallery.open(len(faces)),
            stamp=self._now, score=frame.scores[faces].astype(float),
            detection=frame.rows[faces]))
        self._identities.remember(self._table, np.arange(known, len(self._table)), faces, frame,
                                  self._now)

    def _correct(self, tracks: IntArray, faces: IntArray, frame: FrameMatch) -> None:
        """Update the filters of matched tracks; count a miss of all others."""
        table, scores = self._table, frame.scores[faces].astype(float)
        missed = table.misses[tracks]
        table.misses += 1
        table.detection[:] = -1
        if not len(tracks):
            return
        self._measure(tracks, frame.measured[faces], scores)
        self._flicker.found(table, tracks, missed)
        table.hits[tracks] += 1
        table.misses[tracks] = 0
        table.last_seen[tracks] = self._now
        table.score[tracks] = scores
        table.best_score[tracks] = np.maximum(table.best_score[tracks], scores)
        table.detection[tracks] = frame.rows[faces]
        self._identities.remember(table, tracks, faces, frame, self._now)
        table.last_sure[tracks[table.doubts[tracks] == 0]] = self._now

    def _measure(self, tracks: IntArray, measured: Float64Array, scores: Float64Array) -> None:
        """Update the filters of these tracks by where their faces are."""
        table = self._table
        noise = np.ones(len(tracks))
        if self._robust and self._config.tracker.score_weighted_noise:
            noise = np.clip(1 - scores, _LEAST_NOISE, 1)
        table.mean[tracks], table.covariance[tracks] = kalman.update(
            table.mean[tracks], table.covariance[tracks], measured, noise)

    def _confirm(self) -> None:
        """Give ids to the tentative tracks that were detected often enough."""
        table = self._table
        if not table.confirmed.all():
            ready = self._identities.ready(table, self._now) & (table.misses == 0)
            for row in (ready & ~table.confirmed).nonzero()[0]:
                self._last_id += 1
                table.id[row] = self._last_id

    def _delete_missed(self) -> None:
        """Delete confirmed tracks after `max_age`, tentative ones at a miss that looks real."""
        table = self._table
        missed = table.misses > 0
        if missed.any():
            if self._robust:
                missed &= ~presence.likely_there(table, self._flicker, self._config)
            self._delete(np.where(table.confirmed, self._expired(), missed))

    def _expired(self) -> BoolArray:
        unseen = self._now - self._table.last_seen
        return np.asarray(unseen > self._config.tracker.max_age + 1e-6)

    def _delete(self, gone: BoolArray) -> None:
        self._identities.end(self._table, gone, self._now)

    def _report(self) -> tuple[Tracks, Tracks]:
        """Return the tracks to show, and those lost."""
        shown = presence.shown(self._table, self._flicker, self._config, self._now) \
            if self._robust else self._table.misses == 0
        return (self._table.report(shown, self._now),
                Tracks.empty() if shown.all() else self._table.report(~shown, self._now))
