# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Somebody whom a tracker learnt, and what becomes of them in a store."""
from __future__ import annotations

from dataclasses import dataclass
import uuid

from face_tracker_ros.identities.enrolment import is_somebody, owner_of
from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.records import Space, title_of
from face_tracker_ros.identities.store import everybody, IndexedStore, Store
from face_tracker_ros.identities.track_looks import TrackLooks


@dataclass
class Learnt:
    """
    Somebody to be stored.

    Attributes:
        name: empty for one who is remembered.
        space: of the looks.
        looks: of the face, a copy.
        limit: maximum distance at which a face is somebody; further for one who is remembered.
        uid: of the person, unless it turns out to be somebody known.
    """

    name: str
    space: Space
    looks: TrackLooks
    limit: float
    uid: str = ''

    def __post_init__(self) -> None:
        """Give a new person a uid."""
        self.uid = self.uid or uuid.uuid4().hex

    def store(self, store: Store) -> str:
        """
        Store them, as those whom the store holds at this moment allow; return what was done.

        Raises:
            ConfigError: the face is known under another name, or the name is another face's.
            SourceError: the store cannot be used.
        """
        if not self.name:
            added = store.add(self.uid, '', self.space, self.looks.vectors, self.looks.qualities,
                              unless=lambda stored: is_somebody(
                                  self.looks.mean, KnownPeople(stored, {}), self.limit))
            return f"'{title_of(self.uid, '')}': " + ('remembered' if added else 'known already')
        known = self._known_by(store)
        uid = owner_of(self.name, self.looks, known, self.limit)
        anonymous = uid and not known.names[known.uids.tolist().index(uid)]
        store.add(uid or self.uid, self.name, self.space, self.looks.vectors,
                  self.looks.qualities)
        if anonymous:
            store.rename(uid, self.name)
        verb = 'enrolled with' if not uid else 'known already; added'
        return f"'{self.name}': {verb} {len(self.looks.vectors)} looks"

    def _known_by(self, store: Store) -> KnownPeople:
        """Return the people of a store, or those of them who matter here."""
        if isinstance(store, IndexedStore):
            return KnownPeople(*store.near(self.space, self.looks.mean[None], (self.uid,),
                                           (self.name,)))
        return KnownPeople(*everybody(store, self.space))
