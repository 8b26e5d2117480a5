# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faces that get no id, as their scores stay below `tracker.min_track_score`."""
from __future__ import annotations

import math

_SHARE = 0.5  # of the images; a few faint faces are what the parameter is for


def faint_faces(share: float, score: float, least: float) -> str:
    """
    Return a sentence about faces that never were clear; empty where there is nothing to say.

    Args:
        share: Of the images that showed such faces and no track, 0 to 1.
        score: Best score of them.
        least: `tracker.min_track_score` in force.
    """
    if share < _SHARE:
        return ''
    return (f'{share:.0%} of the images show only faces that get no id, as no score reaches '
            f'tracker.min_track_score ({least:.2f}; the best is {score:.2f}); come nearer, add '
            f'light, or set that to {math.floor(100 * score) / 100:.2f}')
