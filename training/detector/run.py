# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step A: the whole training of face-detector version 4, in one call on a bare GPU machine.

Checks what it needs in its first seconds, trains the network of version 3 from random weights for
--seconds in all, and saves every minute, so that a call that is cut off leaves what it has.
--pack is a folder with

tiles.bin, tiles.npz   tiles of 250x250 as WebP, with labels (training/detector/tile_file.py)
hard.csv               windows that version 3 took for faces, by training.detector.mine

Against version 3: rotation of at most 60 degrees, faceless tiles by their weights, the windows of
hard.csv in a share of all pieces, compiled parts, and so more steps. With --start it goes on from
version 3's weights instead, which takes minutes less; --crowds, --small and --even then turn to
what version 3 lacks. It needs torch (2.4 or newer), NumPy, PyYAML, rich, OpenCV with WebP (or
Pillow for that), no network, and 30 GB of GPU memory for the full batch. It writes, each file
below 16 MiB:

detector.pt     averaged weights in half precision, for training.detector.export
checkpoint.pt   for --resume, with the --seconds of the whole run again, or more
log.txt         a line of JSON a minute: losses, recall and false alarms on some canvases
canvases.png    what is learned from

--trial does the same in about a minute on a CPU, with few tiles and small canvases.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
import math
from pathlib import Path
import sys
from typing import Any

from face_tracker_ros.errors import ConfigError, ModelError
from training.bare import (check_machine, Clock, end, halved, options, Output,
                           read_checkpoint)

STEP = 'detector.run'
FORMATS = ('channels_last', 'contiguous')
SAVED = ('net', 'average', 'optimiser', 'steps', 'seconds')


