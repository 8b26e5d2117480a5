# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a store of people holds."""
from __future__ import annotations

from dataclasses import dataclass
import unicodedata

from face_tracker_ros.errors import ConfigError, shown
from face_tracker_ros.types import Float64Array, FloatArray, TextArray

LONGEST_NAME = 64
SHORT_UID = 6  # digits of a uid that name an anonymous person


@dataclass(frozen=True)
class Space:
    """
    The encoder that made vectors; only vectors of one space can be compared.

    Attributes:
        encoder: name of the model.
        checksum: SHA-256 in hexadecimal digits, of its files and its preprocessing.
    """

    encoder: str
    checksum: str


@dataclass(frozen=True)
class Calibration:
    """
    From which distance on, and by which margin, a face is somebody, measured on photos.

    Attributes:
        distance: maximum cosine distance of a face to the mean of a person's looks.
        margin: how much nearer than the second best person it must be.
        false_match: share of pairs of different people within the distance, 0 to 1.
        false_non_match: share of photos that are farther from their own person, 0 to 1.
        people: number of people that were measured.
        photos: number of photos that were measured.
    """

    distance: float
    margin: float
    false_match: float = 0.0
    false_non_match: float = 0.0
    people: int = 0
    photos: int = 0


@dataclass(frozen=True)
class Person:
    """
    Somebody in a store.

    Attributes:
        uid: 32 hexadecimal digits, the same on every machine that the person was copied to.
        name: unique in a store; empty: remembered, but nobody gave a name.
        created, updated: seconds since 1970.
        looks: number of vectors by the name of their encoder.
    """

    uid: str
    name: str
    created: float
    updated: float
    looks: dict[str, int]

    @property
    def title(self) -> str:
        """The name, or what stands for it."""
        return title_of(self.uid, self.name)


@dataclass(frozen=True)
class Looks:
    """
    Vectors of one space: row n of each array belongs together.

    Attributes:
        uids: str (N,), whose they are.
        vectors: float32 (N, D), unit length.
        qualities: float64 (N,), 0 to 1, of the crops.
        stamps: float64 (N,), seconds since 1970 at which they were stored.
    """

    uids: TextArray
    vectors: FloatArray
    qualities: Float64Array
    stamps: Float64Array

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self.uids)


def title_of(uid: str, name: str) -> str:
    """Return a person's name, or for an anonymous one `person-` and the begin of the uid."""
    return name or f'person-{uid[:SHORT_UID]}'


def checked_name(name: str) -> str:
    """
    Return the name without spaces around it.

    Raises:
        ConfigError: it is empty, long, begins like a number or an option, or holds characters
            that do not print.
    """
    text = unicodedata.normalize('NFC', name).strip()
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable() \
            or text[0] in '-#' or text[0].isdigit():
        raise ConfigError(f'name {shown(name)}: give 1 to {LONGEST_NAME} letters, not beginning '
                          "with a digit, '-' or '#'")
    return text
