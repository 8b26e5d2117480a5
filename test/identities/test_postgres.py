# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A PostgreSQL server that says no, and what a user reads then; its own search."""
from __future__ import annotations

from collections.abc import Iterator
import subprocess
import sys

from face_tracker_ros import Config, ConfigError, FaceTracker
from face_tracker_ros.errors import shown, SourceError, without_password
from face_tracker_ros.identities.opening import open_store
from face_tracker_ros.identities.postgres_store import PostgresStore
import numpy as np
from postgres_server import PASSWORD, PostgresServer, ROBOT
import pytest
from vectors import GOOD, looks_of, SPACE, uid_of


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """Return the name of a database that has no extension."""
    postgres.execute('CREATE DATABASE fleet')
    yield 'fleet'
    postgres.execute('DROP DATABASE fleet WITH (FORCE)')


def rejection(address: str) -> str:
    store = open_store(address)
    with pytest.raises(SourceError) as caught:
        store.people()
    store.close()
    text = str(caught.value)
    assert '\n' not in text and 'secret' not in text and '%' not in text
    return text


def test_a_user_without_rights_is_told_who_has_to_do_what(postgres: PostgresServer,
                                                          database: str) -> None:
    address = postgres.of(ROBOT, PASSWORD, database)
    assert rejection(address) == (
        "people 'postgresql://robot@/fleet': the extension vector may not be made by this user; "
        "let an administrator run: psql fleet -c 'CREATE EXTENSION vector'")
    with postgres.connection(database) as administrator:
        administrator.execute('CREATE SCHEMA elsewhere')
        administrator.execute('CREATE EXTENSION vector SCHEMA elsewhere')
    assert "run: psql -c 'GRANT CREATE ON DATABASE fleet TO robot'" in rejection(address)
    with postgres.connection(database) as administrator:
        administrator.execute('GRANT CREATE ON DATABASE fleet TO robot')
        administrator.execute('GRANT USAGE ON SCHEMA elsewhere TO robot')
    store = open_store(address)
    store.add(uid_of(1), 'Ada', SPACE, looks_of(1), np.full(4, GOOD))
    assert [person.name for person in store.people()] == ['Ada']
    store.close()
    with postgres.connection(database) as administrator:
        administrator.execute('UPDATE face_tracker.state SET version = 99')
    assert 'of a newer version of this one; give another database' in rejection(address)


def test_a_server_without_pgvector_is_named_with_the_package(postgres: PostgresServer,
                                                             database: str) -> None:
    control = postgres.extension('vector')
    hidden = control.rename(control.with_suffix('.hidden'))
    try:
        text = rejection(postgres.of('postgres', database=database))
    finally:
        hidden.rename(control)
    assert 'the server lacks pgvector; install it there: apt install postgresql-1' in text


def test_passwords_are_shown_nowhere(postgres: PostgresServer) -> None:
    text = rejection(postgres.of(ROBOT, 'secret1'))
    assert text.startswith("people 'postgresql://robot@/postgres': the server cannot be used (")
    assert 'password authentication failed for user "robot"' in text
    for address in ('postgresql://robot:secret/word@host/people',
                    'postgresql://robot:sec@secret@host/people',
                    'postgresql://robot:secret?word@host/people',
                    'postgresql://robot:secret%word@host/people',
                    'postgresql://host/people?password=secret&sslmode=what&nothing=secret'):
        for text in (without_password(address.partition('&')[0]), shown(address[:55])):
            assert 'secret' not in text
        with pytest.raises(ConfigError, match='is no address of a server; give postgresql:'
                           ) as caught:
            open_store(address)
        assert 'secret' not in str(caught.value) and 'word' not in str(caught.value)[:60]
    with pytest.raises(ConfigError) as caught:
        open_store('mysql://robot:secret@host/people')
    assert "'mysql://robot@host/people' is not known" in str(caught.value)
    tracker = FaceTracker.from_config(None)
    with pytest.raises(ConfigError, match='cannot be taken while running') as caught:
        tracker.reconfigure(Config.load({'identities.store': 'postgresql://robot:secret@h/p'}))
    assert 'secret' not in str(caught.value) and 'robot@h' in str(caught.value)


def test_hosts_are_looked_up_and_named() -> None:
    text = rejection('postgresql://robot:secret@localhost:9,no.such.host.invalid/people')
    assert "people 'postgresql://robot@localhost:9,no.such.host.invalid/people'" in text
    assert 'start it, or correct the address' in text
    assert 'refused' in rejection('postgresql://robot@localhost:9/people')


def test_without_psycopg_a_server_is_rejected_in_one_line() -> None:
    program = ('import sys; sys.modules["psycopg"] = None\n'
               'from face_tracker_ros.cli.identities import main\n'
               'sys.exit(main(["--store", "postgresql://robot:secret@host/people", "list"]))')
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "identities: people 'postgresql://robot@host/people': need psycopg; "
        "pip install 'psycopg[binary]', or apt install python3-psycopg\n")


def test_the_index_finds_the_people_who_are_nearest(postgres: PostgresServer) -> None:
    store = PostgresStore(postgres.address)
    for person in range(120):
        store.add(uid_of(person), f'P {person}', SPACE, looks_of(person), np.full(4, GOOD))
    looks, names = store.near(SPACE, looks_of(7, 1), [uid_of(99)], ['p 50'])
    assert {uid_of(7), uid_of(99), uid_of(50)} <= set(looks.uids) == set(names)
    assert names[uid_of(50)] == 'P 50' and len(names) < 60
    everything = store.looks(SPACE)
    others = everything.vectors @ looks_of(7, 1)[0]
    nearest = dict.fromkeys(everything.uids[np.argsort(-others)][:20])
    assert set(nearest) <= set(looks.uids)
    plan = postgres.execute(
        'SET search_path = face_tracker, public; SET enable_seqscan = off; SET enable_sort = off; '
        'EXPLAIN SELECT uid FROM looks WHERE space = 1 ORDER BY (vector::vector(64)) <#> '
        f"'{[1.0] * 64}'::vector(64) LIMIT 100")
    assert 'nearest_1' in str(plan), 'the index of the space serves the query'
    store.close()
