# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Are two images of one person? What an encoder's vectors are worth for that question.

Pairs are scored by cosine; a threshold calls a pair the same person where it is at or above.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray
import numpy as np

FOLDS = 10


@dataclass(frozen=True)
class Pairs:
    """Pairs of images: first, second (P,) their rows; same (P,): one person; fold (P,)."""

    first: IntArray
    second: IntArray
    same: BoolArray
    fold: IntArray

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.first)

    def similarity(self, vectors: FloatArray) -> Float64Array:
        """Return the cosine (P,) of each pair of unit vectors (N, D)."""
        return np.asarray(np.einsum('pd,pd->p', vectors[self.first].astype(np.float64),
                                    vectors[self.second].astype(np.float64)))


@dataclass(frozen=True)
class Verification:
    """
    What similarities are worth, in percent, and the thresholds that belong to them.

    accuracy: by threshold of the other folds; eer: equal error rate; tar: share of the same
    persons accepted where `far` percent of the others are. threshold: mean over the folds.
    """

    accuracy: float
    threshold: float
    eer: float
    tar: float
    far: float


def make_pairs(people: Sequence[str], folds: int = FOLDS) -> Pairs:
    """
    Return all pairs of images by one rule, nothing drawn by chance.

    people: who is on each image. The names, sorted, are dealt into folds one by one; a pair is
    two images of one fold, so that no person is in two folds: all pairs of one person, and all
    pairs of two people. There are fewer folds where some would hold one person only.
    """
    names, who = np.unique(np.asarray(people), return_inverse=True)
    first, second = np.triu_indices(len(who), 1)
    fold = who % max(1, min(folds, len(names) // 2))
    within = fold[first] == fold[second]
    first, second = first[within], second[within]
    return Pairs(first, second, np.asarray(who[first] == who[second]), fold[first])


def verify(similarity: Float64Array, same: BoolArray, fold: IntArray,
           far: float = 0.1) -> Verification:
    """Return the figures of similarities (P,); there have to be pairs of both kinds."""
    accuracy, threshold = cross_validated(similarity, same, fold)
    accepted, _ = accepted_at(similarity, same, far / 100)
    return Verification(100 * accuracy, threshold, 100 * equal_error_rate(similarity, same),
                        100 * accepted, far)


def curve(similarity: Float64Array, same: BoolArray
          ) -> tuple[Float64Array, Float64Array, Float64Array]:
    """
    Return thresholds and the shares of different and of same pairs that each accepts.

    From a threshold that accepts nothing (infinite) to the lowest similarity, which accepts all.
    """
    order = np.argsort(-similarity, kind='stable')
    ordered, right = similarity[order], same[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # of equal values
    true, false = np.cumsum(right)[last], np.cumsum(~right)[last]
    return (np.append(np.inf, ordered[last]), np.append(0, false) / max(1, int((~same).sum())),
            np.append(0, true) / max(1, int(same.sum())))


def equal_error_rate(similarity: Float64Array, same: BoolArray) -> float:
    """Return the error rate (0 to 1) where as many different pairs pass as same pairs fail."""
    _, false, true = curve(similarity, same)
    gap = false - (1 - true)  # grows from -1 to 1
    after = int(np.argmax(gap >= 0))
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    return float(false[before] + share * (false[after] - false[before]))


def accepted_at(similarity: Float64Array, same: BoolArray, far: float) -> tuple[float, float]:
    """Return the share of same pairs accepted with at most `far` different ones; threshold."""
    thresholds, false, true = curve(similarity, same)
    best = int(np.flatnonzero(false <= far)[-1])
    return float(true[best]), float(thresholds[best])


def best_threshold(similarity: Float64Array, same: BoolArray) -> float:
    """Return the threshold with the best mean of right same and right different pairs."""
    thresholds, false, true = curve(similarity, same)
    best = int(np.argmax(true - false))
    upper = thresholds[best]
    lower = thresholds[best + 1] if best + 1 < len(thresholds) else upper
    return float((upper + lower) / 2) if np.isfinite(upper) else float(lower + 1e-6)


def cross_validated(similarity: Float64Array, same: BoolArray,
                    fold: IntArray) -> tuple[float, float]:
    """
    Return accuracy (0 to 1) and mean threshold, each fold judged by the threshold of the others.

    As Labeled Faces in the Wild is scored: the mean over the folds. The accuracy of a fold is the
    mean of its shares of right same and right different pairs, which is the plain accuracy where
    there are as many of either. A single fold is judged by its own best threshold.
    """
    accuracies, thresholds = [], []
    for number in np.unique(fold):
        own = fold == number
        others = own if own.all() else ~own
        threshold = best_threshold(similarity[others], same[others])
        accepted = similarity[own] >= threshold
        shares = [accepted[same[own]].mean()] if same[own].any() else []
        shares += [(~accepted[~same[own]]).mean()] if (~same[own]).any() else []
        accuracies.append(float(np.mean(shares)))
        thresholds.append(threshold)
    return float(np.mean(accuracies)), float(np.mean(thresholds))
