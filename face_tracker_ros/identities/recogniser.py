# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Names for tracks, of the people in a store that is never waited for."""
from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
import threading
import time

from face_tracker_ros.config import Config
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.identities.encoder_space import space_of
from face_tracker_ros.identities.enrolment import Enrolment, PATIENCE, progress, SILENCE
from face_tracker_ros.identities.gallery import Gallery
from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.learnt import Learnt
from face_tracker_ros.identities.limits import limit_of, margin_of
from face_tracker_ros.identities.matching import assign
from face_tracker_ros.identities.opening import open_store
from face_tracker_ros.identities.records import checked_name, title_of
from face_tracker_ros.identities.track_looks import AllLooks, TrackLooks
from face_tracker_ros.types import FrameResult, Identity
import numpy as np

_EVIDENCE = 2  # good looks after which a face is named, or called unknown
_APART = 0.1  # cosine distance beyond the limit from which a face is surely nobody known


class Recogniser:
    """
    The people of a store, and which of them the tracks of one stream are.

    `update` is called with every frame and computes in memory only.
    """

    def __init__(self, config: Config, encoder: FaceEncoder) -> None:
        """
        Open the store that `identities.store` names.

        Raises:
            ConfigError: the address of the store is bad, or lacks a package.
            SourceError: the file cannot be opened. A server may be out of reach.
        """
        self._lock = threading.Lock()  # of enrolments and tracks, which services use, too
        self._space = space_of(encoder.spec, encoder.path)
        self.gallery = Gallery(open_store(config.identities.store), self._space)
        """The people who are known."""
        self._enrolments: dict[int, Enrolment] = {}
        self._pending: Future[None] | None = None
        self._begin(config, encoder)

    def configure(self, config: Config, encoder: FaceEncoder) -> None:
        """Take new parameters; another encoder begins with the vectors of its own space."""
        space = space_of(encoder.spec, encoder.path)
        if self._space == space:
            self._given, self._config = config, config.identities
            return
        with self._lock:
            self._space = space
            self.gallery.use(space)
            self._begin(config, encoder)

    def _begin(self, config: Config, encoder: FaceEncoder) -> None:
        self._given, self._config, self._spec = config, config.identities, encoder.spec
        self._looks = AllLooks()
        self._named: dict[int, str] = {}
        self._since: dict[int, float] = {}
        self._people: dict[int, Identity] = {}
        self._matched: KnownPeople | None = None

    @property
    def limit(self) -> float:
        """The maximum cosine distance in force."""
        return limit_of(self._given, self._spec, self.gallery.calibration)

    @property
    def margin(self) -> float:
        """The margin to the second best person in force."""
        return margin_of(self._given, self._spec, self.gallery.calibration)

    def update(self, result: FrameResult) -> Mapping[int, Identity]:
        """Return who the tracks of a frame are, by id; all that are seen are in it."""
        self.gallery.look()
        if result.restarted:
            self.reset()
        with self._lock:
            for old, new in result.id_changes:
                self._looks.rename(old, new)
                if old in self._enrolments and new not in self._enrolments:
                    self._enrolments[new] = self._enrolments.pop(old)
                    self._enrolments[new].track = new
            known, seen = self.gallery.known, result.tracks.ids.tolist()
            if self._looks.update(result, self._config.min_quality) \
                    or known is not self._matched or self._people.keys() != set(seen):
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
        return self.gallery.forget(name.strip())

    def close(self) -> None:
        """Finish writing, as long as the store answers, and close it."""
        with self._lock:
            self._give_up('the tracker ended')
        self.gallery.close()

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
        self.gallery.search(vectors, [uid for uid in self._named.values() if uid])
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
        self._people, self._matched = people, known

    def _attend(self, enrolment: Enrolment, result: FrameResult,
                people: dict[int, Identity]) -> None:
        track, looks = enrolment.track, self._looks[enrolment.track]
        enrolment.heard = time.monotonic()
        if enrolment.begun is None:
            enrolment.begun = result.stamp
        if looks is not None and looks.enough and track in people:
            del self._enrolments[track]
            self.gallery.enrol(self._learnt(enrolment.name, looks, self.limit), enrolment.done)
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
                if self._pending is None or self._pending.done():
                    self._pending = self.gallery.remember(
                        self._learnt('', looks, self.limit + _APART))

    def _learnt(self, name: str, looks: TrackLooks, limit: float) -> Learnt:
        copy = TrackLooks(looks.vectors.copy(), looks.qualities.copy(), looks.first, looks.last,
                          looks.count)
        return Learnt(name, self._space, copy, limit)


def _likeness(distance: float, limit: float) -> float:
    """Return 1 for the same vector, 0.5 at the limit, 0 at twice that."""
    return float(np.clip(1 - distance / (2 * limit), 0, 1))
