# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What travels between the stages: frozen records of arrays."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Image = npt.NDArray[np.uint8]

TENTATIVE = 'tentative'
CONFIRMED = 'confirmed'
LOST = 'lost'


@dataclass(frozen=True)
class Detections:
    """
    Faces found in one frame.

    boxes: float32 (N, 4), left, top, right, bottom in pixels of the original image.
    scores: float32 (N,), 0 to 1.
    landmarks: float32 (N, 5, 2) in pixels (the subject's right eye, left eye, nose, right and
        left mouth corner), or None when the model gives none.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray | None = None

    def __post_init__(self) -> None:
        """Coerce to float32 and refuse arrays that are out of step (ValueError)."""
        boxes = np.asarray(self.boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(self.scores, np.float32).reshape(-1)
        if len(scores) != len(boxes):
            raise ValueError(f'{len(scores)} scores for {len(boxes)} boxes: one score a box')
        object.__setattr__(self, 'boxes', boxes)
        object.__setattr__(self, 'scores', scores)
        if self.landmarks is not None:
            landmarks = np.asarray(self.landmarks, np.float32).reshape(-1, 5, 2)
            if len(landmarks) != len(boxes):
                raise ValueError(f'{len(landmarks)} landmark sets for {len(boxes)} boxes: '
                                 'one set a box')
            object.__setattr__(self, 'landmarks', landmarks)

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.scores)

    def __getitem__(self, index: BoolArray | IntArray | slice) -> Detections:
        """Return the chosen faces (mask, indices or slice), every array alike."""
        landmarks = None if self.landmarks is None else self.landmarks[index]
        return Detections(self.boxes[index], self.scores[index], landmarks)

    @classmethod
    def empty(cls) -> Detections:
        """Return no faces."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True)
class Track:
    """
    One tracked face at the stamp of one frame.

    id: positive, never given to another person within a run. A new track that is recognised only
        after its first frames (within a second) changes from its own id to the former one.
    box: float32 (4,), left, top, right, bottom in pixels, of the filter's estimate.
    score: of the last detection, 0 to 1.
    state: 'tentative', 'confirmed' (seen in this frame) or 'lost' (predicted only).
    age, time_since_update: seconds since the first and since the last detection.
    velocity: float32 (2,), pixels a second of the box centre.
    embedding_age: seconds since the face was last embedded; inf when it never was.
    detection: row of this frame's Detections that the track took, -1 when lost.
    """

    id: int
    box: FloatArray
    score: float
    state: str
    age: float
    time_since_update: float
    velocity: FloatArray
    embedding_age: float
    detection: int = -1


@dataclass(frozen=True)
class FrameResult:
    """
    What one frame gave.

    stamp: seconds, the image's.
    tracks: confirmed faces seen in this frame, and those that the detector has likely just
        missed (`tracker.coast`) or did not look for (`detection.interval`), both of state 'lost';
        sorted by score, best first.
    lost: confirmed tracks that are out of sight and not given up yet.
    detections: all faces above the tracker's lowest threshold, border and low-score ones too;
        none where they were not looked for.
    timings: seconds by stage ('detect', 'camera', 'embed', 'track', 'total').
    embedded: number of faces embedded in this frame.
    restarted: whether the stamp jumped back, so that all tracks began anew.
    """

    stamp: float
    tracks: tuple[Track, ...]
    lost: tuple[Track, ...]
    detections: Detections
    timings: Mapping[str, float] = field(default_factory=dict)
    embedded: int = 0
    restarted: bool = False
