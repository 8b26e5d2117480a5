# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Videos, cameras and folders of pictures as sources of frames; videos as sinks."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import glob
import math
import os
from pathlib import Path
import re
import time
from types import TracebackType
from typing import Any

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
import numpy as np

DEFAULT_RATE = 30.0
"""Frames a second of pictures, and of videos and cameras that do not tell a believable rate."""

PICTURES = ('.bmp', '.jpeg', '.jpg', '.png', '.ppm', '.tif', '.tiff', '.webp')
"""Names of files in a folder that are taken for frames end in these, in any case."""

VIDEOS = ('.mp4', '.m4v', '.mov', '.avi', '.mkv')
"""Endings of the names that `VideoSink` writes to."""

_SLOWEST, _FASTEST = 0.1, 1000.0  # frames a second that are believed
_LONGEST = 10 ** 8  # frames; more is no length but a fault of the file


class FrameSource:
    """
    A context manager to be iterated once: (stamp in seconds, BGR frame uint8 (H, W, 3)).

    name: what was opened. frame_rate: frames a second. size: (width, height) of the first frame.
    length: number of frames, as the file tells it, or None where there is no end to know.
    live: whether frames come when they happen (stamps of the monotonic clock) or as fast as they
    are asked for (stamps are index / frame_rate).
    """

    def __init__(self, name: str, frame_rate: float, size: tuple[int, int], length: int | None,
                 live: bool = False) -> None:
        """Note what is known; `open_source` makes the right kind."""
        self.name = name
        self.frame_rate = frame_rate
        self.size = size
        self.length = length
        self.live = live

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Yield stamp and frame until the end; SourceError for a frame that cannot be read."""
        for index, frame in enumerate(self._frames()):
            yield time.monotonic() if self.live else index / self.frame_rate, frame

    def __enter__(self) -> FrameSource:
        """Return the source itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Close the source."""
        self.close()

    def close(self) -> None:
        """Let go of the file or camera; a second time does nothing."""

    def _frames(self) -> Iterator[Image]:
        raise NotImplementedError


def open_source(spec: str | os.PathLike[str], frame_rate: float | None = None) -> FrameSource:
    """
    Open a video or GIF, a camera ('0', '/dev/video0'), a folder or glob of pictures, or a picture.

    Pictures come in natural order (9 before 10). frame_rate: frames a second, instead of the
    source's own. Raises SourceError when nothing can be read from it.
    """
    spec = os.fspath(spec)
    if frame_rate is not None and not _believable(frame_rate):
        raise SourceError(f'frame rate {frame_rate:g}: give {_SLOWEST:g} to {_FASTEST:g} '
                          'frames a second')
    camera = re.fullmatch(r'(?:/dev/video)?(\d{1,4})', spec)
    if camera and not os.path.isfile(spec) and not os.path.isdir(spec):
        return _Capture(spec, int(camera[1]), frame_rate)
    path = Path(spec).expanduser()
    if not spec:
        raise SourceError("source '': give a video file, a camera number, or a folder or glob "
                          'of pictures')
    if path.is_dir():
        return _Pictures(spec, natural_sort(p for p in path.iterdir()), frame_rate,
                         'the folder holds no pictures')
    if path.is_file():
        if path.suffix.lower() in PICTURES:
            return _Pictures(spec, [path], frame_rate, '')
        return _Capture(spec, str(path), frame_rate)
    if glob.has_magic(spec):
        return _Pictures(spec, natural_sort(map(Path, glob.glob(str(path), recursive=True))),
                         frame_rate, 'no picture matches')
    raise SourceError(f"source '{spec}': no such file or folder; give a video file, a camera "
                      'number, or a folder or glob of pictures')


def natural_sort(paths: Any) -> list[Path]:
    """Return paths in the order that people count in: 9.png before 10.png."""
    def key(path: Path) -> list[tuple[int, int, str]]:
        return [(0, int(part), '') if part.isdigit() else (1, 0, part)
                for part in re.split(r'([0-9]+)', str(path)) if part]
    return sorted(paths, key=key)


class _Pictures(FrameSource):
    """Files of pictures; they may differ in size."""

    def __init__(self, name: str, paths: Sequence[Path], frame_rate: float | None,
                 nothing: str) -> None:
        self._paths = [p for p in paths if p.suffix.lower() in PICTURES and p.is_file()]
        if not self._paths:
            raise SourceError(f"source '{name}': {nothing}; "
                              f"give files ending in {', '.join(PICTURES)}")
        height, width = _read_picture(self._paths[0]).shape[:2]
        super().__init__(name, frame_rate or DEFAULT_RATE, (width, height), len(self._paths))

    def _frames(self) -> Iterator[Image]:
        return map(_read_picture, self._paths)


class _Capture(FrameSource):
    """A video file or a camera, read by OpenCV."""

    def __init__(self, name: str, target: str | int, frame_rate: float | None) -> None:
        live = isinstance(target, int)
        with _quiet():
            self._capture = cv2.VideoCapture(target)
            if live and frame_rate:
                self._capture.set(cv2.CAP_PROP_FPS, frame_rate)
            self._first = self._read()
        if self._first is None:
            self.close()
            raise SourceError(
                f'camera {target}: cannot be opened; see which there are with: ls /dev/video*'
                if live else f"source '{name}': not a readable video; give a file that ffmpeg "
                'can play, such as .mp4, .avi, .mkv or .gif')
        told = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        known = not live and math.isfinite(count) and 1 <= count <= _LONGEST
        height, width = self._first.shape[:2]
        super().__init__(name, frame_rate or (told if _believable(told) else DEFAULT_RATE),
                         (width, height), int(count) if known else None, live)

    def close(self) -> None:
        self._capture.release()

    def _frames(self) -> Iterator[Image]:
        frame, self._first = self._first, None
        while frame is not None:
            yield frame
            frame = self._read()
        if self.live:
            raise SourceError(f'camera {self.name}: gives no more frames; is it still connected?')

    def _read(self) -> Image | None:
        try:
            good, frame = self._capture.read()
        except cv2.error:
            return None
        return np.asarray(frame, np.uint8) if good else None


class VideoSink:
    """
    Writes frames to a video file (MPEG-4); the first one sets the size, others are fitted in.

    Raises SourceError when the file cannot be written: at once, or when it is closed.
    """

    def __init__(self, path: str | os.PathLike[str], frame_rate: float) -> None:
        """Make sure that `path` can be written; frame_rate: frames a second."""
        self.path = Path(path)
        self.frames = 0
        self._rate = frame_rate
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        if self.path.suffix.lower() not in VIDEOS:
            raise SourceError(f"output '{path}': not a name of a video; "
                              f"end it with {', '.join(VIDEOS)}")
        check_writable(self.path)

    def write(self, frame: Image) -> None:
        """Append one BGR frame."""
        if self._writer is None:
            self._size = (frame.shape[1], frame.shape[0])
            with _quiet():
                self._writer = cv2.VideoWriter(
                    str(self.path), cv2.VideoWriter.fourcc(*'mp4v'), self._rate, self._size)
            if not self._writer.isOpened():
                raise SourceError(f"output '{self.path}': a video of {self._size[0]}x"
                                  f'{self._size[1]} at {self._rate:g} frames a second cannot be '
                                  'written; try another name, ending in .mp4 or .avi')
        self._writer.write(_fit(frame, self._size))
        self.frames += 1

    def close(self) -> None:
        """Finish the file; a second time does nothing."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        good = writer.isOpened()
        writer.release()
        with _quiet():
            check = cv2.VideoCapture(str(self.path))
            complete = check.isOpened()
            check.release()
        if good and not complete:
            raise SourceError(f"output '{self.path}': could not be completed; is the disk full?")

    def __enter__(self) -> VideoSink:
        """Return the sink itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Finish the file."""
        self.close()


