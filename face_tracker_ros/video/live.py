# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Live sources: cameras, network addresses and pipelines; the newest frame wins."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import threading
import time
from typing import Any

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
from face_tracker_ros.video import opencv
from face_tracker_ros.video.address import masked, unreachable, why_not
from face_tracker_ros.video.files import packet_times, reported_length, VideoFile
from face_tracker_ros.video.source import DEFAULT_RATE, FrameSource, Log, plausible

OPEN_SECONDS, READ_SECONDS = 10.0, 5.0
"""After which an address that does not answer, or sends nothing more, counts as lost."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0  # seconds between tries to connect; doubled each time
_REPEAT_SECONDS = 60.0  # between lines of log on an address that stays away
_CHECK_SECONDS = 0.2  # between looks at whether the source was closed
_WAIT_SECONDS = READ_SECONDS + 2  # until the reading thread has ended


class LiveSource(FrameSource):
    """Frames stamped by the monotonic clock as they arrive; those that come too fast are lost."""

    def __init__(self, name: str, capture: Any, frame_rate: float | None, failure: str, log: Log,
                 again: Callable[[], Any] | None = None) -> None:
        """
        Begin to read in a thread.

        Args:
            name: What is read, without passwords.
            capture: The open capture, which belongs to the source from now on.
            frame_rate: Frames per second, instead of those that the capture reports.
            failure: What SourceError reports when no frame comes.
            log: Takes a line when a connection is lost and when it is back.
            again: Returns another capture when frames end, or None for not yet; without it the
                source ends with them.
        """
        with opencv.quiet():
            first = opencv.read(capture)
        if first is None:
            capture.release()
            raise SourceError(failure)
        reported = capture.get(cv2.CAP_PROP_FPS)
        rate = frame_rate or (reported if plausible(reported) and reported <= 240
                              else DEFAULT_RATE)
        super().__init__(name, rate, (first.shape[1], first.shape[0]), None, live=True)
        self._again, self._log = again, log
        self._change = threading.Condition()
        self._newest: tuple[float, Image] | None = (time.monotonic(), first)
        self._ended = False
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(capture,), name='live source',
                                        daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading; waits for a read that is under way."""
        self._leave.set()
        self._thread.join(_WAIT_SECONDS)

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Yield arrival time and the newest frame; SourceError when there are no more."""
        while not self._leave.is_set():
            with self._change:
                while self._newest is None and not self._ended and not self._leave.is_set():
                    self._change.wait(_CHECK_SECONDS)
                found, self._newest = self._newest, None
            if found is not None:
                yield found
            elif self._ended and not self._leave.is_set():
                raise SourceError(f"source '{self.name}': gives no more frames; is it still "
                                  'connected?')

    def _run(self, capture: Any) -> None:
        with opencv.quiet():
            try:
                while not self._leave.is_set():
                    frame = opencv.read(capture)
                    if frame is not None:
                        self._put(frame)
                    else:
                        capture.release()
                        capture = self._reconnect() if self._again else None
                        if capture is None:
                            return
            finally:
                if capture is not None:
                    capture.release()
                with self._change:
                    self._ended = True
                    self._change.notify_all()

    def _put(self, frame: Image) -> None:
        with self._change:
            self.replaced += self._newest is not None
            self._newest = time.monotonic(), frame
            self._change.notify_all()

    def _reconnect(self) -> Any:
        """Return a capture that gives frames again, the first of them taken; None: closed."""
        assert self._again is not None
        begin = time.monotonic()
        pause, next_line = _FIRST_PAUSE, begin
        while not self._leave.is_set():
            if time.monotonic() >= next_line:
                gone = time.monotonic() - begin
                since = f' for {gone:.0f} s' if gone > 1 else ''
                self._log(f"source '{self.name}': no more frames{since}; connecting again")
                next_line = time.monotonic() + _REPEAT_SECONDS
            if self._leave.wait(pause):
                break
            capture = self._again()
            frame = None if capture is None else opencv.read(capture)
            if frame is not None:
                self._log(f"source '{self.name}': back after {time.monotonic() - begin:.1f} s")
                self._put(frame)
                return capture
            if capture is not None:
                capture.release()
            pause = min(2 * pause, _LONGEST_PAUSE)
        return None


def open_camera(name: str, target: str | int, frame_rate: float | None, log: Log) -> FrameSource:
    """Open a camera of this computer, by number or by device file."""
    with opencv.quiet():
        capture = cv2.VideoCapture(target)
        if frame_rate:
            capture.set(cv2.CAP_PROP_FPS, frame_rate)
    return LiveSource(name, capture, frame_rate, f'camera {name}: cannot be opened; see which '
                      'there are with: ls /dev/video*', log)


def open_address(address: str, frame_rate: float | None, log: Log) -> FrameSource:
    """Open an address: a video of known length is read as a file, all else is live."""
    name = masked(address)
    limits: list[int] = []
    for limit, seconds in (('OPEN', OPEN_SECONDS), ('READ', READ_SECONDS)):
        number = getattr(cv2, f'CAP_PROP_{limit}_TIMEOUT_MSEC', None)
        limits += [] if number is None else [number, round(seconds * 1e3)]

    def connect() -> Any:
        return opencv.open_capture(address, opencv.file_backend(), limits)

    with opencv.quiet():
        capture = connect()
    if not capture.isOpened():
        raise SourceError(f"source '{name}': cannot be opened: {why_not(address)}")
    if reported_length(capture) is not None:
        with opencv.quiet():
            packets = packet_times(address)
        return VideoFile(name, None, capture, frame_rate, log, packets)
    return LiveSource(name, capture, frame_rate,
                      f"source '{name}': connected, but no frame can be decoded; check the path",
                      log, lambda: None if unreachable(address) else connect())


def open_pipeline(pipeline: str, frame_rate: float | None, log: Log) -> FrameSource:
    """Open a GStreamer pipeline, where this OpenCV knows of GStreamer."""
    name = masked(pipeline)
    if not opencv.has_backend(cv2.CAP_GSTREAMER):
        raise SourceError(f"source '{name}': looks like a GStreamer pipeline, which this OpenCV "
                          f'({cv2.__version__}) was built without; give a file, camera or '
                          "address, or use the distribution's python3-opencv")
    with opencv.quiet():
        capture = cv2.VideoCapture(pipeline, cv2.CAP_GSTREAMER)
    return LiveSource(name, capture, frame_rate,
                      f"source '{name}': gives no frames; does the pipeline run with "
                      "gst-launch-1.0, and does it end in 'videoconvert ! appsink'?", log)
