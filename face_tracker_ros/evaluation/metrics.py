# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks against ground truth: HOTA, identity and CLEAR metrics, by the trackeval package."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from face_tracker_ros.boxes import iou
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, IntArray
import numpy as np

_SAME = 0.5  # IoU from which a track stands on a face that does not count


@dataclass(frozen=True)
class Labels:
    """
    Boxes with identities over time, one row a box.

    frames (M,), ids (M,), boxes (M, 4) of left, top, right, bottom; counts (M,): False for
    ground truth on which tracks are neither right nor wrong (hidden, no face).
    """

    frames: IntArray
    ids: IntArray
    boxes: FloatArray
    counts: BoolArray

    def at(self, frame: int) -> Labels:
        """Return the rows of one frame."""
        rows = self.frames == frame
        return Labels(self.frames[rows], self.ids[rows], self.boxes[rows], self.counts[rows])


@dataclass(frozen=True)
class Scores:
    """What tracks are worth: percentages, then whole numbers."""

    hota: float
    det_a: float
    ass_a: float
    idf1: float
    mota: float
    switches: int
    fragments: int
    ids: int
    people: int


def score(truth: Labels, tracks: Labels) -> Scores:
    """
    Return the scores of `tracks` against `truth`.

    HOTA, DetA and AssA: Luiten et al. 2021, means over IoU 0.05 to 0.95. IDF1: Ristani et al.
    2016; MOTA, switches and fragments: Bernardin and Stiefelhagen 2008, at IoU 0.5.
    Raises ConfigError where trackeval is not installed.
    """
    try:
        from trackeval.metrics import CLEAR, HOTA, Identity
    except ImportError as error:
        raise ConfigError("package 'trackeval' is not installed; scripts/setup installs it, or: "
                          'pip install trackeval') from error
    data = _sequence(truth, tracks)
    hota = HOTA().eval_sequence(data)
    identity = Identity({'PRINT_CONFIG': False}).eval_sequence(data)
    clear = CLEAR({'PRINT_CONFIG': False}).eval_sequence(data)
    mean = {name: 100 * float(np.mean(hota[name])) for name in ('HOTA', 'DetA', 'AssA')}
    return Scores(mean['HOTA'], mean['DetA'], mean['AssA'], 100 * float(identity['IDF1']),
                  100 * float(clear['MOTA']), int(clear['IDSW']), int(clear['Frag']),
                  data['num_tracker_ids'], data['num_gt_ids'])


def _sequence(truth: Labels, tracks: Labels) -> dict[str, Any]:
    """Return both in trackeval's form, without the tracks that stand on what does not count."""
    order_truth, order_tracks = np.argsort(truth.frames), np.argsort(tracks.frames)
    frames = np.unique(np.concatenate((truth.frames, tracks.frames)))
    people, index = np.unique(truth.ids[truth.counts], return_inverse=True)
    person = np.full(len(truth.ids), -1)
    person[truth.counts] = index
    names, name = np.unique(tracks.ids, return_inverse=True)
    rows_truth = _by_frame(truth.frames[order_truth], order_truth, frames)
    rows_tracks = _by_frame(tracks.frames[order_tracks], order_tracks, frames)
    ids: tuple[list[IntArray], list[IntArray]] = ([], [])
    similarity: list[Float64Array] = []
    for there, found in zip(rows_truth, rows_tracks):
        overlap = iou(truth.boxes[there], tracks.boxes[found])
        real = truth.counts[there]
        best = overlap[real].max(axis=0, initial=0)
        other = overlap[~real].max(axis=0, initial=0)
        fair = (other < _SAME) | (best > other)
        ids[0].append(person[there[real]])
        ids[1].append(name[found[fair]])
        similarity.append(overlap[real][:, fair])
    used, renamed = np.unique(np.concatenate([*ids[1], np.zeros(0, np.intp)]),
                              return_inverse=True)
    parts = np.split(renamed, np.cumsum([len(rows) for rows in ids[1]])[:-1])
    return {'gt_ids': ids[0], 'tracker_ids': parts, 'similarity_scores': similarity,
            'num_gt_ids': len(people), 'num_tracker_ids': len(used),
            'num_gt_dets': sum(map(len, ids[0])), 'num_tracker_dets': len(renamed),
            'num_timesteps': len(frames), 'seq': 'sequence'}


def _by_frame(sorted_frames: IntArray, order: IntArray, frames: IntArray) -> list[IntArray]:
    begin = np.searchsorted(sorted_frames, frames, 'left')
    end = np.searchsorted(sorted_frames, frames, 'right')
    return [order[b:e] for b, e in zip(begin, end)]