class Trainer:
    """Tiles, canvases, network and optimiser of one run."""

    def __init__(self, given: argparse.Namespace, device: str) -> None:
        """Read the tiles and make the network, of random weights or those of --start."""
        import copy

        import torch
        from training.compiled import Part
        from training.detector.compose import Composer
        from training.detector.loss import loss, positions
        from training.detector.network import FaceNet, MEAN, SCALE
        from training.detector.start import settle, start
        from training.detector.tiles import Tiles
        torch.manual_seed(given.seed)
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        hard = given.pack / 'hard.csv' if given.hard else None
        self.tiles = Tiles(given.pack, device, given.drawn, given.limit, weigh_faceless=True,
                           hard=hard, small=given.small)
        self.compose = Composer(self.tiles, given.batch, given.height, given.width,
                                given.rotation, given.hard, given.crowds)
        self.device, self._rate, self._warm = device, given.rate, given.warm
        self.format = given.format
        self.net = FaceNet().to(device).to(memory_format=self._memory_format())
        if given.start:
            start(self.net, given.start)
            settle(self.net, ((self.compose()[0] - MEAN) / SCALE for _ in range(4)))
        self.average = copy.deepcopy(self.net).eval()
        matrices = [value for value in self.net.parameters() if value.ndim > 1]
        others = [value for value in self.net.parameters() if value.ndim <= 1]
        self._optimiser = torch.optim.AdamW(
            [{'params': matrices, 'weight_decay': .02}, {'params': others, 'weight_decay': 0}],
            lr=given.rate, betas=(.9, .99), fused=device == 'cuda')
        self._positions = positions(given.width, given.height, device)
        self._network = Part('network', self.net)
        self._loss = Part('loss', partial(loss, even=given.even))
        self.parts = (*self.compose.parts, self._network, self._loss)
        self.steps, self._first = 0, 0
        self._shown = torch.zeros(5, device=device)

    def _memory_format(self) -> Any:
        import torch
        return torch.contiguous_format if self.format == 'contiguous' else torch.channels_last

    def choose_format(self) -> None:
        """Take the faster order of the network's values in memory, by some steps of no effect."""
        from training.compiled import timed
        seconds = {}
        for name in FORMATS:
            self._set_format(name)
            seconds[name] = timed(lambda: self.step(0.0), self.device, 4)
        self._set_format(min(seconds, key=lambda name: seconds[name]))
        self.steps = 0
        self._shown.zero_()

    def _set_format(self, name: str) -> None:
        self.format = name
        self.net.to(memory_format=self._memory_format())
        self._optimiser.state.clear()  # moments in the former order: a fused step rejects them

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from what checkpoint returned."""
        self.net.load_state_dict(state['net'])
        self.average.load_state_dict(state['average'])
        self._optimiser.load_state_dict(state['optimiser'])
        self.steps = self._first = int(state['steps'])

    def checkpoint(self) -> dict[str, Any]:
        """Return what resume takes."""
        return {'net': self.net.state_dict(), 'average': self.average.state_dict(),
                'optimiser': self._optimiser.state_dict(), 'steps': self.steps}

    def step(self, falling: float) -> None:
        """Take one step at a share of the highest learning rate."""
        import torch
        from training.detector.network import MEAN, SCALE
        warm = min(1.0, (self.steps - self._first + 1) / max(1, self._warm))
        for group in self._optimiser.param_groups:
            group['lr'] = self._rate * warm * falling
        with torch.no_grad():
            images, truth = self.compose()
            scaled = ((images - MEAN) / SCALE).to(memory_format=self._memory_format())
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == 'cuda'):
            maps = self._network(scaled)
        value, parts = self._loss(maps, truth, *self._positions)
        self._optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.)
        self._optimiser.step()
        self.steps += 1
        self._shown += torch.cat((parts, torch.ones_like(parts[:1])))
        self._remember()

    def _remember(self) -> None:
        import torch
        memory = min(.9995, (1 + self.steps) / (20 + self.steps))
        both = [(mean, now) for mean, now in zip(self.average.state_dict().values(),
                                                 self.net.state_dict().values())
                if mean.is_floating_point()]
        with torch.no_grad():
            torch._foreach_lerp_([mean for mean, _ in both], [now for _, now in both],
                                 1 - memory)

    def figures(self) -> dict[str, float]:
        """Return the mean losses and overlap since the last call."""
        *sums, count = self._shown.tolist()
        self._shown.zero_()
        return {name: total / max(1.0, count)
                for name, total in zip(('score', 'box', 'landmarks', 'overlap'), sums)}


class Evaluation:
    """Recall and false alarms of the averaged weights, on canvases that are always the same."""

    def __init__(self, trainer: Trainer, canvases: int) -> None:
        """Compose them, from the tiles that are trained on: a measure of progress, no more."""
        import torch
        self._trainer = trainer
        with torch.no_grad():
            made = [trainer.compose() for _ in range(canvases)]
        self._canvases = [(images.cpu(), {name: value.cpu() for name, value in truth.items()})
                          for images, truth in made]

    def __call__(self, score: float = 0.5) -> dict[str, float]:
        """Return recall, and detections a canvas that lie on nothing, at a score."""
        import torch
        from training.detector.loss import overlap
        from training.detector.network import Exported
        net, found, faces, alarms, count = Exported(self._trainer.average).eval(), 0, 0, 0, 0
        for images, truth in self._canvases:
            with torch.no_grad():
                rows = torch.cat([net(part.to(self._trainer.device).contiguous()).cpu()
                                  for part in images.split(8)])
            for number in range(len(images)):
                good = rows[number][rows[number][:, 4] >= score]
                boxes = truth['box'][number][truth['on'][number]]
                ignored = truth['ignore'][number][truth['ignore_on'][number]]
                known = overlap(good[:, None, :4], torch.cat((boxes, ignored))[None])
                hits = overlap(boxes[:, None], good[None, :, :4]) > 0.4
                found += int(hits.any(1).sum()) if len(good) else 0
                alarms += int((~(known > 0.2).any(1)).sum()) if known.shape[1] else len(good)
                faces, count = faces + len(boxes), count + 1
        return {'recall': found / max(1, faces), 'alarms': alarms / count}


def train(given: argparse.Namespace, device: str) -> None:
    """Train until the time is over, saving every minute."""
    from training.compiled import chosen_backend, Compiling
    from training.detector.train import look
    output = Output(given.output)
    before = read_checkpoint(given.resume, SAVED) if given.resume else {}
    clock = Clock(given.seconds, before.get('seconds', 0.0))
    clock.stop_at_signal()
    trainer = Trainer(given, device)
    if given.format == 'auto' and device == 'cuda':
        trainer.choose_format()
    if before:
        trainer.resume(before)
    evaluation = Evaluation(trainer, 2)
    look(*trainer.compose(), given.output / 'canvases.png')
    compiling = Compiling(trainer.parts, chosen_backend(given.compile, device), output.log)
    compiling.start([sys.executable, '-m', 'training.detector.run', *given.arguments,
                     '--format', trainer.format], given.compile_limit)
    output.log(device=device, format=trainer.format, tiles=trainer.tiles.photos,
               faceless=trainer.tiles.count - trainer.tiles.photos, hard=len(trainer.tiles.hard),
               seconds=clock.used, steps=trainer.steps,
               **(evaluation() if given.start or before else {}))

    def report() -> None:
        figures = trainer.figures()
        output.log(seconds=clock.used, steps=trainer.steps, **figures, **evaluation())
        if not math.isfinite(figures['score']):
            raise ModelError(f"loss {figures['score']} at step {trainer.steps}: give --resume and "
                             'a smaller --rate')
        output.save('detector.pt', halved(trainer.average.state_dict()))
        output.save('checkpoint.pt', {**trainer.checkpoint(), 'seconds': clock.used})
    try:
        while not clock.over() or trainer.steps < given.least:
            falling = .5 + .5 * math.cos(math.pi * clock.done) * .998
            compiling.step(lambda: trainer.step(falling))
            if clock.minute(given.every):
                report()
        report()
    finally:
        compiling.stop()


def compile_only(given: argparse.Namespace, device: str) -> None:
    """Compile the parts of a step, as a child of the training, and report which are faster."""
    from training.compiled import chosen_backend, try_parts
    trainer = Trainer(given, device)
    try_parts(trainer.parts, lambda: trainer.step(1e-3), device,
              chosen_backend(given.compile, device), given.compile_report)


def run(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    if given.trial:
        given.least = given.least or 4
        given.seconds, given.batch = min(given.seconds, 40.0), min(given.batch, 4)
        given.width, given.height = min(given.width, 160), min(given.height, 128)
        given.limit, given.every = given.limit or 60, min(given.every, 10.0)
        given.drawn = min(given.drawn, 20)
    for name, value in (('--width', given.width), ('--height', given.height)):
        if value < 64 or value % 32:
            raise ConfigError(f'{name} {value}: give a multiple of 32 from 64 on')
    files = [given.pack / 'tiles.bin', given.pack / 'tiles.npz',
             *([given.pack / 'hard.csv'] if given.hard else []),
             *([given.resume] if given.resume else []),
             *([given.start, given.start.with_suffix('.bin')] if given.start else [])]
    device = check_machine(files, given.output, given.device)
    if given.compile_report:
        compile_only(given, device)
    else:
        train(given, device)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = options(STEP, __doc__, 'pack', batch=64, compile_limit=240)
    add = arguments.add_argument
    add('--width', type=int, default=512, help='of a canvas')
    add('--height', type=int, default=384, help='of a canvas')
    add('--rate', type=float, default=3e-3, help='highest learning rate')
    add('--start', type=Path, metavar='FILE.xml',
        help='network of detector.export whose weights to start from, its .bin next to it')
    add('--warm', type=int, default=500, help='steps in which the learning rate rises')
    add('--crowds', type=float, default=0.0, help='share of canvases with many small tiles more')
    add('--small', type=float, default=1.0,
        help='how much more often tiles of small faces are drawn')
    add('--even', type=float, default=0.0,
        help='1: all faces weigh the same; 0: near ones and those of no crowd more')
    add('--rotation', type=float, default=60, help='most degrees that a tile is rotated')
    add('--hard', type=float, default=0.08, help='share of pieces from hard.csv; 0: no such file')
    add('--drawn', type=int, default=300, help='textures that are drawn')
    add('--format', choices=('auto', *FORMATS), default='auto',
        help="order of the network's values in memory; auto: the faster one")
    given = arguments.parse_args(argv)
    given.arguments = list(sys.argv[1:] if argv is None else argv)
    return end(STEP, lambda: run(given))


if __name__ == '__main__':
    sys.exit(main())
