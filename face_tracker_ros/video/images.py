# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Image files: one, or those of a folder, a glob or a numbered pattern, animated ones included."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
import os
from pathlib import Path
import re
from typing import Any

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
from face_tracker_ros.video import opencv
from face_tracker_ros.video.opencv import printable
from face_tracker_ros.video.source import DEFAULT_RATE, FrameSource, Log
import numpy as np

IMAGES = ('.apng', '.avif', '.bmp', '.dib', '.jp2', '.jpe', '.jpeg', '.jpg', '.pbm', '.pgm',
          '.png', '.pnm', '.ppm', '.tif', '.tiff', '.webp')
"""Endings of the names of image files, in any case."""

_SEVERAL = ('.apng', '.avif', '.png', '.tif', '.tiff', '.webp')  # may hold more than one frame
_UNTIMED = ('.tif', '.tiff')
_AT_ONCE = 32  # frames of an animation that are decoded together
_HEIC = re.compile(rb'....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)', re.DOTALL)

Frames = Iterator[tuple['float | None', Image]]


class ImageFiles(FrameSource):
    """Image files in natural order; they may differ in size."""

    def __init__(self, name: str, paths: Sequence[Path], frame_rate: float | None, nothing: str,
                 log: Log) -> None:
        """
        Take the image files among `paths` and report how many others there are.

        Raises:
            SourceError: There are none, which `nothing` reports, or none that can be decoded.
        """
        images = [path for path in paths if is_image(path)]
        if not images:
            raise SourceError(f"source '{name}': {nothing}; "
                              f"give files ending in {', '.join(IMAGES)}")
        others = [path for path in paths if not is_image(path)]
        if others:
            log(f"source '{name}': {len(others)} of {len(paths)} entries passed over, as they "
                f'are no images: {_kinds(others)}')
        self._log, self._given = log, frame_rate
        self._paths = images
        self._first = self._open_first()
        height, width = self._first[1].shape[:2]
        super().__init__(name, frame_rate or DEFAULT_RATE, (width, height),
                         len(images) if len(images) > 1 else frame_count(images[0]),
                         files=tuple(images))
        if len(images) == 1 and self.length and self.length > 1:
            self.frame_rate = frame_rate or (1 / self._first[0] if self._first[0] else
                                             DEFAULT_RATE)

    def _open_first(self) -> tuple[float | None, Image]:
        for number, path in enumerate(self._paths):
            try:
                found = next(read_frames(path, lambda line: None))  # logged when it is read
            except SourceError:
                if number == len(self._paths) - 1:
                    raise
            else:
                return found
        raise AssertionError('paths are never empty')

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Yield stamp and frame; files that cannot be decoded are counted and reported."""
        stamp, bad, first_error = 0.0, 0, ''
        count = 0
        for path in self._paths:
            try:
                for duration, frame in read_frames(path, self._log):
                    yield (count / self._given if self._given else stamp), frame
                    count += 1
                    stamp += duration or 1 / self.frame_rate
            except SourceError as error:
                bad += 1
                first_error = first_error or str(error)
                self.lost += 1
                count += 1
                stamp += 1 / self.frame_rate
        if bad:
            self._log(f"source '{self.name}': {bad} of {len(self._paths)} images could not be "
                      f'decoded and were passed over; the first: {first_error}')


def is_image(path: Path) -> bool:
    """Return whether the name of a file is that of an image, and no by-product of a Mac."""
    return (path.suffix.lower() in IMAGES and not path.name.startswith('._')
            and os.path.isfile(path))


def is_heic(path: Path) -> bool:
    """Return whether a file holds a photo as Apple's telephones take it, of HEVC tiles."""
    try:
        with open(path, 'rb') as file:
            return _HEIC.match(file.read(12)) is not None
    except OSError:
        return False


def natural_sort(paths: Iterable[str | Path]) -> list[Path]:
    """Return paths in the order that people count in: 9.png before 10.png."""
    def key(path: Path) -> list[tuple[int, int, str]]:
        return [(0, int(part[-4000:]), '') if part.isdigit() else (1, 0, part)
                for part in re.split(r'([0-9]+)', str(path)) if part]
    return sorted(map(Path, paths), key=key)


