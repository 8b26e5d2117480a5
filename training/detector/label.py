# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 1: two teachers look at every picture; their raw detections are kept.

YuNet at twice the picture's size and at its own, CenterFace at 1.28 times its size. Pictures are
taken as squares of 250 pixels: the middle of each, scaled. Nothing is decided here; detector.pack
does that. Writes labels.npz into the output folder: name (F,), relative to the pictures;
first, second: rows of box, score, five landmarks (N, 15); first_of, second_of: their files.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

import cv2
from face_tracker_ros import Config
from face_tracker_ros.boxes import nms
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.common import end, new_folder, parser, pictures, read_picture

STEP = 'detector.label'
SIDE = 250  # pixels of a tile
LOWEST = 0.25  # score from which a teacher's detection is kept


def tile(picture: Image) -> Image:
    """Return the middle of a picture as a square of 250 pixels."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top:top + side, left:left + side]
    if side == SIDE:
        return np.ascontiguousarray(square)
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA
                                 if side > SIDE else cv2.INTER_CUBIC), np.uint8)


class TeacherDetector:
    """A detector that looks at pictures in several sizes."""

    def __init__(self, name: str, scales: Sequence[float], lowest: float = LOWEST) -> None:
        """Load it; ModelError when it is not there or gives no landmarks."""
        if not load_spec(name, 'detector').landmarks:
            raise ModelError(f"model '{name}' gives no landmarks; give yunet or centerface")
        self._detector = FaceDetector.from_config(Config.load({'detector': name,
                                                               'detection.width': 3840}))
        self._scales, self._lowest = scales, lowest

    def __call__(self, picture: Image) -> FloatArray:
        """Return rows (N, 15): box, score and five landmarks, in pixels of the picture."""
        rows = []
        for scale in self._scales:
            scaled = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale,
                                           interpolation=cv2.INTER_LINEAR), np.uint8)
            found = self._detector.detect(scaled, self._lowest, 0.3)
            assert found.landmarks is not None
            rows.append(np.hstack((found.boxes / scale, found.scores[:, None],
                                   found.landmarks.reshape(-1, 10) / scale)))
        together = np.concatenate(rows).astype(np.float32)
        return together[nms(together[:, :4], together[:, 4], 0.4)]


def label(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    files = pictures(given.pictures)[:given.limit or None]
    output = new_folder(given.output)
    teachers = (TeacherDetector(given.first, (2.0, 1.0)),
                TeacherDetector(given.second, (1.28,)))
    names: list[str] = []
    rows: tuple[list[FloatArray], list[FloatArray]] = ([], [])
    for number, path in enumerate(files, 1):
        picture = read_picture(path)
        if picture is None:
            print(f"{STEP}: '{path}' cannot be read; left out", file=sys.stderr)
            continue
        names.append(path.relative_to(given.pictures).as_posix())
        for own, teacher in zip(rows, teachers):
            own.append(teacher(tile(picture)))
        if number % 500 == 0:
            print(f'{number} of {len(files)}', flush=True)
    first_of, second_of = (np.repeat(np.arange(len(names)), [len(part) for part in own])
                           for own in rows)
    empty = np.zeros((0, 15), np.float32)
    np.savez_compressed(output / 'labels.npz', name=np.array(names),
                        first=np.concatenate([empty, *rows[0]]), first_of=first_of,
                        second=np.concatenate([empty, *rows[1]]), second_of=second_of)
    print(f'{len(names)} pictures, {len(first_of)} and {len(second_of)} detections', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--pictures', type=Path, required=True, metavar='FOLDER')
    arguments.add_argument('--output', type=Path, required=True, metavar='FOLDER')
    arguments.add_argument('--first', default='yunet', metavar='NAME',
                           help='detector that gives the labels')
    arguments.add_argument('--second', default='centerface', metavar='NAME',
                           help='detector that has to agree')
    arguments.add_argument('--limit', type=int, default=0, help='pictures, for a trial')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: label(given))


if __name__ == '__main__':
    sys.exit(main())
