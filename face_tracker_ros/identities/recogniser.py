# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Names for tracks: asks the store in parallel and never waits for it."""
from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
import logging
import threading
import time
from typing import Any
import uuid

from face_tracker_ros.config import Config
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.errors import ConfigError, FaceTrackerError
from face_tracker_ros.identities.enrolment import (Enrolment, is_somebody, owner_of, PATIENCE,
                                                   progress, SILENCE)
from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.matching import assign
from face_tracker_ros.identities.records import Calibration, checked_name, Looks, title_of
from face_tracker_ros.identities.space import space_of
from face_tracker_ros.identities.spaces import limit_of, margin_of
from face_tracker_ros.identities.store import open_store, Store
from face_tracker_ros.identities.track_looks import AllLooks, TrackLooks
from face_tracker_ros.types import FrameResult, Identity
import numpy as np

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN = 1.0  # seconds between two looks at what others wrote
_EVIDENCE = 2  # good looks after which a face is named, or called unknown
_APART = 0.1  # cosine distance beyond the limit from which a face is surely nobody known


class Recogniser:
    """
    The people of a store, and which of them the tracks of one stream are.

    `update` is called with every frame and computes in memory only. One thread reads and writes
    the store; while that is slow or out of reach, names stay as they are.
    """

    def __init__(self, config: Config, encoder: FaceEncoder) -> None:
        """
        Open the store that `identities.store` names.

        Raises:
            ConfigError: the address of the store is bad.
            SourceError: the store cannot be opened.
        """
        self._lock = threading.Lock()  # of what both threads use: known, calibration, enrolments
        self._store: Store = open_store(config.identities.store)
        self._work = ThreadPoolExecutor(1, 'identities')
        self._enrolments: dict[int, Enrolment] = {}
        self._looks = AllLooks()
        self.problem = ''
        """Why the store cannot be used at present; empty: it can."""
        self._pending: Future[None] | None = None
        self.configure(config, encoder)
        self._work.submit(lambda: None).result()  # everybody is known from the start

    def configure(self, config: Config, encoder: FaceEncoder) -> None:
        """Take new parameters; another encoder begins with the vectors of its own space."""
        self._given, self._config = config, config.identities
        space = space_of(encoder.spec, encoder.path)
        if getattr(self, '_space', None) == space:
            return
        with self._lock:
            self._space, self._spec = space, encoder.spec
            self._looks = AllLooks()
            self._named: dict[int, str] = {}
            self._since: dict[int, float] = {}
            self._people: dict[int, Identity] = {}
            self._known = KnownPeople(_no_looks(), {})
            self._calibration: Calibration | None = None
            self._changed = True
            self._revision: Any = None
        self._next_look = 0.0
        self._asked: Future[None] | None = None
        self._look()

    @property
    def limit(self) -> float:
        """The maximum cosine distance in force."""
        return limit_of(self._given, self._spec, self._calibration)

    @property
    def margin(self) -> float:
        """The margin to the second best person in force."""
        return margin_of(self._given, self._spec, self._calibration)

    def update(self, result: FrameResult) -> Mapping[int, Identity]:
        """Return who the tracks of a frame are, by id; all that are seen are in it."""
        self._look()
        if result.restarted:
            self.reset()
        with self._lock:
            for old, new in result.id_changes:
                self._looks.rename(old, new)
                if old in self._enrolments and new not in self._enrolments:
                    self._enrolments[new] = self._enrolments.pop(old)
                    self._enrolments[new].track = new
            changed = self._looks.update(result, self._config.min_quality) or self._changed
            self._changed = False
            known, seen = self._known, result.tracks.ids.tolist()
            if changed or self._people.keys() != set(seen):
                self._match(known, seen, result.stamp)
            people = dict(self._people)
            for enrolment in list(self._enrolments.values()):
                self._attend(enrolment, result, people)
            if self._config.remember:
                self._remember(people)
        return people

    def reset(self) -> None:
        """Forget the tracks; what is stored stays."""
        with self._lock:
            self._looks = AllLooks()
            self._named, self._people = {}, {}
            self._give_up('all tracks were deleted')

    def enrol(self, name: str, track: int | None = None) -> Future[str]:
        """
        Begin to enrol the person of a track; the Future gets a sentence when it is done.

        Args:
            name: that the person is to have; looks are added where the face has that name already.
            track: its id; None: the only track in view.

        Raises:
            ConfigError: (also by the Future) the name or the track is not possible, the face is
                known under another name, the name is another face's, or no good looks came.
        """
        name = checked_name(name)
        with self._lock:
            seen = sorted(self._people)
            if track is None and len(seen) != 1:
                raise ConfigError(f"'{name}': {len(seen)} faces in view; give the id of one, such "
                                  f"as '{seen[0] if seen else 1} {name}'")
            track = seen[0] if track is None else track
            if track not in self._people:
                ids = ', '.join(map(str, seen)) or 'none'
                raise ConfigError(f'track {track}: is not in view; in view: {ids}')
            if track in self._enrolments:
                raise ConfigError(f'track {track}: is being enrolled already; wait for it')
            enrolment = self._enrolments[track] = Enrolment(track, name)
        return enrolment.done

    def end_unattended(self) -> None:
        """End the enrolments that wait while no frame comes; to be called now and then."""
        with self._lock:
            for enrolment in list(self._enrolments.values()):
                if time.monotonic() - enrolment.heard > SILENCE:
                    self._end(enrolment, f'no image came for {SILENCE:g} s; check the camera and '
                              'the image topic')

    def forget(self, name: str) -> Future[str]:
        """Erase a person by name; the Future gets a sentence, or a ConfigError."""
        return self._work.submit(self._forget, name.strip())

    def close(self) -> None:
        """Finish writing and close the store."""
        with self._lock:
            self._give_up('the tracker ended')
        self._work.shutdown()
        self._store.close()

    # With the lock

    def _give_up(self, why: str) -> None:
        """End all enrolments."""
        for enrolment in list(self._enrolments.values()):
            self._end(enrolment, why)

    def _end(self, enrolment: Enrolment, why: str) -> None:
        del self._enrolments[enrolment.track]
        enrolment.done.set_exception(ConfigError(f"'{enrolment.name}': not enrolled; {why}"))

    # On the thread that calls update, with the lock

    def _match(self, known: KnownPeople, seen: list[int], stamp: float) -> None:
        looks = dict(self._looks.of(seen))
        ready = [track for track in seen if track in looks and looks[track].count >= _EVIDENCE]
        rows = {str(uid): row for row, uid in enumerate(known.uids)}
        held = np.array([rows.get(self._named.get(track, ''), -1) for track in ready], np.intp)
        vectors = np.array([looks[track].mean for track in ready], np.float32)
        found = assign(known.distances(vectors), held, self.limit, self.margin)
        people = {track: Identity(state='pending') for track in seen}
        for row, track in enumerate(ready):
            person, nearest = int(found.person[row]), int(found.nearest[row])
            uid = str(known.uids[person]) if person >= 0 else ''
            if uid != self._named.get(track, ''):
                self._since[track] = stamp
            self._named[track] = uid
            people[track] = Identity(
                state='known' if uid else 'unknown', uid=uid,
                name=title_of(uid, known.names[person]) if uid else '',
                anonymous=bool(uid) and not known.names[person],
                distance=float(found.distance[row]), margin=float(found.margin[row]),
                since=self._since.get(track, stamp),
                nearest='' if nearest < 0 else str(known.uids[nearest]),
                likeness=_likeness(float(found.distance[row]), self.limit))
        alive = set(people) | {track for track in self._named if self._looks[track] is not None}
        self._named = {track: uid for track, uid in self._named.items() if track in alive}
        self._since = {track: since for track, since in self._since.items() if track in alive}
        self._people = people

    def _attend(self, enrolment: Enrolment, result: FrameResult,
                people: dict[int, Identity]) -> None:
        track, looks = enrolment.track, self._looks[enrolment.track]
        enrolment.heard = time.monotonic()
        if enrolment.begun is None:
            enrolment.begun = result.stamp
        if looks is not None and looks.enough and track in people:
            del self._enrolments[track]
            vectors, qualities = looks.vectors.copy(), looks.qualities.copy()
            copy = TrackLooks(vectors, qualities, looks.first, looks.last, looks.count)
            self._work.submit(self._store_enrolment, enrolment, copy)
            return
        text = progress(looks, self._looks.poor.get(track))
        if result.stamp - enrolment.begun > PATIENCE:
            self._end(enrolment, text)
        elif track in people:
            old = people[track]
            people[track] = Identity(**{**vars(old), 'enrolment': f'{enrolment.name}: {text}'})

    def _remember(self, people: Mapping[int, Identity]) -> None:
        """Store unknown people who were seen well and are far from everybody known."""
        for track, looks in self._looks.of(people):
            person = people[track]
            if person.state == 'unknown' and looks.enough and track not in self._enrolments \
                    and person.distance > self.limit + _APART and not self._named.get(track):
                self._named[track] = ''
                copy = TrackLooks(looks.vectors.copy(), looks.qualities.copy(), looks.first,
                                  looks.last, looks.count)
                if self._pending is None or self._pending.done():
                    self._pending = self._work.submit(self._store_anonymous, copy)

    # On the thread of the store

    def _look(self) -> None:
        """Have the store's thread see whether anybody wrote, now and then."""
        now = time.monotonic()
        if now >= self._next_look and (self._asked is None or self._asked.done()):
            self._next_look = now + _LOOK_AGAIN
            self._asked = self._work.submit(self._take_news)

    def _take_news(self) -> None:
        try:
            revision = self._store.revision()
            if revision != self._revision:
                self._load()
                self._revision = revision
            self.problem = ''
        except FaceTrackerError as error:
            if str(error) != self.problem:
                _LOG.warning('%s', error)
            self.problem = str(error)

    def _load(self) -> None:
        space = self._space
        looks = self._store.looks(space)
        names = {person.uid: person.name for person in self._store.people()}
        calibration = self._store.calibration(space)
        known = KnownPeople(looks, names)
        with self._lock:
            if space == self._space:  # there may be another encoder by now
                self._known, self._calibration, self._changed = known, calibration, True

    def _store_enrolment(self, enrolment: Enrolment, looks: TrackLooks) -> None:
        try:
            self._load()  # what others wrote meanwhile counts
            uid = owner_of(enrolment.name, looks, self._known, self.limit)
            anonymous = uid and not self._known.names[self._known.uids.tolist().index(uid)]
            self._store.add(uid or uuid.uuid4().hex, enrolment.name, self._space, looks.vectors,
                            looks.qualities)
            if anonymous:
                self._store.rename(uid, enrolment.name)
            self._load()
        except Exception as error:
            enrolment.done.set_exception(error)
        else:
            verb = 'enrolled with' if not uid else 'known already; added'
            enrolment.done.set_result(f"'{enrolment.name}': {verb} {len(looks.vectors)} looks")

    def _store_anonymous(self, looks: TrackLooks) -> None:
        try:
            self._store.add(
                uuid.uuid4().hex, '', self._space, looks.vectors, looks.qualities,
                unless=lambda stored: is_somebody(looks.mean, KnownPeople(stored, {}),
                                                  self.limit + _APART))
            self._load()
        except FaceTrackerError as error:
            _LOG.warning('%s', error)

    def _forget(self, name: str) -> str:
        uids = [person.uid for person in self._store.people()
                if name and name.casefold() in (person.title.casefold(), person.uid)]
        if not uids:
            raise ConfigError(f"'{name}': nobody has that name; 'face-tracker identities list' "
                              'shows everybody')
        self._store.forget(uids)
        self._load()
        return f"'{name}': forgotten"


def _likeness(distance: float, limit: float) -> float:
    """Return 1 for the same vector, 0.5 at the limit, 0 at twice that."""
    return float(np.clip(1 - distance / (2 * limit), 0, 1))


def _no_looks() -> Looks:
    nothing = np.zeros(0)
    return Looks(np.zeros(0, np.str_), np.zeros((0, 0), np.float32), nothing, nothing)
