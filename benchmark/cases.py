# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the trackers of the association benchmark are shown, and the truth."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.embedding.quality import sharpness
from face_tracker_ros.evaluation import ltft, scenes
from face_tracker_ros.evaluation.metrics import Labels
from face_tracker_ros.tracking.camera_motion import CameraMotion
from face_tracker_ros.types import Float64Array, FloatArray, IntArray
import numpy as np


@dataclass(frozen=True)
class Case:
    """
    One sequence.

    seen: detections of all frames with their scores, embeddings and sharpness, in step. camera:
    (frames, 2, 3), how the picture moved since the frame before, NaN where that is not known.
    """

    name: str
    frame_rate: float
    size: tuple[int, int]
    frames: range
    seen: Labels
    scores: FloatArray
    embeddings: FloatArray
    sharpness: FloatArray
    camera: Float64Array
    truth: Labels


def ltft_cases(paths: list[Path], drop: float, every: int, jitter: float) -> Iterator[Case]:
    """Yield the sequences, worsened: a share of boxes gone, frames left out, boxes moved."""
    for path in paths:
        sequence = ltft.read(path)
        random = np.random.default_rng(1)
        truth = _rows(sequence.truth, sequence.truth.frames % every == 0)
        chosen = (sequence.truth.frames % every == 0) & (random.random(len(sequence.scores))
                                                         >= drop)
        boxes = sequence.truth.boxes[chosen]
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        moved = boxes + jitter * sides * random.standard_normal(boxes.shape)
        seen = replace(_rows(sequence.truth, chosen), boxes=moved.astype(np.float32))
        frames = range(int(truth.frames.min()), int(truth.frames.max()) + 1, every)
        yield Case(sequence.name, sequence.frame_rate, sequence.size, frames, seen,
                   sequence.scores[chosen], sequence.embeddings[chosen],
                   np.ones(len(boxes), np.float32), np.full((frames.stop, 2, 3), np.nan), truth)


def _rows(labels: Labels, rows: IntArray) -> Labels:
    return Labels(labels.frames[rows], labels.ids[rows], labels.boxes[rows], labels.counts[rows])


def scene_cases(folder: Path, seeds: range, people: int, camera: str,
                cache: Path | None) -> Iterator[Case]:
    """
    Yield generated scenes, seen by the shipped detector and encoder.

    Seeds below 100 are for tuning and draw from one half of the people, the others report and
    draw from the other half. cache: folder that keeps what detector and encoder found.
    """
    maker = _SceneMaker(folder, scenes.SceneOptions(people=people, camera=camera))
    for seed in seeds:
        name = f'{people} people, {camera} camera, seed {seed}'
        kept = None if cache is None else cache / f'{people}-{camera}-{seed}.npz'
        if kept is not None and kept.exists():
            found = dict(np.load(kept))
        else:
            found = maker.look(seed)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **found)
        seen, truth = found['seen'], found['truth']
        yield Case(name, scenes.RATE, (scenes.WIDTH, scenes.HEIGHT), range(len(found['camera'])),
                   Labels(seen[:, 0].astype(int), np.zeros(len(seen), int),
                          seen[:, 1:5].astype(np.float32), np.ones(len(seen), bool)),
                   seen[:, 5].astype(np.float32), found['embeddings'],
                   seen[:, 6].astype(np.float32), found['camera'],
                   Labels(truth[:, 0].astype(int), truth[:, 1].astype(int),
                          truth[:, 2:6].astype(np.float32), truth[:, 6] == 1))


class _SceneMaker:
    """Renders scenes and looks at them with the shipped models, loaded when first needed."""

    def __init__(self, folder: Path, options: scenes.SceneOptions) -> None:
        self._folder, self._options = folder, options
        self._portraits: list[list[scenes.Portrait]] = []

    def look(self, seed: int) -> dict[str, Float64Array]:
        """Return a scene's detections, embeddings, camera motions and truth as arrays."""
        config = Config()
        if not self._portraits:
            self._detector = FaceDetector.from_config(config)
            self._encoder = FaceEncoder.from_config(config)
            self._portraits = scenes.read_portraits(self._folder, self._detector)
        apart = self._portraits[1::2] if seed >= 100 else self._portraits[::2]
        seen, vectors, moves, truth = [], [], [], []
        camera = CameraMotion()
        for step, frame in enumerate(scenes.generate(apart, seed, self._options)):
            found = self._detector.detect(frame.image, config.detection.low_score,
                                          config.detection.nms_iou)
            sharp = sharpness(frame.image, found.boxes)
            seen += [(step, *box, score, sharp[row]) for row, (box, score) in
                     enumerate(zip(found.boxes, found.scores))]
            vectors.append(self._encoder.encode(frame.image, found.boxes))
            motion = camera.update(frame.image, found.boxes)
            moves.append(np.full((2, 3), np.nan) if motion is None else motion)
            truth += [(step, who, *box, share >= scenes.VISIBLE) for who, box, share in
                      zip(frame.ids, frame.boxes, frame.visible)]
        return {'seen': np.array(seen), 'embeddings': np.concatenate(vectors),
                'camera': np.array(moves), 'truth': np.array(truth)}
