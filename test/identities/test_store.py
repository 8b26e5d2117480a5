# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""People in a file and on a server: bounded, of one space each, and whole after a crash."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import os
from pathlib import Path
import signal
import sqlite3
import subprocess
import sys

from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.identities.opening import open_store
from face_tracker_ros.identities.records import Calibration, Space
from face_tracker_ros.identities.sqlite_store import SqliteStore
from face_tracker_ros.identities.store import DEFAULT_STORE, MOST_LOOKS, Store
from face_tracker_ros.identities.transfer import export_people, import_people
import numpy as np
from postgres_server import PostgresServer
import pytest
from vectors import GOOD, looks_of, SPACE, uid_of


@pytest.fixture(params=['sqlite', 'postgresql'])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == 'sqlite':
        return str(tmp_path / 'people.db')
    server: PostgresServer = request.getfixturevalue('postgres')
    return server.address


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    found = open_store(address)
    yield found
    found.close()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteStore]:
    folder = tmp_path / 'own'
    folder.mkdir(0o700)
    found = SqliteStore(folder / 'people.db')
    yield found
    found.close()


def add(store: Store, person: int, name: str, space: Space = SPACE, count: int = 4) -> None:
    store.add(uid_of(person), name, space, looks_of(person, count), np.full(count, GOOD))


def test_what_is_stored_is_there_after_a_restart(store: Store, address: str) -> None:
    add(store, 1, 'Ada')
    add(store, 2, '')
    store.calibrate(SPACE, Calibration(0.5, 0.1, 0.001, 0.1, 20, 60))
    store.close()
    again = open_store(address)
    assert [person.title for person in again.people()] == ['Ada', 'person-000000']
    assert np.array_equal(again.looks(SPACE).vectors, np.vstack((looks_of(1), looks_of(2))))
    assert again.calibration(SPACE) == Calibration(0.5, 0.1, 0.001, 0.1, 20, 60)
    assert again.count(SPACE) == 8 and again.count(Space('encoder', 'b' * 64)) == 0
    again.close()


def test_only_the_owner_can_read_the_files(file: SqliteStore) -> None:
    add(file, 1, 'Ada')
    files = list(file.path.parent.iterdir())
    assert {path.name for path in files} == {'people.db', 'people.db-wal', 'people.db-shm'}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    file.close()
    file.path.chmod(0o644)
    SqliteStore(file.path).close()
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_mistyped_folder_is_not_made_but_the_default_one_is(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"no folder '.*/peeple'; correct the path, or make it"):
        open_store(str(tmp_path / 'peeple' / 'people.db'))
    assert not (tmp_path / 'peeple').exists()
    with pytest.raises(SourceError, match='no such file; enroll somebody first'):
        open_store(str(tmp_path / 'people.db'), make=False)
    monkeypatch.setenv('HOME', str(tmp_path))
    open_store(DEFAULT_STORE).close()
    assert (tmp_path / '.ros').stat().st_mode & 0o777 == 0o700


def test_spaces_are_never_mixed(store: Store) -> None:
    others = [Space('encoder', 'b' * 64), Space('another', SPACE.checksum)]
    add(store, 1, 'Ada')
    for number, space in enumerate(others):
        add(store, 2 + number, f'Person {number}', space)
        assert set(store.looks(space).uids) == {uid_of(2 + number)}
    assert set(store.looks(SPACE).uids) == {uid_of(1)}
    assert store.calibration(others[0]) is None
    add(store, 1, 'Ada', others[0])
    assert store.people()[0].looks == {'encoder': 8}
    assert len(store.looks(SPACE)) == 4


def test_a_person_has_few_looks_and_they_differ(store: Store) -> None:
    repeated = np.repeat(looks_of(1, 1), 20, axis=0)
    store.add(uid_of(1), 'Ada', SPACE, looks_of(1, 5, noise=0.1), np.full(5, 0.6))
    store.add(uid_of(1), 'Ada', SPACE, repeated, np.linspace(0.5, 0.9, 20))
    kept = store.looks(SPACE)
    assert len(kept) == MOST_LOOKS
    for look in looks_of(1, 5, noise=0.1):
        assert (kept.vectors == look).all(axis=1).any(), 'those that differ stay'
    assert kept.qualities.max() == 0.9, 'the best of those that are alike stays'


def test_names_are_unique_and_plain(store: Store) -> None:
    add(store, 1, ' Ada ')
    add(store, 2, 'Grace')
    for name in ('ada', 'ADA'):
        with pytest.raises(ConfigError, match='taken by another person'):
            add(store, 3, name)
    for name in ('', '  ', '3 Ada', '-Ada', 'A\nda', 'a' * 65):
        with pytest.raises(ConfigError, match='give 1 to 64 letters'):
            store.rename(uid_of(2), name)
    with pytest.raises(ConfigError, match='taken'):
        store.rename(uid_of(2), 'Ada')
    store.rename(uid_of(2), 'Ada L')
    assert [person.name for person in store.people()] == ['Ada', 'Ada L']


def test_forgotten_people_leave_nothing_in_the_files(file: SqliteStore) -> None:
    add(file, 1, 'Ada')
    add(file, 2, 'Grace Hopper')
    bytes_of_look = looks_of(2)[0].tobytes()
    assert any(bytes_of_look in path.read_bytes() for path in file.path.parent.iterdir())
    file.forget([uid_of(2)])
    for path in file.path.parent.iterdir():
        content = path.read_bytes()
        assert bytes_of_look not in content and b'Grace' not in content
    assert [person.name for person in file.people()] == ['Ada']
    assert len(file.looks(SPACE)) == 4


