#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
This package next to the original proof of concept and to other pipelines, all in one run.

All take turns, in random order, of half a second of the same images, on one core with one thread;
times are CPU time. Clips are enlarged to 720p and shown twice, with nobody there for three seconds
between, so that faces return. Each round begins anew; scores are those of the first. Writes
docs/results/peers.json; `scripts/docs render` puts its tables into the pages.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
import itertools
import json
from pathlib import Path
import random
import sys
import time
from types import MappingProxyType
from typing import Any

import cv2
from face_tracker_ros import Config
from face_tracker_ros.boxes import iou
from face_tracker_ros.cli.common import finish
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.evaluation import speed
from face_tracker_ros.evaluation.metrics import Labels, score
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.models.resolve import resolve_model
import footage
from footage import Footage, Shot
import numpy as np
from peers_tables import (BYTETRACK, DEEP_SORT, DEFAULT, EVERY, FAST, NO_INT8, ORIGINAL,
                          peers_json, PRECISIONS, REGAINED, TITLES, YUNET)
from pipelines import Around, Ours, Pipeline, Proof
from shipped import fixed, SHIPPED
from speed import bind
from yunet_mesh import YuNetMesh

ROOT = Path(__file__).resolve().parents[1]
_TURN = 16  # frames
_WARM = 8  # frames at the beginning of each round, not timed
_OVERLAP = 0.4  # IoU above which a face is found
_TICK = speed.CLOCKS['cpu']


@dataclass
class Record:
    """What a pipeline did with one footage: seconds by round, and what it showed in the first."""

    total: list[float] = field(default_factory=list)
    detecting: list[float] = field(default_factory=list)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    hits: int = 0

    def add(self, shots: Sequence[tuple[int, Shot]], pipeline: Pipeline, scored: bool) -> None:
        """Let the pipeline process a turn."""
        for number, shot in shots:
            begin = _TICK()
            ids, boxes = pipeline.process(shot.image, shot.stamp)
            spent = _TICK() - begin
            detecting = pipeline.detecting()
            if shot.timed and number >= _WARM:
                self.total[-1] += spent
                self.detecting[-1] += detecting
            if scored:
                self.rows += [(number, who, *box) for who, box in zip(ids, boxes)]
                truth = shot.boxes[shot.counts]
                if len(truth) and len(boxes):
                    self.hits += int((iou(truth, boxes).max(axis=1) > _OVERLAP).sum())


def watch(film: Footage, pipelines: Mapping[str, Any], rounds: int) -> dict[str, Any]:
    """Return times, scores and shares found of all pipelines on one footage."""
    records = {name: Record() for name in pipelines}
    truth: list[tuple[float, ...]] = []
    order = random.Random(0)
    frames = faces = 0
    for turn in range(rounds):
        for name, pipeline in pipelines.items():
            pipeline.begin(film.rate)
            records[name].total.append(0.0)
            records[name].detecting.append(0.0)
        for shots in _turns(film):
            # Who comes first finds the images out of the processor's caches: not always the same.
            for name in order.sample([*pipelines], len(pipelines)):
                records[name].add(shots, pipelines[name], turn == 0 and film.scored)
            if turn == 0:
                frames += sum(shot.timed and number >= _WARM for number, shot in shots)
                faces += sum(int(shot.counts.sum()) for _, shot in shots)
                truth += [(number, who, *box, counts) for number, shot in shots for who, box,
                          counts in zip(shot.ids, shot.boxes, shot.counts)]
    return {name: {
        'ms': [1000 * value / frames for value in record.total],
        'detecting': [1000 * value / frames for value in record.detecting],
        **({'found': 100 * record.hits / faces,
            **asdict(score(_labels(truth), _labels(record.rows)))} if film.scored else {}),
        **({'meshed': pipelines[name].meshed()} if name == YUNET else {})}
        for name, record in records.items()}


def _turns(film: Footage) -> Iterator[list[tuple[int, Shot]]]:
    shots = enumerate(film.shots())
    while turn := list(itertools.islice(shots, _TURN)):
        yield turn


def _labels(rows: Sequence[tuple[float, ...]]) -> Labels:
    table = np.array(rows).reshape(len(rows), -1) if rows else np.zeros((0, 7))
    counts = table[:, 6] == 1 if table.shape[1] > 6 else np.ones(len(table), bool)
    return Labels(table[:, 0].astype(int), table[:, 1].astype(int),
                  table[:, 2:6].astype(np.float32), counts)


def parts(film: Footage, config: Config, rounds: int) -> dict[str, Any]:
    """Return the summary of where the time of a frame goes."""
    samples = speed.Samples()
    for _ in range(rounds):
        timed = speed.Timed(config, _TICK)
        timed.samples = samples
        for number, shot in enumerate(film.shots()):
            timed.process(shot.image, shot.stamp, shot.timed and number >= _WARM)
    return samples.summary()


