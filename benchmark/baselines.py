# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The trackers of the association benchmark behind one signature."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from face_tracker_ros import Config, Detections
from face_tracker_ros.boxes import iou
from face_tracker_ros.embedding.quality import crop_quality
from face_tracker_ros.models.thresholds import effective, named
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.types import Float64Array, FloatArray, IntArray
import numpy as np
from shipped import SHIPPED

_REFRESH = 1.0  # seconds between two embeddings of a face that keeps its track
_GALLERY = 20  # embeddings kept of a person


@dataclass(frozen=True)
class Moment:
    """
    One frame as a tracker sees it.

    size: width and height; camera: (2, 3), or None where that is not known.
    """

    stamp: float
    size: tuple[int, int]
    detections: Detections
    embeddings: FloatArray
    sharpness: FloatArray
    camera: Float64Array | None


# What a tracker gives for a frame: ids (M,) and boxes (M, 4).
Found = tuple[IntArray, FloatArray]
Step = Callable[[Moment], Found]
Embed = Callable[[IntArray], FloatArray]


def ours(rate: float, **parameters: Any) -> Step:
    """
    Return our tracker; in mode 'robust' it is given the embeddings that it asks for.

    rate: frames a second, which ours does not need to know.
    """
    given = Config.load(parameters)
    config = effective(given, *named(given))
    tracker = Tracker(config)

    def step(now: Moment) -> Found:
        match = tracker.begin(now.detections, now.stamp,
                              now.camera if config.tracker.camera_motion else None)
        boxes = now.detections.boxes
        rows = np.flatnonzero(match.needs_embedding)
        embeddings = np.full_like(now.embeddings, np.nan)
        quality = np.zeros(len(boxes), np.float32)
        if len(rows):
            embeddings[rows] = now.embeddings[rows]
            quality[rows] = crop_quality(boxes[rows], now.size, now.sharpness[rows])
        tracks, _ = tracker.finish(match, embeddings, quality)
        return _found([(track.id, boxes[track.detection] if track.detection >= 0 else track.box)
                       for track in tracks])
    return step


def deep_sort_realtime(rate: float) -> Step:
    """Return deep_sort_realtime with its parameters in the ranges that its users choose."""
    from deep_sort_realtime.deepsort_tracker import DeepSort
    tracker = DeepSort(max_age=round(rate), n_init=3, nms_max_overlap=1.0,
                       max_cosine_distance=0.5, nn_budget=100, embedder=None)

    least = effective(SHIPPED, *named(SHIPPED)).detection.score

    def step(now: Moment) -> Found:
        good = now.detections.scores >= least
        boxes = now.detections.boxes[good]
        raw = [([*map(float, (*box[:2], *(box[2:] - box[:2])))], float(score), 'face')
               for box, score in zip(boxes, now.detections.scores[good])]
        tracks = tracker.update_tracks(raw, embeds=list(now.embeddings[good]))
        return _found([(int(track.track_id), track.to_ltrb(orig=True)) for track in tracks
                       if track.is_confirmed() and track.time_since_update == 0])
    return step


def _found(pairs: list[tuple[int, Any]]) -> Found:
    return (np.array([who for who, _ in pairs], np.intp),
            np.array([box for _, box in pairs], np.float32).reshape(-1, 4))


def _roboflow(name: str) -> Callable[[float], Step]:
    """Return a maker of one of the trackers in PyPI's `trackers`, at its defaults."""
    def make(rate: float) -> Step:
        import supervision
        import trackers
        tracker = getattr(trackers, name)(frame_rate=rate)

        def step(now: Moment) -> Found:
            seen = supervision.Detections(
                xyxy=now.detections.boxes, confidence=now.detections.scores,
                class_id=np.zeros(len(now.detections), int))
            out = tracker.update(seen)
            ids = np.asarray(out.tracker_id if out.tracker_id is not None else [], np.intp)
            return ids[ids >= 0], out.xyxy[ids >= 0].astype(np.float32)
        return step
    return make


def regained(rate: float) -> Step:
    """Return ByteTrack with ids that are given back by appearance."""
    step = _roboflow('ByteTrackTracker')(rate)
    people = Regained(effective(SHIPPED, *named(SHIPPED)).tracker.reid_max_distance)

    def with_ids(now: Moment) -> Found:
        ids, boxes = step(now)
        if not len(ids):
            return ids, boxes
        rows = iou(boxes, now.detections.boxes).argmax(axis=1)  # the detections that are tracks
        return people.update(ids, now.stamp, lambda some: now.embeddings[rows[some]]), boxes
    return with_ids


class Regained:
    """
    Ids given back by appearance: what users add to a tracker that has none.

    A track is embedded when it is new and then once a second. A new one gets the id of the person
    who is nearest to it, at most at `distance` (cosine), and is not in the image.
    """

    def __init__(self, distance: float) -> None:
        """Know nobody."""
        self._distance = distance
        self._person: dict[int, int] = {}  # by track
        self._due: dict[int, float] = {}
        self._gallery: dict[int, list[FloatArray]] = {}

    def update(self, tracks: IntArray, stamp: float, embed: Embed) -> IntArray:
        """Return the ids (M,) of a frame's tracks (M,); `embed` gives vectors of some rows."""
        due = np.array([row for row, track in enumerate(tracks.tolist())
                        if stamp >= self._due.get(track, stamp)], np.intp)
        vectors = embed(due) if len(due) else []
        here = {self._person[track] for track in tracks.tolist() if track in self._person}
        for row, vector in zip(due, vectors):
            track = int(tracks[row])
            if not np.isfinite(vector).all():
                continue
            if track not in self._person:
                self._person[track] = self._nearest(vector, here, track)
                here.add(self._person[track])
            kept = self._gallery.setdefault(self._person[track], [])
            kept.append(vector)
            del kept[:-_GALLERY]
            self._due[track] = stamp + _REFRESH
        return np.array([self._person.get(track, track) for track in tracks.tolist()], np.intp)

    def _nearest(self, vector: FloatArray, here: set[int], track: int) -> int:
        apart = {person: 1 - float(np.max(np.array(kept) @ vector))
                 for person, kept in self._gallery.items() if person not in here}
        best = min(apart, key=apart.__getitem__, default=track)
        return best if apart.get(best, np.inf) <= self._distance else track


# A maker of a tracker takes the frames a second.
BASELINES: Mapping[str, Callable[[float], Step]] = {
    'robust': ours,
    'deepsort': lambda rate: ours(rate, **{'tracker.mode': 'deepsort',
                                           'embedding.policy': 'always'}),
    'deep_sort_realtime': deep_sort_realtime,
    'SORT': _roboflow('SORTTracker'),
    'ByteTrack': _roboflow('ByteTrackTracker'),
    'ByteTrack + embedder': regained,
    'OC-SORT': _roboflow('OCSORTTracker'),
}
