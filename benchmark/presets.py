#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Presets compared: faces found, and time a frame on one thread.

Found is a face of the reference detector (score 0.5 or more) where a detection of
`detection.score` or more, or a track that is shown, overlaps it (IoU above 0.4). Time is
processor time of the whole tracker without reading the video, the mean over all frames.
With --people far faces are to be found instead: those of 30 to 60 pixels in scenes of 1280x720,
or, with --far PIXELS, faces so high in images of 1920x1080.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
import statistics
import time

import cv2
from face_tracker_ros import Config, FaceTracker
from face_tracker_ros.boxes import iou
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.types import Detections, FloatArray, FrameResult, Image
from face_tracker_ros.video import open_source
import numpy as np
from shipped import fixed, SHIPPED

_OVERLAP = 0.4
_SCORE = 0.5
_FAR = (30, 60)  # pixels, height of a far face in a 1280x720 scene
_LARGE, _CROWD, _STEPS = (1920, 1080), 12, 30  # size of images, people, frames of a scene
_ONE_THREAD = {'inference.threads': 1}
CONFIG = Path(__file__).parents[1] / 'config'


@dataclass(frozen=True)
class Clip:
    """The frames of one video, and the reference's faces in each."""

    frames: list[tuple[float, Image]]
    faces: list[Detections]


def read(path: Path, reference: FaceDetector, seconds: float) -> Clip:
    """Return at most the first `seconds` of a video."""
    with open_source(path) as source:
        frames = [(stamp, frame.copy()) for stamp, frame in _until(source, seconds)]
    return Clip(frames, [reference.detect(frame, _SCORE, _OVERLAP) for _, frame in frames])


def generate(photos: Path, seeds: range) -> list[Clip]:
    """Return every sixth frame of generated scenes, with the far faces that are to be found."""
    portraits = scenes.read_portraits(photos, FaceDetector.from_config(SHIPPED))
    options = scenes.SceneOptions(people=6, camera='moving')
    clips = []
    for seed in seeds:
        frames, faces = [], []
        for step, frame in enumerate(scenes.generate(portraits[::2], seed, options)):
            if step % 6 == 0:
                boxes = np.asarray(frame.boxes, np.float32).reshape(-1, 4)
                height = boxes[:, 3] - boxes[:, 1]
                far = ((np.asarray(frame.visible) >= scenes.VISIBLE) & (height >= _FAR[0])
                       & (height < _FAR[1]))
                frames.append((step / scenes.RATE, frame.image.copy()))
                faces.append(Detections(boxes[far], np.ones(int(far.sum()), np.float32)))
        clips.append(Clip(frames, faces))
    return clips


def far(photos: Path, seeds: range, height: int) -> list[Clip]:
    """Return a second of people with faces so high who walk through an image of 1920x1080."""
    portraits = scenes.read_portraits(photos, FaceDetector.from_config(SHIPPED))
    return [Clip(*_walk(np.random.default_rng(seed),
                        portraits[1::2] if seed >= 100 else portraits[::2], height))
            for seed in seeds]


def _walk(random: np.random.Generator, people: Sequence[Sequence[scenes.Portrait]],
          height: int) -> tuple[list[tuple[float, Image]], list[Detections]]:
    wall = scenes.background(random, *_LARGE)
    heads = [_head(people[who][0], height) for who in random.permutation(len(people))[:_CROWD]]
    lanes = np.linspace(0.1, 0.9, len(heads)) * _LARGE[1]
    begin = np.column_stack((random.uniform(0.1, 0.8, len(heads)) * _LARGE[0], lanes))
    pace = np.column_stack((random.uniform(-2, 2, len(heads)), np.zeros(len(heads))))
    frames, faces = [], []
    for step in range(_STEPS):
        image, boxes = wall.copy(), []
        for (head, alpha, box), corner in zip(heads, np.round(begin + step * pace).astype(int)):
            x, y = corner
            region = image[y:y + head.shape[0], x:x + head.shape[1]]
            region[:] = np.round(alpha * head + (1 - alpha) * region).astype(np.uint8)
            boxes.append(box + np.tile(corner, 2))
        frames.append((step / scenes.RATE, image))
        faces.append(Detections(np.array(boxes, np.float32),
                                np.ones(len(boxes), np.float32)))
    return frames, faces


