# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Data that passes between the stages: frozen records of arrays."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import overload

from face_tracker_ros.errors import FrameError
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]
Image = npt.NDArray[np.uint8]

TENTATIVE = 'tentative'
CONFIRMED = 'confirmed'
LOST = 'lost'


def check_image(image: Image) -> None:
    """Raise FrameError unless `image` is a uint8 array (H, W, 3) with at least one pixel."""
    if not isinstance(image, np.ndarray):
        raise FrameError(f'image is a {type(image).__name__}; give a uint8 BGR array (H, W, 3)')
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise FrameError(f'image is {image.dtype} {image.shape}; '
                         'give a uint8 BGR array (H, W, 3) that is not empty')


@dataclass(frozen=True)
class Detections:
    """
    Faces detected in one frame.

    Attributes:
        boxes: float32 (N, 4): left, top, right, bottom in pixels of the original image.
        scores: float32 (N,): confidence, 0 to 1.
        landmarks: float32 (N, 5, 2) in pixels (the subject's right eye, left eye, nose, right and
            left mouth corner), or None when the model has none.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray | None = None

    def __post_init__(self) -> None:
        """Coerce to float32; ValueError when the arrays differ in length."""
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

    Attributes:
        id: positive, never given to another person within a run. A new track that is recognised
            only after its first frames (within a second) changes from its own id to the former
            one.
        box: float32 (4,): left, top, right, bottom in pixels, of the filter's estimate.
        score: of the last detection, 0 to 1.
        state: 'confirmed' (seen in this frame, by the detector or by optical flow) or 'lost'
            (predicted only).
        age: seconds since the first detection.
        time_since_update: seconds since the face was last seen.
        velocity: float32 (2,): of the box centre, pixels a second.
        embedding_age: seconds since the face was last embedded; inf when it never was.
        detection: row in this frame's Detections, -1 when lost.
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


@dataclass(frozen=True, eq=False)
class Tracks(Sequence[Track]):
    """
    The tracks of one frame: arrays with one row a track, which iterate and index as `Track`.

    `tracks[0]` is a Track; a slice, mask or array of indices chooses rows and is Tracks again.

    Attributes:
        ids: int (N,).
        boxes: float32 (N, 4): left, top, right, bottom in pixels.
        scores: float64 (N,), 0 to 1.
        are_lost: bool (N,): whether predicted only, and not seen in this frame.
        ages: float64 (N,), seconds.
        times_since_update: float64 (N,), seconds.
        velocities: float32 (N, 2), pixels a second.
        embedding_ages: float64 (N,), seconds.
        detection_rows: int (N,): rows in the frame's Detections, -1 when lost.
    """

    ids: IntArray
    boxes: FloatArray
    scores: Float64Array
    are_lost: BoolArray
    ages: Float64Array
    times_since_update: Float64Array
    velocities: FloatArray
    embedding_ages: Float64Array
    detection_rows: IntArray

    @classmethod
    def empty(cls) -> Tracks:
        """Return no tracks."""
        return _NO_TRACKS

    @classmethod
    def of(cls, tracks: Iterable[Track]) -> Tracks:
        """Return the arrays of single tracks, in the order given."""
        rows = list(tracks)

        def numbers(name: str) -> Float64Array:
            return np.array([getattr(track, name) for track in rows], np.float64)
        return cls(
            ids=np.array([track.id for track in rows], np.intp),
            boxes=np.array([track.box for track in rows], np.float32).reshape(-1, 4),
            scores=numbers('score'),
            are_lost=np.array([track.state == LOST for track in rows], bool),
            ages=numbers('age'),
            times_since_update=numbers('time_since_update'),
            velocities=np.array([track.velocity for track in rows], np.float32).reshape(-1, 2),
            embedding_ages=numbers('embedding_age'),
            detection_rows=np.array([track.detection for track in rows], np.intp))

    @property
    def states(self) -> TextArray:
        """States of the tracks, str (N,): 'confirmed' or 'lost'."""
        return np.where(self.are_lost, LOST, CONFIRMED)

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.ids)

    def __iter__(self) -> Iterator[Track]:
        """Yield the tracks in order."""
        return map(Track, self.ids.tolist(), self.boxes, self.scores.tolist(),
                   [LOST if lost else CONFIRMED for lost in self.are_lost.tolist()],
                   self.ages.tolist(), self.times_since_update.tolist(),
                   self.velocities, self.embedding_ages.tolist(), self.detection_rows.tolist())

    @overload
    def __getitem__(self, index: int) -> Track: ...

    @overload
    def __getitem__(self, index: slice | BoolArray | IntArray) -> Tracks: ...

    def __getitem__(self, index: int | slice | BoolArray | IntArray) -> Track | Tracks:
        """Return one track by its number, or the chosen rows (slice, mask or indices)."""
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f'track {index} of {len(self)}')
            row = int(index) % len(self)
            return next(iter(self[row:row + 1]))
        return Tracks(*(getattr(self, item.name)[index] for item in fields(self)))

    def __add__(self, other: Tracks) -> Tracks:
        """Return these tracks, then the others."""
        return Tracks(*(np.concatenate((getattr(self, item.name), getattr(other, item.name)))
                        for item in fields(self)))


_NOBODY: TextArray = np.zeros(0, np.str_)
_NO_TRACKS = Tracks.of(())  # made once; there is nothing in it to change


@dataclass(frozen=True)
class Identity:
    """
    Who a track is, of the people in `identities.store`.

    Attributes:
        state: 'pending' (not seen well enough yet), 'known' or 'unknown'.
        uid: of the person, 32 hexadecimal digits; empty unless known.
        name: of the person; `person-` and a part of the uid for one without a name; empty unless
            known.
        anonymous: whether the person is known and nobody gave them a name.
        distance: cosine distance to the nearest person, be it this one or not.
        margin: how much farther the second nearest is.
        likeness: of the nearest person, 0 to 1; 0.5 at the maximum distance.
        nearest: uid of the nearest person, empty without one.
        since: stamp in seconds from which on the track has been this person, or unknown.
        enrolment: how far an enrolment of this track is; empty: none is going on.
    """

    state: str
    uid: str = ''
    name: str = ''
    anonymous: bool = False
    distance: float = float('inf')
    margin: float = float('inf')
    likeness: float = 0.0
    nearest: str = ''
    since: float = 0.0
    enrolment: str = ''


@dataclass(frozen=True)
class FrameResult:
    """
    What one frame gave.

    Attributes:
        stamp: seconds, the image's.
        tracks: confirmed faces seen in this frame, and those that the detector has likely just
            missed (`tracker.coast`), or did not look for (`detection.interval`) and optical flow
            could not follow, both of state 'lost'; sorted by score, best first.
        lost: confirmed tracks that are out of sight and not deleted yet.
        detections: all faces above the tracker's lowest threshold, those at the border and of low
            score too; where the detector was not run, the tracked ones, as optical flow moved
            them.
        timings: seconds by stage ('follow', 'detect', 'camera', 'embed', 'track', 'total').
        embedded: number of faces embedded in this frame.
        restarted: whether the stamp jumped back, so that all tracks began anew.
        id_changes: (id given up, id from now on) of each track that was recognised only after it
            had been given an id of its own.
        image_rotation: degrees clockwise by which the image has to be rotated to be upright;
            everything above is in the coordinates of the image as it came.
        embeddings: float32 (detections, D), unit length, rows of NaN where a face was not
            embedded; None where none was.
        quality: float32 (detections,), 0 to 1, of the crops of the faces that were.
        people: who the tracks seen are, by id; empty without `identities.store`.
        known_people: str (P,), uids of everybody who is known, in view or not; the same array
            until that changes. Of a store that searches by itself: of those who look similar.
        faint: best scores so far of the faces that have no id as they never were clear
            (`tracker.min_track_score`).
        reasons: of the faces embedded, how many were so for which reason
            (tracking/embedding_policy.py).
        searched: whether the detector was run.
    """

    stamp: float
    tracks: Tracks
    lost: Tracks
    detections: Detections
    timings: Mapping[str, float] = field(default_factory=dict)
    embedded: int = 0
    restarted: bool = False
    id_changes: tuple[tuple[int, int], ...] = ()
    image_rotation: int = 0
    embeddings: FloatArray | None = None
    quality: FloatArray | None = None
    people: Mapping[int, Identity] = field(default_factory=dict)
    known_people: TextArray = field(default_factory=lambda: _NOBODY)
    faint: tuple[float, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    searched: bool = True