def check_writable(path: Path) -> None:
    """Raise SourceError when the file cannot be written; leave what is there as it is."""
    new = not path.exists()
    try:
        with open(path, 'ab'):
            pass
        if new:
            path.unlink()
    except OSError as error:
        raise SourceError(f"output '{path}': cannot be written ({error.strerror}); "
                          'give a file in a folder that exists and is yours') from error


def _fit(frame: Image, size: tuple[int, int]) -> Image:
    """Return the frame, or where it has another size, all of it scaled into black borders."""
    width, height = size
    if frame.shape[:2] == (height, width):
        return frame
    scale = min(width / frame.shape[1], height / frame.shape[0])
    inner = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    fitted = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    fitted[top:top + inner[1], left:left + inner[0]] = cv2.resize(
        frame, inner, interpolation=cv2.INTER_AREA)
    return fitted


def _believable(rate: float) -> bool:
    return math.isfinite(rate) and _SLOWEST <= rate <= _FASTEST


def _read_picture(path: Path) -> Image:
    with _quiet():
        try:
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        except cv2.error:
            picture = None
    if picture is None:
        raise SourceError(f"picture '{path}': cannot be decoded; remove or replace the file")
    return np.asarray(picture, np.uint8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV and ffmpeg from writing about what is reported by SourceError."""
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    logging = getattr(getattr(cv2, 'utils', None), 'logging', None)  # not in every OpenCV 4
    if logging is None:
        yield
        return
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)
