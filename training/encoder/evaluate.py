# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 5: an exported encoder on the pairs of people who were held out.

Unaligned box crops; also with faces of 48 and 28 pixels. Needs no torch.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation.verification import verify
from face_tracker_ros.types import Image
import numpy as np
from training.check import check_encoder, Compiled
from training.common import end, load_arrays, parser
from training.encoder.prepare import BOX, SIDE

STEP = 'encoder.evaluate'


def box_crop(loose: Image, size: int, scale: float, face: int) -> Image:
    """Return the crop (size, size, 3) of a loose crop; face: pixels it really holds, 0 = all."""
    side, image = BOX * scale, loose
    if face and face < BOX:
        small = cv2.resize(loose, None, fx=face / BOX, fy=face / BOX,
                           interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR),
                           np.uint8)
    zoom = size / side
    move = zoom * (0.5 - (SIDE - side) / 2) - 0.5
    crop = cv2.warpAffine(image, np.array([[zoom, 0, move], [0, zoom, move]]), (size, size))
    return np.asarray(crop, np.uint8)


def evaluate(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    crops = load_arrays(given.data / 'crops.npz', ('x',), 'encoder.prepare')['x']
    pairs = load_arrays(given.data / 'pairs.npz', ('first', 'second', 'same', 'fold'),
                        'encoder.prepare')
    same = pairs['same'] == 1
    if not same.any() or same.all():
        raise SourceError(f"file '{given.data / 'pairs.npz'}' lacks pairs of one kind; hold out "
                          'more people with several images each')
    network = Compiled(given.model)
    rows, places = np.unique(np.concatenate((pairs['first'], pairs['second'])),
                             return_inverse=True)
    print(f'{len(rows)} images, {same.sum()} pairs of one person, {(~same).sum()} of two')
    for face in (0, 48, 28):
        views = np.stack([box_crop(crops[row], given.size, given.scale, face) for row in rows])
        vectors = np.concatenate([check_encoder(network, part) for part in
                                  np.array_split(views, max(1, len(views) // 64))])
        first, second = vectors[places].reshape(2, -1, vectors.shape[1]).astype(np.float64)
        found = verify((first * second).sum(axis=1), same, pairs['fold'])
        print(f"{f'faces of {face} pixels' if face else 'as they are'}: accuracy "
              f'{found.accuracy:.1f} %, threshold {found.threshold:.2f}, EER {found.eer:.1f} %, '
              f'TAR at FAR {found.far:g} % {found.tar:.1f} %', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--model', type=Path, required=True, metavar='FILE.xml',
                           help='what encoder.export wrote')
    arguments.add_argument('--data', type=Path, required=True, metavar='FOLDER',
                           help='output of encoder.prepare')
    arguments.add_argument('--size', type=int, default=112, help='pixels of a crop')
    arguments.add_argument('--scale', type=float, default=1.15,
                           help='side of a crop in longer sides of the box')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: evaluate(given))


if __name__ == '__main__':
    sys.exit(main())
