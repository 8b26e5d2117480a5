# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The LTFT ground truth as a test of association: its boxes as detections, simulated embeddings.

LTFT (Barquero, Fernandez, Hupont, "Long-Term Face Tracking for Crowded Video-Surveillance
Scenarios", IJCB 2020) labels faces in videos of crowds; people who come back keep their id. The
images are not part of it, so identity vectors are drawn at random: a direction for every
person, a slowly wandering pose and noise for every sight, more of both for small faces.
"""
from __future__ import annotations

from dataclasses import dataclass
import gzip
from pathlib import Path

from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation.metrics import Labels
from face_tracker_ros.types import Float64Array, FloatArray
import numpy as np

FRAME_RATES = {'sidewalk': 24.0, 'bengal': 25.0, 'shibuya': 25.0}  # all others 30
SIZES = {'choke1': (800, 600), 'choke2': (800, 600), 'shibuya': (3840, 2160)}  # others 1920x1080

_DIMENSION = 256
_SAME_COSINE = 0.54  # mean between two sights of one person, as of a good encoder on large faces
_FULL_SIZE = 40.0  # pixels; smaller faces are less like themselves
_POSE_KEPT = 0.97  # share of the pose that stays from one frame to the next
_POSE_SHARE = 0.8  # of what is not identity; the rest is noise


@dataclass(frozen=True)
class Sequence:
    """Ground truth, and a score (M,) and an embedding (M, 256) of every box in it."""

    name: str
    frame_rate: float
    size: tuple[int, int]
    truth: Labels
    scores: FloatArray
    embeddings: FloatArray


def read(path: Path) -> Sequence:
    """Return the sequence of one annotation file, plain or .gz; SourceError when it is none."""
    name = path.name.split('.')[0]
    try:
        with (gzip.open(path, 'rt') if path.suffix == '.gz' else path.open()) as file:
            lines = [np.array(line.split(), np.float64) for line in file.readlines()[1:]]
        rows = np.vstack([np.hstack((np.full((int(line[1]), 1), line[0]),
                                     line[2:].reshape(int(line[1]), 7)))
                          for line in lines if len(line) > 1])
    except (OSError, ValueError, IndexError) as error:
        raise SourceError(f"file '{path}' is no LTFT annotation ({error}); give one of its "
                          'sequences, .txt or .txt.gz') from error
    boxes = rows[:, 2:6].copy()
    boxes[:, 2:] += boxes[:, :2]
    truth = Labels(rows[:, 0].astype(np.intp), rows[:, 1].astype(np.intp),
                   boxes.astype(np.float32), rows[:, 6] == 1)
    return Sequence(name, FRAME_RATES.get(name, 30.0), SIZES.get(name, (1920, 1080)), truth,
                    np.clip(rows[:, 7], 0, 1).astype(np.float32), simulate(truth))


def simulate(truth: Labels, seed: int = 0) -> FloatArray:
    """Return unit identity vectors (M, 256) for the boxes, by the rule in the module's text."""
    random = np.random.default_rng(seed)
    sides = (truth.boxes[:, 2:] - truth.boxes[:, :2]).min(axis=1)
    identity = _SAME_COSINE ** 0.5 * np.minimum(1, sides / _FULL_SIZE) ** 0.25
    vectors = np.empty((len(truth.ids), _DIMENSION))
    for person in np.unique(truth.ids):
        rows = np.flatnonzero(truth.ids == person)
        who, pose = _directions(random, 2)
        for row, gap in zip(rows, np.diff(truth.frames[rows], prepend=truth.frames[rows[0]])):
            kept = _POSE_KEPT ** max(1, gap)
            change, noise = _directions(random, 2)
            pose = _unit(kept * pose + (1 - kept ** 2) ** 0.5 * change)
            rest = _unit(_POSE_SHARE * pose + (1 - _POSE_SHARE ** 2) ** 0.5 * noise)
            vectors[row] = identity[row] * who + (1 - identity[row] ** 2) ** 0.5 * rest
    return _unit(vectors).astype(np.float32)


def _directions(random: np.random.Generator, count: int) -> Float64Array:
    return _unit(random.standard_normal((count, _DIMENSION)))


def _unit(vectors: Float64Array) -> Float64Array:
    scaled: Float64Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled
