# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Clips and generated scenes as whole pipelines see them: images of one height, with the truth."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from face_tracker_ros.demo import scenes
from face_tracker_ros.evaluation.metrics import Labels
from face_tracker_ros.evaluation.mot_text import read_labels
from face_tracker_ros.types import BoolArray, FloatArray, Image, IntArray
from face_tracker_ros.video import open_source
import numpy as np

LABELS = Path(__file__).parent / 'labels'
_ABSENCE = 3.0  # seconds without anybody between the two showings of a clip
_SEED = 100


@dataclass(frozen=True)
class Shot:
    """
    One frame with its truth.

    ids (N,), boxes (N, 4), counts (N,): False for what need not be found. timed: whether its time
    counts; not where nobody is there.
    """

    stamp: float
    image: Image
    ids: IntArray
    boxes: FloatArray
    counts: BoolArray
    timed: bool = True


@dataclass(frozen=True)
class Footage:
    """A name, frames a second, and how to see the shots; scored: whether there is a truth."""

    name: str
    rate: float
    shots: Callable[[], Iterator[Shot]]
    scored: bool


def clip_frames(path: Path, height: int) -> tuple[list[Image], float, float]:
    """Return the frames of a video scaled to a height, its frame rate, and the scale."""
    with open_source(str(path)) as source:
        rate, (width, old) = source.frame_rate, source.size
        size = (round(width * height / old / 2) * 2, height)
        images = [np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
                  for _, image in source]
    return images, rate, height / old


def clip(path: Path, height: int, frames: int | None = None) -> Footage:
    """
    Return a video shown twice with nobody there for three seconds between.

    Its truth is in benchmark/labels, where that has a file of the same name. frames: show no more.
    """
    images, rate, scale = clip_frames(path, height)
    images = images[:frames]
    labels = LABELS / f'{path.stem}.txt'
    nobody = Labels(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros((0, 4), np.float32),
                    np.zeros(0, bool))
    truth = read_labels(labels) if labels.is_file() else nobody
    empty = np.full_like(images[0], images[0].mean(axis=(0, 1)))
    order = [*range(len(images)), *[None] * round(_ABSENCE * rate), *range(len(images))]

    def shots() -> Iterator[Shot]:
        for step, number in enumerate(order):
            own = nobody if number is None else truth.at(number + 1)
            yield Shot(step / rate, empty if number is None else images[number], own.ids,
                       own.boxes * np.float32(scale), own.counts, number is not None)
    return Footage(path.stem, rate, shots, labels.is_file())


def crowd(people: Sequence[Sequence[scenes.Portrait]], faces: int, camera: str, height: int,
          frames: int) -> Footage:
    """Return a scene with so many faces all the time, seen by a 'moving' or 'still' camera."""
    images = frames_of(people, faces, height, frames, camera)

    def shots() -> Iterator[Shot]:
        for step, image in enumerate(images):
            yield Shot(step / scenes.RATE, image, np.zeros(0, np.intp),
                       np.zeros((0, 4), np.float32), np.zeros(0, bool))
    kind = 'moving' if camera == 'moving' else 'static'
    return Footage(f'scene, {faces} faces, {kind} camera', scenes.RATE, shots, False)


def frames_of(people: Sequence[Sequence[scenes.Portrait]], count: int, height: int,
              length: int, camera: str) -> list[Image]:
    """Return a scene with `count` faces all the time, seen by a 'moving' or 'still' camera."""
    size = (round(height * 16 / 9 / 2) * 2, height)
    if count == 0:
        wall = scenes.background(np.random.default_rng(_SEED), size[0] + length, height)
        return [np.ascontiguousarray(wall[:, step:step + size[0]]) for step in range(length)]
    options = scenes.SceneOptions(people=count, seconds=length / scenes.RATE, camera=camera,
                                  returns=False)
    return [np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
            for frame in scenes.generate(people, _SEED, options)]


def scene(people: Sequence[Sequence[scenes.Portrait]], seed: int, seconds: float) -> Footage:
    """Return a scene of six people who cross, leave and return, seen by a moving camera."""
    options = scenes.SceneOptions(seconds=seconds, camera='moving')

    def shots() -> Iterator[Shot]:
        for frame in scenes.generate(people, seed, options):
            yield Shot(frame.stamp, frame.image, np.asarray(frame.ids, np.intp), frame.boxes,
                       np.asarray(frame.visible) >= scenes.VISIBLE)
    return Footage(f'scene, seed {seed}', scenes.RATE, shots, True)