def frame_count(path: Path) -> int | None:
    """Return the number of frames of one image file; None where OpenCV does not know it."""
    if path.suffix.lower() not in _SEVERAL:
        return 1
    if not hasattr(cv2, 'imcount'):
        return None
    try:
        with opencv.quiet(), opencv.ascii_path(path) as safe:
            return max(1, int(cv2.imcount(safe)))
    except (OSError, cv2.error):
        return None


def read_frames(path: Path, log: Log) -> Frames:
    """
    Yield duration in seconds (None: unknown) and image of every frame of an image file.

    Raises:
        SourceError: The file cannot be decoded, or not to its end.
    """
    count = frame_count(path) or 1
    timed = path.suffix.lower() not in _UNTIMED
    if timed and not hasattr(cv2, 'imreadanimation'):
        if _animated(path):
            log(f"image '{printable(path)}': is an animation, of which OpenCV {cv2.__version__} "
                'reads the first frame only; OpenCV 4.11 reads all')
        count = 1
    if count == 1:
        yield None, _decode(path)
        return
    for begin in range(0, count, _AT_ONCE):
        frames = (_animation if timed else _pages)(path, begin, min(_AT_ONCE, count - begin))
        if not frames:
            raise SourceError(f"image '{printable(path)}': frames from {begin + 1} of {count} on "
                              'cannot be decoded; remove or replace the file')
        yield from frames


def _decode(path: Path) -> Image:
    """Return the image of a file; its name may be any, as only its bytes go to OpenCV."""
    image: Any = None
    try:
        with opencv.quiet():
            content = np.fromfile(path, np.uint8)
            if len(content):
                image = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except OSError as error:
        raise SourceError(f"image '{printable(path)}': cannot be read ({error.strerror})"
                          ) from error
    except cv2.error:
        pass
    if image is None:
        kind = ('; this OpenCV may be built without AVIF' if path.suffix.lower() == '.avif'
                else '')
        raise SourceError(f"image '{printable(path)}': cannot be decoded{kind}; remove or replace "
                          'the file')
    return opencv.to_bgr(image)


def _animation(path: Path, begin: int, count: int) -> list[tuple[float | None, Image]]:
    try:
        with opencv.quiet(), opencv.ascii_path(path) as safe:
            good, found = cv2.imreadanimation(safe, begin, count)
    except (OSError, cv2.error):
        return []
    if not good:
        return []
    return [(int(duration) / 1e3 if duration > 0 else None, opencv.to_bgr(frame))
            for duration, frame in zip(found.durations, found.frames)]


def _pages(path: Path, begin: int, count: int) -> list[tuple[float | None, Image]]:
    try:
        with opencv.quiet(), opencv.ascii_path(path) as safe:
            good, found = cv2.imreadmulti(safe, begin, count, flags=cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return []
    return [(None, opencv.to_bgr(frame)) for frame in found] if good else []


def _animated(path: Path) -> bool:
    """Return whether the first bytes are those of an animated PNG, WebP or AVIF."""
    try:
        with open(path, 'rb') as file:
            head = file.read(4096)
    except OSError:
        return False
    return (b'acTL' in head or b'ftypavis' in head[:32]
            or head[8:16] == b'WEBPVP8X' and bool(head[20:21] > b'' and head[20] & 2))


def _kinds(paths: Sequence[Path]) -> str:
    """Return how many there are of which kind: '2 .txt, 1 folder, 1 ._* of a Mac'."""
    def kind(path: Path) -> str:
        if path.name.startswith('._'):
            return '._* (of macOS)'
        if os.path.isdir(path):
            return 'folder'
        return printable(path.suffix.lower()) or printable(path.name)
    counts = Counter(map(kind, paths)).most_common()
    shown = ', '.join(f'{count} {name}' for name, count in counts[:6])
    return shown if len(counts) <= 6 else f'{shown} and others'
