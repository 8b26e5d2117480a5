# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 6: compose images for calibration from tiles, for `models quantize`. Needs no torch.

Each image of 640x360 pixels is a grid of tiles of one size, from many small faces to a single near
one, with some faceless tiles among them and a little blur, noise and change of light, as a camera
sees people at all distances. The tiles are drawn at random from a fixed seed.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import sys

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.common import end, new_folder, parser, path_argument
from training.detector.tile_file import FACELESS, read_tiles, SIDE, TRAIN

STEP = 'detector.calibration'
WIDTH, HEIGHT = 640, 360
_SIDES = (60, 90, 120, 180, 360, 500)  # pixels of a tile in the image
_FACELESS = 0.2  # share of tiles without a face


def compose(faces: Image, faceless: Image, count: int, seed: int = 5) -> Iterator[Image]:
    """Yield images (360, 640, 3) from tiles (T, 250, 250, 3), all sizes in turn."""
    random = np.random.default_rng(seed)
    for number in range(count):
        side = _SIDES[number % len(_SIDES)]
        canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        start = -random.integers(0, side // 2, 2)
        for top in range(int(start[1]), HEIGHT, side):
            for left in range(int(start[0]), WIDTH, side):
                pool = faceless if len(faceless) and random.random() < _FACELESS else faces
                tile = pool[random.integers(len(pool))]
                _paste(canvas, cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA
                                          if side < SIDE else cv2.INTER_CUBIC), left, top)
        yield _as_seen(canvas, random)


def _paste(canvas: Image, tile: Image, left: int, top: int) -> None:
    x, y = max(left, 0), max(top, 0)
    part = tile[y - top:HEIGHT - top, x - left:WIDTH - left]
    canvas[y:y + part.shape[0], x:x + part.shape[1]] = part


def _as_seen(canvas: Image, random: np.random.Generator) -> Image:
    """Return the canvas under some light, blurred and with noise."""
    seen: FloatArray = cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.2, 1.5)).astype(
        np.float32)
    seen = seen * np.float32(random.uniform(0.5, 1.1))
    seen += random.normal(0, random.uniform(0, 6), canvas.shape).astype(np.float32)
    return seen.clip(0, 255).astype(np.uint8)


def write(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    faces, faceless = (read_tiles(given.pack, split)['image'] for split in (TRAIN, FACELESS))
    if not len(faces):
        raise SourceError(f"pack '{given.pack}' has no tiles with faces; pack more images")
    output = new_folder(given.output)
    for number, image in enumerate(compose(faces, faceless, given.count)):
        path = output / f'{number:04}.png'
        if not cv2.imwrite(str(path), image):
            raise SourceError(f"image '{path}' cannot be written; give another --output")
    print(f'{given.count} images', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    path_argument(arguments, '--pack', 'folder with tiles.bin and tiles.npz')
    path_argument(arguments, '--output', 'folder for the images')
    arguments.add_argument('--count', type=int, default=300, help='images to compose')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: write(given))


if __name__ == '__main__':
    sys.exit(main())
