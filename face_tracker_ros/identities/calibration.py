# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""From which distance on a face is somebody: measured on photos of people, two or more each."""
from __future__ import annotations

from collections.abc import Sequence

from face_tracker_ros.errors import SourceError
from face_tracker_ros.identities.records import Calibration
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray
from face_tracker_ros.vectors import unit
import numpy as np

STRANGERS = 0.02  # share of strangers who may be taken for somebody
_DISTANCES = np.arange(0.2, 1.0, 0.01)
_MARGINS = np.arange(0.02, 0.16, 0.02)
_LEAST_PEOPLE = 10


def halves(people: Sequence[str]) -> BoolArray:
    """Return which photos (N,) are enrolled: the first half of each person's, in their order."""
    names = np.asarray(people)
    enrolled = np.zeros(len(names), bool)
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        enrolled[rows[:(len(rows) + 1) // 2]] = True
    return enrolled


def probe_distances(vectors: FloatArray, people: Sequence[str]
                    ) -> tuple[Float64Array, IntArray]:
    """
    Return distances (M, P) of the second half of each person's photos to everybody's mean.

    And the row of the person that each of the M photos shows.
    """
    names, owner = np.unique(np.asarray(people), return_inverse=True)
    enrolled = halves(people)
    means = np.zeros((len(names), vectors.shape[1]), np.float32)
    np.add.at(means, owner[enrolled], vectors[enrolled])
    return 1 - np.asarray(vectors[~enrolled] @ unit(means).T, np.float64), owner[~enrolled]


def calibrate(vectors: FloatArray, people: Sequence[str],
              strangers: float = STRANGERS) -> Calibration:
    """
    Return the distance and margin that name most people, and few strangers.

    Half of each person's photos are enrolled, the others met twice: as they are, and as strangers
    whose own person is left out. Of all distances and margins that name at most `strangers` of
    these, the pair is chosen that names most people right.

    Args:
        vectors: float32 (N, D), unit length.
        people: (N,), who is on each photo.
        strangers: share of strangers, 0 to 1.

    Raises:
        SourceError: there are too few people, or photos of them.
    """
    distances, own = probe_distances(vectors, people)
    if len(np.unique(own)) < _LEAST_PEOPLE:
        raise SourceError(f'photos of {len(np.unique(own))} people with two or more: too few to '
                          f'calibrate with; give at least {_LEAST_PEOPLE}')
    rows = np.arange(len(own))
    genuine = distances[rows, own]
    others = distances.copy()
    others[rows, own] = np.inf
    first, second = np.sort(others, axis=1)[:, :2].T
    best = (-1.0, 0.0, 0.0)
    for margin in _MARGINS:
        confusable = first[second - first >= margin]
        for limit in _DISTANCES:
            if (confusable <= limit).sum() > strangers * len(own):
                break
            right = ((genuine <= limit) & (first - genuine >= margin)).mean()
            best = max(best, (float(right), float(limit), -float(margin)))
    if best[0] < 0:
        raise SourceError('no distance keeps strangers apart; the encoder is of no use for names')
    _, limit, margin = best
    return Calibration(round(limit, 3), round(-margin, 3),
                       float((others[np.isfinite(others)] <= limit).mean()),
                       float((genuine > limit).mean()), distances.shape[1], len(people))
