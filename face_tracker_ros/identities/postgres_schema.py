# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The tables of people on a PostgreSQL server, made when they are used first."""
from __future__ import annotations

from typing import Any, TYPE_CHECKING

from face_tracker_ros.errors import one_line, SourceError

if TYPE_CHECKING:
    import psycopg

VERSION = 1
_LOCK = 0x46545031  # of those who make the tables at the same time
EXTENSION_SCHEMA = """SELECT quote_ident(nspname) FROM pg_extension
    JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'"""
# Not to_regclass, which may remember from before a lock was waited for that there is none.
_STATE = """SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'face_tracker' AND relname = 'state'"""
_TABLES = """
CREATE SCHEMA face_tracker;
REVOKE ALL ON SCHEMA face_tracker FROM PUBLIC;
CREATE TABLE face_tracker.state (version integer NOT NULL, revision bigint NOT NULL);
CREATE TABLE face_tracker.spaces (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, encoder text NOT NULL,
    checksum text NOT NULL, size integer NOT NULL, UNIQUE (encoder, checksum));
CREATE TABLE face_tracker.people (
    uid text PRIMARY KEY, name text NOT NULL, created double precision NOT NULL,
    updated double precision NOT NULL);
CREATE UNIQUE INDEX names ON face_tracker.people (lower(name)) WHERE name <> '';
CREATE TABLE face_tracker.looks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid text NOT NULL REFERENCES face_tracker.people ON DELETE CASCADE,
    space integer NOT NULL REFERENCES face_tracker.spaces, vector {vector}.vector NOT NULL,
    quality double precision NOT NULL, stamp double precision NOT NULL);
CREATE INDEX owners ON face_tracker.looks (uid);
CREATE INDEX looks_of_space ON face_tracker.looks (space, uid, id);
CREATE TABLE face_tracker.calibrations (
    encoder text NOT NULL, checksum text NOT NULL, distance double precision NOT NULL,
    margin double precision NOT NULL, false_match double precision NOT NULL,
    false_non_match double precision NOT NULL, people integer NOT NULL, photos integer NOT NULL,
    PRIMARY KEY (encoder, checksum));
INSERT INTO face_tracker.state VALUES ({version}, 0);
"""


def check_version(connection: psycopg.Connection[Any], address: str) -> bool:
    """Return whether there are tables; SourceError for those of a newer version."""
    if connection.execute(_STATE).fetchone() is None:
        return False
    version = connection.execute('SELECT version FROM face_tracker.state').fetchone()
    if version is None or version[0] > VERSION:
        raise SourceError(f"people '{address}': the schema face_tracker is another program's, or "
                          'of a newer version of this one; give another database')
    return True


def prepare(connection: psycopg.Connection[Any], address: str) -> None:
    """
    Make the extension `vector` and the tables, where they are missing.

    Raises:
        SourceError: the server lacks pgvector, or the user the right.
    """
    from psycopg import errors
    with connection.transaction():
        connection.execute('SELECT pg_advisory_xact_lock(%s)', (_LOCK,))
        if check_version(connection, address):
            return  # somebody else was quicker
        try:
            if connection.execute(EXTENSION_SCHEMA).fetchone() is None:
                connection.execute('CREATE EXTENSION vector')
        except errors.InsufficientPrivilege as error:
            raise SourceError(
                f"people '{address}': the extension vector may not be made by this user; let an "
                f"administrator run: psql {connection.info.dbname} -c 'CREATE EXTENSION vector'"
            ) from error
        except (errors.FeatureNotSupported, errors.UndefinedFile) as error:
            major = connection.info.server_version // 10000
            raise SourceError(f"people '{address}': the server lacks pgvector; install it there: "
                              f'apt install postgresql-{major}-pgvector') from error
        row = connection.execute(EXTENSION_SCHEMA).fetchone()
        assert row is not None
        try:
            connection.execute(_TABLES.format(vector=row[0], version=VERSION).encode())
        except errors.InsufficientPrivilege as error:
            database, user = connection.info.dbname, connection.info.user
            raise SourceError(
                f"people '{address}': the tables may not be made ({one_line(str(error))}); let an "
                f"administrator run: psql -c 'GRANT CREATE ON DATABASE {database} TO {user}'"
            ) from error
