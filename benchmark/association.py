#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Association compared: every tracker on the same detections and embeddings, scored alike.

Scored is the detection that a tracker joins to an id, so that no smoothing of boxes counts.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import statistics
import time

from face_tracker_ros import Config, Detections
from face_tracker_ros.evaluation import ltft
from face_tracker_ros.evaluation.metrics import Labels, score, Scores
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.types import FloatArray
import numpy as np
from rich.console import Console
from rich.table import Table

# A tracker here: (detections, embeddings, stamp) -> [(id, box)] of one frame.
Step = Callable[[Detections, FloatArray, float], 'list[tuple[int, FloatArray]]']


@dataclass(frozen=True)
class Case:
    """One test: what trackers see, and the truth."""

    name: str
    frame_rate: float
    frames: range
    seen: Labels
    scores: FloatArray
    embeddings: FloatArray
    truth: Labels


def ours(mode: str, frame_rate: float) -> Step:
    """Return our tracker; the robust mode embeds only what it asks for."""
    tracker = Tracker(Config.load({'tracker.mode': mode}))

    def step(detections: Detections, embeddings: FloatArray,
             stamp: float) -> list[tuple[int, FloatArray]]:
        wanted = tracker.wants_embedding(detections, stamp)
        known = np.where(wanted[:, None], embeddings, np.nan).astype(np.float32)
        tracks, _ = tracker.update(detections, known, stamp)
        return [(track.id, detections.boxes[track.detection]) for track in tracks]
    return step


def deep_sort_realtime(frame_rate: float) -> Step:
    """Return deep_sort_realtime with its parameters in the ranges that its users choose."""
    from deep_sort_realtime.deepsort_tracker import DeepSort
    tracker = DeepSort(max_age=round(frame_rate), n_init=3, nms_max_overlap=1.0,
                       max_cosine_distance=0.5, nn_budget=100, embedder=None)

    def step(detections: Detections, embeddings: FloatArray,
             stamp: float) -> list[tuple[int, FloatArray]]:
        sides = detections.boxes[:, 2:] - detections.boxes[:, :2]
        raw = [([*map(float, (*box[:2], *side))], float(value), 'face')
               for box, side, value in zip(detections.boxes, sides, detections.scores)]
        tracks = tracker.update_tracks(raw, embeds=list(embeddings))
        return [(int(track.track_id), np.array(track.to_ltrb(orig=True), np.float32))
                for track in tracks if track.is_confirmed() and track.time_since_update == 0]
    return step


TRACKERS: Mapping[str, Callable[[float], Step]] = {
    'robust': lambda rate: ours('robust', rate),
    'deepsort': lambda rate: ours('deepsort', rate),
    'deep_sort_realtime': deep_sort_realtime,
}


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
        seen = _rows(sequence.truth, chosen)
        frames = range(int(truth.frames.min()), int(truth.frames.max()) + 1, every)
        yield Case(sequence.name, sequence.frame_rate, frames,
                   Labels(seen.frames, seen.ids, moved.astype(np.float32), seen.counts),
                   sequence.scores[chosen], sequence.embeddings[chosen], truth)


def _rows(labels: Labels, rows: np.ndarray) -> Labels:
    return Labels(labels.frames[rows], labels.ids[rows], labels.boxes[rows], labels.counts[rows])


def scene_cases(folder: Path, seeds: range, people: int, camera: str) -> Iterator[Case]:
    """
    Yield generated scenes, seen by the shipped detector and encoder.

    Seeds below 100 are for tuning and draw from one half of the people, the others report and
    draw from the other half.
    """
    from face_tracker_ros.detection import FaceDetector
    from face_tracker_ros.embedding.encoder import FaceEncoder
    from face_tracker_ros.evaluation import scenes
    config = Config()
    detector, encoder = FaceDetector.from_config(config), FaceEncoder.from_config(config)
    portraits = scenes.read_portraits(folder, detector)
    options = scenes.SceneOptions(people=people, camera=camera)
    for seed in seeds:
        found, vectors, truth = [], [], []
        apart = portraits[1::2] if seed >= 100 else portraits[::2]
        for step, frame in enumerate(scenes.generate(apart, seed, options)):
            detections = detector.detect(frame.image, config.detection.low_score,
                                         config.detection.nms_iou)
            found += [(step, *box, value) for box, value in zip(detections.boxes,
                                                                detections.scores)]
            vectors.append(encoder.encode(frame.image, detections.boxes))
            truth += [(step, who, *box, share >= scenes.VISIBLE) for who, box, share in
                      zip(frame.ids, frame.boxes, frame.visible)]
        seen, real = np.array(found), np.array(truth)
        yield Case(f'{people} people, {camera} camera, seed {seed}', scenes.RATE, range(step + 1),
                   Labels(seen[:, 0].astype(int), np.zeros(len(seen), int),
                          seen[:, 1:5].astype(np.float32), np.ones(len(seen), bool)),
                   seen[:, 5].astype(np.float32), np.concatenate(vectors),
                   Labels(real[:, 0].astype(int), real[:, 1].astype(int),
                          real[:, 2:6].astype(np.float32), real[:, 6] == 1))


