# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The images of the documentation: the demo clip, tracked and animated, and all of it on one page.

    python -m face_tracker_ros.demo.image docs/demo.webp docs/overview.jpg
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
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
import PIL.Image

CAPTIONS = ((2.0, 'two people'), (4.8, 'they cross'), (5.7, 'one is hidden'),
            (7.5, 'apart again: same IDs'), (9.1, 'one has left'),
            (11.8, 'and is back: same ID'), (16.9, 'now in front'))
"""Second from which each caption stands, and the caption."""

PAGE_SECOND, OPENING = 8.0, 60.0
"""What the page shows an image of, and degrees that the camera is taken to see."""

MODELS = {'detector': 'face-detector'}
"""The demo shows the same everywhere, whatever else is installed."""

_SIZE = (640, 360)
_EVERY = 3  # frames of the clip to one of the animation
_QUALITY = 55


def animation() -> Iterator[Image]:
    """Yield the frames of the animation, BGR, `_EVERY` frames of the clip apart."""
    tracker, last = FaceTracker.from_config(MODELS), CAPTIONS[-1][0] + 2.0
    for index, frame in enumerate(demo_clip.frames()):
        if frame.stamp > last:
            return
        result = tracker.process(frame.image, frame.stamp)
        caption = [text for second, text in CAPTIONS if second <= frame.stamp]
        if caption and index % _EVERY == 0:
            yield _captioned(draw(frame.image, result), caption[-1])


def write_animation(path: Path) -> None:
    """Write the animation as WebP; SourceError when the file cannot be written."""
    images = [PIL.Image.fromarray(np.ascontiguousarray(frame[..., ::-1]))
              for frame in animation()]
    try:
        images[0].save(path, format='WEBP', save_all=True, append_images=images[1:],
                       duration=round(1000 * _EVERY / demo_clip.RATE), loop=0,
                       quality=_QUALITY, method=6)
    except OSError as error:
        raise SourceError(f"output '{path}': cannot be written ({error.strerror}); give a file "
                          'in a folder that exists and is yours') from error


def history() -> History:
    """Return the whole clip as it is tracked, for a camera that sees 60 degrees."""
    width, height = demo_clip.WIDTH, demo_clip.HEIGHT
    focal = width / 2 / float(np.tan(np.deg2rad(OPENING) / 2))
    camera = CameraModel(Calibration((width, height), (
        focal, 0, width / 2, 0, focal, height / 2, 0, 0, 1)), width, height)
    tracker, found = FaceTracker.from_config(MODELS), History(second=PAGE_SECOND)
    for index, frame in enumerate(demo_clip.frames()):
        result = tracker.process(frame.image, frame.stamp)
        boxes = np.array([track.box for track in result.tracks], np.float32).reshape(-1, 4)
        located = locate(boxes, camera)
        found.seen += [(frame.stamp, track.id) for track in result.tracks]
        found.positions += [(frame.stamp, result.tracks[row].id, float(x), float(z))
                            for row, (x, _, z) in zip(located.rows, located.points)]
        if index == round(PAGE_SECOND * demo_clip.RATE):
            found.image = draw(frame.image.copy(), result)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Write the animation, and the page, to the files named; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) not in (1, 2):
        print('usage: python -m face_tracker_ros.demo.image OUTPUT.webp [PAGE.jpg]',
              file=sys.stderr)
        return 2
    try:
        write_animation(Path(arguments[0]))
        if len(arguments) == 2:
            draw_overview(history(), Path(arguments[1]),
                          f'for a camera that sees {OPENING:g} degrees')
    except FaceTrackerError as error:
        print(f'image: {error}', file=sys.stderr)
        return 2
    return 0


def _captioned(frame: Image, caption: str) -> Image:
    image = np.asarray(cv2.resize(frame, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    font, size = cv2.FONT_HERSHEY_DUPLEX, 0.6
    (width, height), _ = cv2.getTextSize(caption, font, size, 1)
    bottom = _SIZE[1]
    cv2.rectangle(image, (0, bottom - height - 18), (width + 20, bottom), (30, 30, 30), -1)
    cv2.putText(image, caption, (10, bottom - 9), font, size, (255, 255, 255), 1, cv2.LINE_AA)
    return image


if __name__ == '__main__':
    sys.exit(main())
