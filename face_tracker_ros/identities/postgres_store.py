# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""People on a PostgreSQL server with pgvector, for several robots and cameras."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
import time
from typing import Any

from face_tracker_ros.identities.postgres_server import Cursor, PostgresServer
from face_tracker_ros.identities.records import Calibration, checked_name, Looks, Person, Space
from face_tracker_ros.identities.store import MOST_LOOKS, name_taken
from face_tracker_ros.identities.thinning import surplus
from face_tracker_ros.types import Float64Array, FloatArray
import numpy as np

_LONG = 60.0  # seconds for statements that read or write much
_NEAREST = 40  # looks whose people are compared with a face
_MOST_INDEXED = 2000  # dimensions that an index of pgvector takes
_PAGE = 1000  # rows that are decoded without a pause for other threads
_COLUMNS = 'uid, vector_send(vector), quality, stamp'


class PostgresStore:
    """
    An IndexedStore on a server.

    Nothing is contacted before the first call; a connection that was lost is made again by the
    call after the one that found out. Writers wait for each other.
    """

    def __init__(self, address: str) -> None:
        """
        Take the address.

        Args:
            address: postgresql://user@host/database, as libpq has it, with options such as
                ?sslmode=verify-full.

        Raises:
            ConfigError: psycopg is missing, or the address is none.
        """
        self._server = PostgresServer(address)
        self.address = self._server.address

    def revision(self) -> int:
        """See Store."""
        with self._server.transaction() as cursor:
            return int(cursor.execute('SELECT revision FROM state').fetchone()[0])

    def people(self) -> list[Person]:
        """See Store."""
        with self._server.transaction(_LONG) as cursor:
            counts: dict[str, dict[str, int]] = {}
            for uid, encoder, count in cursor.execute(
                    'SELECT uid, encoder, count(*) FROM looks JOIN spaces ON spaces.id = space '
                    'GROUP BY uid, encoder'):
                of_person = counts.setdefault(uid, {})
                of_person[encoder] = of_person.get(encoder, 0) + count
            rows = cursor.execute('SELECT uid, name, created, updated FROM people '
                                  "ORDER BY name = '', lower(name), created").fetchall()
        return [Person(uid, name, created, updated, counts.get(uid, {}))
                for uid, name, created, updated in rows]

    def count(self, space: Space) -> int:
        """See Store."""
        with self._server.transaction() as cursor:
            return int(cursor.execute('SELECT count(*) FROM looks WHERE space = %s',
                                      (self._find(cursor, space)[0],)).fetchone()[0])

    def looks(self, space: Space) -> Looks:
        """See Store."""
        with self._server.transaction(_LONG) as cursor:
            return _looks(cursor.execute(
                f'SELECT {_COLUMNS} FROM looks WHERE space = %s ORDER BY uid, id',
                (self._find(cursor, space)[0],)))

    def near(self, space: Space, vectors: FloatArray, uids: Sequence[str] = (),
             names: Sequence[str] = ()) -> tuple[Looks, Mapping[str, str]]:
        """See IndexedStore."""
        with self._server.transaction() as cursor:
            found = self._near(cursor, *self._find(cursor, space), vectors, uids, names)
            return found, dict(cursor.execute('SELECT uid, name FROM people WHERE uid = ANY(%s)',
                                              (np.unique(found.uids).tolist(),)).fetchall())

    def everything(self) -> list[tuple[str, str, str, bytes, float]]:
        """See Store."""
        with self._server.transaction(_LONG) as cursor:
            cursor.execute('SELECT uid, encoder, checksum, vector_send(vector), quality FROM '
                           'looks JOIN spaces ON spaces.id = space ORDER BY uid, looks.id')
            return [(*row[:3], _vector(row[3]).astype('<f4').tobytes(), row[4])
                    for row in _rows(cursor)]

    def add(self, uid: str, name: str, space: Space, vectors: FloatArray,
            qualities: Float64Array, unless: Callable[[Looks], bool] | None = None) -> bool:
        """See Store."""
        name, now = name and checked_name(name), time.time()
        with self._writing() as cursor:
            number, size = self._find(cursor, space)
            if unless is not None and unless(
                    self._near(cursor, number, size, vectors, (), ())):
                return False
            if not number:
                number = _new_space(cursor, space, vectors.shape[1])
            if cursor.execute('SELECT 1 FROM people WHERE uid = %s', (uid,)).fetchone() is None:
                self._check_free(cursor, name, uid)
            cursor.execute('INSERT INTO people VALUES (%s, %s, %s, %s) '
                           'ON CONFLICT (uid) DO UPDATE SET updated = excluded.updated',
                           (uid, name, now, now))
            cursor.executemany(
                'INSERT INTO looks (uid, space, vector, quality, stamp) '
                'VALUES (%s, %s, %s::vector, %s, %s)',
                [(uid, number, _literal(vector), float(quality), now)
                 for vector, quality in zip(vectors, qualities)])
            self._thin(cursor, uid)
            _changed(cursor)
        return True

    def rename(self, uid: str, name: str) -> None:
        """See Store."""
        name = checked_name(name)
        with self._writing() as cursor:
            self._check_free(cursor, name, uid)
            cursor.execute('UPDATE people SET name = %s, updated = %s WHERE uid = %s',
                           (name, time.time(), uid))
            _changed(cursor)

    def merge(self, uid: str, others: Sequence[str]) -> None:
        """See Store."""
        with self._writing() as cursor:
            cursor.execute('UPDATE looks SET uid = %s WHERE uid = ANY(%s)', (uid, list(others)))
            cursor.execute('DELETE FROM people WHERE uid = ANY(%s)', (list(others),))
            cursor.execute('UPDATE people SET updated = %s WHERE uid = %s', (time.time(), uid))
            self._thin(cursor, uid)
            _changed(cursor)

    def forget(self, uids: Sequence[str]) -> None:
        """See Store; what PostgreSQL overwrites, and when, is its own business."""
        with self._writing(_LONG) as cursor:
            cursor.execute('DELETE FROM people WHERE uid = ANY(%s)', (list(uids),))
            _changed(cursor)

    def calibration(self, space: Space) -> Calibration | None:
        """See Store."""
        with self._server.transaction() as cursor:
            row = cursor.execute(
                'SELECT distance, margin, false_match, false_non_match, people, photos '
                'FROM calibrations WHERE encoder = %s AND checksum = %s',
                (space.encoder, space.checksum)).fetchone()
        return Calibration(*row) if row else None

    def calibrate(self, space: Space, found: Calibration) -> None:
        """See Store."""
        values = (found.distance, found.margin, found.false_match, found.false_non_match,
                  found.people, found.photos)
        with self._writing() as cursor:
            cursor.execute('DELETE FROM calibrations WHERE encoder = %s AND checksum = %s',
                           (space.encoder, space.checksum))
            cursor.execute('INSERT INTO calibrations VALUES (%s, %s, %s, %s, %s, %s, %s, %s)',
                           (space.encoder, space.checksum, *values))
            _changed(cursor)

    def close(self) -> None:
        """See Store."""
        self._server.close()

    @contextmanager
    def _writing(self, seconds: float | None = None) -> Iterator[Cursor]:
        """Give a cursor while no other process writes."""
        with self._server.transaction(seconds) as cursor:
            cursor.execute('SELECT revision FROM state FOR UPDATE')
            yield cursor

    def _find(self, cursor: Cursor, space: Space) -> tuple[int, int]:
        """Return number and dimensions of a space; 0, 0 for one of which nothing is stored."""
        return cursor.execute('SELECT id, size FROM spaces WHERE encoder = %s AND checksum = %s',
                              (space.encoder, space.checksum)).fetchone() or (0, 0)

    def _near(self, cursor: Cursor, number: int, size: int, vectors: FloatArray,
              uids: Sequence[str], names: Sequence[str]) -> Looks:
        chosen = set(uids)
        cursor.execute(f'SET LOCAL hnsw.ef_search = {3 * _NEAREST}')
        for vector in vectors if number else ():
            chosen |= {row[0] for row in cursor.execute(
                f'SELECT uid FROM looks WHERE space = {number} '
                f'ORDER BY (vector::vector({size})) <#> %s::vector({size}) LIMIT {_NEAREST}',
                (_literal(vector),))}
        if names:
            chosen |= {row[0] for row in cursor.execute(
                "SELECT uid FROM people WHERE name <> '' AND lower(name) IN "
                '(SELECT lower(unnest(%s::text[])))', (list(names),))}
        return _looks(cursor.execute(
            f'SELECT {_COLUMNS} FROM looks WHERE space = %s AND uid = ANY(%s) ORDER BY uid, id',
            (number, list(chosen))))

    def _thin(self, cursor: Cursor, uid: str) -> None:
        """Delete what a person has beyond MOST_LOOKS in each space."""
        cursor.execute('SELECT id, vector_send(vector), quality, space FROM looks WHERE uid = %s',
                       (uid,))
        gone = surplus(((number, _vector(sent), quality, space)
                        for number, sent, quality, space in cursor.fetchall()), MOST_LOOKS)
        cursor.execute('DELETE FROM looks WHERE id = ANY(%s)', (gone,))

    def _check_free(self, cursor: Cursor, name: str, uid: str) -> None:
        if name and cursor.execute('SELECT 1 FROM people WHERE lower(name) = lower(%s) '
                                   "AND name <> '' AND uid <> %s", (name, uid)).fetchone():
            raise name_taken(name)


