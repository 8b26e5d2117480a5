#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
What quicker configurations cost: recall on clips, identities on generated scenes, and time.

Recall is the share of the reference detector's faces (face-detection-adas-0001, score 0.5) that
overlap by an IoU above 0.4 with a detection ('found', where every frame is searched; 'faint'
counts also those of low score, which may prolong a track) and a track ('shown', in all frames
after the first ten of a clip). Identities are scored over all frames.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
import random
import time

from face_tracker_ros import Config, FaceTracker
from face_tracker_ros.boxes import iou
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.evaluation.metrics import Labels, score
from face_tracker_ros.types import FloatArray, FrameResult, Image
from face_tracker_ros.video import open_source
import numpy as np
from rich.console import Console
from rich.table import Table
from shipped import SHIPPED
import yaml

_REFERENCE = {'detector': 'face-detection-adas-0001', 'detection.score': 0.5,
              'inference.threads': 1}
_OVERLAP = 0.4
_BEGINNING = 10  # frames in which tracks are still to be confirmed


@dataclass
class Count:
    """Faces of the reference, and how many of them were there, too."""

    faces: int = 0
    hits: int = 0

    def add(self, truth: FloatArray, boxes: FloatArray) -> None:
        """Count one frame."""
        self.faces += len(truth)
        if len(truth) and len(boxes):
            self.hits += int((iou(truth, boxes).max(axis=1) > _OVERLAP).sum())

    def share(self) -> float:
        """Return the recall, NaN when there was nothing."""
        return self.hits / self.faces if self.faces else float('nan')


@dataclass
class Entry:
    """One configuration and what it gave."""

    name: str
    config: Config
    found: Count = field(default_factory=Count)
    faint: Count = field(default_factory=Count)
    shown: Count = field(default_factory=Count)
    scores: list[tuple[float, float, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    embedded: int = 0

    def __post_init__(self) -> None:
        """Load the models."""
        self.tracker = FaceTracker.from_config(self.config)

    def process(self, image: Image, stamp: float) -> FrameResult:
        """Process a frame and note its computing time."""
        begin = time.process_time()
        result = self.tracker.process(image, stamp)
        self.seconds.append(time.process_time() - begin)
        self.embedded += result.embedded
        return result


def look_at_clips(entries: Sequence[Entry], folder: Path, every: int) -> None:
    """Count what all entries find in the clips."""
    reference = FaceDetector.from_config(Config.load(_REFERENCE))
    for path in sorted(folder.iterdir()):
        for entry in entries:
            entry.tracker.reset()
        with open_source(str(path)) as source:
            for number, (stamp, image) in enumerate(source):
                results = [entry.tracker.process(image, stamp) for entry in entries]
                if number % every:
                    continue
                truth = reference.detect(image, 0.5, 0.4).boxes
                for entry, result in zip(entries, results):
                    detection = entry.config.detection
                    if detection.interval == 1 and not detection.max_pause:
                        least = entry.tracker.thresholds['detection_score']
                        strong = result.detections.scores >= least
                        entry.found.add(truth, result.detections.boxes[strong])
                        entry.faint.add(truth, result.detections.boxes)
                    if number >= _BEGINNING:
                        entry.shown.add(truth, _boxes(result))


def look_at_scenes(entries: Sequence[Entry], people: Sequence[Sequence[scenes.Portrait]],
                   seeds: range, camera: str) -> None:
    """Score all entries on generated scenes."""
    for seed in seeds:
        options = scenes.SceneOptions(people=6, camera=camera)
        truth: list[tuple[float, ...]] = []
        rows: list[list[tuple[float, ...]]] = [[] for _ in entries]
        for entry in entries:
            entry.tracker.reset()
        apart = people[1::2] if seed >= 100 else people[::2]  # below 100 is for tuning
        order = random.Random(seed)
        for number, frame in enumerate(scenes.generate(apart, seed, options)):
            truth += [(number, who, *box, share >= scenes.VISIBLE) for who, box, share in
                      zip(frame.ids, frame.boxes, frame.visible)]
            # who comes first finds the image out of the processor's caches: not always the same
            for entry, kept in order.sample([*zip(entries, rows)], len(entries)):
                result = entry.process(frame.image, frame.stamp)
                kept += [(number, track.id, *box, 1) for track, box in
                         zip(result.tracks, _boxes(result))]
        for entry, kept in zip(entries, rows):
            got = score(_labels(truth), _labels(kept))
            entry.scores.append((got.idf1, got.hota, got.switches))


def _boxes(result: FrameResult) -> FloatArray:
    """Return the boxes of the tracks, the detection's own where there is one."""
    return np.array([track.box if track.detection < 0 else result.detections.boxes[track.detection]
                     for track in result.tracks], np.float32).reshape(-1, 4)


def _labels(rows: Sequence[tuple[float, ...]]) -> Labels:
    values = np.array(rows).reshape(-1, 7)
    return Labels(values[:, 0].astype(int), values[:, 1].astype(int),
                  values[:, 2:6].astype(np.float32), values[:, 6] == 1)


def show(entries: Sequence[Entry]) -> Iterator[dict[str, object]]:
    """Print a table and yield its rows."""
    table = Table(title='Quicker configurations')
    columns = ('configuration', 'found', 'faint', 'shown', 'IDF1', 'HOTA', 'switches', 'embedded',
               'ms')
    for column in columns:
        table.add_column(column, justify='left' if column == 'configuration' else 'right')
    for entry in entries:
        idf1, hota, switches = np.mean(entry.scores or [(np.nan,) * 3], axis=0)
        ms = 1000 * float(np.mean(entry.seconds)) if entry.seconds else float('nan')
        embedded = entry.embedded / max(1, len(entry.seconds))
        shares = [count.share() for count in (entry.found, entry.faint, entry.shown)]
        row = (entry.name, *shares, idf1, hota, switches, embedded, ms)
        table.add_row(entry.name, *(f'{share:.3f}' for share in shares), f'{idf1:.1f}',
                      f'{hota:.1f}', f'{switches:.1f}', f'{embedded:.2f}', f'{ms:.1f}')
        yield dict(zip(columns, row))
    Console(width=140).print(table)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clips', type=Path, metavar='FOLDER', help='real clips')
    parser.add_argument('--every', type=int, default=1, help='compare every n-th frame only')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos for generated scenes, a folder a person')
    parser.add_argument('--seeds', default='100-104', help='seeds of the scenes: FIRST-LAST')
    parser.add_argument('--camera', choices=('still', 'moving'), default='still')
    parser.add_argument('--variant', action='append', default=[], metavar='NAME=VALUE[,...]',
                        help='add a row: the default with these parameters (repeatable)')
    parser.add_argument('--json', type=Path, help='write the rows to this file, too')
    given = parser.parse_args()
    default = SHIPPED.updated({'inference.threads': 1})
    entries = [Entry('default', default)]
    for text in given.variant:
        values = {key: yaml.safe_load(value) for key, value in
                  (part.split('=', 1) for part in text.split(','))}
        entries.append(Entry(text, default.updated(values)))
    if given.clips:
        look_at_clips(entries, given.clips, given.every)
    if given.people:
        people = scenes.read_portraits(given.people, FaceDetector.from_config(SHIPPED))
        first, _, last = given.seeds.partition('-')
        look_at_scenes(entries, people, range(int(first), int(last or first) + 1), given.camera)
    rows = list(show(entries))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
