# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Steps 2 and 3: distil the teacher into MobileNetV3-Large.

--stage first: the teacher's vector of each picture is fixed; the student sees strongly worsened
crops of it. --stage second (with --init, the first stage's weights): every face is new, a morph
of two, and the student has to give the vector that the teacher gives for it.
Writes encoder.pt (weights averaged over the steps) and train.json into the output folder.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Stage:
    """What makes a stage: morphs, weight of the contrastive loss, of averaged weights."""

    mix: float | None
    contrast: float
    memory: float


STAGES = {'first': Stage(None, 0.0, 0.9995), 'second': Stage(0.65, 0.1, 0.999)}
RELATIONS = 40.0  # weight of the cosines between all faces of a batch


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
    """Return the pictures to train on: of the sets in use, of nobody who is held out."""
    unknown = [name for name in use if name not in sets]
    if unknown:
        raise ConfigError(f"set '{unknown[0]}' is not among the pictures; there are "
                          f"{', '.join(sorted(set(sets)))}")
    out = np.isin(people, held) & (sets == held_set)
    rows = np.flatnonzero(np.isin(sets, use or sets) & ~out)
    if len(rows) < 2:
        raise SourceError(f'{len(rows)} pictures to train on; give at least two')
    return rows


class Trainer:
    """Networks, views and optimiser of one run."""

    def __init__(self, given: argparse.Namespace, device: str, data: dict[str, Any],
                 rows: np.ndarray) -> None:
        """Put everything onto the device."""
        import torch
        from training.encoder import views
        from training.encoder.network import FaceNet
        from training.encoder.teacher import Teacher
        self.torch, self.views, self.device, self.given = torch, views, device, given
        self.stage = STAGES[given.stage]
        self.wear = views.FIRST if given.stage == 'first' else views.SECOND
        self.half = torch.bfloat16 if device == 'cuda' else torch.float32
        self.faces = views.Faces(data['x'], data['align'], device)
        self.rows = torch.from_numpy(rows).to(device)
        weights = np.ones(len(rows), np.float32)
        for name, weight in given.weight:
            weights[data['set'][rows] == name] = weight
        self.weights = torch.from_numpy(weights).to(device)
        self.net = FaceNet().to(device).to(memory_format=torch.channels_last)
        if given.init:
            self.net.load_state_dict(load_weights(given.init, STEP))
        path = find_model(given.teacher, 'encoder')[1]
        self.teacher = Teacher(path).to(device).to(self.half).eval()
        self.average = {name: value.detach().clone() for name, value in
                        self.net.state_dict().items()}
        matrices = [value for value in self.net.parameters() if value.ndim > 1]
        others = [value for value in self.net.parameters() if value.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{'params': matrices, 'weight_decay': .05}, {'params': others, 'weight_decay': 0}],
            lr=given.rate, betas=(.9, .99))
        self.targets: Any = None
        if self.stage.mix is None:
            self.targets = self._fixed_targets(len(data['x']))

    def teach(self, x: Any, rows: Any, mirror: Any) -> Any:
        """Return the teacher's unit vectors of loose crops."""
        upright = self.faces.upright(x, rows, mirror) * 255
        found = self.teacher(upright.to(self.half)).float()
        return self.torch.nn.functional.normalize(found, dim=1)

    def _fixed_targets(self, count: int) -> Any:
        parts = []
        for part in self.torch.arange(count, device=self.device).split(256):
            straight = self.torch.ones(len(part), device=self.device)
            parts.append(self.teach(self.faces.as_they_are(part), part, straight))
        return self.torch.cat(parts)

    def embed(self, net: Any, crops: Any) -> Any:
        """Return a student's unit vectors of crops, 0 to 1."""
        scaled = ((crops - .5) / .25).to(memory_format=self.torch.channels_last)
        with self.torch.autocast(self.device, self.torch.bfloat16,
                                 enabled=self.device == 'cuda'):
            found = net(scaled)
        return self.torch.nn.functional.normalize(found.float(), dim=1)

    def batch(self) -> tuple[Any, Any]:
        """Return the student's view of some faces, and the vectors that it should give."""
        torch = self.torch
        chosen = self.rows[torch.multinomial(self.weights, self.given.batch, replacement=len(
            self.rows) < self.given.batch)]
        mirror = torch.where(self.faces.uniform(0, 1, len(chosen)) < .5, -1., 1.)
        with torch.no_grad():
            if self.stage.mix is None:
                x, target = self.faces.as_they_are(chosen), self.targets[chosen]
            else:
                x = self.faces.new(chosen, self.stage.mix)
                target = self.teach(x, chosen, mirror)
            view = self.faces.box_crop(x, mirror, self.wear)
            return self.faces.worn(view, self.wear), target

    def step(self, rate: float, number: int) -> float:
        """Take one step; return the mean cosine between student and teacher."""
        torch, (crops, target) = self.torch, self.batch()
        for group in self.optimiser.param_groups:
            group['lr'] = rate
        found = self.embed(self.net, crops)
        cosine, across = (found * target).sum(1), found @ target.T
        loss = (1 - cosine).mean() + RELATIONS * (across - target @ target.T).pow(2).mean()
        if self.stage.contrast:
            own = torch.arange(len(found), device=self.device)
            loss = loss + self.stage.contrast * torch.nn.functional.cross_entropy(
                across * 15, own)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.)
        self.optimiser.step()
        memory = min(self.stage.memory, (1 + number) / (10 + number))
        with torch.no_grad():
            for name, value in self.net.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - memory)
                else:
                    self.average[name].copy_(value)
        return float(cosine.detach().mean())

    def evaluate(self, pairs: dict[str, Any]) -> dict[str, float]:
        """Return the accuracy of the averaged weights on held-out pairs, whole and at 32 px."""
        from training.encoder.network import FaceNet
        if not 0 < pairs['same'].sum() < len(pairs['same']):
            return {}
        net = FaceNet().to(self.device).eval()
        net.load_state_dict(self.average)
        rows, places = np.unique(np.concatenate((pairs['first'], pairs['second'])),
                                 return_inverse=True)
        found: dict[str, float] = {}
        for name, side in (('accuracy', 0), ('accuracy_32', 32)):
            parts = []
            for part in self.torch.from_numpy(rows).to(self.device).split(256):
                straight = self.torch.ones(len(part), device=self.device)
                with self.torch.no_grad():
                    crops = self.faces.box_crop(self.faces.as_they_are(part), straight)
                    crops = self.views.reduced(crops, side) if side else crops
                    parts.append(self.embed(net, crops))
            vectors = self.torch.cat(parts).cpu().numpy()
            first, second = vectors[places].reshape(2, -1, vectors.shape[1])
            found[name], _ = cross_validated((first * second).sum(axis=1).astype(np.float64),
                                             pairs['same'] == 1, pairs['fold'])
        return found


