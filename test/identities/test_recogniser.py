# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks get the names of people who were enrolled: live, after a restart, and in parallel."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
import sqlite3
import time

from face_tracker_ros import Config, ConfigError, FaceTracker
from face_tracker_ros.identities.store import open_store
from face_tracker_ros.types import FrameResult
import numpy as np
import pytest

Stream = Callable[..., FrameResult]


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / 'people.db')


@pytest.fixture
def make(address: str) -> Iterator[Callable[..., FaceTracker]]:
    made: list[FaceTracker] = []

    def begin(**parameters: object) -> FaceTracker:
        made.append(FaceTracker.from_config({'identities.store': address, **{
            f'identities.{name}': value for name, value in parameters.items()}}))
        return made[-1]
    yield begin
    for tracker in made:
        tracker.close()


def run(tracker: FaceTracker, image: np.ndarray, seconds: float = 4.0,
        until: Callable[[FrameResult], bool] = lambda result: False) -> FrameResult:
    """Show an image for so many seconds of stamps, a little lighter or darker each time."""
    begin = getattr(tracker, 'shown_until', 0.0)
    for number in range(round(4 * seconds)):
        lighter = np.clip(image.astype(np.int16) + 6 * (number % 4), 0, 255).astype(np.uint8)
        result = tracker.process(lighter, begin + number / 4)
        if until(result):
            break
    tracker.shown_until = begin + seconds + 1 / 4  # type: ignore[attr-defined]
    return result


def finished(tracker: FaceTracker, image: np.ndarray, done: Future[str]) -> str:
    run(tracker, image, 10, lambda result: done.done())
    return done.result(60)


def names(result: FrameResult) -> dict[str, str]:
    """Return names by side: left and right half of 1280x720."""
    return {'left' if track.box[0] < 640 else 'right': result.people[track.id].name
            for track in result.tracks}


def wait_for(tracker: FaceTracker, image: np.ndarray, expected: dict[str, str]) -> FrameResult:
    end = time.monotonic() + 60
    while names(result := run(tracker, image, 0.5)) != expected:
        assert time.monotonic() < end, names(result)
        time.sleep(0.05)
    return result


def test_who_was_enrolled_is_known_after_a_restart(
        make: Callable[..., FaceTracker], two_portraits: np.ndarray, address: str) -> None:
    tracker = make()
    assert tracker.recogniser is not None
    result = run(tracker, two_portraits)
    assert {person.state for person in result.people.values()} == {'unknown'}
    with pytest.raises(ConfigError, match="2 faces in view; give the id of one, such as '1 Ada'"):
        tracker.recogniser.enrol('Ada')
    with pytest.raises(ConfigError, match='track 9: is not in view; in view: 1, 2'):
        tracker.recogniser.enrol('Ada', 9)
    left = min(result.tracks, key=lambda track: track.box[0]).id
    text = finished(tracker, two_portraits, tracker.recogniser.enrol('Grace Hopper', left))
    assert text.startswith("'Grace Hopper': enrolled with") and text.endswith(' looks')
    wait_for(tracker, two_portraits, {'left': 'Grace Hopper', 'right': ''})
    with pytest.raises(ConfigError, match="known as 'Grace Hopper'; rename or forget"):
        finished(tracker, two_portraits, tracker.recogniser.enrol('Ada', left))
    with pytest.raises(ConfigError, match='is another face'):
        finished(tracker, two_portraits, tracker.recogniser.enrol('grace hopper', 3 - left))
    tracker.close()

    again = make()
    result = run(again, two_portraits)
    assert names(result) == {'left': 'Grace Hopper', 'right': ''}
    states = {person.state: person for person in result.people.values()}
    assert states['known'].distance < 0.2 < states['unknown'].distance
    assert states['known'].likeness > 0.5 > states['unknown'].likeness
    assert states['known'].nearest == states['unknown'].nearest == states['known'].uid
    again.reset()
    assert again.recogniser is not None
    assert again.recogniser.forget('grace hopper').result(60) == "'grace hopper': forgotten"
    wait_for(again, two_portraits, {'left': '', 'right': ''})
    with pytest.raises(ConfigError, match='nobody has that name'):
        again.recogniser.forget('Grace Hopper').result(60)
    again.close()
    store = open_store(address)
    assert store.people() == []
    store.close()


