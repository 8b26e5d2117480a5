# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The store of people that an address names: a file, or a server."""
from __future__ import annotations

from pathlib import Path
import re

from face_tracker_ros.errors import ConfigError, without_password
from face_tracker_ros.identities.sqlite_store import SqliteStore
from face_tracker_ros.identities.store import Store

_SERVER = re.compile(r'postgres(ql)?://')


def open_store(address: str, make: bool = True) -> Store:
    """
    Open a store. A file is made when there is none; a server is contacted when it is first used.

    Args:
        address: path of a file, or postgresql://user@host/database.
        make: whether a file may be made.

    Raises:
        ConfigError: the address is of a kind that is not known, or lacks a package.
        SourceError: the file cannot be made, read or written, or holds something else.
    """
    if _SERVER.match(address):
        from face_tracker_ros.identities.postgres_store import PostgresStore  # needs a package
        return PostgresStore(address)
    if '://' in address:
        raise ConfigError(f"parameter 'identities.store': '{without_password(address)}' is not "
                          'known; give the path of an SQLite file such as ~/.ros/people.db, or '
                          'postgresql://user@host/database')
    return SqliteStore(Path(address).expanduser(), make)
