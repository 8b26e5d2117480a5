# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The tracks of a frame: arrays that iterate and index as single tracks."""
from face_tracker_ros import Track, Tracks
import numpy as np
import pytest

ROWS = [Track(number, np.array([number, 2, 30, 40], np.float32), 0.1 * number, state,
              5.0 * number, 0.25, np.array([number, -1], np.float32), np.inf, row)
        for number, state, row in ((7, 'confirmed', 0), (2, 'lost', -1), (9, 'confirmed', 3))]
TRACKS = Tracks.of(ROWS)


def same(one, other):
    """Return whether two tracks have the same values."""
    return all(np.array_equal(getattr(one, name), getattr(other, name))
               for name in Track.__dataclass_fields__)


def test_tracks_iterate_as_the_tracks_they_are_made_of():
    assert len(TRACKS) == 3 and all(map(same, TRACKS, ROWS))
    assert all(map(same, reversed(TRACKS), ROWS[::-1]))
    track = next(iter(TRACKS))
    assert [type(value) for value in (track.id, track.score, track.state, track.detection)] == [
        int, float, str, int]


def test_a_number_gives_a_track_and_anything_else_chooses_tracks():
    assert same(TRACKS[0], ROWS[0]) and same(TRACKS[-1], ROWS[2])
    assert same(TRACKS[np.intp(1)], ROWS[1])
    for chosen, expected in ((TRACKS[1:], [2, 9]), (TRACKS[::-1], [9, 2, 7]),
                             (TRACKS[TRACKS.states == 'confirmed'], [7, 9]),
                             (TRACKS[np.array([2, 0])], [9, 7])):
        assert isinstance(chosen, Tracks)
        assert [track.id for track in chosen] == chosen.ids.tolist() == expected
    for outside in (3, -4):
        with pytest.raises(IndexError, match='of 3'):
            TRACKS[outside]


def test_tracks_are_true_when_there_are_any_and_add_up():
    assert TRACKS and not Tracks.empty() and list(Tracks.empty()) == []
    assert (TRACKS + Tracks.empty() + TRACKS[:1]).ids.tolist() == [7, 2, 9, 7]
    assert Tracks.empty().boxes.shape == (0, 4) and Tracks.empty().velocities.shape == (0, 2)
