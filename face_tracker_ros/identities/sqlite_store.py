# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""People in one SQLite file: crash-safe (WAL), readable by its owner only."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import sqlite3
import threading
import time

from face_tracker_ros.errors import SourceError
from face_tracker_ros.identities.records import (Calibration, checked_name, Looks, Person, Space)
from face_tracker_ros.identities.store import DEFAULT_STORE, MOST_LOOKS, name_taken
from face_tracker_ros.identities.thinning import surplus
from face_tracker_ros.types import Float64Array, FloatArray
import numpy as np

_VERSION = 1
_APPLICATION = 0x46545031  # 'FTP1': marks the file as one of ours
_PATIENCE = 5.0  # seconds to wait for another process that writes
_SCHEMA = """
CREATE TABLE people (uid TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL,
                     updated REAL NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX names ON people (name COLLATE NOCASE) WHERE name <> '';
CREATE TABLE looks (id INTEGER PRIMARY KEY, uid TEXT NOT NULL REFERENCES people
                    ON UPDATE CASCADE ON DELETE CASCADE, encoder TEXT NOT NULL,
                    checksum TEXT NOT NULL, vector BLOB NOT NULL, quality REAL NOT NULL,
                    stamp REAL NOT NULL);
CREATE INDEX spaces ON looks (checksum, encoder, uid);
CREATE INDEX owners ON looks (uid);
CREATE TABLE calibrations (encoder TEXT NOT NULL, checksum TEXT NOT NULL, distance REAL NOT NULL,
                           margin REAL NOT NULL, false_match REAL NOT NULL,
                           false_non_match REAL NOT NULL, people INTEGER NOT NULL,
                           photos INTEGER NOT NULL, PRIMARY KEY (encoder, checksum));
"""


