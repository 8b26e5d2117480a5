# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Detectors on clips and generated scenes, tracking on the scenes, and what each model costs."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
import statistics
import time
from typing import Any

import cv2
from detection_scores import judge, summarise
from face_tracker_ros import Config, FaceTracker
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation.metrics import Labels, score
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from shipped import SHIPPED

REFERENCE = 'face-detection-adas-0001'
FREE = 'yunet'  # of config/permissive.yaml
MIN_IOU = 0.4
LOWEST = 0.05  # score down to which detections are kept, for average precision
DETECT_STEP = 15  # every so many frames of a scene, the detectors are judged

Input = tuple[str, int]


def config_for(**chosen: Any) -> Config:
    """
    Return the defaults on one thread and for the very files named ('_' for '.' once).

    The detector is run on every frame: that is what is compared.
    """
    values = {name.replace('_', '.', 1): value for name, value in chosen.items()}
    return Config.load({'inference.threads': 1, 'inference.int8': False,
                        'detection.max_pause': 0.0, **values})


def load_detector(name: str, width: int) -> FaceDetector:
    """Return a detector on one thread."""
    return FaceDetector.from_config(config_for(detector=name, detection_width=width))


def sampled(path: Path, count: int) -> Iterator[Image]:
    """Yield about `count` frames of a video, evenly spread, the first one included."""
    capture = cv2.VideoCapture(str(path))
    step = max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) // count)
    number = 0
    while True:
        found, frame = capture.read()
        if not found:
            break
        if number % step == 0:
            yield np.asarray(frame, np.uint8)
        number += 1
    capture.release()
    if not number:
        raise SourceError(f"clip '{path}' cannot be read; remove it from the folder")


def measure_clips(folder: Path, inputs: Sequence[Input], count: int) -> dict[str, Any]:
    """Return each detector's figures against the reference detector's boxes."""
    paths = sorted(path for path in folder.glob('*') if path.suffix in ('.gif', '.mp4', '.avi'))
    if not paths:
        raise SourceError(f"folder '{folder}' has no .gif, .mp4 or .avi files; give one with "
                          'clips')
    detectors = {entry: load_detector(*entry) for entry in inputs}
    reference = load_detector(REFERENCE, 640)
    judged: dict[Input, list[Any]] = {entry: [] for entry in inputs}
    frames = total = 0
    for frame in (frame for path in paths for frame in sampled(path, count)):
        truth = reference.detect(frame, load_spec(REFERENCE).score, 0.4).boxes
        frames, total = frames + 1, total + len(truth)
        for entry, detector in detectors.items():
            found = detector.detect(frame, LOWEST, 0.4)
            judged[entry].append(judge(truth, np.ones(len(truth), bool), found.boxes,
                                       found.scores, MIN_IOU))
    return {'clips': len(paths), 'frames': frames, 'faces': total, 'rows': _rows(judged)}


def _rows(judged: dict[Input, list[Any]]) -> list[dict[str, Any]]:
    return [{'name': name, 'width': width, 'score': load_spec(name).score,
             **asdict(summarise(parts, load_spec(name).score))}
            for (name, width), parts in judged.items()]


class _Run:
    """A tracker on one scene, and what it reported."""

    def __init__(self, tracker: FaceTracker) -> None:
        self._tracker = tracker
        self._ids: list[tuple[int, int]] = []
        self._boxes: list[FloatArray] = []

    def see(self, number: int, stamp: float, image: Image) -> None:
        """Process a frame; a track counts by the detection that it took."""
        result = self._tracker.process(image, stamp)
        taken = [track for track in result.tracks if track.detection >= 0]
        self._ids += [(number, track.id) for track in taken]
        self._boxes += [result.detections.boxes[track.detection] for track in taken]

    def finish(self, truth: Labels) -> dict[str, Any]:
        """Return the scores of the scene, and be ready for the next."""
        table = np.array(self._ids, np.intp).reshape(-1, 2)
        found = Labels(table[:, 0], table[:, 1],
                       np.array(self._boxes, np.float32).reshape(-1, 4),
                       np.ones(len(table), bool))
        self._ids, self._boxes = [], []
        self._tracker.reset()
        return asdict(score(truth, found))


