# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One interface for everything in which people can be stored."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from face_tracker_ros.errors import ConfigError
from face_tracker_ros.identities.records import Calibration, Looks, Person, Space
from face_tracker_ros.types import Float64Array, FloatArray

DEFAULT_STORE = '~/.ros/people.db'
MOST_LOOKS = 8  # of a person in one space


class Store(Protocol):
    """
    People and their looks. Any thread may call any method; each is one transaction.

    Every method raises SourceError when the store cannot be read or written.
    """

    address: str
    """Where it is, as it may be shown: without a password."""

    def revision(self) -> int:
        """Return a number that another process changes by writing; cheap."""

    def people(self) -> list[Person]:
        """Return everybody, sorted by name, anonymous ones last."""

    def count(self, space: Space) -> int:
        """Return the number of vectors of a space."""

    def looks(self, space: Space) -> Looks:
        """Return all vectors of a space, those of one person after each other."""

    def everything(self) -> list[tuple[str, str, str, bytes, float]]:
        """Return uid, encoder, checksum, vector (float32, little-endian) and quality of all."""

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
            unless: asked, with what the store holds at that moment of those who may be nearest,
                before anything is written.

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
        """Erase people and all their looks; a file is overwritten where it held them."""

    def calibration(self, space: Space) -> Calibration | None:
        """Return what `calibrate` found for a space."""

    def calibrate(self, space: Space, found: Calibration) -> None:
        """Store what was measured for a space."""

    def close(self) -> None:
        """Close it, without waiting for a server; nothing is called afterwards."""


@runtime_checkable
class IndexedStore(Store, Protocol):
    """A Store that finds the nearest people by itself."""

    def near(self, space: Space, vectors: FloatArray, uids: Sequence[str] = (),
             names: Sequence[str] = ()) -> tuple[Looks, Mapping[str, str]]:
        """
        Return the looks, and the names by uid, of those who may be nearest to some vectors.

        Args:
            space: of the vectors.
            vectors: float32 (N, D), unit length.
            uids: people who are to be among them.
            names: of people who are to be among them, too.
        """


def everybody(store: Store, space: Space) -> tuple[Looks, dict[str, str]]:
    """Return all looks of a space, and the names of all people by uid."""
    return store.looks(space), {person.uid: person.name for person in store.people()}


def name_taken(name: str) -> ConfigError:
    """Return the error for a name that another person has."""
    return ConfigError(f"name '{name}': is taken by another person; give another one, or merge "
                       'the two')
