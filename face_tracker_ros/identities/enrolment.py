# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Enrolling the person of a live track: wait for good looks, check who it is, store."""
from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
import time

from face_tracker_ros.errors import ConfigError
from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.track_looks import NEEDED, SECONDS, TrackLooks
import numpy as np

PATIENCE = 30.0  # seconds of the images' time, after which an enrolment ends
SILENCE = 5.0  # seconds without an image, after which it ends, too


@dataclass
class Enrolment:
    """
    One that waits for looks.

    Attributes:
        track: id of the track.
        name: that the person is to have.
        done: gets the sentence that says what was done, or the ConfigError that says why not.
        begun: stamp of the first frame that it saw; None before.
        heard: time.monotonic() of the last frame, or of the request.
    """

    track: int
    name: str
    done: Future[str] = field(default_factory=Future)
    begun: float | None = None
    heard: float = field(default_factory=time.monotonic)


def progress(looks: TrackLooks | None, poor: float | None) -> str:
    """
    Return how far an enrolment is, and what the person should do.

    Args:
        looks: of the track; None without a good one.
        poor: quality of the last look, where that was not good enough.
    """
    count = looks.count if looks else 0
    hint = 'come nearer, hold still and face the light' if poor is not None else \
        'look here and turn the head a little'
    if looks and looks.count >= NEEDED:
        return f'{looks.last - looks.first:.1f} of {SECONDS:g} s; {hint}'
    return f'{count} of {NEEDED} looks; {hint}'


def owner_of(name: str, looks: TrackLooks, known: KnownPeople, limit: float) -> str:
    """
    Return the uid of the person to whom looks are to be added; empty: a new one.

    Args:
        name: that was asked for.
        looks: of the face.
        known: everybody.
        limit: maximum distance at which a face is somebody.

    Raises:
        ConfigError: the face is known under another name, or the name is another face's.
    """
    folded = [known_name.casefold() for known_name in known.names]
    namesake = folded.index(name.casefold()) if name.casefold() in folded else -1
    distances = known.distances(looks.mean[None])
    if not distances.size:
        return ''
    nearest = int(distances[0].argmin())
    if distances[0, nearest] <= limit and nearest != namesake:
        other = known.names[nearest]
        if other:
            raise ConfigError(f"'{name}': this face is known as '{other}'; rename or forget "
                              f"'{other}' first")
        if namesake < 0:
            return str(known.uids[nearest])  # somebody remembered gets a name
    if namesake >= 0 and distances[0, namesake] > limit:
        raise ConfigError(f"'{name}': is another face (distance "
                          f'{distances[0, namesake]:.2f}, at most {limit:.2f}); give another '
                          f"name, or forget '{name}' first")
    return str(known.uids[namesake]) if namesake >= 0 else ''


def is_somebody(vector: np.ndarray, known: KnownPeople, limit: float) -> bool:
    """Return whether a face (D,) is so near to anybody known that it may be them."""
    distances = known.distances(vector[None])
    return bool(distances.size and distances.min() <= limit)
