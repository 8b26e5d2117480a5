#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Measures the search for a face among many people, and what a store takes to be read and written.

    python3 benchmark/people_search.py postgresql://user@host/database

Vectors are synthetic: random people, looks near them. The server is on this machine, as its
processor time is counted; the database is empty, its user may make the extension `vector`, and the
tables are deleted at the end. Writes its results into docs/results/people.json;
`scripts/docs render` puts them into the pages.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable
import json
import os
from pathlib import Path
import sqlite3
import tempfile
import time

from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.matching import assign
from face_tracker_ros.identities.postgres_store import PostgresStore
from face_tracker_ros.identities.records import Looks, Space
from face_tracker_ros.identities.sqlite_store import SqliteStore
from face_tracker_ros.identities.store import Store
from face_tracker_ros.types import FloatArray
from face_tracker_ros.vectors import unit
import numpy as np
import psycopg

RESULTS = Path(__file__).resolve().parents[1] / 'docs' / 'results' / 'people.json'
SIZE, LOOKS, NOISE = 256, 4, 0.04  # NOISE: looks of a person are 0.3 from their mean
IN_MEMORY = (1_000, 10_000, 100_000)  # people
STORED = 200_000  # looks
TIMES = 101
SPACE = Space('synthetic', '0' * 64)


def people(count: int) -> FloatArray:
    """Return the mean faces (count, SIZE) of people, always the same."""
    return unit(np.random.default_rng(0).normal(size=(count, SIZE)).astype(np.float32))


def looks(means: FloatArray, number: int) -> FloatArray:
    """Return a look of each person (N, SIZE)."""
    draw = np.random.default_rng(1 + number)
    return unit(means + NOISE * draw.normal(size=means.shape).astype(np.float32))


def spent(measured: Callable[[], object], server: int = 0, times: int = TIMES) -> float:
    """
    Return milliseconds of processor time of a call, the mean of so many.

    Args:
        measured: the call.
        server: number of a process on this machine that works for it, and is counted, too.
        times: number of calls.
    """
    def now() -> float:
        if not server:
            return time.process_time()
        fields = Path(f'/proc/{server}/stat').read_text().rpartition(')')[2].split()
        return time.process_time() + sum(map(int, fields[11:13])) / os.sysconf('SC_CLK_TCK')

    measured()
    begin = now()
    for _ in range(times):
        measured()
    return 1000 * (now() - begin) / times


def in_memory(count: int) -> list[str]:
    """Return the row of a search by the matrix product."""
    means = people(count)
    uids = np.array([f'{person:032x}' for person in range(count)])
    nothing = np.zeros(count)
    known = KnownPeople(Looks(uids, means, nothing, nothing), {})
    probes = looks(means[:TIMES], 99)
    found = [int(known.distances(probe[None]).argmin()) for probe in probes]
    needed = spent(lambda: assign(known.distances(probes[:1]), np.array([-1]), 0.5, 0.1))
    return [f'{count:,} people', 'matrix product', f'{needed:.2f}',
            f'{np.mean(found == np.arange(len(found))):.0%}']


