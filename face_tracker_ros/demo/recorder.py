# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A node that writes down what a face tracker publishes: tracks, images, counters."""
from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
import queue
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.demo.overview import History
from face_tracker_ros.errors import SourceError
from face_tracker_ros.ros.messages.images import to_image
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from face_tracker_ros.types import Image as ImageArray
from face_tracker_ros.video import VideoSink
import numpy as np
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray, Detection3DArray

_WAITING_FRAMES = 60  # images kept for the video encoder; more are dropped
COLUMNS = ('frame', 'second', 'id', 'left', 'top', 'width', 'height', 'score')
"""Of the file of tracks; frames count from 1, seconds from the first frame's stamp."""


@dataclass
class TrackRecord:
    """What is remembered of one id."""

    first: float
    last: float
    frames: int = 0
    score_sum: float = 0.0


class VideoWriter:
    """Writes stamped images in a thread of its own, each at its time in the video."""

    def __init__(self, path: Path, rate: float) -> None:
        """Begin; SourceError when the file cannot be written."""
        self._sink = VideoSink(path, rate)
        self._queue: queue.Queue[tuple[float, ImageArray] | None] = queue.Queue(_WAITING_FRAMES)
        self._error: Exception | None = None
        self.dropped = 0
        self.written = 0
        self._thread = threading.Thread(target=self._run, name='video', daemon=True)
        self._thread.start()

    def put(self, stamp: float, image: ImageArray) -> None:
        """Hand over one image; it is dropped when the encoder is too far behind."""
        try:
            self._queue.put_nowait((stamp, image))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what is waiting and finish the file; SourceError when that failed."""
        self._queue.put(None)
        self._thread.join()
        self._sink.close()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            stamp, image = item
            try:
                if self._error is None:
                    self.written += self._sink.write(image, stamp)
            except (SourceError, MemoryError) as error:
                self._error = error


class Recorder(Node):
    """Subscribes to one tracker's topics, and to the counters of it and of its source."""

    def __init__(self, folder: Path, rate: float) -> None:
        """Write tracks.csv and annotated.mp4, of `rate` frames a second, into the folder."""
        super().__init__('recorder')
        try:
            self._file = (folder / 'tracks.csv').open('w', newline='')
        except OSError as error:
            raise SourceError(f"output '{folder / 'tracks.csv'}': cannot be written "
                              f'({error.strerror}); give a folder that is yours') from error
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)
        self.video = VideoWriter(folder / 'annotated.mp4', rate)
        self.counters: dict[str, dict[str, str]] = {'source': {}, 'tracking': {}}
        self.tracks: dict[int, TrackRecord] = {}
        self.stamps: list[float] = []
        self.delays: list[float] = []
        self.present = 0
        self.history = History()
        self._most = 0
        reliable = QoSProfile(depth=100)
        newest = QoSProfile(depth=5, reliability=QoSReliabilityPolicy.BEST_EFFORT)
        self.create_subscription(Detection2DArray, 'face_tracker/tracks', self._on_tracks,
                                 reliable)
        self.create_subscription(Image, 'face_tracker/annotated_image', self._on_image, newest)
        self.create_subscription(DiagnosticArray, 'diagnostics', self._on_diagnostics, reliable)
        self.create_subscription(Detection3DArray, 'face_tracker/tracks_3d', self._on_positions,
                                 reliable)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)

    def spin(self, seconds: float) -> None:
        """Take what arrives for some time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Finish the files; SourceError when the video could not be written."""
        self._executor.shutdown()
        self.destroy_node()
        self._file.close()
        self.video.close()

    def seconds(self) -> float:
        """Return the time between the stamps of the first and the last frame."""
        return self.stamps[-1] - self.stamps[0] if self.stamps else 0.0

    def number(self, part: str, name: str) -> float:
        """Return a counter of 'source' or 'tracking'; 0 before the first report."""
        return float(self.counters[part].get(name, 0))

    def fps(self) -> float:
        """Return processed frames a second of their stamps."""
        return (len(self.stamps) - 1) / self.seconds() if self.seconds() > 0 else 0.0

    def delay_ms(self, percent: float) -> float:
        """Return a percentile of the time from header stamp to arrival here."""
        return float(np.percentile(self.delays, percent)) * 1e3 if self.delays else 0.0

    def _on_tracks(self, message: Detection2DArray) -> None:
        stamp = stamp_seconds(message.header)
        self.delays.append(self.get_clock().now().nanoseconds * 1e-9 - stamp)
        self.stamps.append(stamp)
        self.present = len(message.detections)
        second = stamp - self.stamps[0]
        for detection in message.detections:
            track, box = int(detection.id), detection.bbox
            self.history.seen.append((second, track))
            score = max((result.hypothesis.score for result in detection.results), default=0.0)
            record = self.tracks.setdefault(track, TrackRecord(second, second))
            record.last = second
            record.frames += 1
            record.score_sum += score
            left, top = (box.center.position.x - box.size_x / 2,
                         box.center.position.y - box.size_y / 2)
            self._rows.writerow((len(self.stamps), f'{second:.4f}', track, f'{left:.2f}',
                                 f'{top:.2f}', f'{box.size_x:.2f}', f'{box.size_y:.2f}',
                                 f'{score:.4f}'))

    def _on_image(self, message: Image) -> None:
        stamp, image = stamp_seconds(message.header), to_image(message)
        self.video.put(stamp, image)
        if self.stamps and self.present >= self._most:
            self._most = self.present
            self.history.image, self.history.second = image, stamp - self.stamps[0]

    def _on_positions(self, message: Detection3DArray) -> None:
        second = stamp_seconds(message.header) - (self.stamps[0] if self.stamps else 0.0)
        for detection in message.detections:
            position = detection.bbox.center.position
            if self.stamps:
                self.history.positions.append((second, int(detection.id), position.x, position.z))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            part = status.name.rpartition(': ')[2]
            if part in self.counters and status.name.startswith(self.get_namespace()[1:]):
                self.counters[part] = {item.key: item.value for item in status.values}
