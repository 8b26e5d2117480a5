# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 2: labels are decided; pictures, labels and faceless textures are packed.

A detection of the first teacher is a face when the second agrees (IoU above 0.35, scores from 0.6
and 0.3), or from a score of 0.88 on its own; every other detection of either becomes a region to
ignore. Textures are cut out of the pictures in --textures where neither teacher sees anything.
Writes tiles.bin (WebP files, one after another) and tiles.npz into the output folder: offset
(T + 1,), box (T, 5, 4), landmarks (T, 5, 5, 2), flag (T, 5): 1 face, 2 ignore, 0 nothing; split
(T,): 0 picture to train on, 1 held out (by folder, that is by person), 2 texture.
"""
from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
import random
import sys

import cv2
from face_tracker_ros.boxes import iou
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.common import end, load_arrays, new_folder, parser, pictures, read_picture
from training.detector.label import SIDE, TeacherDetector, tile

STEP = 'detector.pack'
FACES = 5  # most labels of a tile
FACE, IGNORE = 1, 2
TRAIN, HELD, TEXTURE = 0, 1, 2


def decide(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return rows (N, 15) of box, flag, landmarks from two teachers' rows: faces first."""
    overlap = iou(first[:, :4], second[:, :4])
    rows = []
    for row, seen in zip(first, overlap):
        agreed = bool(((seen > 0.35) & (second[:, 4] >= 0.3)).any())
        sure = (row[4] >= 0.6 and agreed) or row[4] >= 0.88
        rows.append(np.hstack((row[:4], FACE if sure else IGNORE, row[5:])))
    for row, seen in zip(second, overlap.T):
        if row[4] >= 0.3 and not (seen > 0.35).any():
            rows.append(np.hstack((row[:4], IGNORE, np.zeros(10))))
    rows.sort(key=lambda row: (row[4], row[0] - row[2]))
    return np.array(rows, np.float32).reshape(-1, 15)


def is_held(folder: str) -> bool:
    """Return whether a folder's pictures are kept for evaluation: one in 40, always the same."""
    return sum(map(ord, folder)) % 40 == 0


class Pack:
    """Tiles and their labels."""

    def __init__(self, quality: int) -> None:
        """Begin empty."""
        self._quality, self.bytes = quality, 0
        self._tiles: list[bytes] = []
        self._rows: list[FloatArray] = []
        self._splits: list[int] = []

    def add(self, picture: Image, rows: FloatArray, split: int) -> None:
        """Take a tile with at most FACES rows of box, flag, landmarks."""
        _, coded = cv2.imencode('.webp', picture, [cv2.IMWRITE_WEBP_QUALITY, self._quality])
        padded = np.zeros((FACES, 15), np.float32)
        padded[:len(rows)] = rows
        padded[:, :4] = padded[:, :4].clip(0, SIDE)
        self._tiles.append(coded.tobytes())
        self._rows.append(padded)
        self._splits.append(split)
        self.bytes += len(self._tiles[-1])

    def save(self, folder: Path) -> None:
        """Write tiles.bin and tiles.npz."""
        (folder / 'tiles.bin').write_bytes(b''.join(self._tiles))
        rows = np.array(self._rows, np.float32).reshape(-1, FACES, 15)
        np.savez_compressed(
            folder / 'tiles.npz', offset=np.cumsum([0, *map(len, self._tiles)]),
            box=rows[..., :4], flag=rows[..., 4].astype(np.uint8),
            landmarks=rows[..., 5:].reshape(-1, FACES, 5, 2),
            split=np.array(self._splits, np.uint8))


def textures(folder: Path, count: int, teachers: Sequence[TeacherDetector]) -> Iterator[Image]:
    """Yield up to so many cuts of pictures in which no teacher sees a face."""
    draw = random.Random(7)
    sources = [picture for path in pictures(folder) if (picture := read_picture(path)) is not None]
    found = 0
    for attempt in range(3 * count if sources else 0):
        picture = sources[attempt % len(sources)]
        height, width = picture.shape[:2]
        side = int(min(height, width) * draw.uniform(0.25, 1))
        if side < 60 or found == count:
            continue
        left, top = draw.randint(0, width - side), draw.randint(0, height - side)
        cut = tile(picture[top:top + side, left:left + side])
        if all(len(teacher(cut)) == 0 for teacher in teachers):
            found += 1
            yield cut


def pack(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    labels = load_arrays(given.labels, ('name', 'first', 'first_of', 'second', 'second_of'),
                         'detector.label')
    output, tiles, count = new_folder(given.output), Pack(given.quality), Counter[str]()
    if given.textures:
        teachers = (TeacherDetector(given.first, (1.0,), 0.15),
                    TeacherDetector(given.second, (1.024,), 0.2))
        for cut in textures(given.textures, given.count, teachers):
            tiles.add(cut, np.zeros((0, 15), np.float32), TEXTURE)
            count['textures'] += 1
    order = np.random.default_rng(7).permutation(len(labels['name']))
    seen = Counter[str]()
    for number in order:
        name = str(labels['name'][number])
        folder = Path(name).parent.as_posix()
        if seen[folder] >= given.per_folder or tiles.bytes > given.mebibytes * 2 ** 20:
            continue
        rows = decide(labels['first'][labels['first_of'] == number],
                      labels['second'][labels['second_of'] == number])
        if len(rows) > FACES or not (rows[:, 4] == FACE).any():
            count['left out: too many' if len(rows) > FACES else 'left out: no sure face'] += 1
            continue
        picture = read_picture(given.pictures / name)
        if picture is None:
            raise SourceError(f"picture '{given.pictures / name}' cannot be read; give the folder "
                              'that was labelled as --pictures')
        seen[folder] += 1
        tiles.add(tile(picture), rows, HELD if is_held(folder) else TRAIN)
        count['held out' if is_held(folder) else 'to train on'] += 1
        count['faces'] += int((rows[:, 4] == FACE).sum())
    if not count['to train on']:
        raise SourceError(f"labels '{given.labels}' hold no sure face to train on; label more "
                          'pictures')
    tiles.save(output)
    print(f'{dict(count)}, {tiles.bytes / 2 ** 20:.1f} MiB', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--pictures', type=Path, required=True, metavar='FOLDER',
                           help='the folder that was labelled')
    arguments.add_argument('--labels', type=Path, required=True, metavar='FILE',
                           help='labels.npz of detector.label')
    arguments.add_argument('--output', type=Path, required=True, metavar='FOLDER')
    arguments.add_argument('--textures', type=Path, metavar='FOLDER',
                           help='pictures without faces')
    arguments.add_argument('--count', type=int, default=600, help='cuts to take of these')
    arguments.add_argument('--first', default='yunet', metavar='NAME', help='first teacher')
    arguments.add_argument('--second', default='centerface', metavar='NAME',
                           help='second teacher')
    arguments.add_argument('--per-folder', type=int, default=4, help='most pictures of a folder')
    arguments.add_argument('--mebibytes', type=float, default=58, help='most to pack')
    arguments.add_argument('--quality', type=int, default=75, help='of the WebP files')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: pack(given))


if __name__ == '__main__':
    sys.exit(main())
