# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""OpenCV's reading of files: without noise on standard error, and of files of any name."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import os
import threading
from typing import Any

import cv2
from face_tracker_ros.types import Image
import numpy as np

_lock = threading.Lock()
_quiet_users = 0
_former_level = 0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV and FFmpeg from writing about what is reported as SourceError."""
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    logging = getattr(getattr(cv2, 'utils', None), 'logging', None)  # not in every OpenCV 4
    if logging is None:
        yield
        return
    global _quiet_users, _former_level
    with _lock:  # the level is the process's, and sources may be read in several threads
        if not _quiet_users:
            _former_level = logging.getLogLevel()
            logging.setLogLevel(logging.LOG_LEVEL_SILENT)
        _quiet_users += 1
    try:
        yield
    finally:
        with _lock:
            _quiet_users -= 1
            if not _quiet_users:
                logging.setLogLevel(_former_level)


@contextmanager
def ascii_path(path: str | os.PathLike[str]) -> Iterator[str]:
    """
    Give a name by which OpenCV can open an existing file or folder.

    OpenCV takes names for UTF-8 and crashes on others; Linux gives every open file an ASCII name.
    """
    text = os.fspath(path)
    if text.isascii():
        yield text
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield f'/proc/self/fd/{descriptor}'
    finally:
        os.close(descriptor)


def printable(path: str | os.PathLike[str]) -> str:
    """Return a file's name for messages, with escapes for control characters and no UTF-8."""
    text = os.fsencode(path).decode('utf-8', 'backslashreplace')
    return ''.join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def open_capture(target: str | int, backend: int, parameters: Sequence[int] = ()) -> Any:
    """Return an OpenCV capture, which may have failed to open."""
    if not parameters:
        return cv2.VideoCapture(target, backend)
    try:
        return cv2.VideoCapture(target, backend, list(parameters))
    except (cv2.error, TypeError):  # before OpenCV 4.5.2
        return cv2.VideoCapture(target, backend)


def has_backend(backend: int) -> bool:
    """Return whether this OpenCV can read videos by a backend: built in, or a plugin at hand."""
    registry: Any = getattr(cv2, 'videoio_registry', None)
    if hasattr(registry, 'hasBackend'):
        return bool(registry.hasBackend(backend))
    return registry is None or backend in registry.getBackends()


def file_backend() -> int:
    """Return the backend that reads video files and addresses."""
    return cv2.CAP_FFMPEG if has_backend(cv2.CAP_FFMPEG) else cv2.CAP_ANY


def read(capture: Any) -> Image | None:
    """Return the next frame, BGR uint8 (H, W, 3); None when there is none to be had."""
    try:
        good, frame = capture.read()
    except cv2.error:
        return None
    if not good or frame is None or frame.size == 0:
        return None
    return to_bgr(frame)


def to_bgr(frame: Any) -> Image:
    """Return what OpenCV decoded as BGR uint8 (H, W, 3)."""
    if frame.dtype == np.uint16:
        frame = frame >> 8
    if frame.ndim == 2 or frame.shape[2] == 1:
        frame = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(frame[:, :, :3], np.uint8)