def measure_scenes(folder: Path, seeds: range, seconds: float, step: int, truth: str,
                   inputs: Sequence[Input], encoders: Sequence[str]) -> dict[str, Any]:
    """
    Return detectors' figures against exact boxes, and tracking with each model.

    truth: detector whose landmarks give the faces of the photos their boxes.
    """
    default = SHIPPED
    portraits = scenes.read_portraits(folder, load_detector(truth, 640))[1::2]
    detectors = {entry: load_detector(*entry) for entry in inputs}
    chosen = [(name, default.encoder) for name in dict.fromkeys(name for name, _ in inputs)]
    others = [name for name in encoders if name != default.encoder]
    chosen += [(default.detector, name) for name in others]
    if FREE in dict(inputs):
        chosen += [(FREE, name) for name in others if not load_spec(name).restricted]
    runs = {pair: _Run(_tracker(*pair)) for pair in chosen}
    judged: dict[Input, list[Any]] = {entry: [] for entry in inputs}
    tracking: list[dict[str, Any]] = []
    faces = frames = 0
    for camera in ('still', 'moving'):
        for seed in seeds:
            rows: list[tuple[int, int, bool]] = []
            boxes: list[FloatArray] = []
            options = scenes.SceneOptions(seconds=seconds, camera=camera)
            for number, frame in enumerate(scenes.generate(portraits, seed, options)):
                visible = frame.visible >= scenes.VISIBLE
                if number % DETECT_STEP == 0:
                    frames, faces = frames + 1, faces + int(visible.sum())
                    for entry, detector in detectors.items():
                        found = detector.detect(frame.image, LOWEST, 0.4)
                        judged[entry].append(judge(frame.boxes, visible, found.boxes,
                                                   found.scores, MIN_IOU))
                if number % step == 0:
                    rows += [(number, int(who), bool(there)) for who, there in
                             zip(frame.ids, visible)]
                    boxes += list(frame.boxes)
                    for run in runs.values():
                        run.see(number, frame.stamp, frame.image)
            table = np.array(rows, np.intp).reshape(-1, 3)
            labels = Labels(table[:, 0], table[:, 1], np.array(boxes, np.float32).reshape(-1, 4),
                            table[:, 2] == 1)
            tracking += [{'detector': pair[0], 'encoder': pair[1], 'camera': camera,
                          'seed': seed, **run.finish(labels)} for pair, run in runs.items()]
    return {'people': scenes.SceneOptions().people, 'rate': scenes.RATE / step, 'frames': frames,
            'faces': faces, 'truth': truth, 'rows': _rows(judged), 'tracking': tracking}


def _tracker(detector: str, encoder: str) -> FaceTracker:
    """Return a tracker with its defaults, but for the models."""
    return FaceTracker.from_config(config_for(detector=detector, encoder=encoder))


def measure_times(folder: Path, inputs: Sequence[Input], encoders: Sequence[str],
                  rounds: int) -> dict[str, Any]:
    """Return median CPU milliseconds on one thread, all models interleaved on one image."""
    portraits = scenes.read_portraits(folder, FaceDetector.from_config(SHIPPED))[1::2]
    options = scenes.SceneOptions(seconds=0.1)
    image = next(iter(scenes.generate(portraits, 100, options))).image
    work: dict[str, Callable[[], object]] = {}
    for name, width in inputs:
        detector = load_detector(name, width)
        work[f'{name} {width}'] = lambda own=detector, s=load_spec(name).score: own.detect(
            image, s, 0.4)
    boxes = np.float32([(100 + 150 * k, 200, 200 + 150 * k, 320) for k in range(4)])
    for name in encoders:
        encoder = FaceEncoder.from_config(config_for(encoder=name))
        for count in (1, 4):
            work[f'{name} {count}'] = lambda own=encoder, n=count: own.encode(image, boxes[:n])
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            call()  # what another model left in the caches is not this one's fault
            begin = time.process_time()
            call()
            taken[name].append(1000 * (time.process_time() - begin))
    return {name: statistics.median(values) for name, values in taken.items()}