def train(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    device = torch_device(given.device)
    data = load_arrays(given.data / 'crops.npz', ('x', 'align', 'set', 'person'),
                       'encoder.prepare')
    pairs = load_arrays(given.data / 'pairs.npz', ('first', 'second', 'same', 'fold'),
                        'encoder.prepare')
    held_set, held = read_held(given.data / 'held.json')
    rows = training_rows(data['set'], data['person'], given.sets, held_set, held)
    output = new_folder(given.output)
    trainer = Trainer(given, device, data, rows)
    print(f'{len(rows)} pictures, {len(held)} people held out, on {device}', flush=True)
    log: list[dict[str, float]] = []
    begin, number, cosines = time.monotonic(), 0, [0.0]
    while True:
        done = (time.monotonic() - begin) / given.seconds
        if done * given.reports >= len(log) + 1 or done >= 1:
            row = {'step': number, 'cosine': float(np.mean(cosines)), **trainer.evaluate(pairs)}
            print(json.dumps(row), flush=True)
            log.append(row)
            cosines = []
            trainer.torch.save({name: value.cpu() for name, value in trainer.average.items()},
                               output / 'encoder.pt')
            (output / 'train.json').write_text(json.dumps(log, indent=1) + '\n',
                                               encoding='utf-8')
            if done >= 1:
                break
        warm = min(1.0, (number + 1) / 200)
        falling = .5 * (1 + math.cos(math.pi * min(1.0, done))) + 1e-3
        cosines.append(trainer.step(given.rate * warm * falling, number))
        number += 1


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition('=')
    return name, float(value)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--data', type=Path, required=True, metavar='FOLDER',
                           help='output of encoder.prepare')
    arguments.add_argument('--output', type=Path, required=True, metavar='FOLDER')
    arguments.add_argument('--stage', choices=STAGES, default='second')
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
