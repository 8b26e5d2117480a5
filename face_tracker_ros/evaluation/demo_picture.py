# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The picture in the README: moments of the demo clip as the tracker sees them.

    python -m face_tracker_ros.evaluation.demo_picture docs/demo.jpg
"""
from __future__ import annotations

from collections.abc import Sequence
import sys

import cv2
from face_tracker_ros import FaceTracker, FaceTrackerError, SourceError
from face_tracker_ros.annotate import draw
from face_tracker_ros.evaluation import demo_clip
from face_tracker_ros.types import Image
import numpy as np

MOMENTS = ((3.4, 'two people'), (5.2, 'they cross'), (6.0, 'one is hidden'),
           (12.0, 'and has left'), (14.9, 'is back: same id'), (17.2, 'in front now'))
"""Second and caption of each part of the picture."""

_COLUMNS, _WIDTH, _HEIGHT, _GAP = 3, 560, 315, 6


def picture() -> Image:
    """Return the moments side by side, BGR."""
    captions = {round(second * demo_clip.RATE): f'{second:.0f} s: {text}'
                for second, text in MOMENTS}
    tracker = FaceTracker.from_config()
    parts = []
    for index, frame in enumerate(demo_clip.frames()):
        result = tracker.process(frame.image, frame.stamp)
        if index in captions:
            parts.append(_part(draw(frame.image, result), captions[index]))
        if len(parts) == len(captions):
            break
    rows = [_joined(parts[first:first + _COLUMNS], 1) for first in range(0, len(parts), _COLUMNS)]
    return _joined(rows, 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the picture to the file named by the only argument; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1:
        print(f'usage: python -m {__spec__.name} OUTPUT.jpg', file=sys.stderr)
        return 2
    try:
        if not cv2.imwrite(arguments[0], picture(), (cv2.IMWRITE_JPEG_QUALITY, 85)):
            raise SourceError(f"output '{arguments[0]}': cannot be written; give a file in a "
                              'folder that exists and is yours')
    except FaceTrackerError as error:
        print(f'demo_picture: {error}', file=sys.stderr)
        return 2
    return 0


def _part(frame: Image, caption: str) -> Image:
    part = np.asarray(cv2.resize(frame, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    font, size = cv2.FONT_HERSHEY_DUPLEX, 0.6
    (width, height), _ = cv2.getTextSize(caption, font, size, 1)
    cv2.rectangle(part, (0, _HEIGHT - height - 18), (width + 20, _HEIGHT), (30, 30, 30), -1)
    cv2.putText(part, caption, (10, _HEIGHT - 9), font, size, (255, 255, 255), 1, cv2.LINE_AA)
    return part


def _joined(parts: Sequence[Image], axis: int) -> Image:
    shape = list(parts[0].shape)
    shape[axis] = _GAP
    pieces = [piece for part in parts for piece in (np.full(shape, 255, np.uint8), part)]
    return np.concatenate(pieces[1:], axis)


if __name__ == '__main__':
    sys.exit(main())
