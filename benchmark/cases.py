# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the trackers of the association benchmark are shown, and the truth."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import hashlib
from pathlib import Path

from face_tracker_ros import Config
from face_tracker_ros.boxes import iou
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.embedding.quality import sharpness
from face_tracker_ros.evaluation.metrics import Labels
from face_tracker_ros.evaluation.mot_text import read_labels as read_mot
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.thresholds import effective, named
from face_tracker_ros.tracking.camera_motion import CameraMotion
from face_tracker_ros.types import Float64Array, FloatArray, Image, IntArray
from face_tracker_ros.video import open_source
import ltft
import numpy as np
from shipped import SHIPPED

PERFECT = ('detector', 'encoder')
_STALLS = 3.0  # seconds from the end of one stall to that of the next
_ABSENCE = 3.0  # seconds between the two showings of a clip


@dataclass(frozen=True)
class Case:
    """
    One sequence.

    seen: detections of all frames with their scores, embeddings and sharpness, in step. camera:
    (frames, 2, 3), how the image moved since the frame before, NaN where that is not known.
    """

    name: str
    frame_rate: float
    size: tuple[int, int]
    frames: Sequence[int]
    seen: Labels
    scores: FloatArray
    embeddings: FloatArray
    sharpness: FloatArray
    camera: Float64Array
    truth: Labels

    @property
    def update_rate(self) -> float:
        """Frames a second that a tracker sees."""
        return self.frame_rate / (self.frames[1] - self.frames[0])


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
    draw from the other half. cache: folder that keeps what detector and encoder found; what other
    models or settings found there is left alone.
    """
    maker = _SceneMaker(folder, scenes.SceneOptions(people=people, camera=camera))
    eye = fingerprint(SHIPPED)
    for seed in seeds:
        name = f'{people} people, {camera} camera, seed {seed}'
        kept = None if cache is None else cache / f'{people}-{camera}-{seed}-{eye}.npz'
        if kept is not None and kept.exists():
            found = dict(np.load(kept))
        else:
            found = maker.look(seed)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **found)
        seen, truth = found['seen'], found['truth']
        yield Case(name, scenes.RATE, (scenes.WIDTH, scenes.HEIGHT), range(len(found['camera'])),
                   *_seen(seen), found['embeddings'], seen[:, 6].astype(np.float32),
                   found['camera'],
                   Labels(truth[:, 0].astype(int), truth[:, 1].astype(int),
                          truth[:, 2:6].astype(np.float32), truth[:, 6] == 1))


def fingerprint(config: Config) -> str:
    """Return a few characters that stand for the models and how they are run."""
    seen = [[file.checksum for file in resolve_model(name, task, config.inference)[0].files]
            for name, task in ((config.detector, 'detector'), (config.encoder, 'encoder'))]
    settings = effective(config, *named(config)).detection, config.inference
    return hashlib.sha256(repr((seen, *settings, 'landmarks')).encode()).hexdigest()[:12]


def perfect(case: Case, parts: list[str]) -> Case:
    """
    Return the case with some parts of what was seen replaced by the truth.

    'detector': exact boxes, with score 1, of the faces that count, the embedding of the face
    found there or that of the person's nearest sight in time; 'encoder': one vector a person.
    """
    truth, seen = case.truth, case.seen
    owner = np.full(len(seen.ids), -1)
    nearest = np.full(len(truth.ids), -1)
    for frame in case.frames:
        here, there = np.flatnonzero(seen.frames == frame), np.flatnonzero(truth.frames == frame)
        if len(here) and len(there):
            overlap = iou(truth.boxes[there], seen.boxes[here])
            owner[here] = np.where(overlap.max(axis=0) >= 0.4,
                                   truth.ids[there[overlap.argmax(axis=0)]], -1)
    if 'encoder' in parts:
        people = np.unique(truth.ids)
        axes = np.eye(len(people) + 1, max(len(people) + 1, 2), dtype=np.float32)
        case = replace(case, embeddings=axes[np.where(
            owner >= 0, np.searchsorted(people, owner), len(people))])
    if 'detector' in parts:
        counted = np.flatnonzero(truth.counts)
        for row in counted:
            own = np.flatnonzero(owner == truth.ids[row])
            if len(own):
                nearest[row] = own[np.abs(seen.frames[own] - truth.frames[row]).argmin()]
        rows = nearest[counted]
        sharp, vectors = np.append(case.sharpness, 0), np.vstack(
            (case.embeddings, np.full((1, case.embeddings.shape[1]), np.nan)))  # never detected
        case = replace(case, seen=_rows(truth, counted), sharpness=sharp[rows],
                       embeddings=vectors[rows].astype(np.float32),
                       scores=np.ones(len(counted), np.float32))
    return case


def stall(case: Case, seconds: float) -> Case:
    """Return the case without the last `seconds` of every three: the stream stood still."""
    count = max(case.frames) + 1
    kept = np.arange(count) / case.frame_rate % _STALLS < _STALLS - seconds
    camera = case.camera.copy()
    camera[1:][kept[1:] & ~kept[:-1]] = np.nan
    seen, truth = (np.flatnonzero(kept[labels.frames]) for labels in (case.seen, case.truth))
    return replace(case, name=f'{case.name}, stalls', camera=camera,
                   frames=[frame for frame in case.frames if kept[frame]],
                   seen=_rows(case.seen, seen), truth=_rows(case.truth, truth),
                   **{name: getattr(case, name)[seen]
                      for name in ('scores', 'embeddings', 'sharpness')})


def cut(first: Case, second: Case, seconds: float) -> Case:
    """Return a case that alternates between both every `seconds`, with ids of their own."""
    count = min(len(first.frames), len(second.frames))
    which = np.arange(count) // round(seconds * first.frame_rate) % 2
    rows = [[np.flatnonzero((labels.frames < count)
                            & (which[np.minimum(labels.frames, count - 1)] == own))
             for labels in (case.seen, case.truth)] for own, case in enumerate((first, second))]
    other = replace(second.truth, ids=second.truth.ids + int(first.truth.ids.max()) + 1)
    (seen, truth), (seen_then, truth_then) = rows
    camera = np.where(which[:, None, None] == 0, first.camera[:count], second.camera[:count])
    camera[1:][np.diff(which) != 0] = np.nan

    def both(name: str) -> FloatArray:
        return np.concatenate((getattr(first, name)[seen], getattr(second, name)[seen_then]))

    return replace(first, name=f'{first.name}, cuts', frames=range(count), camera=camera,
                   seen=_joined(_rows(first.seen, seen), _rows(second.seen, seen_then)),
                   truth=_joined(_rows(first.truth, truth), _rows(other, truth_then)),
                   scores=both('scores'), embeddings=both('embeddings'),
                   sharpness=both('sharpness'))


def _joined(first: Labels, second: Labels) -> Labels:
    return Labels(*(np.concatenate((getattr(first, name), getattr(second, name)))
                    for name in ('frames', 'ids', 'boxes', 'counts')))


def clip_cases(folder: Path, labels: Path) -> Iterator[Case]:
    """
    Yield the labelled clips in `folder`, each shown twice with an absence of three seconds.

    The images are seen by the shipped detector and encoder.
    """
    config = SHIPPED
    eye = _Eye(config)
    for path in sorted(labels.glob('*.txt')):
        with open_source(str(next(folder.glob(f'{path.stem}.*')))) as source:
            frames = [image for _, image in source]
            rate, size = source.frame_rate, source.size
        eye.begin()
        for step, image in enumerate(frames):
            eye.look(step, image)
        found = eye.found()
        truth = read_mot(path)
        truth = replace(truth, frames=truth.frames - 1)
        again = len(frames) + round(_ABSENCE * rate)
        twice = np.vstack((found['seen'], found['seen'] + np.eye(1, 7) * again))
        camera = np.full((again + len(frames), 2, 3), np.nan)
        camera[:len(frames)] = camera[again:] = found['camera']
        yield Case(path.stem, rate, size, range(len(camera)), *_seen(twice),
                   np.tile(found['embeddings'], (2, 1)), twice[:, 6].astype(np.float32), camera,
                   Labels(np.concatenate((truth.frames, truth.frames + again)),
                          np.tile(truth.ids, 2), np.tile(truth.boxes, (2, 1)),
                          np.tile(truth.counts, 2)))


def _seen(rows: Float64Array) -> tuple[Labels, FloatArray]:
    """Return detections and scores from rows of frame, box, score, sharpness."""
    return (Labels(rows[:, 0].astype(int), np.zeros(len(rows), int),
                   rows[:, 1:5].astype(np.float32), np.ones(len(rows), bool)),
            rows[:, 5].astype(np.float32))


class _Eye:
    """The shipped detector and encoder, and what they find."""

    def __init__(self, config: Config) -> None:
        self._config = effective(config, *named(config))
        self.detector = FaceDetector.from_config(config)
        self._encoder = FaceEncoder.from_config(config)
        self.begin()

    def begin(self) -> None:
        """Begin another sequence."""
        self._camera = CameraMotion()
        self._seen: list[tuple[float, ...]] = []
        self._vectors: list[FloatArray] = []
        self._moves: list[Float64Array] = []

    def look(self, step: int, image: Image) -> None:
        """Take the next frame."""
        found, downscaled = self.detector.detect_checked(
            image, self._config.detection.low_score, self._config.detection.nms_iou)
        sharp = sharpness(image, found.boxes)
        self._seen += [(step, *box, score, value) for box, score, value in
                       zip(found.boxes, found.scores, sharp)]
        self._vectors.append(self._encoder.encode(image, found.boxes, found.landmarks))
        motion = self._camera.update(image, found.boxes, downscaled)
        self._moves.append(np.full((2, 3), np.nan) if motion is None else motion)

    def found(self) -> dict[str, Float64Array]:
        """Return detections, embeddings and camera motions of all frames as arrays."""
        return {'seen': np.array(self._seen), 'embeddings': np.concatenate(self._vectors),
                'camera': np.array(self._moves)}


class _SceneMaker:
    """Renders scenes and looks at them with the shipped models, loaded when first needed."""

    def __init__(self, folder: Path, options: scenes.SceneOptions) -> None:
        self._folder, self._options = folder, options
        self._eye: _Eye | None = None

    def look(self, seed: int) -> dict[str, Float64Array]:
        """Return a scene's detections, embeddings, camera motions and truth as arrays."""
        if self._eye is None:
            self._eye = _Eye(SHIPPED)
            self._portraits = scenes.read_portraits(self._folder, self._eye.detector)
        apart = self._portraits[1::2] if seed >= 100 else self._portraits[::2]
        self._eye.begin()
        truth = []
        for step, frame in enumerate(scenes.generate(apart, seed, self._options)):
            self._eye.look(step, frame.image)
            truth += [(step, who, *box, share >= scenes.VISIBLE) for who, box, share in
                      zip(frame.ids, frame.boxes, frame.visible)]
        return {**self._eye.found(), 'truth': np.array(truth)}
