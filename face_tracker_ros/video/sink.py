# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Videos as sinks of frames."""
from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
from face_tracker_ros.video import opencv
from face_tracker_ros.video.opencv import printable
from face_tracker_ros.video.outputs import Aside, check_writable
import numpy as np

VIDEOS = ('.mp4', '.m4v', '.mov', '.avi', '.mkv')
"""Endings of the names that `VideoSink` writes to."""

_JITTER = 2  # frames by which one may be early or late
_LONGEST_GAP = 600.0  # seconds; longer gaps are cut to that
_UNITS = 65535  # most that MPEG-4 divides a second into


class VideoSink:
    """
    Writes frames to a video file (MPEG-4); the first one sets the size, others are fitted in.

    The file has a constant rate. Frames that come with stamps are written at their time: where
    more than two frames of the rate are missing the former one is repeated, and one that is more
    than two early is left out. The video is written under another name in the same folder and
    moved into its place by `close`, so that whatever ends the process leaves no half a file.

    Attributes:
        path: The file.
        frames: Frames in it so far.
    """

    def __init__(self, path: str | os.PathLike[str], frame_rate: float) -> None:
        """
        Make sure that `path` can be written.

        Args:
            path: A name that ends in one of `VIDEOS`.
            frame_rate: Frames per second, fitted to what MPEG-4 can count.

        Raises:
            SourceError: Here, in `write` or in `close`, when it cannot be written.
        """
        self.path = Path(os.fsdecode(path))
        self.frames = 0
        self._rate = fitted_rate(frame_rate)
        self._writer: Any = None
        self._aside: Aside | None = None
        self._size = (0, 0)
        self._begin: float | None = None
        self._former: Image | None = None
        if self.path.suffix.lower() not in VIDEOS:
            raise SourceError(f"output '{printable(self.path)}': not a name of a video; "
                              f"end it with {', '.join(VIDEOS)}")
        check_writable(self.path)

    def write(self, frame: Image, stamp: float | None = None) -> bool:
        """
        Append one frame.

        Args:
            frame: BGR uint8 (H, W, 3).
            stamp: Its time in seconds; None: the next one of a constant rate.

        Returns:
            Whether it is in the video: not when it came too early for the rate.
        """
        if self._writer is None:
            self._open(frame)
        frame = _fit(frame, self._size)
        if stamp is not None:
            if self._begin is None:
                self._begin = stamp - self.frames / self._rate
            early = self.frames - round((stamp - self._begin) * self._rate)
            if early > _JITTER:
                return False
            if -early > _JITTER:
                self._repeat(-early)
                self._begin = stamp - self.frames / self._rate
        self._writer.write(frame)
        self._former = frame
        self.frames += 1
        return True

    def close(self) -> None:
        """Finish the file; a second time does nothing."""
        writer, self._writer = self._writer, None
        aside, self._aside = self._aside, None
        if writer is None or aside is None:
            return
        good = writer.isOpened()
        writer.release()
        with opencv.quiet():
            check = opencv.open_capture(aside.name, opencv.file_backend())
            complete = check.isOpened()
            check.release()
        if good and complete:
            aside.finish()
            return
        aside.discard()
        raise SourceError(f"output '{printable(self.path)}': could not be completed; is the disk "
                          'full?')

    def __enter__(self) -> VideoSink:
        """Return the sink itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Finish the file."""
        self.close()

    def _open(self, frame: Image) -> None:
        self._size = (frame.shape[1], frame.shape[0])
        self._aside = Aside(self.path)
        with opencv.quiet():
            self._writer = cv2.VideoWriter(
                self._aside.name, cv2.VideoWriter.fourcc(*'mp4v'), self._rate, self._size)
        if not self._writer.isOpened():
            self._writer = None
            self._aside.discard()
            raise SourceError(
                f"output '{printable(self.path)}': this OpenCV cannot write a video of "
                f'{self._size[0]}x{self._size[1]} at {self._rate:g} frames per second; see that '
                'it has FFmpeg, and that neither side has more than 8191 pixels')

    def _repeat(self, count: int) -> None:
        """Write the former frame again until the next one is due."""
        for _ in range(min(count, round(_LONGEST_GAP * self._rate))):
            self._writer.write(self._former)
            self.frames += 1


def fitted_rate(rate: float) -> float:
    """Return the nearest rate with as many decimals as MPEG-4's units of time allow."""
    for decimals in (3, 2, 1):  # as OpenCV makes a fraction of a rate
        if round(rate * 10 ** decimals) <= _UNITS:
            return max(round(rate, decimals), 0.1)
    return float(round(rate))


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
