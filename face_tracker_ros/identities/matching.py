# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Who is who: names for the faces in view, each at most once."""
from __future__ import annotations

from dataclasses import dataclass

from face_tracker_ros.types import Float64Array, IntArray
import numpy as np

LOYALTY = 0.05  # cosine distance by which a face that has a name may be farther to keep it


@dataclass(frozen=True)
class Found:
    """
    The nearest person of each face.

    Attributes:
        person: (T,), row of the person that the face is; -1: nobody known.
        nearest: (T,), row of the nearest person, be it the face's or not; -1 without people.
        distance: (T,), cosine distance to that one; inf without people.
        margin: (T,), how much farther the second nearest is; inf without one.
    """

    person: IntArray
    nearest: IntArray
    distance: Float64Array
    margin: Float64Array


def assign(distances: Float64Array, held: IntArray, limit: float, margin: float) -> Found:
    """
    Match faces with people.

    A face is its nearest person where that is within the limit and nearer than the second by the
    margin. It may be a little farther from the person whose name it has already. Nobody is two
    faces: the nearer face has the name, and the other none.

    Args:
        distances: (T, P), of faces in view to people.
        held: (T,), row of the person whose name a face has; -1: none.
        limit: maximum distance.
        margin: minimum difference to the second nearest person.
    """
    count, people = distances.shape
    if not people:
        return Found(np.full(count, -1), np.full(count, -1), np.full(count, np.inf),
                     np.full(count, np.inf))
    rows = np.arange(count)
    nearest = distances.argmin(axis=1)
    distance = distances[rows, nearest]
    others = distances.copy()
    others[rows, nearest] = np.inf
    lead = others.min(axis=1, initial=np.inf) - distance
    loyal = nearest == held
    allowance = np.where(loyal, LOYALTY, 0.0)
    certain = (distance <= limit + allowance) & (lead >= margin - allowance)
    person = np.full(count, -1)
    taken: set[int] = set()
    for row in np.argsort(distance - allowance, kind='stable'):
        if certain[row] and int(nearest[row]) not in taken:
            person[row] = nearest[row]
            taken.add(int(nearest[row]))
    return Found(person, nearest, distance, lead)