def makers(given: argparse.Namespace) -> dict[str, Callable[[], Pipeline]]:
    """Return how to make each pipeline that is asked for."""
    found: dict[str, Callable[[], Pipeline]] = {}
    for added, changes in PRECISIONS.items():
        for name in (DEFAULT, FAST):
            found[name + added] = partial(Ours, _config(name, changes), _TICK)
        found[ORIGINAL + added] = partial(Proof, _config(DEFAULT, changes), _TICK)
    del found[ORIGINAL + NO_INT8]  # it has none
    if _networks(_config(DEFAULT)) == _networks(_config(DEFAULT, PRECISIONS[NO_INT8])):
        del found[DEFAULT + NO_INT8], found[FAST + NO_INT8]  # this machine takes BF16 by itself
    found[EVERY] = partial(Ours, _config(DEFAULT, {'detection.max_pause': 0.0}), _TICK)
    for name in (DEEP_SORT, BYTETRACK, REGAINED):
        found[name] = partial(Around, _config(DEFAULT), _TICK, name.partition(' + ')[0],
                              name == REGAINED)
    found[YUNET] = lambda: YuNetMesh(yunet_file(), _TICK, not given.no_mesh)
    wanted = given.pipelines or found
    unknown = set(wanted) - set(found)
    if unknown:
        raise ConfigError(f"pipeline '{min(unknown)}' is unknown; give some of: "
                          f"{', '.join(found)}")
    return {name: make for name, make in found.items() if name in wanted}


def _config(name: str, changes: Mapping[str, Any] = MappingProxyType({})) -> Config:
    given = SHIPPED if name == DEFAULT else fixed(Config.load(ROOT / 'config' / f'{name}.yaml'))
    return given.updated({'inference.threads': 1, **changes})


def _networks(config: Config) -> list[Path]:
    """Return the files of the networks that the configuration takes on this machine."""
    return [resolve_model(name, task, config.inference)[1]
            for task, name in (('detector', config.detector), ('encoder', config.encoder))]


def run(given: argparse.Namespace) -> int:
    """Measure, print and write."""
    ways = makers(given)
    try:
        pipelines = {name: make() for name, make in ways.items()}
    except ImportError as error:
        raise ConfigError(f"package '{error.name}' is not installed; pip install --no-deps -r "
                          'ci/requirements-benchmark.txt -c ci/constraints.txt') from error
    people = scenes.read_portraits(given.people, FaceDetector.from_config(SHIPPED))[1::2] \
        if given.people else []
    begin = time.monotonic()
    films = [footage.clip(path, 720, given.frames) for path in given.clips]
    if people:
        films += [footage.crowd(people, 5, camera, 720, given.frames or 80)
                  for camera in ('moving', 'still')]
    figures: dict[str, Any] = {'films': {}, 'scenes': [], 'parts': {}}
    for film in films:
        print(f'peers: {film.name}', file=sys.stderr, flush=True)
        figures['films'][film.name] = watch(film, pipelines, given.rounds)
        figures['parts'][film.name] = parts(film, _config(DEFAULT), given.rounds)
    peers = {name: pipeline for name, pipeline in pipelines.items() if name in TITLES}
    for seed in range(100, 100 + given.scenes) if people else ():
        print(f'peers: scene {seed}', file=sys.stderr, flush=True)
        figures['scenes'].append(watch(footage.scene(people, seed, given.seconds), peers, 1))
    content = peers_json(figures)
    for name, table in content['tables'].items():
        print(name, *(' | '.join(row) for row in (table['columns'], *table['rows'])), '',
              sep='\n')
    print(f'{time.monotonic() - begin:.0f} s, {time.process_time():.0f} s of CPU time',
          file=sys.stderr)
    given.json.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')
    return 0


def yunet_file() -> Path:
    """Return YuNet's ONNX file; ConfigError where it is not installed."""
    spec = load_spec('yunet')
    path = locate(spec)[0]
    if path is None:
        raise ConfigError("model 'yunet' is not installed; give the folder that holds "
                          f'{spec.files[0].name} as FACE_TRACKER_MODEL_PATH')
    return path


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--clips', type=Path, nargs='+', default=[], metavar='FILE')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos for generated scenes, a folder a person')
    parser.add_argument('--rounds', type=int, default=2, help='of clips and scenes of 5 faces')
    parser.add_argument('--scenes', type=int, default=4, metavar='N',
                        help='scenes of six people, seeds from 100 on')
    parser.add_argument('--seconds', type=float, default=20.0, help='length of such a scene')
    parser.add_argument('--frames', type=int, help='at most so many frames of clips')
    parser.add_argument('--pipelines', nargs='+', metavar='NAME', help='measure these only')
    parser.add_argument('--no-mesh', action='store_true', help='YuNet without the face mesh')
    parser.add_argument('--json', type=Path, metavar='FILE',
                        default=ROOT / 'docs' / 'results' / 'peers.json')
    given = parser.parse_args()
    bind(1)
    cv2.setNumThreads(1)

    def work() -> int:
        if not given.clips and not given.people:
            raise SourceError('no footage; give --clips FILE, --people FOLDER, or both')
        return run(given)
    return finish('peers', work)


if __name__ == '__main__':
    sys.exit(main())
