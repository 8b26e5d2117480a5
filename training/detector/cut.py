# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 1: two teachers label images, portraits and scenes alike, which are cut into tiles.

Each folder of IMAGES is a source. Portraits give a tile around the face, scenes several of many
sizes; windows in which neither teacher sees a face give faceless tiles. Which images are held out
for evaluation follows from their names: one in 40 of the folders below a source, or of the images
where a source has no folders. Writes tiles.bin and tiles.npz (training/detector/tile_file.py).
"""
from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
import random
import sys
import zlib

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
import numpy as np
from training.common import end, image_files, new_folder, parser, path_argument, read_image
from training.detector import windows
from training.detector.teachers import decide, Teacher
from training.detector.tile_file import FACE, FACELESS, HELD, LABELS, TileWriter, TRAIN

STEP = 'detector.cut'
_LARGEST = 1600  # pixels of a longer side; larger images are scaled down
_SMALLEST, _LEAST_AREA, _MOST_ASPECT = 80, 9000, 4
_NOT_FACELESS = 3  # faceless windows tried in an image without faces; one in others


def is_held(path: Path) -> bool:
    """Return whether an image (path from its source on) is held out: by folder, else by name."""
    name = path.parent.as_posix() if len(path.parts) > 1 else path.name
    return zlib.crc32(name.encode()) % 40 == 0


def usable(image: Image | None) -> Image | None:
    """Return an image of at most 1600 pixels, None for what is too small or too long."""
    if image is None:
        return None
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST or height * width < _LEAST_AREA \
            or max(height, width) > _MOST_ASPECT * min(height, width):
        return None
    scale = _LARGEST / max(height, width)
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
                      np.uint8)


class Cutter:
    """Labels images and collects their tiles."""

    def __init__(self, first: Teacher, second: Teacher) -> None:
        """Take the teachers."""
        self._teachers, self.tiles, self.count = (first, second), TileWriter(), Counter[str]()

    def add(self, image: Image, source: str, held: bool, draw: random.Random) -> None:
        """Cut one image."""
        rows = decide(*(teacher(image) for teacher in self._teachers))
        faces = rows[rows[:, 4] == FACE]
        size = (image.shape[0], image.shape[1])
        self.count['images'] += 1
        for window in windows.with_faces(size, faces[:, :4], draw) if len(faces) else ():
            labels = windows.moved(rows, window)
            if len(labels) <= LABELS and (labels[:, 4] == FACE).any():
                self.tiles.add(windows.tile(image, window), labels, HELD if held else TRAIN,
                               source)
                self.count['held out' if held else 'tiles'] += 1
                self.count['faces'] += int((labels[:, 4] == FACE).sum())
        none = rows[:0]
        for window in windows.without_faces(size, rows, 1 if len(faces) else _NOT_FACELESS,
                                            draw):
            self.tiles.add(windows.tile(image, window), none, FACELESS, source)
            self.count['faceless'] += 1


def cut(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    sources = sorted(entry for entry in given.images.iterdir() if entry.is_dir()) \
        if given.images.is_dir() else []
    if not sources:
        raise SourceError(f"folder '{given.images}' holds no folders; give one with a folder of "
                          'images a source')
    cutter = Cutter(Teacher(given.first, (320, 640), 1280, .4),
                    Teacher(given.second, (640,), 1280, .3))
    output = new_folder(given.output)
    for source in sources:
        draw = random.Random(zlib.crc32(source.name.encode()))
        files = image_files(source)
        draw.shuffle(files)
        for path in files[:given.limit]:
            image = usable(read_image(path))
            if image is None:
                cutter.count['left out'] += 1
            else:
                cutter.add(image, source.name, is_held(path.relative_to(source)), draw)
        print(f'{source.name}: so far {dict(cutter.count)}', flush=True)
    if not cutter.count['tiles']:
        raise SourceError(f"folder '{given.images}' holds no sure face to train on; give more "
                          'images')
    cutter.tiles.save(output)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    path_argument(arguments, '--images', 'folder with a folder of images a source')
    path_argument(arguments, '--output', 'folder for the tiles')
    arguments.add_argument('--first', default='yunet', metavar='NAME',
                           help='detector that gives the labels')
    arguments.add_argument('--second', default='centerface', metavar='NAME',
                           help='detector that has to agree')
    arguments.add_argument('--limit', type=int, default=4500, help='most images of a source')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: cut(given))


if __name__ == '__main__':
    sys.exit(main())
