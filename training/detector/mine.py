# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 2b, for a next version: windows of the tiles that a detector takes for faces, wrongly.

Backs of heads, hair, hands, round things. Each tile is looked at in its own size and enlarged.
A detection counts when it is apart from all labels, faces and regions to ignore, and when a
second detector, looking closely, sees no face there either. Writes a table (tile, x, y, side,
score: the row in tiles.npz, centre and side in pixels of the tile) and, with --sheet, an image of
the windows, best score first: look at it, and remove the rows that do hold a face.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
import sys

import cv2
from face_tracker_ros import Config
from face_tracker_ros.boxes import iou
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.common import end, load_arrays, parser
from training.detector.tile_file import FACELESS, read_tiles, SIDE, TRAIN

STEP = 'detector.mine'
_SCALES = (1, 2)
_APART = 0.1  # most IoU with a label
_CLOSE = 2.5  # sides of a window that the second detector sees
_SURE = 0.25  # score of the second detector from which there may be a face


def found(detector: FaceDetector, tile: Image, score: float) -> FloatArray:
    """Return what a detector finds in a tile (N, 5): box and score, in two sizes."""
    rows = []
    for scale in _SCALES:
        image = tile if scale == 1 else np.asarray(cv2.resize(tile, None, fx=scale, fy=scale),
                                                   np.uint8)
        detections = detector.detect(image, score, 0.4)
        rows.append(np.column_stack((detections.boxes / scale, detections.scores)))
    return np.concatenate(rows).astype(np.float32)


def apart(rows: FloatArray, labels: FloatArray) -> FloatArray:
    """Return the rows (N, 5) that lie apart from all labels (M, 4), the best of overlapping."""
    kept: list[FloatArray] = []
    for row in rows[np.argsort(-rows[:, 4])]:
        middle = (row[:2] + row[2:4]) / 2
        inside = ((middle >= labels[:, :2]) & (middle <= labels[:, 2:])).all(axis=1)
        centres = (labels[:, :2] + labels[:, 2:]) / 2
        around = ((centres >= row[:2]) & (centres <= row[2:4])).all(axis=1)
        near = iou(row[None, :4], labels) > _APART
        if not (inside | around | near[0]).any() and not any(
                iou(row[None, :4], other[None, :4])[0, 0] > 0.3 for other in kept):
            kept.append(row)
    return np.array(kept, np.float32).reshape(-1, 5)


def close_view(tile: Image, row: FloatArray) -> Image:
    """Return the surroundings of a window, enlarged to 192 pixels."""
    side = _CLOSE * max(8.0, float((row[2:4] - row[:2]).max()))
    middle = (row[:2] + row[2:4]) / 2
    scale = 192 / side
    matrix = np.array([[scale, 0, 96 - scale * middle[0]], [0, scale, 96 - scale * middle[1]]])
    return np.asarray(cv2.warpAffine(tile, matrix, (192, 192), borderMode=cv2.BORDER_REPLICATE),
                      np.uint8)


def windows(pack: Path, detectors: Sequence[FaceDetector], score: float, limit: int
            ) -> Iterator[tuple[int, FloatArray, Image]]:
    """Yield row of the tile, window (5,), and the close view, for each wrong detection."""
    first, second = detectors
    splits = load_arrays(pack / 'tiles.npz', ('split',), 'detector.pack')['split']
    for split in (FACELESS, TRAIN):
        tiles = read_tiles(pack, split, limit)
        for row, image, boxes, flags in zip(np.flatnonzero(splits == split), tiles['image'],
                                            tiles['box'], tiles['flag']):
            for window in apart(found(first, image, score), boxes[flags > 0]):
                view = close_view(image, window)
                if not len(second.detect(view, _SURE, 0.4)):
                    yield int(row), window, view


def mine(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    detectors = [FaceDetector.from_config(Config.load({
        'detector': name, 'detection.width': SIDE * max(_SCALES)}))
        for name in (given.detector, given.second)]
    rows, views = [], []
    for tile, window, view in windows(given.pack, detectors, given.score, given.limit):
        x, y = (window[:2] + window[2:4]) / 2
        side = float((window[2:4] - window[:2]).max())
        rows.append((tile, round(float(x)), round(float(y)), round(side),
                     round(float(window[4]), 2)))
        views.append(view)
    order = sorted(range(len(rows)), key=lambda number: -rows[number][4])
    given.output.write_text('tile,x,y,side,score\n' + ''.join(
        ','.join(map(str, rows[number])) + '\n' for number in order), encoding='utf-8')
    if given.sheet and rows:
        small = [np.asarray(cv2.resize(views[number], (72, 72))) for number in order]
        small += [np.zeros_like(small[0])] * (-len(small) % 24)
        cv2.imwrite(str(given.sheet), np.vstack([np.hstack(small[begin:begin + 24])
                                                 for begin in range(0, len(small), 24)]))
    print(f'{len(rows)} windows of {len({row[0] for row in rows})} tiles')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--pack', type=Path, required=True, metavar='FOLDER',
                           help='folder with tiles.bin and tiles.npz')
    arguments.add_argument('--output', type=Path, required=True, metavar='FILE.csv')
    arguments.add_argument('--sheet', type=Path, metavar='FILE.jpg', help='image of the windows')
    arguments.add_argument('--detector', default='face-detector', metavar='NAME')
    arguments.add_argument('--second', default='yunet', metavar='NAME')
    arguments.add_argument('--score', type=float, default=0.4)
    arguments.add_argument('--limit', type=int, default=0, help='tiles of a split, for a trial')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: mine(given))


if __name__ == '__main__':
    sys.exit(main())