def test_merged_people_are_one(store: Store) -> None:
    for person, name in enumerate(('Ada', 'Ada L', '')):
        add(store, person, name)
    store.merge(uid_of(0), [uid_of(1), uid_of(2)])
    assert [(person.name, person.looks) for person in store.people()] == [
        ('Ada', {'encoder': MOST_LOOKS})]


def test_a_condition_is_checked_in_the_same_transaction(store: Store) -> None:
    add(store, 1, 'Ada')
    seen: list[int] = []

    def known(looks: object) -> bool:
        seen.append(len(looks))  # type: ignore[arg-type]
        return True
    assert not store.add(uid_of(2), '', SPACE, looks_of(2), np.full(4, GOOD), unless=known)
    assert seen == [4] and len(store.people()) == 1


def test_others_see_what_was_written(store: Store, address: str) -> None:
    other = open_store(address)
    before = store.revision()
    assert store.revision() == before
    add(other, 1, 'Ada')
    assert store.revision() != before
    assert [person.name for person in store.people()] == ['Ada']
    before = store.revision()
    other.forget([uid_of(1)])
    assert store.revision() != before and store.people() == []
    other.close()


def test_no_other_file_is_touched(tmp_path: Path) -> None:
    text = tmp_path / 'text'
    text.write_text('no database\n' * 100)
    database = tmp_path / 'other.db'
    with sqlite3.connect(database) as other:
        other.execute('CREATE TABLE people (name TEXT)')
    other.close()
    before = database.read_bytes()
    for path, reason in ((text, 'not a database'), (database, "another program's")):
        with pytest.raises(SourceError, match=reason):
            SqliteStore(path)
    assert database.read_bytes() == before
    with pytest.raises(SourceError, match='in a folder of your own'):
        SqliteStore(tmp_path)
    with pytest.raises(ConfigError, match='give the path of an SQLite file'):
        open_store('redis://host/people')


WRITER = """
import sys
import numpy as np
from face_tracker_ros.identities.opening import open_store
from vectors import GOOD, looks_of, SPACE, uid_of
store = open_store(sys.argv[1])
for person in range(int(sys.argv[2]), int(sys.argv[3])):
    store.add(uid_of(person), f'Person {person}', SPACE, looks_of(person), np.full(4, GOOD))
    print(person, flush=True)
"""


def writer(address: str, first: int, last: int) -> subprocess.Popen[str]:
    """Return a process that stores people, and prints the number of each when that is done."""
    folders = os.pathsep.join(filter(None, [
        str(Path(__file__).parent), str(Path(__file__).parents[2]), os.environ.get('PYTHONPATH')]))
    return subprocess.Popen([sys.executable, '-c', WRITER, address, str(first), str(last)],
                            stdout=subprocess.PIPE, text=True,
                            env={**os.environ, 'PYTHONPATH': folders})


def test_a_writer_that_is_killed_leaves_whole_people(store: Store, address: str) -> None:
    process = writer(address, 0, 1_000_000)
    assert process.stdout is not None
    for _ in range(20):
        written = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    store.close()
    again = open_store(address)
    people = again.people()
    assert {f'Person {person}' for person in range(written + 1)} <= {
        person.name for person in people}
    assert {person.looks['encoder'] for person in people} == {4}
    if isinstance(again, SqliteStore):
        with closing(sqlite3.connect(address)) as database:
            assert database.execute('PRAGMA integrity_check').fetchone() == ('ok',)
    add(again, 7_000_000, 'Ada')
    again.close()


def test_two_robots_write_at_once(store: Store, address: str) -> None:
    processes = [writer(address, first, first + 25) for first in (0, 100)]
    for process in processes:
        assert process.communicate(timeout=60)[0].split()[-1] in ('24', '124')
        assert process.returncode == 0
    assert len(store.people()) == 50


def test_people_move_to_another_robot(store: Store, tmp_path: Path) -> None:
    for person, name in enumerate(('Ada', 'Grace', '')):
        add(store, person, name)
    file = tmp_path / 'people.json'
    assert export_people(store, {uid_of(0), uid_of(2)}, file) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SourceError, match='exists'):
        export_people(store, {uid_of(0)}, file)
    other = SqliteStore(tmp_path / 'other.db')
    assert import_people(other, file) == ["imported 'Ada'", "imported 'person-000000'"]
    assert np.array_equal(other.looks(SPACE).vectors, np.vstack((looks_of(0), looks_of(2))))
    assert import_people(other, file) == ["added to 'Ada'", "added to 'person-000000'"]
    other.forget([uid_of(0)])
    add(other, 9, 'ada')
    assert import_people(other, file)[0].startswith("not imported: name 'Ada': is taken")
    for text in ('{', '[]', '{"format": 1}', file.read_text().replace('people 1', 'people 2'),
                 file.read_text().replace('"uid": "0', '"uid": "x', 1)):
        bad = tmp_path / 'bad.json'
        bad.write_text(text)
        with pytest.raises(SourceError, match='is no export of people'):
            import_people(other, bad)
    other.close()
