# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""FaceTracker: one frame and its stamp in, tracks out."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
import math
import os
import threading
from typing import Any, TYPE_CHECKING

from face_tracker_ros.config import Config, PARAMETERS
from face_tracker_ros.detection.schedule import Rest, Schedule
from face_tracker_ros.embedding.quality import crop_quality, sharpness
from face_tracker_ros.errors import ConfigError, FrameError, shown
from face_tracker_ros.model_set import ModelSet
from face_tracker_ros.models.thresholds import shown as shown_thresholds
from face_tracker_ros.rotation import rotate, Rotation
from face_tracker_ros.stage_timer import StageTimer
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.tracking.camera_motion import CameraMotion
from face_tracker_ros.tracking.face_flow import FaceFlow, side_for
from face_tracker_ros.tracking.view import View
from face_tracker_ros.types import (check_image, Detections, Float64Array, FloatArray, FrameResult,
                                    Image, IntArray)
import numpy as np

if TYPE_CHECKING:
    from face_tracker_ros.identities.recogniser import Recogniser

_LATE = 1.0  # seconds; a frame that is late by up to this is rejected, later ones begin anew


@dataclass(frozen=True)
class Effort:
    """
    What may be done for one frame, for callers that shed load.

    Attributes:
        embeddings: most faces that are embedded, the longest unseen first; None: no limit.
        interval: the detector is run on every n-th frame at most, as `detection.interval`.
    """

    embeddings: int | None = None
    interval: int = 1


