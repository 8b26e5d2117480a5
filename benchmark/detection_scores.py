# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Detections against reference boxes: recall, precision and average precision."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from face_tracker_ros.boxes import iou
from face_tracker_ros.types import BoolArray, FloatArray, IntArray
import numpy as np
from scipy.optimize import linear_sum_assignment


@dataclass(frozen=True)
class DetectionScores:
    """
    Shares from 0 to 1 and the numbers that they come from.

    found: reference boxes that were found; missed: those that were not; extra: detections
    without one. average_precision: area below precision over recall, all thresholds.
    """

    recall: float
    precision: float
    average_precision: float
    found: int
    missed: int
    extra: int


def match(reference: FloatArray, boxes: FloatArray, min_iou: float) -> IntArray:
    """
    Return for each box (M, 4) the row of its reference box (N, 4), -1 where it has none.

    One to one, overlapping by more than `min_iou`, as many pairs as there can be, of these the
    best overlap.
    """
    overlap = iou(reference, boxes)
    value = np.where(overlap > min_iou, 1 + overlap / (1 + len(boxes)), 0.0)
    rows, columns = linear_sum_assignment(value, maximize=True)
    taken = np.full(len(boxes), -1, np.intp)
    matched = value[rows, columns] > 0
    taken[columns[matched]] = rows[matched]
    return taken


def judge(reference: FloatArray, counts: BoolArray, boxes: FloatArray, scores: FloatArray,
          min_iou: float) -> tuple[FloatArray, BoolArray, int]:
    """
    Return the scores of the detections of an image that count, which are right, and misses.

    counts (N,): False for reference boxes that need not be found (hidden faces); a detection on
    one of them is neither right nor wrong.
    """
    taken = match(reference[counts], boxes, min_iou)
    right = taken >= 0
    ignored = match(reference[~counts], boxes[~right], min_iou) >= 0
    fair = np.ones(len(boxes), bool)
    fair[np.flatnonzero(~right)[ignored]] = False
    return scores[fair], right[fair], int(counts.sum() - right.sum())


def summarise(judged: Iterable[tuple[FloatArray, BoolArray, int]],
              threshold: float) -> DetectionScores:
    """Return what the judged images come to: at a threshold, and over all thresholds."""
    parts = list(judged)
    scores = np.concatenate([part[0] for part in parts] or [np.zeros(0, np.float32)])
    right = np.concatenate([part[1] for part in parts] or [np.zeros(0, bool)])
    total = int(right.sum()) + sum(part[2] for part in parts)
    chosen = scores >= threshold
    found, extra = int(right[chosen].sum()), int((~right[chosen]).sum())
    order = np.argsort(-scores, kind='stable')
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(order) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return DetectionScores(
        found / max(1, total), found / max(1, found + extra),
        float((envelope * right[order]).sum() / max(1, total)), found, total - found, extra)
