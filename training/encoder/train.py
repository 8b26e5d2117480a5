# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Steps 2 and 3: distil the teacher into MobileNetV3-Large.

--stage first: the teacher's vector of each image is fixed; the student sees strongly augmented
crops of it. --stage second (with --init, the first stage's weights): every face is new, a morph
of two, and the student has to give the vector that the teacher gives for it.
Writes encoder.pt (weights averaged over the steps) and train.json into the output folder.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
import math
from pathlib import Path
import sys
import time
from typing import Any

from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.evaluation.verification import cross_validated
from face_tracker_ros.models.registry import find_model
import numpy as np
from training.common import (
    add_training_arguments, end, load_arrays, load_weights, new_folder, parser, torch_device)

STEP = 'encoder.train'


def read_held(path: Path) -> tuple[str, list[str]]:
    """Return the set of which people are held out, and the people."""
    try:
        held = json.loads(path.read_text(encoding='utf-8'))
        return str(held['set']), list(map(str, held['people']))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"file '{path}' cannot be used ({error}); make it with "
                          'training.encoder.prepare') from error


def training_rows(sets: np.ndarray, people: np.ndarray, use: Sequence[str], held_set: str,
                  held: Sequence[str]) -> np.ndarray:
    """Return the images to train on: of the sets in use, of nobody who is held out."""
    unknown = [name for name in use if name not in sets]
    if unknown:
        raise ConfigError(f"set '{unknown[0]}' is not among the images; there are "
                          f"{', '.join(sorted(set(sets)))}")
    out = np.isin(people, held) & (sets == held_set)
    rows = np.flatnonzero(np.isin(sets, use or sets) & ~out)
    if len(rows) < 2:
        raise SourceError(f'{len(rows)} images to train on; give at least two')
    return rows


def make_distiller(given: argparse.Namespace, device: str, data: dict[str, Any],
                   rows: np.ndarray) -> Any:
    """Return the training/encoder/distill.py Distiller of a command line, weights loaded."""
    import torch
    from training.encoder.distill import Distiller, STAGES
    from training.encoder.views import Faces
    weights = np.ones(len(rows), np.float32)
    for name, weight in given.weight:
        weights[data['set'][rows] == name] = weight
    distiller = Distiller(
        Faces(data['x'], data['align'], device), torch.from_numpy(rows).to(device),
        torch.from_numpy(weights).to(device), STAGES[given.stage],
        find_model(given.teacher, 'encoder')[1], given.batch, given.rate, device)
    if given.init:
        distiller.load(load_weights(given.init, STEP))
    return distiller


def evaluate(distiller: Any, pairs: dict[str, Any]) -> dict[str, float]:
    """Return the accuracy of the averaged weights on held-out pairs, whole and at 32 px."""
    import torch
    if not 0 < pairs['same'].sum() < len(pairs['same']):
        return {}
    net = distiller.averaged()
    rows, positions = np.unique(np.concatenate((pairs['first'], pairs['second'])),
                                return_inverse=True)
    found: dict[str, float] = {}
    for name, side in (('accuracy', 0), ('accuracy_32', 32)):
        vectors = distiller.vectors(net, torch.from_numpy(rows).to(distiller.device), side)
        first, second = vectors.cpu().numpy()[positions].reshape(2, len(pairs['same']), -1)
        found[name], _ = cross_validated((first * second).sum(axis=1).astype(np.float64),
                                         pairs['same'] == 1, pairs['fold'])
    return found


def train(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    device = torch_device(given.device)
    import torch
    data = load_arrays(given.data / 'crops.npz', ('x', 'align', 'set', 'person'),
                       'encoder.prepare')
    pairs = load_arrays(given.data / 'pairs.npz', ('first', 'second', 'same', 'fold'),
                        'encoder.prepare')
    held_set, held = read_held(given.data / 'held.json')
    rows = training_rows(data['set'], data['person'], given.sets, held_set, held)
    output = new_folder(given.output)
    distiller = make_distiller(given, device, data, rows)
    print(f'{len(rows)} images, {len(held)} people held out, on {device}', flush=True)
    log: list[dict[str, float]] = []
    begin = time.monotonic()
    while True:
        done = (time.monotonic() - begin) / given.seconds
        if done * given.reports >= len(log) + 1 or done >= 1:
            log.append({'step': distiller.steps, 'cosine': distiller.mean_cosine(),
                        **evaluate(distiller, pairs)})
            print(json.dumps(log[-1]), flush=True)
            torch.save({name: value.cpu() for name, value in distiller.average.items()},
                       output / 'encoder.pt')
            (output / 'train.json').write_text(json.dumps(log, indent=1) + '\n',
                                               encoding='utf-8')
            if done >= 1:
                break
        distiller.step(.5 * (1 + math.cos(math.pi * min(1.0, done))) + 1e-3)


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition('=')
    return name, float(value)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--data', type=Path, required=True, metavar='FOLDER',
                           help='output of encoder.prepare')
    arguments.add_argument('--output', type=Path, required=True, metavar='FOLDER')
    arguments.add_argument('--stage', choices=('first', 'second'), default='second')
    arguments.add_argument('--sets', nargs='*', default=[], metavar='NAME',
                           help='sets to train on (all)')
    arguments.add_argument('--weight', type=_weight, action='append', default=[],
                           metavar='NAME=NUMBER', help='how often a set is drawn (1)')
    arguments.add_argument('--teacher', default='face-reidentification-retail-0095',
                           metavar='NAME', help='an encoder for aligned faces')
    arguments.add_argument('--reports', type=int, default=3, help='evaluations in a run')
    add_training_arguments(arguments, 530, 768, 2e-3)
    given = arguments.parse_args(argv)
    return end(STEP, lambda: train(given))


if __name__ == '__main__':
    sys.exit(main())
