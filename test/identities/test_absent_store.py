# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""People stay known, and are learnt, while the store is slow, away or back again."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
import logging
from pathlib import Path
import time

from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.identities import gallery as galleries, postgres_server
from face_tracker_ros.identities.gallery import Gallery
from face_tracker_ros.identities.learnt import Learnt
from face_tracker_ros.identities.opening import open_store
from face_tracker_ros.identities.track_looks import TrackLooks
import numpy as np
from postgres_server import PostgresServer
import pytest
from vectors import GOOD, looks_of, SPACE, uid_of

LIMIT = 0.4
Begin = Callable[..., Gallery]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Return a function that makes a gallery, as a tracker does."""
    made: list[Gallery] = []

    def make(address: str) -> Gallery:
        made.append(Gallery(open_store(address), SPACE))
        return made[-1]
    yield make
    for gallery in made:
        gallery.close()


@pytest.fixture
def stopped(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """Return the server, which a test may leave stopped or frozen."""
    yield postgres
    postgres.thaw()
    if not postgres.running:
        postgres.start()


def learnt(person: int, name: str = '') -> Learnt:
    looks = TrackLooks(looks_of(person), np.full(4, GOOD), 0.0, 2.0, 4)
    return Learnt(name, SPACE, looks, LIMIT)


def enrol(gallery: Gallery, person: int, name: str) -> str:
    done: Future[str] = Future()
    gallery.enrol(learnt(person, name), done)
    return done.result(20)


def who(gallery: Gallery, person: int) -> str | None:
    """Return the name of the person whom a face is nearest to, None for a stranger."""
    distances = gallery.known.distances(looks_of(person, 5)[4:])[0]
    nearest = int(distances.argmin()) if len(distances) else -1
    return gallery.known.names[nearest] if nearest >= 0 and distances[nearest] < LIMIT else None


def wait_until(gallery: Gallery, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, gallery.problem
        gallery.look()  # as with every frame
        time.sleep(0.01)


@pytest.mark.parametrize('kind', ['sqlite', 'postgresql'])
def test_whom_one_tracker_enrols_another_knows(kind: str, request: pytest.FixtureRequest,
                                               tmp_path: Path, begin: Begin) -> None:
    address = str(tmp_path / 'people.db') if kind == 'sqlite' else \
        request.getfixturevalue('postgres').address
    first, second = begin(address), begin(address)
    assert enrol(first, 1, 'Ada') == "'Ada': enrolled with 4 looks"
    wait_until(second, lambda: who(second, 1) == 'Ada')
    assert enrol(second, 1, 'ada') == "'ada': known already; added 4 looks"
    second.remember(learnt(2)).result(20)
    wait_until(first, lambda: who(first, 2) == '')
    uid = first.known.uids[first.known.names.index('')]
    assert enrol(first, 2, 'Grace') == "'Grace': known already; added 4 looks"
    wait_until(second, lambda: who(second, 2) == 'Grace')
    assert uid in second.known.uids, 'a name, and the same person'
    second.forget('ADA').result(20)
    wait_until(first, lambda: who(first, 1) is None)


def test_a_server_that_stops_and_comes_back(stopped: PostgresServer, begin: Begin,
                                            caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    gallery = begin(stopped.address)
    enrol(gallery, 1, 'Ada')
    stopped.stop()
    wait_until(gallery, lambda: bool(gallery.problem))
    assert 'the server cannot be used' in gallery.problem
    assert gallery.problem.endswith('names stay as they are')
    assert who(gallery, 1) == 'Ada'
    text = enrol(gallery, 2, 'Grace')
    assert text.startswith("'Grace': known here with 4 looks, and stored when that is possible")
    gallery.remember(learnt(3)).result(20)
    gallery.remember(learnt(3)).result(20)  # known by now
    assert (who(gallery, 2), who(gallery, 3), gallery.waiting) == ('Grace', '', 2)
    assert gallery.problem.endswith('2 people wait in memory to be stored')
    with pytest.raises(ConfigError, match="this face is known as 'Grace'"):
        enrol(gallery, 2, 'Hopper')
    with pytest.raises(SourceError, match='the server cannot be used'):
        gallery.forget('Ada').result(20)
    enrol(gallery, 4, 'Joan')
    with pytest.raises(SourceError, match='the server cannot be used'):
        gallery.forget('Joan').result(20)
    assert who(gallery, 4) is None, 'whoever waited and is to be forgotten waits no longer'
    enrol(gallery, 5, 'Mary')

    stopped.start()
    other = open_store(stopped.address)
    other.add(uid_of(5), 'Mary S', SPACE, looks_of(5), np.full(4, GOOD))  # by another robot
    wait_until(gallery, lambda: not gallery.problem and not gallery.waiting)
    assert [person.title[:7] for person in other.people()] == ['Ada', 'Grace', 'Mary S', 'person-']
    other.close()
    assert (who(gallery, 2), who(gallery, 3), who(gallery, 5)) == ('Grace', '', 'Mary S')
    assert "'Mary': this face is known as 'Mary S'" in caplog.text
    assert 'was enrolled while the people could not be used, and is not stored' in caplog.text
    assert 'can be used again' in caplog.text


def test_a_server_that_is_away_from_the_start_delays_nothing(stopped: PostgresServer,
                                                             begin: Begin) -> None:
    stopped.stop()
    gallery = begin(stopped.address)
    assert enrol(gallery, 1, 'Ada').startswith("'Ada': known here")
    assert who(gallery, 1) == 'Ada' and gallery.waiting == 1
    stopped.start()
    wait_until(gallery, lambda: not gallery.waiting)
    again = begin(stopped.address)
    assert who(again, 1) == 'Ada', 'known from the start'


def test_a_server_that_hangs_is_given_up(stopped: PostgresServer, begin: Begin,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, '_SLOW', 0.3)
    gallery = begin(stopped.address)
    enrol(gallery, 1, 'Ada')
    stopped.freeze()
    wait_until(gallery, lambda: 'no answer for' in gallery.problem)
    assert who(gallery, 1) == 'Ada'
    done: Future[str] = Future()
    gallery.enrol(learnt(2, 'Grace'), done)
    gallery.close()  # cuts the connection, and does not wait for the server
    with pytest.raises(ConfigError, match="'Grace': not enrolled; the tracker ended"):
        done.result(0)


def test_a_server_that_others_keep_busy(postgres: PostgresServer, begin: Begin,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_server, '_STATEMENT', 0.2)
    gallery = begin(postgres.address)
    enrol(gallery, 1, 'Ada')
    with postgres.connection() as other, other.transaction():
        other.execute('SELECT * FROM face_tracker.state FOR UPDATE')
        assert enrol(gallery, 2, 'Grace').startswith("'Grace': known here")
        assert 'the server takes too long (canceling statement' in gallery.problem
    wait_until(gallery, lambda: not gallery.problem)
    assert postgres.execute('SELECT name FROM face_tracker.people ORDER BY name') == [
        ('Ada',), ('Grace',)]


def test_few_are_kept_in_memory(stopped: PostgresServer, begin: Begin,
                                monkeypatch: pytest.MonkeyPatch,
                                caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(galleries, 'MOST_WAITING', 3)
    gallery = begin(stopped.address)
    stopped.stop()
    for person in range(3):
        enrol(gallery, person, f'Person {person}')
    with pytest.raises(ConfigError, match="'Ada': not enrolled; .* 3 people wait in memory"):
        enrol(gallery, 4, 'Ada')
    gallery.remember(learnt(5)).result(20)
    assert gallery.waiting == 3 and who(gallery, 5) is None
    gallery.close()
    assert '3 people who were learnt while they could not be used are lost' in caplog.text


def test_beyond_what_memory_holds_the_server_searches(postgres: PostgresServer, begin: Begin,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, 'MOST_SEARCHED', 1000)
    store = open_store(postgres.address)
    for person in range(300):
        store.add(uid_of(person), f'Person {person}', SPACE, looks_of(person), np.full(4, GOOD))
    gallery = begin(postgres.address)
    assert not len(gallery.known), 'nobody is in view'
    wait_until(gallery, lambda: gallery.search(looks_of(77, 1), []) or bool(who(gallery, 77)))
    assert who(gallery, 77) == 'Person 77' and len(gallery.known) < 200
    wait_until(gallery, lambda: gallery.search(looks_of(5, 1), [uid_of(200)])
               or who(gallery, 5) == 'Person 5')
    assert uid_of(200) in gallery.known.uids, 'whoever has a name keeps it'
    with pytest.raises(ConfigError, match='is another face'):
        enrol(gallery, 400, 'person 200')
    assert enrol(gallery, 77, 'Person 77') == "'Person 77': known already; added 4 looks"
    before = store.count(SPACE)
    gallery.remember(learnt(78)).result(20)
    assert store.count(SPACE) == before, 'somebody known is not stored as somebody new'
    store.close()


def test_a_file_beyond_what_memory_holds_is_named_in_the_log(
        tmp_path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(galleries, 'MOST_SEARCHED', 3)
    gallery = begin(str(tmp_path / 'people.db'))
    enrol(gallery, 1, 'Ada')
    assert who(gallery, 1) == 'Ada'
    assert 'hold 4 looks; beyond 3 the search takes long: move them to PostgreSQL' in caplog.text