def test_enrolment_waits_for_good_looks_and_says_what_to_do(
        make: Callable[..., FaceTracker], two_portraits: np.ndarray) -> None:
    tracker = make(min_quality=1.0)
    blurred = np.repeat(np.repeat(two_portraits[::16, :640:16], 16, 0), 16, 1)
    small = np.full_like(two_portraits, 90)
    small[:180, :160] = two_portraits[::4, :640:4]
    assert blurred.shape == (720, 640, 3)
    result = run(tracker, small)
    assert [person.state for person in result.people.values()] == ['pending']
    assert tracker.recogniser is not None
    done = tracker.recogniser.enrol('Grace')
    result = run(tracker, small, 2)
    assert [person.enrolment for person in result.people.values()] == [
        'Grace: 0 of 4 looks; come nearer, hold still and face the light']
    with pytest.raises(ConfigError, match='is being enrolled already'):
        tracker.recogniser.enrol('Ada')
    for _ in range(4):
        run(tracker, small, 10)
    with pytest.raises(ConfigError, match='not enrolled; 0 of 4 looks'):
        done.result(0)


def test_unknown_people_are_remembered_only_if_asked_for(
        make: Callable[..., FaceTracker], two_portraits: np.ndarray) -> None:
    run(make(), two_portraits)
    first = make(remember=True)
    end = time.monotonic() + 60
    while len(found := set(names(run(first, two_portraits, 1)).values()) - {''}) < 2:
        assert time.monotonic() < end
    assert all(name.startswith('person-') for name in found)
    other = make()  # another camera
    assert set(names(run(other, two_portraits)).values()) == found
    assert all(person.anonymous for person in run(other, two_portraits, 0.5).people.values())
    assert other.recogniser is not None
    track = run(other, two_portraits, 0.5).tracks[0].id
    text = finished(other, two_portraits, other.recogniser.enrol('Ada', track))
    assert text.startswith("'Ada': known already")
    run(first, two_portraits, 1)
    end = time.monotonic() + 60
    while 'Ada' not in names(run(first, two_portraits, 0.5)).values():
        assert time.monotonic() < end, 'the first camera sees what the other wrote'
        time.sleep(0.1)


def test_a_store_that_is_busy_or_gone_delays_no_frame(
        make: Callable[..., FaceTracker], two_portraits: np.ndarray, address: str) -> None:
    tracker = make()
    assert tracker.recogniser is not None
    track = run(tracker, two_portraits).tracks[0].id
    other = sqlite3.connect(address, isolation_level=None)
    other.execute('BEGIN EXCLUSIVE')
    done = tracker.recogniser.enrol('Ada', track)
    result = run(tracker, two_portraits, 4)
    assert len(result.tracks) == 2 and not done.done()
    other.execute('ROLLBACK')
    other.close()
    assert done.result(60).startswith("'Ada': enrolled")


def test_nothing_is_opened_unless_asked_for(tmp_path: Path, two_portraits: np.ndarray) -> None:
    tracker = FaceTracker.from_config(Config())
    result = run(tracker, two_portraits, 1)
    assert tracker.recogniser is None and result.people == {} and len(result.tracks) == 2


def test_an_enrolment_goes_on_under_the_new_id_and_ends_with_a_reset(
        make: Callable[..., FaceTracker], two_portraits: np.ndarray) -> None:
    tracker = make()
    assert tracker.recogniser is not None
    left = two_portraits.copy()
    left[:, 640:] = 90
    first = tracker.process(left, 0.0)
    result = tracker.process(left, 0.1)
    assert not len(first.tracks) and result.tracks.ids.tolist() == [1]
    done = tracker.recogniser.enrol('Ada')
    tracks = replace(result.tracks, ids=np.array([7]))
    people = tracker.recogniser.update(replace(result, tracks=tracks, id_changes=((1, 7),)))
    assert people[7].enrolment.startswith('Ada: 2 of 4 looks')
    with pytest.raises(ConfigError, match='track 7: is being enrolled already'):
        tracker.recogniser.enrol('Grace')
    tracker.reset()
    with pytest.raises(ConfigError, match="'Ada': not enrolled; all tracks were deleted"):
        done.result(0)
