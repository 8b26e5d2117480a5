# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 3: train the detector on canvases that are composed on the device.

Writes detector.pt (weights averaged over the steps), about once a minute and at the end, and
canvases.png, a look at what is learned from, into the output folder.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
import copy
import math
from pathlib import Path
import sys
import time
from typing import Any

import cv2
from face_tracker_ros.errors import ConfigError, SourceError
import numpy as np
from training.common import add_training_arguments, end, load_weights, new_folder
from training.common import parser, torch_device

STEP = 'detector.train'
_SAVE = 60.0  # seconds


def look(images: Any, truth: dict[str, Any], path: Path) -> None:
    """Write an image of two canvases with their labels: faces green, what is ignored red."""
    canvases = []
    for number in range(min(2, len(images))):
        image = images[number].permute(1, 2, 0).cpu().numpy().astype(np.uint8).copy()
        for boxes, on, colour in (('box', 'on', (0, 255, 0)), ('ignore', 'ignore_on',
                                                               (0, 0, 255))):
            for box in truth[boxes][number][truth[on][number]].cpu().numpy().astype(int).tolist():
                cv2.rectangle(image, box[:2], box[2:], colour, 1)
        for points in truth['landmarks'][number][truth['on'][number]].cpu().numpy():
            for point, (x, y) in enumerate(points.astype(int).tolist()):
                colour = (0, 0, 255) if point in (0, 3) else (255, 128, 0)
                cv2.circle(image, (x, y), 1, colour, -1)
        canvases.append(image)
    if not cv2.imwrite(str(path), np.vstack(canvases)):
        raise SourceError(f"image '{path}' cannot be written; give another --output")


def train(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    for name, value in (('--width', given.width), ('--height', given.height)):
        if value < 64 or value % 32:
            raise ConfigError(f'{name} {value}: give a multiple of 32 from 64 on')
    device = torch_device(given.device)
    import torch
    from training.detector.compose import Composer
    from training.detector.loss import loss, positions
    from training.detector.network import FaceNet, MEAN, SCALE
    from training.detector.tiles import Tiles
    output = new_folder(given.output)
    tiles = Tiles(given.pack, device, given.drawn, given.limit)
    composer = Composer(tiles, given.batch, given.height, given.width)
    net = FaceNet().to(device)
    if given.init:
        net.load_state_dict(load_weights(given.init, STEP))
    net = net.to(memory_format=torch.channels_last)
    average = copy.deepcopy(net).eval()
    matrices = [value for value in net.parameters() if value.ndim > 1]
    others = [value for value in net.parameters() if value.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{'params': matrices, 'weight_decay': .02}, {'params': others, 'weight_decay': 0}],
        lr=given.rate, betas=(.9, .99))
    centres, strides = positions(given.width, given.height, device)
    look(*composer(), output / 'canvases.png')
    print(f'{tiles.photos} tiles, {tiles.count - tiles.photos} without faces, on {device}',
          flush=True)
    begin, number, saved = time.monotonic(), 0, time.monotonic()
    shown = torch.zeros(4, device=device)
    while (done := (time.monotonic() - begin) / given.seconds) < 1 or not number:
        warm, falling = min(1.0, (number + 1) / 500), .5 + .5 * math.cos(math.pi * done) * .998
        for group in optimiser.param_groups:
            group['lr'] = given.rate * warm * falling
        images, truth = composer()
        scaled = ((images - MEAN) / SCALE).to(memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16, enabled=device == 'cuda'):
            maps = net(scaled)
        value, parts = loss(maps, truth, centres, strides)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.)
        optimiser.step()
        number += 1
        memory = min(.9995, (1 + number) / (20 + number))
        with torch.no_grad():
            for mean, now in zip(average.state_dict().values(), net.state_dict().values()):
                if mean.is_floating_point():
                    mean.lerp_(now, 1 - memory)
        shown = parts if number == 1 else shown * .98 + parts * .02
        if number % 200 == 1:
            score, box, points, iou = shown.tolist()
            print(f'step {number}: score {score:.3f} box {box:.3f} landmarks {points:.3f} '
                  f'IoU {iou:.3f}', flush=True)
            if not math.isfinite(score):
                raise SourceError(f'loss {score} after {number} steps; lower --rate')
        if time.monotonic() - saved > _SAVE:
            torch.save(average.state_dict(), output / 'detector.pt')
            saved = time.monotonic()
    torch.save({name: tensor.cpu() for name, tensor in average.state_dict().items()},
               output / 'detector.pt')
    print(f'{number} steps', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--pack', type=Path, required=True, metavar='FOLDER',
                           help='folder with tiles.bin and tiles.npz')
    arguments.add_argument('--output', type=Path, required=True, metavar='FOLDER')
    arguments.add_argument('--width', type=int, default=512, help='of a canvas')
    arguments.add_argument('--height', type=int, default=384, help='of a canvas')
    arguments.add_argument('--drawn', type=int, default=300, help='textures that are drawn')
    arguments.add_argument('--limit', type=int, default=0, help='tiles, for a trial')
    add_training_arguments(arguments, 660, 64, 3e-3)
    given = arguments.parse_args(argv)
    return end(STEP, lambda: train(given))


if __name__ == '__main__':
    sys.exit(main())
