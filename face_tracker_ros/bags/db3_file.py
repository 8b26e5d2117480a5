# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""SQLite files of rosbag2, also those of recordings that were cut off."""
from __future__ import annotations

from collections.abc import Collection, Iterator
import contextlib
import os
from pathlib import Path
import shutil
import sqlite3
import tempfile
from typing import Any
import urllib.parse

from face_tracker_ros.bags.storage import Channel, Entry, Note
from face_tracker_ros.errors import SourceError

MAGIC = b'SQLite format 3\0'
_UNFINISHED = ('-wal', '-journal')  # what SQLite had not put into the file yet


class Db3File:
    """One SQLite file."""

    def __init__(self, path: Path, name: str) -> None:
        """Note where it is; name: how messages call it."""
        self._path, self._name = path, name

    def counts(self, note: Note) -> dict[Channel, int]:
        """Return the number of messages of each channel."""
        with self._open() as database:
            channels = self._channels(database, note)
            counts = dict.fromkeys(channels, 0)
            for (number,) in self._rows(database, 'SELECT topic_id FROM messages ORDER BY id',
                                        note):
                counts[number] = counts.get(number, 0) + 1
        return {channel: counts[number] for number, channel in channels.items()}

    def messages(self, topics: Collection[str], note: Note) -> Iterator[Entry]:
        """Yield the messages of some topics in the order in which they were recorded."""
        with self._open() as database:
            channels = self._channels(database, note)
            wanted = [number for number, channel in channels.items() if channel.topic in topics]
            query = ('SELECT topic_id, timestamp, data FROM messages WHERE topic_id IN '
                     f"({','.join(map(str, wanted))}) ORDER BY id")
            for number, time, data in self._rows(database, query, note):
                if isinstance(time, int) and isinstance(data, bytes):
                    yield channels[number], time, memoryview(data)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for reading; where SQLite has to complete it first, a copy of it."""
        with contextlib.ExitStack() as stack:
            path, mode = self._path, '?mode=ro&immutable=1'
            others = [path.with_name(path.name + end) for end in _UNFINISHED]
            if any(other.exists() and other.stat().st_size for other in others):
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                try:
                    for each in (path, *others):
                        if each.exists():
                            shutil.copy(each, folder)
                except OSError as error:
                    raise SourceError(f"'{self._name}': cannot be copied for SQLite to finish it "
                                      f'({error.strerror}); set TMPDIR to where there is room'
                                      ) from error
                path, mode = Path(folder, path.name), ''
            address = f'file:{urllib.parse.quote(os.fsencode(path.resolve()))}{mode}'
            database = stack.enter_context(contextlib.closing(
                sqlite3.connect(address, uri=True)))
            # SQLite then reads a file that is shorter than its header says, up to where it ends.
            database.execute('PRAGMA writable_schema=ON')
            yield database

    def _channels(self, database: sqlite3.Connection, note: Note) -> dict[int, Channel]:
        tables = {name for (name,) in self._rows(
            database, "SELECT name FROM sqlite_master WHERE type = 'table'", note)}
        if not {'topics', 'messages'} <= tables:
            note(f"'{self._name}': holds no messages yet, or is no file of rosbag2")
            return {}
        definitions = {}
        if 'message_definitions' in tables:  # since Iron
            definitions = {kind: (str(text), encoding == 'ros2idl') for kind, encoding, text
                           in self._rows(database, 'SELECT topic_type, encoding, '
                                         'encoded_message_definition FROM message_definitions',
                                         note)}
        return {number: Channel(str(topic), str(kind), *definitions.get(kind, ('', False)))
                for number, topic, kind in self._rows(
                    database, 'SELECT id, name, type FROM topics '
                    "WHERE serialization_format = 'cdr'", note)}

    def _rows(self, database: sqlite3.Connection, query: str, note: Note) -> Iterator[Any]:
        """Yield rows until the end, or until where the file is damaged, which is noted."""
        try:
            yield from database.execute(query)
        except sqlite3.DatabaseError as error:
            note(f"'{self._name}': was cut off or is damaged ({error}); what comes before that "
                 'was read')