def _new_space(cursor: Cursor, space: Space, size: int) -> int:
    """
    Return the number of a new space, with an index of its own where pgvector can have one.

    Made while the space is empty, the index takes no time; it grows with each look.
    """
    from psycopg import Error
    number = int(cursor.execute(
        'INSERT INTO spaces (encoder, checksum, size) VALUES (%s, %s, %s) RETURNING id',
        (space.encoder, space.checksum, size)).fetchone()[0])
    try:
        with cursor.connection.transaction():
            if size <= _MOST_INDEXED:
                cursor.execute(
                    f'CREATE INDEX nearest_{number} ON looks USING hnsw '
                    f'((vector::vector({size})) vector_ip_ops) WHERE space = {number}')
    except Error:
        pass  # before pgvector 0.5, or as another user than the owner: found without an index
    return number


def _changed(cursor: Cursor) -> None:
    cursor.execute('UPDATE state SET revision = revision + 1')


def _rows(cursor: Cursor) -> Iterator[tuple[Any, ...]]:
    """Yield all rows, a page at a time, so that other threads come to run in between."""
    while page := cursor.fetchmany(_PAGE):
        yield from page


def _looks(cursor: Cursor) -> Looks:
    rows = list(_rows(cursor))
    vectors = np.array([_vector(row[1]) for row in rows], np.float32) if rows else \
        np.zeros((0, 0), np.float32)
    return Looks(np.array([row[0] for row in rows], np.str_), vectors,
                 np.array([row[2] for row in rows], np.float64),
                 np.array([row[3] for row in rows], np.float64))


def _vector(sent: bytes) -> FloatArray:
    """Return a vector as pgvector sends it: two numbers of 16 bits, then the values."""
    return np.frombuffer(sent, '>f4', offset=4).astype(np.float32)


def _literal(vector: FloatArray) -> str:
    return '[' + ','.join(f'{value:.9g}' for value in vector.tolist()) + ']'
