# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The pictures in the README: moments of the demo clip, and all of it on one page.

    python -m face_tracker_ros.demo.picture docs/demo.jpg docs/overview.jpg
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import sys

import cv2
from face_tracker_ros import FaceTracker, FaceTrackerError, SourceError
from face_tracker_ros.annotate import draw
from face_tracker_ros.demo import clip as demo_clip
from face_tracker_ros.demo.overview import draw_overview, History
from face_tracker_ros.spatial import Calibration, CameraModel, locate
from face_tracker_ros.types import Image
import numpy as np

MOMENTS = ((3.4, 'two people'), (5.2, 'they cross'), (6.0, 'one is hidden'),
           (12.0, 'and has left'), (14.9, 'is back: same id'), (17.2, 'in front now'))
"""Second and caption of each part of the picture."""

PAGE_SECOND, OPENING = 8.0, 60.0
"""What the page shows a picture of, and degrees that the camera is taken to see."""

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


def history() -> History:
    """Return the whole clip as it is tracked, for a camera that sees 60 degrees."""
    width, height = demo_clip.WIDTH, demo_clip.HEIGHT
    focal = width / 2 / float(np.tan(np.deg2rad(OPENING) / 2))
    camera = CameraModel(Calibration((width, height), (
        focal, 0, width / 2, 0, focal, height / 2, 0, 0, 1)), width, height)
    tracker, found = FaceTracker.from_config(), History(second=PAGE_SECOND)
    for index, frame in enumerate(demo_clip.frames()):
        result = tracker.process(frame.image, frame.stamp)
        boxes = np.array([track.box for track in result.tracks], np.float32).reshape(-1, 4)
        located = locate(boxes, camera)
        found.seen += [(frame.stamp, track.id) for track in result.tracks]
        found.places += [(frame.stamp, result.tracks[row].id, float(x), float(z))
                         for row, (x, _, z) in zip(located.rows, located.points)]
        if index == round(PAGE_SECOND * demo_clip.RATE):
            found.picture = draw(frame.image.copy(), result)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Write the picture, and the page, to the files named; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) not in (1, 2):
        print(f'usage: python -m {__spec__.name} OUTPUT.jpg [PAGE.jpg]', file=sys.stderr)
        return 2
    try:
        if not cv2.imwrite(arguments[0], picture(), (cv2.IMWRITE_JPEG_QUALITY, 85)):
            raise SourceError(f"output '{arguments[0]}': cannot be written; give a file in a "
                              'folder that exists and is yours')
        if len(arguments) == 2:
            draw_overview(history(), Path(arguments[1]),
                          f'for a camera that sees {OPENING:g} degrees')
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
