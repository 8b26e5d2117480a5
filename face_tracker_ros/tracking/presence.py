# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which tracks are in the image, detected or not, and whether they are so without doubt."""
from __future__ import annotations

from face_tracker_ros.boxes import iou
from face_tracker_ros.config import Config
from face_tracker_ros.tracking import kalman
from face_tracker_ros.tracking.flicker import Flicker
from face_tracker_ros.tracking.table import TrackTable
from face_tracker_ros.types import BoolArray
import numpy as np

SECOND_BOX = 0.3
"""IoU with a tracked face from which another box is of the same face."""
_CROSSING = 0.1
"""IoU from which two faces may be taken for each other."""
_AWAY = 0.2  # seconds after which a missed face is not expected back at any moment
_VAGUE = 0.1  # standard deviation, in heights, from which a missed face is not shown


def likely_there(table: TrackTable, flicker: Flicker, config: Config) -> BoolArray:
    """Return which tracks (N,) are missed by the detector's fault rather than gone."""
    clear = table.score >= (1 + config.detection.score) / 2
    return np.asarray(clear & flicker.there(table))


def shown(table: TrackTable, flicker: Flicker, config: Config, now: float) -> BoolArray:
    """Return which tracks (N,) were seen, or are likely there and overlap none that was."""
    coast = config.tracker.coast
    seen = np.asarray(table.misses == 0)
    if coast == 0 or seen.all():
        return seen
    there = (~seen & (now - table.last_seen <= coast + 1e-6)
             & table.confirmed & likely_there(table, flicker, config)
             & (table.covariance[:, 0, 0] < np.square(_VAGUE * table.mean[:, 3])))
    if there.any() and seen.any() and config.tracker.suppress_duplicates:
        overlap = iou(kalman.to_boxes(table.mean[there]), kalman.to_boxes(table.mean[seen]))
        there[there] = ~(overlap > SECOND_BOX).any(axis=1)
    return np.asarray(seen | there)


def steady(table: TrackTable, now: float) -> bool:
    """
    Return whether nothing is going on for which the detector is needed at once.

    That is a face that was missed just now, one that does not look like its person, or two that
    cross.
    """
    seen = table.misses == 0
    if (now - table.last_seen[~seen] < _AWAY).any() or table.doubts[seen].any():
        return False
    boxes = table.boxes[seen]
    return bool(np.count_nonzero(iou(boxes, boxes) > _CROSSING) == len(boxes))
