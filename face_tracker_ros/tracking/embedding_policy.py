# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which faces of a frame are embedded, and why: embedding is what costs most of each face."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from face_tracker_ros.config import Config
from face_tracker_ros.tracking.frame_match import FrameMatch
from face_tracker_ros.tracking.matching import RECENT
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray, Float64Array, IntArray
import numpy as np

REASONS: Mapping[str, str] = {
    'new': 'no track expected the face there',
    'unconfirmed': 'its track has no id yet',
    'returned': 'its track was not seen just before',
    'doubtful': 'its track looked unlike its person at the last sight',
    'undecided': 'its track is new, and may still be found to be somebody who came back',
    'touching': 'it overlaps another face',
    'near': 'another face is near it',
    'old': 'embedding.refresh has passed',
    'always': 'embedding.policy, or tracker.mode deepsort, asks for every face',
}

# Seconds for which an embedding is recent enough, from 30 Hz on saving every other one of faces
# that overlap and four of five of those that are near each other.
_TOUCHING = 0.06
_UNDECIDED = 0.1
_NEAR = 0.15


def choose(table: TrackTable, frame: FrameMatch, config: Config, now: float, most: int | None, *,
           automatic: bool, faint: BoolArray) -> None:
    """
    Set which faces of a frame are to be embedded, and why.

    Args:
        most: as for `Tracker.begin`.
        automatic: False where every face is embedded.
        faint: (T,), tracks that have no id, as no detection was clear (`tracker.min_track_score`).
    """
    asked = frame.high
    if automatic and len(table) and len(frame.rows):
        asked = asked & wanted(table, frame, config, now)
        if not table.id.all():
            asked &= ~(faint[frame.nearest] & frame.single
                       & (frame.scores < config.tracker.min_track_score))
    chosen = asked.nonzero()[0]
    if most is not None and len(chosen) > most:
        seen = last_embedded(table, frame)[chosen]
        chosen = chosen[np.argsort(seen, kind='stable')[:most]]
    if len(chosen):
        frame.needs_embedding[frame.rows[chosen]] = True
        frame.reasons = reasons(table, frame, chosen, now) if automatic \
            else {'always': len(chosen)}


def wanted(table: TrackTable, frame: FrameMatch, config: Config, now: float) -> BoolArray:
    """
    Return which faces (N,) need an embedding, be they clear or not.

    One needs none for a while after its track was embedded, while it can surely be continued: by
    a track that has an id, was seen just before, and looked like its person. That while is
    `embedding.refresh` for a face that can be this track only; less when others are near, when it
    overlaps them, and as long as it is not decided who a new track is.
    """
    if not (len(table) and len(frame.rows)):
        return np.ones(len(frame.rows), bool)
    refresh = config.embedding.refresh
    known = (table.confirmed & (table.misses == 0) & (table.doubts == 0)
             & (now - table.last_seen <= RECENT))
    good_for = (known * np.where(table.settled, refresh, min(refresh, _UNDECIDED)))[frame.nearest]
    if not frame.single.all():
        among = np.where(frame.apart, min(refresh, _NEAR), frame.sure * min(refresh, _TOUCHING))
        good_for = np.where(frame.single, good_for,
                            among * (known & table.settled)[frame.nearest])
    return np.asarray((now - table.embedded)[frame.nearest] >= good_for)


def last_embedded(table: TrackTable, frame: FrameMatch) -> Float64Array:
    """Return when the track under each face (N,) was embedded; -inf for faces without one."""
    moments = np.full(len(frame.rows), -np.inf)
    if len(table) and len(frame.rows):
        over = frame.overlap.max(axis=0) > 0
        moments[over] = table.embedded[frame.nearest[over]]
    return moments


def reasons(table: TrackTable, frame: FrameMatch, chosen: IntArray, now: float) -> Counter[str]:
    """Return how many of the faces (M,) that are to be embedded are so for which reason."""
    return Counter(_reason(table, frame, int(face), now) for face in chosen)


def _reason(table: TrackTable, frame: FrameMatch, face: int, now: float) -> str:
    if not frame.sure[face]:
        return 'new'
    track = frame.nearest[face]
    if not table.id[track]:
        return 'unconfirmed'
    if table.misses[track] or now - table.last_seen[track] > RECENT:
        return 'returned'
    if table.doubts[track]:
        return 'doubtful'
    if not table.settled[track]:
        return 'undecided'
    if frame.single[face]:
        return 'old'
    return 'near' if frame.apart[face] else 'touching'