class SqliteStore:
    """A Store in one file."""

    def __init__(self, path: Path, make: bool = True) -> None:
        """
        Open the file, which is made (mode 0600) when there is none.

        Args:
            path: of the file. Its folder has to exist, unless it is the default one.
            make: whether it may be made.

        Raises:
            SourceError: it cannot be made, read or written, or is no store of people.
        """
        self.path, self.address = path, str(path)
        self._lock = threading.RLock()
        if not make and not path.exists():
            raise SourceError(f"people '{path}': there is no such file; enroll somebody first, or "
                              'give --store')
        with self._reported():
            _make_private(path)
            self._database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None,
                                             check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def revision(self) -> int:
        """See Store."""
        with self._lock, self._reported():
            return int(self._database.execute('PRAGMA data_version').fetchone()[0])

    def people(self) -> list[Person]:
        """See Store."""
        with self._lock, self._reported():
            rows = self._database.execute(
                'SELECT uid, name, created, updated FROM people '
                "ORDER BY name = '', name COLLATE NOCASE, created").fetchall()
            counts: dict[str, dict[str, int]] = {}
            for uid, encoder, count in self._database.execute(
                    'SELECT uid, encoder, COUNT(*) FROM looks GROUP BY uid, encoder'):
                counts.setdefault(uid, {})[encoder] = count
        return [Person(uid, name, created, updated, counts.get(uid, {}))
                for uid, name, created, updated in rows]

    def count(self, space: Space) -> int:
        """See Store."""
        with self._lock, self._reported():
            return int(self._database.execute(
                'SELECT COUNT(*) FROM looks WHERE checksum = ? AND encoder = ?',
                (space.checksum, space.encoder)).fetchone()[0])

    def looks(self, space: Space) -> Looks:
        """See Store."""
        with self._lock, self._reported():
            return self._looks(space)

    def everything(self) -> list[tuple[str, str, str, bytes, float]]:
        """See Store."""
        with self._lock, self._reported():
            return self._database.execute('SELECT uid, encoder, checksum, vector, quality '
                                          'FROM looks ORDER BY uid, id').fetchall()

    def add(self, uid: str, name: str, space: Space, vectors: FloatArray,
            qualities: Float64Array, unless: Callable[[Looks], bool] | None = None) -> bool:
        """See Store."""
        name, now = name and checked_name(name), time.time()
        with self._writing() as database:
            if unless is not None and unless(self._looks(space)):
                return False
            if database.execute('SELECT 1 FROM people WHERE uid = ?', (uid,)).fetchone() is None:
                self._check_free(name, uid)
            database.execute('INSERT INTO people VALUES (?, ?, ?, ?) '
                             'ON CONFLICT (uid) DO UPDATE SET updated = excluded.updated',
                             (uid, name, now, now))
            database.executemany(
                'INSERT INTO looks (uid, encoder, checksum, vector, quality, stamp) '
                'VALUES (?, ?, ?, ?, ?, ?)',
                [(uid, space.encoder, space.checksum, np.asarray(vector, '<f4').tobytes(),
                  float(quality), now) for vector, quality in zip(vectors, qualities)])
            self._thin(uid)
        return True

    def rename(self, uid: str, name: str) -> None:
        """See Store."""
        name = checked_name(name)
        with self._writing() as database:
            self._check_free(name, uid)
            database.execute('UPDATE people SET name = ?, updated = ? WHERE uid = ?',
                             (name, time.time(), uid))

    def merge(self, uid: str, others: Sequence[str]) -> None:
        """See Store."""
        with self._writing() as database:
            for other in others:
                database.execute('UPDATE looks SET uid = ? WHERE uid = ?', (uid, other))
                database.execute('DELETE FROM people WHERE uid = ?', (other,))
            database.execute('UPDATE people SET updated = ? WHERE uid = ?', (time.time(), uid))
            self._thin(uid)

    def forget(self, uids: Sequence[str]) -> None:
        """See Store."""
        with self._writing() as database:
            database.executemany('DELETE FROM people WHERE uid = ?', [(uid,) for uid in uids])
        with self._lock, self._reported():  # the log may still hold what was erased
            self._database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()

    def calibration(self, space: Space) -> Calibration | None:
        """See Store."""
        with self._lock, self._reported():
            row = self._database.execute(
                'SELECT distance, margin, false_match, false_non_match, people, photos '
                'FROM calibrations WHERE encoder = ? AND checksum = ?',
                (space.encoder, space.checksum)).fetchone()
        return Calibration(*row) if row else None

    def calibrate(self, space: Space, found: Calibration) -> None:
        """See Store."""
        with self._writing() as database:
            database.execute(
                'INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
                (space.encoder, space.checksum, found.distance, found.margin, found.false_match,
                 found.false_non_match, found.people, found.photos))

    def close(self) -> None:
        """See Store."""
        with self._lock:
            self._database.close()

    def _prepare(self) -> None:
        database = self._database
        mark, = database.execute('PRAGMA application_id').fetchone()
        tables, = database.execute('SELECT COUNT(*) FROM sqlite_master').fetchone()
        version, = database.execute('PRAGMA user_version').fetchone()
        if (tables and mark != _APPLICATION) or version > _VERSION:
            raise SourceError(f"people '{self.path}': is another program's database, or of a "
                              'newer version of this one; give another file')
        database.execute('PRAGMA journal_mode = WAL')
        database.execute('PRAGMA synchronous = NORMAL')
        database.execute('PRAGMA secure_delete = ON')
        database.execute('PRAGMA foreign_keys = ON')
        with self._writing():
            if not database.execute('PRAGMA user_version').fetchone()[0]:
                for statement in _SCHEMA.split(';'):
                    database.execute(statement)
                database.execute(f'PRAGMA application_id = {_APPLICATION}')
                database.execute(f'PRAGMA user_version = {_VERSION}')

    def _looks(self, space: Space) -> Looks:
        rows = self._database.execute(
            'SELECT uid, vector, quality, stamp FROM looks WHERE checksum = ? AND encoder = ? '
            'ORDER BY uid, id', (space.checksum, space.encoder)).fetchall()
        data = b''.join(row[1] for row in rows)
        vectors = np.frombuffer(data, '<f4').astype(np.float32).reshape(
            len(rows), -1) if rows else np.zeros((0, 0), np.float32)
        return Looks(np.array([row[0] for row in rows], np.str_), vectors,
                     np.array([row[2] for row in rows], np.float64),
                     np.array([row[3] for row in rows], np.float64))

    def _thin(self, uid: str) -> None:
        """Delete what a person has beyond MOST_LOOKS in each space."""
        rows = self._database.execute('SELECT id, vector, quality, encoder, checksum '
                                      'FROM looks WHERE uid = ?', (uid,)).fetchall()
        gone = surplus(((number, np.frombuffer(vector, '<f4'), quality, tuple(space))
                        for number, vector, quality, *space in rows), MOST_LOOKS)
        self._database.executemany('DELETE FROM looks WHERE id = ?',
                                   [(number,) for number in gone])

    def _check_free(self, name: str, uid: str) -> None:
        if name and self._database.execute(
                'SELECT 1 FROM people WHERE name = ? COLLATE NOCASE AND uid <> ?',
                (name, uid)).fetchone():
            raise name_taken(name)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._reported():
            self._database.execute('BEGIN IMMEDIATE')
            try:
                yield self._database
            except BaseException:
                self._database.execute('ROLLBACK')
                raise
            self._database.execute('COMMIT')

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SourceError(f"people '{self.path}': cannot be used ({error}); give another "
                              'file, or restore this one') from error
        except OSError as error:
            raise SourceError(f"people '{self.path}': cannot be used ({error.strerror}); give a "
                              'file in a folder of your own') from error


def _make_private(path: Path) -> None:
    """Make the file for the owner only, and its folder if it is the default one."""
    folder = path.parent
    if folder == Path(DEFAULT_STORE).expanduser().parent:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not folder.exists():
        raise SourceError(f"people '{path}': there is no folder '{folder}'; correct the path, or "
                          f"make it: mkdir -p -m 700 '{folder}'")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