def fill(store: Store, address: str, count: int) -> None:
    """Fill a store that is empty with looks."""
    store.add('f' * 32, 'Nobody', SPACE, looks(people(1), 0), np.ones(1))
    means = people(count // LOOKS)
    rows = [(f'{person:032x}', number, vector) for number in range(LOOKS)
            for person, vector in enumerate(looks(means, number))]
    if isinstance(store, SqliteStore):
        with sqlite3.connect(store.path) as database:
            database.executemany('INSERT INTO people VALUES (?, ?, 0, 0)', [
                (f'{person:032x}', '') for person in range(len(means))])
            database.executemany(
                'INSERT INTO looks (uid, encoder, checksum, vector, quality, stamp) '
                'VALUES (?, ?, ?, ?, 1, 0)', [(uid, SPACE.encoder, SPACE.checksum,
                                               vector.tobytes()) for uid, _, vector in rows])
        database.close()
        return
    with psycopg.connect(address, autocommit=True) as server:
        server.execute('SET search_path = face_tracker, public')
        server.execute("SET maintenance_work_mem = '1GB'")
        server.execute('DROP INDEX nearest_1')
        with server.cursor().copy('COPY people FROM STDIN') as copy:
            for person in range(len(means)):
                copy.write_row((f'{person:032x}', '', 0, 0))
        with server.cursor().copy('COPY looks (uid, space, vector, quality, stamp) '
                                  'FROM STDIN') as copy:
            for uid, _, vector in rows:
                copy.write_row((uid, 1, '[' + ','.join(f'{value:.7g}' for value in vector) + ']',
                                1, 0))
        begin = time.perf_counter()
        server.execute(f'CREATE INDEX nearest_1 ON looks USING hnsw ((vector::vector({SIZE})) '
                       'vector_ip_ops) WHERE space = 1')
        server.execute('ANALYZE looks')
        print(f'index of {count:,} looks: {time.perf_counter() - begin:.0f} s')


def on_server(store: PostgresStore, address: str, server: int) -> list[list[str]]:
    """Return the rows of a search by the index of a server, and without it."""
    means = people(STORED // LOOKS)
    probes = looks(means[:TIMES], 99)
    right = 0
    for person, probe in enumerate(probes):
        known = KnownPeople(*store.near(SPACE, probe[None]))
        right += known.uids[known.distances(probe[None]).argmin()] == f'{person:032x}'
    title = f'{STORED:,} looks of {STORED // LOOKS:,} people'
    rows = [[title, 'HNSW index of pgvector, then a matrix product',
             f'{spent(lambda: store.near(SPACE, probes[:1]), server):.2f}',
             f'{right / len(probes):.0%}']]
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute('DROP INDEX face_tracker.nearest_1')
    needed = spent(lambda: store.near(SPACE, probes[:1]), server, 5)
    return [*rows, [title, 'the server without an index', f'{needed:.2f}', '100%']]


def stored(title: str, store: Store, server: int = 0) -> list[str]:
    """Return the row of what a store takes to be read and written."""
    face = looks(people(1).repeat(LOOKS, 0), 7)
    read = spent(lambda: store.looks(SPACE), server, 3)
    write = spent(lambda: store.add(f'{time.time_ns():032x}', '', SPACE, face, np.ones(LOOKS)),
                  server)
    return [title, f'{STORED:,}', f'{read / 1000:.2f}', f'{write:.1f}']


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('address', help='of an empty database')
    address = parser.parse_args().address
    search = [in_memory(count) for count in IN_MEMORY]
    stores = []
    with tempfile.TemporaryDirectory() as folder:
        file = SqliteStore(Path(folder, 'people.db'))
        fill(file, '', STORED)
        stores.append(stored('SQLite', file))
        file.close()
    store = PostgresStore(address)
    fill(store, address, STORED)
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute('SELECT pid FROM pg_stat_activity WHERE application_name = '
                                 "'face_tracker_ros'").fetchone()
    assert row is not None
    stores.append(stored('PostgreSQL', store, row[0]))
    search += on_server(store, address, row[0])
    store.close()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute('DROP SCHEMA face_tracker CASCADE')
    tables = {
        'people-search': {'columns': ['among', 'searched by', 'ms of CPU for a face',
                                      'right person found'], 'rows': search},
        'people-stores': {'columns': ['store', 'looks', 's of CPU to read all',
                                      'ms of CPU to store a person'], 'rows': stores}}
    for table in tables.values():
        print(*(' | '.join(map(str, row)) for row in [table['columns'], *table['rows']]),
              sep='\n')
    results = json.loads(RESULTS.read_text(encoding='utf-8'))
    results['tables'].update(tables)
    RESULTS.write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
