# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Whole pipelines behind one signature: an image and its stamp in, ids and boxes out."""
from __future__ import annotations

from typing import Protocol

from baselines import BASELINES, Found, Moment, Regained
from face_tracker_ros import Config, FaceTracker
from face_tracker_ros.boxes import iou
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.evaluation.speed import Clock, Stopwatch
from face_tracker_ros.model_set import ModelSet
from face_tracker_ros.types import Image
import numpy as np
from original import Original

NOBODY: Found = (np.zeros(0, np.intp), np.zeros((0, 4), np.float32))


class Pipeline(Protocol):
    """One pipeline of the comparison."""

    def begin(self, rate: float) -> None:
        """Begin another sequence of so many frames a second; models stay loaded."""

    def process(self, image: Image, stamp: float) -> Found:
        """Return the ids (M,) and boxes (M, 4) that it shows for a frame."""

    def detecting(self) -> float:
        """Return the seconds spent in the detector since the last call."""


class _Timed:
    """Knows how long its detector takes."""

    def __init__(self, detector: FaceDetector, tick: Clock) -> None:
        self._watch = Stopwatch(tick)
        self._watch.watch(detector, 'detect_checked', 'detect')

    def detecting(self) -> float:
        """Return the seconds spent in the detector since the last call."""
        return self._watch.take().get('detect', 0.0)


class Ours(_Timed):
    """This package."""

    def __init__(self, config: Config, tick: Clock) -> None:
        """Load the models."""
        self._tracker = FaceTracker.from_config(config)
        super().__init__(self._tracker.models.detector, tick)

    def begin(self, rate: float) -> None:
        """Forget all tracks."""
        self._tracker.reset()

    def process(self, image: Image, stamp: float) -> Found:
        """Return the tracks: a detection's own box where there is one."""
        result = self._tracker.process(image, stamp)
        if not len(result.tracks):
            return NOBODY
        return (np.array([track.id for track in result.tracks], np.intp),
                np.array([track.box if track.detection < 0 else
                          result.detections.boxes[track.detection] for track in result.tracks],
                         np.float32))


class Proof(_Timed):
    """The proof of concept that this package began as."""

    def __init__(self, config: Config, tick: Clock) -> None:
        """Load the models with the threads and the precision of `config`."""
        self._original = Original(config)
        super().__init__(self._original.detector, tick)

    def begin(self, rate: float) -> None:
        """Forget all tracks."""
        self._original.reset()

    def process(self, image: Image, stamp: float) -> Found:
        """Return the tracks that the frame confirmed."""
        self._original.process(image, stamp)
        return self._original.tracks


class Around(_Timed):
    """
    One of the other trackers around this package's detector and encoder.

    It is given the detections that it uses: deep_sort_realtime those of `detection.score`, each
    embedded; ByteTrack those of `detection.low_score`, too, and no embeddings. With `regain` ids
    of ByteTrack are given back by `Regained`.
    """

    def __init__(self, config: Config, tick: Clock, tracker: str, regain: bool = False) -> None:
        """Load the models."""
        models = ModelSet.load(config)
        self._config, self._tracker, self._regain = models.effective(config), tracker, regain
        self._detector, self._encoder = models.detector, models.encoder
        super().__init__(models.detector, tick)
        self.begin(30.0)

    def begin(self, rate: float) -> None:
        """Make another tracker."""
        self._step = BASELINES[self._tracker](rate)
        self._regained = Regained(self._config.tracker.reid_max_distance)

    def process(self, image: Image, stamp: float) -> Found:
        """Detect, embed what is asked for, and track."""
        detection = self._config.detection
        embedded = self._tracker == 'deep_sort_realtime'
        found = self._detector.detect(image, detection.score if embedded else detection.low_score,
                                      detection.nms_iou)
        embeddings = self._encoder.encode(image, found.boxes, found.landmarks) if embedded \
            else np.zeros((len(found), 0), np.float32)
        ids, boxes = self._step(Moment(stamp, (image.shape[1], image.shape[0]), found,
                                       embeddings, np.ones(len(found), np.float32), None))
        if self._regain and len(ids):
            rows = iou(boxes, found.boxes).argmax(axis=1)  # the detections that became tracks
            chosen = found[rows]
            ids = self._regained.update(ids, stamp, lambda some: self._encoder.encode(
                image, chosen.boxes[some],
                None if chosen.landmarks is None else chosen.landmarks[some]))
        return ids, boxes
