# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""People as a JSON file: for backups and for other robots."""
from __future__ import annotations

import base64
from collections.abc import Collection
import json
import os
from pathlib import Path
import re
from typing import Any

from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.identities.records import checked_name, Person, Space
from face_tracker_ros.identities.store import Store
from face_tracker_ros.regular_file import read_text
import numpy as np

FORMAT = 'face_tracker_ros people 1'
_LARGEST = 1 << 30  # bytes of a file
_MOST_VALUES = 65536  # of a vector


def export_people(store: Store, uids: Collection[str], path: Path) -> int:
    """
    Write people to a file that only its owner can read; return their number.

    Raises:
        SourceError: the file exists already, or cannot be written.
    """
    people: list[dict[str, Any]] = [
        {'uid': person.uid, 'name': person.name, 'looks': []}
        for person in store.people() if person.uid in uids]
    rows = {person['uid']: person['looks'] for person in people}
    for uid, encoder, checksum, vector, quality in store.everything():
        if uid in rows:
            rows[uid].append({'encoder': encoder, 'checksum': checksum, 'quality': quality,
                              'embedding': base64.b64encode(vector).decode('ascii')})
    text = json.dumps({'format': FORMAT, 'people': people}, indent=1, ensure_ascii=False)
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, 'w', encoding='utf-8') as file:
            file.write(text + '\n')
    except OSError as error:
        raise SourceError(f"file '{path}': cannot be written ({error.strerror}); give another "
                          'name') from error
    return len(people)


def import_people(store: Store, path: Path) -> list[str]:
    """
    Add the people of a file; return a line for each.

    Somebody with the same uid gets the looks in addition; a name that another person has already
    is left to them, and the newcomer is not taken. Nothing is written unless the file is whole.

    Raises:
        SourceError: the file cannot be read, or is no export.
    """
    known = {person.uid: person for person in store.people()}
    lines = []
    for uid, name, spaces in _read(path):
        try:
            for space, (vectors, qualities) in spaces.items():
                store.add(uid, name, space, np.array(vectors, np.float32), np.array(qualities))
        except ConfigError as error:
            lines.append(f'not imported: {error}')
            continue
        verb = 'added to' if uid in known else 'imported'
        person = Person(uid, known[uid].name if uid in known else name, 0, 0, {})
        lines.append(f"{verb} '{person.title}'")
    return lines


_Spaces = dict[Space, tuple[list[Any], list[float]]]


def _read(path: Path) -> list[tuple[str, str, _Spaces]]:
    try:
        content = json.loads(read_text(path, _LARGEST))
        if content['format'] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        people = []
        for person in content['people']:
            if not re.fullmatch('[0-9a-f]{32}', person['uid']):
                raise ValueError(f"uid {person['uid']!r}")
            spaces: _Spaces = {}
            for look in person['looks']:
                vector = np.frombuffer(base64.b64decode(look['embedding'], validate=True), '<f4')
                if not 0 < len(vector) <= _MOST_VALUES or not np.isfinite(vector).all() \
                        or abs(float(np.linalg.norm(vector)) - 1) > 0.01:
                    raise ValueError('a vector is not of unit length')
                space = Space(str(look['encoder']), str(look['checksum']))
                vectors, qualities = spaces.setdefault(space, ([], []))
                vectors.append(vector)
                qualities.append(float(look['quality']))
            name = person['name'] and checked_name(person['name'])
            people.append((person['uid'], name, spaces))
        return people
    except OSError as error:
        raise SourceError(f"file '{path}': cannot be read ({error}); give an export") from error
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise SourceError(f"file '{path}': is no export of people ({error}); give a file that "
                          "'face-tracker identities export' wrote") from error
