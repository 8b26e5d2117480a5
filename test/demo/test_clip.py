# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The demo clip: what it shows, and that the tracker keeps its two people apart."""
from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from face_tracker_ros import FaceTracker
from face_tracker_ros.boxes import iou
from face_tracker_ros.demo import clip as demo_clip
from face_tracker_ros.demo.clip import COLLINS, HOPPER
import numpy as np
import pytest

_SAME = 0.4  # IoU from which a track stands for a face
_SHOWS = 0.5  # share of a face that must show for it to be expected


@dataclass(frozen=True)
class Row:
    """Truth and tracks of one frame."""

    stamp: float
    people: np.ndarray
    boxes: np.ndarray
    visible: np.ndarray
    tracks: np.ndarray
    track_boxes: np.ndarray

    def visibility(self, person: int) -> float:
        return float(self.visible[self.people == person].sum())

    def matches(self) -> list[tuple[int, int]]:
        """Return (track, person) for each track, with 0 for a person where there is none."""
        if not len(self.people):
            return [(track, 0) for track in self.tracks]
        overlap = iou(self.track_boxes, self.boxes)
        return [(track, int(self.people[row.argmax()]) if row.max() > _SAME else 0)
                for track, row in zip(self.tracks, overlap)]


@pytest.fixture(scope='module')
def rows() -> list[Row]:
    """Return truth and tracks of the whole clip."""
    tracker = FaceTracker.from_config()
    found = []
    for frame in demo_clip.frames():
        tracks = tracker.process(frame.image, frame.stamp).tracks
        found.append(Row(frame.stamp, frame.ids, frame.boxes, frame.visible,
                         np.array([track.id for track in tracks], int),
                         np.array([track.box for track in tracks]).reshape(-1, 4)))
    return found


def test_clip_is_20_seconds_of_faces_between_60_and_250_pixels(rows: list[Row]) -> None:
    assert len(rows) == 600 and rows[-1].stamp == pytest.approx(20 - 1 / 30)
    heights = np.concatenate([np.ptp(row.boxes[row.visible > 0.99][:, 1::2], axis=1)
                              for row in rows])
    assert heights.min() == pytest.approx(60, abs=5) and heights.max() == pytest.approx(250, abs=5)


def test_each_face_is_hidden_by_the_other(rows: list[Row]) -> None:
    for person, least in ((COLLINS, 0.7), (HOPPER, 0.3)):
        hidden = sum(person in row.people and row.visibility(person) < 0.1 for row in rows) / 30
        assert least < hidden < 1.5


def test_one_face_is_away_for_three_seconds_and_returns_elsewhere(rows: list[Row]) -> None:
    away = [number for number, row in enumerate(rows) if COLLINS not in row.people]
    assert np.all(np.diff(away) == 1) and len(away) / 30 == pytest.approx(3, abs=0.3)
    left, back = rows[away[0] - 1], rows[away[-1] + 1]
    positions = [row.boxes[row.people == COLLINS][0] for row in (left, back)]
    assert abs(positions[1][0] - positions[0][0]) > 1000


def test_clip_is_the_same_every_time() -> None:
    first, second = demo_clip.frames(), demo_clip.frames()
    for _ in range(3):
        assert np.array_equal(next(first).image, next(second).image)


def test_two_ids_each_on_one_person_throughout(rows: list[Row]) -> None:
    pairs = {pair for row in rows for pair in row.matches() if pair[1]}
    assert len({track for row in rows for track in row.tracks}) == 2
    assert sorted(person for _, person in pairs) == sorted([COLLINS, HOPPER]), pairs
    assert len({track for track, _ in pairs}) == 2


def test_without_reidentification_the_hidden_person_would_get_another_id() -> None:
    tracker = FaceTracker.from_config({'tracker.reid_window': 0.0})
    until_seen_again = islice(demo_clip.frames(), 240)
    ids = {track.id for frame in until_seen_again
           for track in tracker.process(frame.image, frame.stamp).tracks}
    assert len(ids) > 2


@pytest.mark.parametrize('person', [COLLINS, HOPPER])
def test_visible_faces_are_tracked_at_least_nine_times_in_ten(rows: list[Row],
                                                              person: int) -> None:
    visible = [row for row in rows if row.visibility(person) >= _SHOWS]
    tracked = sum(any(who == person for _, who in row.matches()) for row in visible)
    assert tracked >= 0.9 * len(visible) > 0


def test_tracks_are_on_faces(rows: list[Row]) -> None:
    matches = [who for row in rows for _, who in row.matches()]
    assert matches.count(0) < 0.01 * len(matches)