def run(case: Case, make: Callable[[float], Step]) -> tuple[Scores, float]:
    """Return the scores of a tracker on a case, and its median milliseconds a frame."""
    step, seconds = make(case.frame_rate), []
    rows: list[tuple[int, int]] = []
    boxes: list[FloatArray] = []
    for frame in case.frames:
        now = case.seen.frames == frame
        detections = Detections(case.seen.boxes[now], case.scores[now])
        begin = time.perf_counter()
        tracks = step(detections, case.embeddings[now], frame / case.frame_rate)
        seconds.append(time.perf_counter() - begin)
        rows += [(frame, track) for track, _ in tracks]
        boxes += [box for _, box in tracks]
    table = np.array(rows, np.intp).reshape(-1, 2)
    found = Labels(table[:, 0], table[:, 1], np.array(boxes, np.float32).reshape(-1, 4),
                   np.ones(len(table), bool))
    return score(case.truth, found), 1000 * statistics.median(seconds)


def show(results: list[dict[str, object]], console: Console) -> None:
    """Print one row a tracker and case, and the means of each tracker."""
    table = Table(title='Association')
    columns = ('case', 'tracker', 'hota', 'ass_a', 'idf1', 'mota', 'switches', 'ids', 'people',
               'ms')
    for column in columns:
        table.add_column(column, justify='left' if column in ('case', 'tracker') else 'right',
                         no_wrap=True)
    for tracker in dict.fromkeys(result['tracker'] for result in results):
        own = [result for result in results if result['tracker'] == tracker]
        mean: dict[str, object] = {'case': f'mean of {len(own)}', 'tracker': tracker}
        for name in columns[2:]:
            mean[name] = statistics.fmean(float(str(result[name])) for result in own)
        for result in (*own, mean):
            table.add_row(*(f'{value:.1f}' if isinstance(value := result[name], float)
                            else str(value) for name in columns))
        table.add_section()
    console.print(table)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--ltft', type=Path, nargs='+', default=[], metavar='FILE',
                        help='LTFT annotation files')
    parser.add_argument('--drop', type=float, default=0.0, help='share of LTFT boxes left out')
    parser.add_argument('--every', type=int, default=1, help='take every n-th LTFT frame only')
    parser.add_argument('--jitter', type=float, default=0.0,
                        help='deviation of LTFT box corners, in box sides')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos for generated scenes, a folder a person')
    parser.add_argument('--seeds', default='100-104', help='seeds of the scenes: FIRST-LAST')
    parser.add_argument('--count', type=int, default=6, help='people in a scene')
    parser.add_argument('--camera', choices=('still', 'moving'), default='still')
    parser.add_argument('--trackers', nargs='+', choices=TRACKERS, default=['robust', 'deepsort'])
    parser.add_argument('--json', type=Path, help='write the rows to this file, too')
    given = parser.parse_args()
    first, _, last = given.seeds.partition('-')
    cases = list(ltft_cases(given.ltft, given.drop, given.every, given.jitter))
    if given.people:
        cases += scene_cases(given.people, range(int(first), int(last or first) + 1), given.count,
                             given.camera)
    results: list[dict[str, object]] = []
    for case in cases:
        for name in given.trackers:
            scores, milliseconds = run(case, TRACKERS[name])
            results.append({'case': case.name, 'tracker': name, **asdict(scores),
                            'ms': milliseconds})
    show(results, Console(width=120))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
