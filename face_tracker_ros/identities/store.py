# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One interface for every place in which people can be stored."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from face_tracker_ros.errors import ConfigError
from face_tracker_ros.identities.records import Calibration, Looks, Person, Space
from face_tracker_ros.types import Float64Array, FloatArray

MOST_LOOKS = 8  # of a person in one space


class Store(Protocol):
    """
    People and their looks. Any thread may call any method; each is one transaction.

    Every method raises SourceError when the store cannot be read or written.
    """

    def revision(self) -> int:
        """Return a number that another process changes by writing; cheap."""

    def people(self) -> list[Person]:
        """Return everybody, sorted by name, anonymous ones last."""

    def looks(self, space: Space) -> Looks:
        """Return all vectors of a space, those of one person after each other."""

    def add(self, uid: str, name: str, space: Space, vectors: FloatArray,
            qualities: Float64Array, unless: Callable[[Looks], bool] | None = None) -> bool:
        """
        Add looks to a person, who is made if there is none of that uid.

        At most MOST_LOOKS stay: of the two most alike the poorer one goes first.

        Args:
            uid: 32 hexadecimal digits.
            name: of a new person; empty: anonymous. An existing person keeps theirs.
            space: of the vectors.
            vectors: float32 (N, D), unit length.
            qualities: (N,), 0 to 1.
            unless: asked, with what the store holds at that moment, before anything is written.

        Returns:
            False where `unless` was true, and nothing was written.

        Raises:
            ConfigError: the name is taken, or is no name.
        """

    def rename(self, uid: str, name: str) -> None:
        """Give a person another name; ConfigError when it is taken, or is no name."""

    def merge(self, uid: str, others: Sequence[str]) -> None:
        """Give the looks of others to a person; the others are gone then."""

    def forget(self, uids: Sequence[str]) -> None:
        """Erase people and all their looks, overwriting what the file held of them."""

    def calibration(self, space: Space) -> Calibration | None:
        """Return what `calibrate` found for a space."""

    def calibrate(self, space: Space, found: Calibration) -> None:
        """Store what was measured for a space."""

    def close(self) -> None:
        """Close it; nothing is called afterwards."""


def open_store(address: str) -> Store:
    """
    Open a store, which is made when there is none.

    Args:
        address: path of a file.

    Raises:
        ConfigError: the address is of a kind that is not known.
        SourceError: the file cannot be made, read or written, or holds something else.
    """
    if '://' in address:
        raise ConfigError(f"parameter 'identities.store': '{address}' is no file; give the path "
                          'of an SQLite file such as ~/.ros/people.db')
    from face_tracker_ros.identities.sqlite_store import SqliteStore
    return SqliteStore(Path(address).expanduser())
