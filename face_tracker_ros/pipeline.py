# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""FaceTracker: one frame and its stamp in, tracks out."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import math
import os
import time
from typing import Any

from face_tracker_ros.config import Config, MODEL_PARAMETERS, PARAMETERS
from face_tracker_ros.detection import check_image, FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.embedding.quality import quality as crop_quality, sharpness
from face_tracker_ros.errors import ConfigError, FrameError
from face_tracker_ros.resolve import resolve_model
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.tracking.camera_motion import CameraMotion
from face_tracker_ros.types import (BoolArray, Detections, Float64Array, FloatArray, FrameResult,
                                    Image, Track)
import numpy as np

_LATE = 1.0  # seconds; a frame that comes so much too late is refused, others begin anew


class FaceTracker:
    """
    Finds faces, embeds those that need it, and follows them.

    >>> tracker = FaceTracker.from_config({'detection.width': 480})
    >>> for result in tracker.run(stamps_and_frames):
    ...     print([(track.id, track.box) for track in result.tracks])

    One instance serves one stream, and one thread at a time.
    """

    def __init__(self, config: Config, detector: FaceDetector, encoder: FaceEncoder) -> None:
        """Put the parts together; `from_config` loads them."""
        self._config = config
        self._detector = detector
        self._encoder = encoder
        self._tracker = Tracker(config)
        self._camera = CameraMotion()
        self._last = -math.inf
        self._shown: tuple[Track, ...] = ()
        self._unsearched = 0  # frames since faces were looked for

    @classmethod
    def from_config(cls, config: Config | Mapping[str, Any] | str | os.PathLike[str] | None = None
                    ) -> FaceTracker:
        """
        Load the models and return a tracker.

        config: None for the defaults, a mapping of parameters, a path to YAML, or a Config.
        Raises ConfigError for bad parameters and ModelError for models that are unknown, missing
        or corrupt.
        """
        config = Config.load(config)
        return cls(config, FaceDetector.from_config(config), FaceEncoder.from_config(config))

    @property
    def config(self) -> Config:
        """The parameters in force."""
        return self._config

    @property
    def models(self) -> Mapping[str, str]:
        """Names of the models in use, by task."""
        return {'detector': self._detector.name, 'encoder': self._encoder.name}

    @property
    def notices(self) -> list[str]:
        """What a person should know about the models in use, a sentence each."""
        finder = self._encoder.finder
        specs = [self._detector.spec, self._encoder.spec] + ([finder.spec] if finder else [])
        restricted = [f"'{spec.name}'" for spec in specs if spec.restricted]
        lines = [f"{' and '.join(restricted)}: weights for research use only; "
                 'config/permissive.yaml selects models that are free for all uses'
                 ] if restricted else []
        for spec in specs:
            if not spec.files[0].checksum and spec.source == spec.name:
                lines.append(f"'{spec.name}': recognised as '{spec.family}', fed with "
                             f'{spec.input}; a model.yaml (docs/models.md) says it otherwise')
        return lines

    def process(self, frame: Image, stamp: float) -> FrameResult:
        """
        Return what is seen and tracked in one frame.

        frame: uint8 BGR (H, W, 3). stamp: seconds; one that jumps back by more than a second
        starts all tracks anew, as a recording that begins again. Raises FrameError for anything
        else, late frames included, and is then as before.
        """
        check_image(frame)
        if not math.isfinite(stamp):
            raise FrameError(f'stamp: {stamp!r}; give seconds as a finite number')
        if 0 < self._last - stamp <= _LATE:
            raise FrameError(f'stamp: {self._last - stamp:.3f} s before that of the last frame; '
                             'give frames in order')
        searched = self._is_searched(stamp)
        restarted, self._last = self._last > stamp, stamp
        begin = time.perf_counter()
        detections = self._detect(frame) if searched else Detections.empty()
        detected = time.perf_counter()
        camera = self._follow_camera(frame, searched, detections)
        followed = time.perf_counter()
        self._tracker.predict(stamp, camera)
        embeddings, quality, count = self._embed(frame, detections, stamp)
        embedded = time.perf_counter()
        tracks, lost = (self._tracker.update(detections, embeddings, stamp, quality) if searched
                        else self._tracker.carry(stamp))
        self._shown = tracks
        end = time.perf_counter()
        timings = {'detect': detected - begin, 'camera': followed - detected,
                   'embed': embedded - followed, 'track': end - embedded, 'total': end - begin}
        return FrameResult(stamp, tracks, lost, detections, timings, count, restarted)

    def run(self, frames: Iterable[tuple[float, Image]]) -> Iterator[FrameResult]:
        """Yield the result of each (stamp, frame) as it is processed."""
        for stamp, frame in frames:
            yield self.process(frame, stamp)

    def reset(self) -> None:
        """Forget all tracks and everybody who left; ids go on counting."""
        self._tracker.reset()
        self._camera.reset()
        self._last = -math.inf

    def check_models(self, config: Config) -> None:
        """Raise ModelError unless models that differ from those in use are there and intact."""
        for task in MODEL_PARAMETERS:
            wanted = getattr(config, task)
            if wanted != getattr(self._config, task) and (wanted or task != 'landmarks'):
                resolve_model(wanted, task)

    def load_models(self, config: Config) -> tuple[FaceDetector, FaceEncoder]:
        """
        Return the models that `config` names, loaded where they differ from those in use.

        May be called by another thread than the one that calls `process`. Raises ModelError.
        """
        old, detector, encoder = self._config, self._detector, self._encoder
        if config.detector != old.detector:
            detector = FaceDetector.from_config(config)
        if (config.encoder, config.landmarks) != (old.encoder, old.landmarks):
            encoder = FaceEncoder.from_config(config)
        return detector, encoder

    def reconfigure(self, config: Config,
                    models: tuple[FaceDetector, FaceEncoder] | None = None) -> None:
        """
        Take parameters that may change while running (`Parameter.live`); tracks live on.

        models: from `load_models` of this configuration; loaded here when not given. With
        another encoder what is known of faces is forgotten, as its vectors are no others'.
        Raises ConfigError or ModelError, and changes nothing, when another parameter differs or
        a model is unknown, missing, corrupt or cannot be run.
        """
        old, new = self._config.values(), config.values()
        for parameter in PARAMETERS:
            if not parameter.live and old[parameter.name] != new[parameter.name]:
                raise ConfigError(f"parameter '{parameter.name}': {new[parameter.name]!r} cannot "
                                  'be taken while running; make a new tracker')
        space = self._encoder.space
        self._detector, self._encoder = models or self.load_models(config)
        if self._encoder.space != space:
            self._tracker.forget_faces()
        self._config = config
        self._detector.min_size = config.detection.min_size
        self._tracker.configure(config)

    def _is_searched(self, stamp: float) -> bool:
        """Return whether faces are to be looked for in the frame that begins."""
        due = (stamp < self._last or self._tracker.tentative
               or self._unsearched + 1 >= self._config.detection.interval)
        self._unsearched = 0 if due or self._last == -math.inf else self._unsearched + 1
        return self._unsearched == 0

    def _detect(self, frame: Image) -> Detections:
        detection = self._config.detection
        found = self._detector.detect(frame, self._tracker.least_score, detection.nms_iou)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        if sides.min(initial=np.inf) >= detection.min_size:
            return found
        return found[sides.min(axis=1) >= detection.min_size]

    def _follow_camera(self, frame: Image, searched: bool,
                       detections: Detections) -> Float64Array | None:
        """Return how the picture moved around the faces, while anybody is there."""
        tracker = self._config.tracker
        if searched:
            boxes, reduced = detections.boxes, self._detector.reduced
        else:
            boxes, reduced = np.array([track.box for track in self._shown],
                                      np.float32).reshape(-1, 4), None
        if tracker.mode == 'robust' and tracker.camera_motion and (
                len(boxes) or len(self._tracker)):
            return self._camera.update(frame, boxes, reduced)
        self._camera.reset()
        return None

    def _embed(self, frame: Image, detections: Detections,
               stamp: float) -> tuple[FloatArray | None, FloatArray | None, int]:
        """
        Return embeddings (N, D), rows of NaN where none is needed, and how many were made.

        Between the two stands the quality (N,) of the crops, 0 where there is no embedding; both
        are None where no face needs one.
        """
        rows = self._wanted(detections, stamp).nonzero()[0]
        if not len(rows):
            return None, None, 0
        embeddings = np.full((len(detections), self._encoder.size), np.nan, np.float32)
        quality = np.zeros(len(detections), np.float32)
        chosen = detections[rows]
        embeddings[rows] = self._encoder.encode(frame, chosen.boxes, chosen.landmarks)
        quality[rows] = crop_quality(chosen.boxes, frame.shape[1::-1],
                                     sharpness(frame, chosen.boxes))
        return embeddings, quality, len(rows)

    def _wanted(self, detections: Detections, stamp: float) -> BoolArray:
        if self._config.embedding.policy == 'always':
            return np.asarray(detections.scores >= self._config.detection.score)
        return self._tracker.wants_embedding(detections, stamp)
