# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 5: an exported detector on the tiles of a pack that were held out. Needs no torch.

Recall and precision at IoU above 0.4 against the teachers' agreed labels; what they left open
(regions to ignore) is neither right nor wrong. Each tile is seen whole and at smaller sizes.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from benchmark.detection_scores import judge, summarise
import cv2
from face_tracker_ros.boxes import nms
from face_tracker_ros.errors import SourceError
import numpy as np
from training.check import check_detector, Compiled
from training.common import end, parser
from training.detector.tile_file import FACE, HELD, read_tiles, SIDE

STEP = 'detector.evaluate'
_CANVAS = 256


def evaluate(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    tiles = read_tiles(given.pack, HELD)
    if not len(tiles['image']):
        raise SourceError(f"pack '{given.pack}' holds none out; cut more images")
    network = Compiled(given.model)
    for side in (SIDE, 120, 60):
        judged = []
        for image, boxes, flag in zip(tiles['image'], tiles['box'], tiles['flag']):
            canvas = np.zeros((_CANVAS, _CANVAS, 3), np.uint8)
            canvas[:side, :side] = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
            rows = check_detector(network, canvas)
            rows = rows[rows[:, 4] >= 0.05]
            rows = rows[nms(rows[:, :4], rows[:, 4], 0.4)]
            reference = boxes[flag > 0] * np.float32(side / SIDE)
            judged.append(judge(reference, flag[flag > 0] == FACE, rows[:, :4], rows[:, 4], 0.4))
        found = summarise(judged, given.score)
        print(f'tiles of {side} pixels: recall {100 * found.recall:.1f} %, precision '
              f'{100 * found.precision:.1f} %, AP {100 * found.average_precision:.1f} % '
              f'({found.found + found.missed} faces)', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--model', type=Path, required=True, metavar='FILE.xml',
                           help='what detector.export wrote')
    arguments.add_argument('--pack', type=Path, required=True, metavar='FOLDER',
                           help='output of detector.pack')
    arguments.add_argument('--score', type=float, default=0.5)
    given = arguments.parse_args(argv)
    return end(STEP, lambda: evaluate(given))


if __name__ == '__main__':
    sys.exit(main())
