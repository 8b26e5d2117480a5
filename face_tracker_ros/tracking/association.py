# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Association of tracks and detections: assignment under a limit, and the matching cascade."""
from __future__ import annotations

from face_tracker_ros.types import Float64Array, IntArray
import numpy as np
from scipy.optimize import linear_sum_assignment

_BEYOND = 1e-5  # what an inadmissible pair costs above the limit


def assign(cost: Float64Array, limit: float) -> tuple[IntArray, IntArray]:
    """
    Return rows and columns of the cheapest assignment in which every pair costs at most `limit`.

    cost: (T, N); entries above `limit`, infinite ones included, are never matched. They count as
    little more than the limit: a cheap pair is not traded for two that are hardly admissible.
    """
    if 0 in cost.shape:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    admissible = cost <= limit
    rows, columns = np.nonzero(admissible)
    rivals = ((np.bincount(rows, minlength=cost.shape[0])[rows] > 1)
              | (np.bincount(columns, minlength=cost.shape[1])[columns] > 1))
    if not rivals.any():
        return rows, columns
    r, c = np.unique(rows[rivals]), np.unique(columns[rivals])
    contested = cost[np.ix_(r, c)]
    i, j = linear_sum_assignment(np.where(contested <= limit, contested, limit + _BEYOND))
    matched = contested[i, j] <= limit
    return (np.concatenate((rows[~rivals], r[i[matched]])),
            np.concatenate((columns[~rivals], c[j[matched]])))


def cascade(cost: Float64Array, limit: float, ages: IntArray) -> tuple[IntArray, IntArray]:
    """
    Return rows and columns matched by age, the most recently seen tracks first.

    cost: (T, N); ages: (T,), updates since a track was last seen. Wojke et al. 2017, listing 1.
    """
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    free = np.arange(cost.shape[1])
    for age in np.unique(ages):
        members = np.flatnonzero(ages == age)
        r, c = assign(cost[np.ix_(members, free)], limit)
        rows.append(members[r])
        columns.append(free[c])
        free = np.delete(free, c)
    empty = [np.zeros(0, np.intp)]
    return np.concatenate(rows or empty), np.concatenate(columns or empty)
