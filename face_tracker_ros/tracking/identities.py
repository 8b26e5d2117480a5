# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Identities of the tracks: galleries, people who left, and re-identification."""
from __future__ import annotations

from face_tracker_ros.config import Config
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.frame_match import FrameMatch
from face_tracker_ros.tracking.gallery import Gallery
from face_tracker_ros.tracking.reid import Departed, recognise
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray, FloatArray, IntArray
from face_tracker_ros.vectors import unit
import numpy as np

_LOOKS, _LAST = 8, 100  # embeddings kept of each track, by mode
_DECISION_TIME = 1.0  # seconds within which a new track may still be recognised


class Identities:
    """
    Galleries of all tracks, and of the people who left.

    Attributes:
        changes: (id given up, id from now on) of confirmed tracks that were recognised; grows
            until it is cleared.
    """

    def __init__(self, config: Config) -> None:
        """Know nobody."""
        self.configure(config)
        size = self._config.gallery_size or (_LOOKS if self._robust else _LAST)
        self.gallery = Gallery(size, diverse=self._robust)
        self._departed = Departed()
        self.changes: list[tuple[int, int]] = []

    def configure(self, config: Config) -> None:
        """Take new parameters."""
        self._config = config.tracker
        self._robust = config.tracker.mode == 'robust'

    def remember(self, table: TrackTable, tracks: IntArray, faces: IntArray,
                 frame: FrameMatch, now: float) -> None:
        """
        Add the frame's embeddings to the galleries of its tracks.

        In mode 'robust' crops that show two faces, are of poorer quality than what is known, or
        are unlike the person are left out; the latter are counted as doubts.
        """
        new = frame.embedded[faces]
        if not new.any():
            return
        table.embedded[tracks[new]] = now
        quality = frame.quality[faces]
        if self._robust:
            known = self.gallery.counts(table.slot[tracks]) > 0
            poor = quality < np.minimum(self._config.min_quality, table.quality[tracks])
            new = new & ~(known & (frame.mixed[faces] | poor))
            new[new] = ~self._doubt(table, tracks[new], frame.embeddings[faces[new]])
        tracks, faces = tracks[new], faces[new]
        weights = np.maximum(frame.scores[faces] * quality[new], np.float32(1e-3))
        self.gallery.add(table.slot[tracks], frame.embeddings[faces], weights)
        table.quality[tracks] = np.maximum(table.quality[tracks],
                                           np.where(frame.mixed[faces], 0, quality[new]))

    def _doubt(self, table: TrackTable, tracks: IntArray, embeddings: FloatArray) -> BoolArray:
        """Return which embeddings (M, D) are unlike their confirmed tracks, and count these."""
        unlike = table.confirmed[tracks] & (self.gallery.counts(table.slot[tracks]) > 0)
        if unlike.any():
            unlike &= (self.gallery.distance(table.slot[tracks], embeddings)
                       > self._config.max_cosine_distance)
        table.doubts[tracks] = np.where(unlike, table.doubts[tracks] + 1, 0)
        return unlike

    def end(self, table: TrackTable, gone: BoolArray, now: float) -> None:
        """End the tracks of a mask; confirmed ones are remembered for `reid_window`."""
        window = self._config.reid_window
        if gone.any():
            if self._robust:
                left = gone & table.confirmed & self._clear(table)
                self._departed.add(table.id[left], self.gallery.sums(table.slot[left]),
                                   table.first_seen[left], table.last_sure[left])
            self.gallery.close(table.slot[gone])
            table.keep(~gone)
        if len(self._departed.id):
            self._departed.keep((now - self._departed.last_sure <= window) & (window > 0))

    def settle(self, table: TrackTable, now: float) -> None:
        """Give tracks detected often enough the ids of people who left, where that is certain."""
        if table.settled.all():
            return
        ready = self.ready(table, now)
        if ready[~table.settled].any():
            if self._robust and self._config.reid_window > 0:
                self._recognise(table, np.flatnonzero(ready & ~table.settled
                                                      & (table.misses == 0)))
                ready = self.ready(table, now)  # rows may have gone
                table.settled |= ready & (now - table.first_seen > _DECISION_TIME)
            else:
                table.settled |= ready

    def ready(self, table: TrackTable, now: float) -> BoolArray:
        """
        Return which tracks (T,) were detected often enough to have an id.

        In mode 'robust' two detections are enough when `n_init` frames of 1/30 s lie between them,
        and one of all must have been clear (`min_track_score`).
        """
        ready = table.hits >= self._config.n_init
        if self._robust:
            since = (self._config.n_init - 1) / kalman.REFERENCE_RATE
            ready |= (table.hits >= 2) & (now - table.first_seen >= since - 1e-6)
            ready &= ~self.faint(table)
        return np.asarray(ready)

    def faint(self, table: TrackTable) -> BoolArray:
        """Return which tracks (T,) have no id, as no detection of theirs was clear so far."""
        return ~table.confirmed & (table.best_score < self._config.min_track_score)

    def _apart(self, present: int) -> BoolArray:
        """Return (K, K), which two of the `present` and the departed were never there at once."""
        gone = self._departed
        before = gone.last_sure[:, None] < gone.first_seen[None, :]
        apart = np.zeros((present + len(gone.id), present + len(gone.id)), bool)
        apart[present:, present:] = before | before.T
        return apart

    def _clear(self, table: TrackTable) -> BoolArray:
        """Return which tracks (T,) were seen well enough to be re-identified."""
        return ((self.gallery.counts(table.slot) > 0)
                & (table.quality >= self._config.min_quality))

    def _recognise(self, table: TrackTable, new: IntArray) -> None:
        clear = self._clear(table)
        new = new[clear[new]]
        if not len(new):
            return
        gallery, departed = self.gallery, self._departed
        present = np.flatnonzero(table.confirmed & clear)
        sums = gallery.sums(table.slot[present])
        known = np.concatenate((sums, departed.sums)) if len(departed.id) else sums
        # a track that looks unlike its person may have gone over to somebody else
        last_sure = np.concatenate((table.last_sure[present], departed.last_sure))
        itself = np.zeros((len(new), len(known)), bool)
        itself[:, :len(present)] = new[:, None] == present[None, :]
        possible = (last_sure[None, :] < table.first_seen[new, None]) & ~itself
        table.settled[new] |= ~possible.any(axis=1)
        pairs = recognise(unit(gallery.sums(table.slot[new])), unit(known), possible, itself,
                          self._apart(len(present)), self._config.reid_max_distance,
                          self._config.reid_margin)
        back = np.zeros(len(known), bool)
        for row, person in pairs:
            track, own = new[row], int(table.id[new[row]])
            table.id[track] = np.concatenate((table.id[present], departed.id))[person]
            if own:
                self.changes.append((own, int(table.id[track])))
            table.settled[track] = back[person] = True
            gallery.recall(int(table.slot[track]), known[person])
        if pairs:
            departed.keep(~back[len(present):])
            replaced = np.zeros(len(table), bool)
            replaced[present] = back[:len(present)]
            gallery.close(table.slot[replaced])
            table.keep(~replaced)
