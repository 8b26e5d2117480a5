# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks from detections and embeddings: one update a frame, empty frames included."""
from __future__ import annotations

import math

from face_tracker_ros.boxes import iou, usable
from face_tracker_ros.config import Config
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.gallery import Gallery
from face_tracker_ros.tracking.matching import lonely, match_published, match_robust, Scene
from face_tracker_ros.tracking.reid import Departed, recognise
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import (BoolArray, CONFIRMED, Detections, FloatArray, IntArray, LOST,
                                    Track)
from face_tracker_ros.vectors import unit
import numpy as np

_LARGEST = 1e6  # pixels; a box that reaches beyond is no face
_FULL_WEIGHT_SIZE = 64.0  # pixels; larger faces weigh no more in the mean embedding
_LEAST_NOISE = 0.05  # share of the measurement noise left to the most confident detection
_SURE_OVERLAP = 0.5  # IoU with the predicted box from which a lone face is its track's
_DECISION_TIME = 1.0  # seconds within which a new track may still be recognised


class Tracker:
    """
    DeepSORT (Wojke et al. 2017), and in mode 'robust' what robots need beside it.

    A track gets its id when it is confirmed: 1, 2, 3 ... or, for somebody who comes back within
    `reid_window`, the former one. Ids are not given again, not even after `reset`.
    """

    def __init__(self, config: Config) -> None:
        """Start without tracks."""
        self._last_id = 0
        self.configure(config)
        self.reset()

    def configure(self, config: Config) -> None:
        """Take new parameters; those that may change while running (`Parameter.live`)."""
        self._config = config
        self._robust = config.tracker.mode == 'robust'

    def reset(self) -> None:
        """Forget all tracks and everybody who left."""
        self._table = TrackTable.empty()
        self._gallery = Gallery(self._config.tracker.gallery_size)
        self._departed = Departed()
        self._stamp: float | None = None
        self._ahead = False  # whether the tracks stand predicted at _stamp already
        self._now = 0.0

    def forget_faces(self) -> None:
        """Forget what everybody looks like, and who left; tracks and their ids stay."""
        self._gallery = Gallery(self._config.tracker.gallery_size)
        self._table.slot = self._gallery.open(len(self._table))
        self._table.embedded[:] = -np.inf
        self._departed = Departed()

    @property
    def least_score(self) -> float:
        """The score below which a detection is of no use."""
        if self._robust and self._config.tracker.low_score_pass:
            return self._config.detection.low_score
        return self._config.detection.score

    def wants_embedding(self, detections: Detections, stamp: float) -> BoolArray:
        """
        Return which detections (N,) the update at `stamp` needs embedded.

        A face is spared when it can be one track only: confirmed, seen in the last update, well
        overlapped, nobody else near, and embedded less than `embedding.refresh` ago.
        """
        self._predict(stamp)
        rows = self._usable(detections)
        high = rows[detections.scores[rows] >= self._config.detection.score]
        wanted = np.zeros(len(detections), bool)
        wanted[high] = True
        table = self._table
        if self._robust and len(table) and len(high):
            boxes = kalman.to_boxes(table.mean)
            overlap = iou(boxes, detections.boxes[high])
            track = overlap.argmax(axis=0)
            known = (table.confirmed & table.settled & (table.misses == 0)
                     & (self._now - table.embedded < self._config.embedding.refresh))
            alone = lonely(boxes, detections.boxes[rows], detections.boxes[high])
            sure = max(_SURE_OVERLAP, 1 - self._config.tracker.max_iou_distance)
            wanted[high] = ~(alone & known[track] & (overlap.max(axis=0) >= sure))
        return wanted

    def update(self, detections: Detections, embeddings: FloatArray | None,
               stamp: float) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
        """
        Take one frame's faces; return the tracks to show (best score first), and those lost.

        Shown are confirmed tracks that were seen or, in mode 'robust', missed for `coast` at most.
        detections: N faces; boxes that are not finite or have no area are passed over.
        embeddings: (N, D) unit rows in step with them, NaN where a face was not embedded; None
        to track by position alone. stamp: seconds; an earlier one than the last starts anew.
        Raises ValueError when embeddings and detections are out of step, or for a stamp that is
        not finite.
        """
        if embeddings is None:
            embeddings = np.full((len(detections), 1), np.nan, np.float32)
        if len(embeddings) != len(detections):
            raise ValueError(f'{len(embeddings)} embeddings for {len(detections)} detections: '
                             'give one row a detection')
        self._predict(stamp)
        self._ahead = False
        rows = self._usable(detections)
        scene = Scene(detections.boxes[rows], detections.scores[rows], embeddings[rows], rows)
        match = match_robust if self._robust else match_published
        tracks, faces = match(self._table, self._gallery, scene, self._config, self._now)
        self._table.misses += 1
        self._table.detection[:] = -1
        first = scene.scores >= self._config.detection.score
        first[faces] = False
        self._begin(np.flatnonzero(first), scene)
        self._correct(tracks, faces, scene)
        self._end(np.where(self._table.confirmed, self._expired(), self._table.misses > 0))
        self._confirm()
        coast = self._config.tracker.coast if self._robust else 0.0
        shown = (self._table.misses == 0) | (self._now - self._table.last_seen <= coast)
        return self._report(shown), self._report(~shown)

    def _predict(self, stamp: float) -> None:
        if not math.isfinite(stamp):
            raise ValueError(f'stamp {stamp!r}: give finite seconds')
        if self._stamp is not None and stamp < self._stamp:
            self.reset()
        if self._ahead and stamp == self._stamp:
            return
        table = self._table
        if self._robust:
            last = stamp if self._stamp is None else self._stamp
            frames = (stamp - last) * kalman.REFERENCE_RATE
            self._now = stamp
            self._end(self._expired())  # after a pause of the images, too, before any matching
            table.mean[table.misses > 0, 6:] = 0  # what is out of sight keeps its size
        else:
            frames = 1.0
            self._now += 1 / kalman.REFERENCE_RATE
        table.mean, table.covariance = kalman.predict(table.mean, table.covariance, frames)
        self._stamp, self._ahead = stamp, True

    def _usable(self, detections: Detections) -> IntArray:
        with np.errstate(invalid='ignore'):
            good = detections.scores >= self.least_score
            good &= (np.abs(detections.boxes) <= _LARGEST).all(axis=1)
        return np.flatnonzero(usable(detections.boxes) & good)

    def _begin(self, faces: IntArray, scene: Scene) -> None:
        mean, covariance = kalman.initiate(kalman.to_measurements(scene.boxes[faces]))
        slots = self._gallery.open(len(faces))
        self._table.append(TrackTable.born(mean, covariance, slots, self._now,
                                           scene.scores[faces].astype(float), scene.rows[faces]))
        self._remember(np.arange(len(self._table) - len(faces), len(self._table)), faces, scene)

    def _correct(self, tracks: IntArray, faces: IntArray, scene: Scene) -> None:
        table, scores = self._table, scene.scores[faces].astype(float)
        noise = np.ones(len(tracks))
        if self._robust and self._config.tracker.score_weighted_noise:
            noise = np.clip(1 - scores, _LEAST_NOISE, 1)
        table.mean[tracks], table.covariance[tracks] = kalman.update(
            table.mean[tracks], table.covariance[tracks],
            kalman.to_measurements(scene.boxes[faces]), noise)
        table.hits[tracks] += 1
        table.misses[tracks] = 0
        table.last_seen[tracks] = self._now
        table.score[tracks] = scores
        table.detection[tracks] = scene.rows[faces]
        self._remember(tracks, faces, scene)

    def _remember(self, tracks: IntArray, faces: IntArray, scene: Scene) -> None:
        """Put what was embedded into the galleries; mixed crops only where there is nothing."""
        table = self._table
        new = scene.embedded[faces]
        table.embedded[tracks[new]] = self._now
        if self._robust:
            new &= ~scene.mixed[faces] | (self._gallery.counts(table.slot[tracks]) == 0)
        sides = (scene.boxes[faces, 2:] - scene.boxes[faces, :2]).min(axis=1, initial=np.inf)
        weights = np.maximum(scene.scores[faces], 1e-3) * np.minimum(sides / _FULL_WEIGHT_SIZE, 1)
        self._gallery.add(table.slot[tracks[new]], scene.embeddings[faces[new]],
                          weights[new].astype(float))

    def _expired(self) -> BoolArray:
        unseen = self._now - self._table.last_seen
        return np.asarray(unseen > self._config.tracker.max_age + 1e-6)

    def _end(self, gone: BoolArray) -> None:
        """End the tracks of a mask; confirmed ones are remembered for `reid_window`."""
        table, window = self._table, self._config.tracker.reid_window
        if self._robust:
            left = gone & table.confirmed & (self._gallery.counts(table.slot) > 0)
            self._departed.add(table.id[left], self._gallery.sums(table.slot[left]),
                               table.last_seen[left])
        self._departed.keep((self._now - self._departed.last_seen <= window) & (window > 0))
        self._gallery.close(table.slot[gone])
        table.keep(~gone)

    def _confirm(self) -> None:
        """Give ids to tracks found often enough: the former one to people recognised."""
        table, parameters = self._table, self._config.tracker
        ready = table.hits >= parameters.n_init
        if self._robust and parameters.reid_window > 0:
            self._recognise(np.flatnonzero(ready & ~table.settled & (table.misses == 0)))
            ready = table.hits >= parameters.n_init  # rows may have gone
            table.settled |= ready & (self._now - table.first_seen > _DECISION_TIME)
        else:
            table.settled |= ready
        for row in np.flatnonzero(ready & ~table.confirmed):
            self._last_id += 1
            table.id[row] = self._last_id

    def _recognise(self, new: IntArray) -> None:
        """Give the tracks in rows `new` the ids of people who left, where that is sure."""
        table, gallery, departed = self._table, self._gallery, self._departed
        new = new[gallery.counts(table.slot[new]) > 0]
        present = np.flatnonzero(table.confirmed & (gallery.counts(table.slot) > 0))
        if not len(new):
            return
        sums = gallery.sums(table.slot[present])
        known = np.concatenate((sums, departed.sums)) if len(departed.id) else sums
        last_seen = np.concatenate((table.last_seen[present], departed.last_seen))
        itself = np.zeros((len(new), len(known)), bool)
        itself[:, :len(present)] = new[:, None] == present[None, :]
        possible = (last_seen[None, :] < table.first_seen[new, None]) & ~itself
        table.settled[new] |= ~possible.any(axis=1)
        pairs = recognise(unit(gallery.sums(table.slot[new])), unit(known), possible, itself,
                          self._config.tracker.reid_max_distance,
                          self._config.tracker.reid_margin)
        back = np.zeros(len(known), bool)
        for row, person in pairs:
            track = new[row]
            table.id[track] = np.concatenate((table.id[present], departed.id))[person]
            table.settled[track] = back[person] = True
            gallery.recall(int(table.slot[track]), known[person])
        departed.keep(~back[len(present):])
        replaced = np.zeros(len(table), bool)
        replaced[present] = back[:len(present)]
        gallery.close(table.slot[replaced])
        table.keep(~replaced)

    def _report(self, chosen: BoolArray) -> tuple[Track, ...]:
        table = self._table
        rows = np.flatnonzero(table.confirmed & chosen)
        rows = rows[np.argsort(-table.score[rows], kind='stable')]
        boxes = kalman.to_boxes(table.mean[rows])
        velocity = (table.mean[rows, 4:6] * kalman.REFERENCE_RATE).astype(np.float32)
        return tuple(
            Track(id=int(table.id[row]), box=boxes[i], score=float(table.score[row]),
                  state=LOST if table.misses[row] else CONFIRMED,
                  age=float(self._now - table.first_seen[row]),
                  time_since_update=float(self._now - table.last_seen[row]),
                  velocity=velocity[i], embedding_age=float(self._now - table.embedded[row]),
                  detection=int(table.detection[row]))
            for i, row in enumerate(rows))