def _head(portrait: scenes.Portrait, height: int) -> tuple[Image, FloatArray, FloatArray]:
    """Return a photo scaled so that its face is so high, its mask (H, W, 1) and its box."""
    scale = height / float(portrait.box[3] - portrait.box[1])
    photo, mask = (np.asarray(cv2.resize(image, None, fx=scale, fy=scale,
                                         interpolation=cv2.INTER_AREA), np.uint8)
                   for image in (portrait.photo, scenes.head_mask(portrait)))
    return photo, (mask[:, :, None] / np.float32(255)), portrait.box * np.float32(scale)


def _until(source: object, seconds: float) -> Iterator[tuple[float, Image]]:
    for stamp, frame in source:  # type: ignore[attr-defined]
        if stamp >= seconds:
            return
        yield stamp, frame


def found(result: FrameResult, faces: Detections, least: float) -> int:
    """Return how many of the faces the frame's detections, or the tracks shown, cover."""
    seen = result.detections.boxes[result.detections.scores >= least]
    seen = np.vstack((seen, *(track.box[None] for track in result.tracks)))
    return int((iou(faces.boxes, seen) > _OVERLAP).any(axis=1).sum())


def row(name: str, config: Config, clips: list[Clip]) -> str:
    """Return the line of one preset in a Markdown table."""
    covered, number, embedded, milliseconds = 0, 0, 0, []
    for clip in clips:
        tracker = FaceTracker.from_config(config)
        tracker.process(clip.frames[0][1], -1000.0)  # compiles for the size of the images
        for (stamp, frame), faces in zip(clip.frames, clip.faces):
            begin = time.process_time()
            result = tracker.process(frame, stamp)
            milliseconds.append(1000 * (time.process_time() - begin))
            covered += found(result, faces, tracker.thresholds['detection_score'])
            number += len(faces)
            embedded += result.embedded
    return (f'| `{name}` | {covered / max(number, 1):.3f} | '
            f'{statistics.fmean(milliseconds):.1f} | {embedded / len(milliseconds):.2f} |')


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('clips', nargs='*', type=Path, metavar='CLIP', help='videos with faces')
    parser.add_argument('--presets', nargs='+', default=['fast', 'balanced', 'accurate'],
                        metavar='NAME', help='files in config/, without .yaml')
    parser.add_argument('--widths', nargs='+', type=int, default=[], metavar='PIXELS',
                        help='also the last preset with these values of detection.width')
    parser.add_argument('--reference', default='face-detection-adas-0001', metavar='MODEL',
                        help='detector whose faces are to be found (default: %(default)s)')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos, a folder a person: far faces in generated scenes instead')
    parser.add_argument('--far', type=int, metavar='PIXELS',
                        help='height of the far faces, in images of 1920x1080')
    parser.add_argument('--seeds', default='0-2', help='seeds of the scenes: FIRST-LAST')
    parser.add_argument('--seconds', type=float, default=1e9, help='first part of each clip')
    given = parser.parse_args()
    cv2.setNumThreads(1)
    if given.people:
        first, _, last = given.seeds.partition('-')
        seeds = range(int(first), int(last or first) + 1)
        clips = far(given.people, seeds, given.far) if given.far else generate(given.people, seeds)
        given.reference = 'the scenes'
    else:
        reference = FaceDetector.from_config(Config.load({'detector': given.reference}))
        clips = [read(path, reference, given.seconds) for path in given.clips]
    frames = sum(len(clip.frames) for clip in clips)
    faces = sum(len(each) for clip in clips for each in clip.faces)
    print(f'{len(clips)} clips, {frames} frames, {faces} faces of {given.reference}\n')
    print('| preset | faces found | CPU ms a frame | embeddings a frame |\n|---|---|---|---|')
    for name in given.presets:
        config = fixed(Config.load(CONFIG / f'{name}.yaml')).updated(_ONE_THREAD)
        print(row(name, config, clips), flush=True)
    for width in given.widths:
        wider = config.updated({'detection.width': width})
        print(row(f'{name}, detection.width: {width}', wider, clips), flush=True)


if __name__ == '__main__':
    main()