class FaceTracker:
    """
    Detects faces, embeds those that need it, and tracks them.

    >>> tracker = FaceTracker.from_config({'detection.width': 480})
    >>> for result in tracker.run(stamps_and_frames):
    ...     print([(track.id, track.box) for track in result.tracks])

    One instance serves one stream. Several threads may use it: each call waits until the one
    before it has ended.
    """

    def __init__(self, config: Config, models: ModelSet) -> None:
        """Combine parameters and loaded models; `from_config` loads them."""
        self._lock = threading.Lock()  # held while anything below is used
        self._given = config
        self._config = models.effective(config)
        self._models = models
        self._tracker = Tracker(self._config)
        self._robust = config.tracker.mode == 'robust'
        self._camera = CameraMotion()
        self._last = -math.inf
        self._flow = FaceFlow()
        self._schedule = Schedule()
        self.recogniser = _recogniser(self._config, models)
        """Who the tracks are; None without `identities.store`."""

    @classmethod
    def from_config(cls, config: Config | Mapping[str, Any] | str | os.PathLike[str] | None = None
                    ) -> FaceTracker:
        """
        Load the models and return a tracker.

        Args:
            config: None for the defaults, a mapping of parameters, a path to YAML, or a Config.

        Raises:
            ConfigError: a parameter is unknown or its value bad.
            ModelError: a model is unknown, missing, corrupt or cannot be run.
            SourceError: `identities.store` cannot be opened.
        """
        config = Config.load(config)
        return cls(config, ModelSet.load(config))

    def close(self) -> None:
        """Finish writing to `identities.store`, if there is one, and close it."""
        if self.recogniser is not None:
            self.recogniser.close()

    @property
    def config(self) -> Config:
        """The parameters as they were given, with 0 for thresholds that the models recommend."""
        return self._given

    @property
    def effective_config(self) -> Config:
        """The parameters with the thresholds in force instead of 0."""
        return self._config

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The thresholds in force: `detection_score`, `max_cosine_distance` ..."""
        return shown_thresholds(self._config)

    @property
    def models(self) -> ModelSet:
        """The models in use."""
        return self._models

    def process(self, frame: Image, stamp: float, effort: Effort = Effort()) -> FrameResult:
        """
        Track the faces of one frame.

        Args:
            frame: uint8 BGR (H, W, 3).
            stamp: seconds; one that jumps back by more than a second starts all tracks anew, as
                for a recording that begins again.
            effort: limits of the work on this frame.

        Returns:
            The tracks, and what else the frame gave, in the coordinates of the frame as it is
            given, also where `image_rotation` is not 0.

        Raises:
            FrameError: the frame is of another kind, the stamp not finite, or late by up to a
                second; the tracker is then as before.
        """
        with self._lock:
            self._check(frame, stamp)
            return self._process(frame, stamp, effort)

    def _process(self, frame: Image, stamp: float, effort: Effort) -> FrameResult:
        degrees = self._config.image_rotation
        timer = StageTimer()
        result = self._process_upright(rotate(frame, degrees), stamp, timer, effort)
        if not degrees:
            return result
        back = Rotation(degrees, frame.shape[1], frame.shape[0])
        return replace(result, tracks=back.tracks(result.tracks), lost=back.tracks(result.lost),
                       detections=back.detections(result.detections), image_rotation=degrees)

    def run(self, frames: Iterable[tuple[float, Image]]) -> Iterator[FrameResult]:
        """Yield the result of each (stamp, frame) as it is processed."""
        for stamp, frame in frames:
            yield self.process(frame, stamp)

    def reset(self) -> None:
        """Delete all tracks and forget everybody who left; ids go on counting."""
        with self._lock:
            self._reset()

    def _reset(self) -> None:
        self._tracker.reset()
        self._camera.reset()
        self._flow.reset()
        self._schedule.reset()
        self._last = -math.inf
        if self.recogniser is not None:
            self.recogniser.reset()

    def reconfigure(self, config: Config, models: ModelSet | None = None) -> None:
        """
        Take parameters that may change while running (`Parameter.live`); tracks live on.

        With another encoder all embeddings are forgotten, as they cannot be compared. With
        another `image_rotation` all tracks are deleted, as by `reset`.

        Args:
            config: the new parameters.
            models: those that the configuration names; loaded here when None.

        Raises:
            ConfigError: another parameter differs; nothing is changed.
            ModelError: a model is unknown, missing, corrupt or cannot be run; nothing is changed.
        """
        with self._lock:
            self._reconfigure(config, models)

    def _reconfigure(self, config: Config, models: ModelSet | None) -> None:
        old, new = self._given.values(), config.values()
        for parameter in PARAMETERS:
            if not parameter.live and old[parameter.name] != new[parameter.name]:
                raise ConfigError(
                    f"parameter '{parameter.name}': {shown(new[parameter.name])} cannot be taken "
                    'while running; make a new tracker')
        former = self._models
        self._models = models or former.updated(config)
        if self._models.encoder.space != former.encoder.space:
            self._tracker.forget_faces()
        if config.image_rotation != self._given.image_rotation:
            self._reset()
        self._given = config
        self._config = self._models.effective(config)
        self._models.detector.min_size = config.detection.min_size
        self._tracker.configure(self._config)
        self._schedule.reset()  # what is new is to be seen at once
        if self.recogniser is not None:
            self.recogniser.configure(self._config, self._models.encoder)

    def _check(self, frame: Image, stamp: float) -> None:
        check_image(frame)
        if not math.isfinite(stamp):
            raise FrameError(f'stamp: {stamp!r}; give seconds as a finite number')
        if 0 < self._last - stamp <= _LATE:
            raise FrameError(f'stamp: {self._last - stamp:.3f} s before that of the last frame; '
                             'give frames in order')

    def _process_upright(self, frame: Image, stamp: float, timer: StageTimer, effort: Effort
                         ) -> FrameResult:
        """Track the faces of an upright frame, in its coordinates."""
        restarted, self._last = self._last > stamp, stamp
        if restarted:
            self._schedule.reset()
        rest = self._rest(stamp, effort)
        view, faces = None, Detections.empty()
        rows = np.zeros(0, np.intp)
        if rest is not Rest.NO and self._robust and len(self._tracker):
            view, rows = self._view(frame, self._flow.side), self._tracker.seen
            faces, found = self._flow.follow(view, rows)
            if rest is Rest.MAY and not found.all():
                rest = Rest.NO
            faces, rows = faces[found], rows[found]
            timer.stop('follow')
        if rest is Rest.NO:
            result = self._detect_and_track(frame, view, stamp, timer, effort)
            self._schedule.ran(stamp)
        else:
            camera = self._follow_camera(view, faces.boxes)
            timer.stop('camera')
            tracks, lost = self._tracker.follow(faces, rows, stamp, camera)
            self._flow.see(view, faces)
            self._schedule.rested()
            result = FrameResult(stamp, tracks, lost, faces, timer.seconds, searched=False)
        timer.stop('track')
        result = replace(result, restarted=restarted, id_changes=self._tracker.id_changes,
                         faint=self._tracker.faint_scores)
        if self.recogniser is not None:
            result = replace(result, people=self.recogniser.update(result),
                             known_people=self.recogniser.gallery.known.uids)
            timer.stop('track')
        return result

    def _rest(self, stamp: float, effort: Effort) -> Rest:
        """Return whether the detector rests on the frame that begins."""
        detection = self._config.detection
        if self._tracker.tentative and effort.interval == 1:
            return Rest.NO
        pause = 0.0 if self._config.embedding.policy == 'always' else detection.max_pause
        rest = self._schedule.rest(stamp, max(detection.interval, effort.interval), pause)
        return Rest.NO if rest is Rest.MAY and not self._tracker.steady else rest

    def _detect_and_track(self, frame: Image, view: View | None, stamp: float, timer: StageTimer,
                          effort: Effort) -> FrameResult:
        """Track the faces that the detector finds; `view` is the frame's where there is one."""
        detections, downscaled = self._detect(frame)
        timer.stop('detect')
        if self._robust and (len(detections) or len(self._tracker)):
            boxes = detections.boxes[detections.scores >= self._config.detection.score]
            side = side_for(boxes, frame.shape[1::-1])
            if view is None or side != max(view.grey.shape):
                view = self._view(frame, side, downscaled)
        camera = self._follow_camera(view, detections.boxes)
        self._flow.see(view, detections)
        timer.stop('camera')
        match = self._tracker.begin(detections, stamp, camera, effort.embeddings)
        timer.stop('track')
        rows = match.needs_embedding.nonzero()[0]
        embeddings, quality = self._embed(frame, detections, rows)
        timer.stop('embed')
        tracks, lost = self._tracker.finish(match, embeddings, quality)
        return FrameResult(stamp, tracks, lost, detections, timer.seconds, len(rows),
                           embeddings=embeddings, quality=quality, reasons=match.reasons)

    def _detect(self, frame: Image) -> tuple[Detections, Image | None]:
        """Return the faces of at least the smallest size, and the downscaled frame."""
        detection = self._config.detection
        found, downscaled = self._models.detector.detect_checked(
            frame, self._tracker.least_score, detection.nms_iou)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        if sides.min(initial=np.inf) < detection.min_size:
            found = found[sides.min(axis=1) >= detection.min_size]
        return found, downscaled

    def _view(self, frame: Image, side: int, downscaled: Image | None = None) -> View:
        return View.of(frame, downscaled, side)

    def _follow_camera(self, view: View | None, boxes: FloatArray) -> Float64Array | None:
        """Return the camera's motion (2, 3), while there are faces to move."""
        if view is not None and self._config.tracker.camera_motion:
            return self._camera.update(view.reduced(), boxes)
        self._camera.reset()
        return None

    def _embed(self, frame: Image, detections: Detections, rows: IntArray
               ) -> tuple[FloatArray | None, FloatArray | None]:
        """
        Return embeddings (N, D) and crop qualities (N,) with these rows of the detections filled.

        Other rows are NaN and 0; both are None where there are none to fill.
        """
        if not len(rows):
            return None, None
        encoder, chosen = self._models.encoder, detections[rows]
        embeddings = np.full((len(detections), encoder.size), np.nan, np.float32)
        quality = np.zeros(len(detections), np.float32)
        embeddings[rows] = encoder.encode_checked(frame, chosen.boxes, chosen.landmarks)
        quality[rows] = crop_quality(chosen.boxes, frame.shape[1::-1],
                                     sharpness(frame, chosen.boxes))
        return embeddings, quality


def _recogniser(config: Config, models: ModelSet) -> Recogniser | None:
    if not config.identities.store:
        return None
    from face_tracker_ros.identities.recogniser import Recogniser  # loads SQLite
    return Recogniser(config, models.encoder)
