# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The search: which known person is nearest to a face, by one matrix product."""
from __future__ import annotations

from collections.abc import Mapping

from face_tracker_ros.identities.records import Looks
from face_tracker_ros.types import Float64Array, FloatArray, TextArray
from face_tracker_ros.vectors import unit
import numpy as np


class KnownPeople:
    """
    The people of a store as one matrix: a row is the mean of a person's looks, at unit length.

    The mean of a few looks names people more reliably than the nearest of them (docs/people.md).

    Attributes:
        uids: str (P,).
        means: float32 (P, D).
    """

    def __init__(self, looks: Looks, names: Mapping[str, str]) -> None:
        """
        Prepare the search.

        Args:
            looks: vectors of one space.
            names: by uid; empty ones are anonymous.
        """
        self.uids: TextArray
        self.uids, owner = np.unique(looks.uids, return_inverse=True)
        self.means: FloatArray = np.zeros((len(self.uids), looks.vectors.shape[1]), np.float32)
        np.add.at(self.means, owner, looks.vectors)
        self.means = unit(self.means)
        self.names = [names.get(str(uid), '') for uid in self.uids]

    def __len__(self) -> int:
        """Return the number of people with a look of this space."""
        return len(self.uids)

    def distances(self, vectors: FloatArray) -> Float64Array:
        """Return the cosine distances (N, P) of unit vectors (N, D) to everybody."""
        if not len(self) or not len(vectors):
            return np.zeros((len(vectors), len(self)))
        # a face at a time: several at once would make BLAS wait for threads on a busy machine
        return 1 - np.concatenate([face @ self.means.T for face in vectors[:, None]]
                                  ).astype(np.float64)


def no_looks() -> Looks:
    """Return the looks of nobody."""
    nothing = np.zeros(0)
    return Looks(np.zeros(0, np.str_), np.zeros((0, 0), np.float32), nothing, nothing)


def joined(looks: Looks, uid: str, vectors: FloatArray, qualities: Float64Array) -> Looks:
    """Return looks and those of one person, vectors (N, D) of the same space, in addition."""
    own = Looks(np.array([uid] * len(vectors), np.str_), vectors, qualities,
                np.zeros(len(vectors)))
    if not len(looks):
        return own
    return Looks(*(np.concatenate((getattr(looks, name), getattr(own, name)))
                   for name in ('uids', 'vectors', 'qualities', 'stamps')))
