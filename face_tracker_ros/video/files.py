# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Video files: every frame that can be decoded, with the stream's own times."""
from __future__ import annotations

from collections.abc import Iterator
import math
from pathlib import Path
import time
from typing import Any

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
from face_tracker_ros.video import edit_list, opencv
from face_tracker_ros.video.source import Clock, DEFAULT_RATE, FrameSource, Log, plausible
import numpy as np

_LONGEST = 10 ** 8  # frames; more is no length but a fault of the file
_SAMPLE, _FEW = 3000, 100  # packets, or frames, that are looked at for the rate
_TRIES = 1000  # frames in a row that fail before a file of unknown length is taken to end
_TRIES_SECONDS = 10.0
_COMPLETE = 0.95  # share of the frames of an intact file, whose number may be an estimate


class VideoFile(FrameSource):
    """A video or animation that FFmpeg reads, from a file or a server."""

    def __init__(self, name: str, path: Path | None, capture: Any, frame_rate: float | None,
                 log: Log, packets: tuple[float, ...] = ()) -> None:
        """Take an open capture and what `packet_times` found; SourceError without a frame."""
        self._capture, self._log, self._given = capture, log, frame_rate
        reported = capture.get(cv2.CAP_PROP_FPS)
        length = reported_length(capture)
        if length is None and len(packets) not in (0, _FEW, _SAMPLE):
            length = len(packets)
        self._tries = max(_TRIES, min(length or 0, 100 * _TRIES))
        with opencv.quiet():
            self._first, self._failed = self._next()
        if self._first is None:
            self.close()
            raise SourceError(f"source '{name}': not a readable video; give a file that FFmpeg "
                              'can play, such as .mp4, .avi, .mkv, .webm or .gif')
        height, width = self._first[1].shape[:2]
        self._expected = (length or 0) * (edit_list.shown_part(path) if path else 1.0)
        super().__init__(name, frame_rate or usual_rate(packets, reported), (width, height),
                         length and max(1, round(self._expected)),
                         files=(path,) if path else ())

    def close(self) -> None:
        """Release the file."""
        self._capture.release()

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Yield stamp and frame; what cannot be decoded is counted, and reported at the end."""
        clock, count = Clock(self.frame_rate), 0
        found, self._first, failed = self._first, None, self._failed
        while found is not None:
            self.lost += failed
            raw, frame = found
            if self._given is None:
                yield clock.stamp(raw, failed), frame
            else:
                yield (count + self.lost) / self._given, frame
            count += 1
            with opencv.quiet():
                found, failed = self._next()
        missing = self.lost
        if count + self.lost < _COMPLETE * self._expected - 1:
            missing = round(self._expected) - count
        if missing:
            self._log(f"source '{self.name}': {missing} of {count + missing} frames could not be "
                      f'decoded, {count} were used; the file is damaged or incomplete')

    def _next(self) -> tuple[tuple[float, Image] | None, int]:
        """Return time and image of the next frame that can be decoded, and how many failed."""
        end = math.inf
        for failed in range(self._tries):
            frame = opencv.read(self._capture)
            if frame is not None:
                return (self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3, frame), failed
            if not failed:
                end = time.monotonic() + _TRIES_SECONDS
            elif time.monotonic() > end:
                break
        return None, 0


def open_file(name: str, path: Path, frame_rate: float | None, log: Log) -> VideoFile:
    """Open a file; SourceError when it holds no video."""
    try:
        with opencv.quiet(), opencv.ascii_path(path) as safe:
            packets = packet_times(safe)
            capture = opencv.open_capture(safe, opencv.file_backend())
    except OSError as error:
        raise SourceError(f"source '{name}': cannot be read ({error.strerror}); is the file "
                          'yours to read?') from error
    return VideoFile(name, path, capture, frame_rate, log, packets)


def reported_length(capture: Any) -> int | None:
    """Return the number of frames that the container names; None where it names none."""
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if math.isfinite(count) and 1 <= count <= _LONGEST else None


def packet_times(path: str) -> tuple[float, ...]:
    """Return the times in seconds of the first packets or frames, in order."""
    if opencv.file_backend() != cv2.CAP_FFMPEG:
        return ()
    times = _times(opencv.open_capture(path, cv2.CAP_FFMPEG, (cv2.CAP_PROP_FORMAT, -1)), _SAMPLE)
    if not any(times):  # older OpenCV (4.5) has the times of decoded frames only
        return _times(opencv.open_capture(path, cv2.CAP_FFMPEG), _FEW)
    return times


def _times(capture: Any, most: int) -> tuple[float, ...]:
    times: list[float] = []
    while len(times) < most and capture.grab():
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
    capture.release()
    return tuple(sorted(times))


def usual_rate(times: tuple[float, ...], reported: float) -> float:
    """
    Return the frames per second of a stream without its gaps.

    The reported rate holds where the times agree with it: they may be rounded to milliseconds,
    while it may be a mean over gaps or, in recordings of browsers, no more than a unit of time.
    """
    steps = np.diff(np.asarray(times))
    steps = steps[steps > 0]
    known = plausible(reported)
    if not len(steps):
        return reported if known else DEFAULT_RATE
    usual = np.median(steps)
    rate = 1 / float(np.mean(steps[(steps >= usual / 2) & (steps <= usual * 3 / 2)]))
    if known and abs(reported - rate) <= 0.01 * rate:
        return reported
    return rate if plausible(rate) else DEFAULT_RATE
