# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The people of a store as the tracker knows them, kept up to date on a thread of its own."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
import logging
import time
from typing import TypeVar

from face_tracker_ros.errors import ConfigError, FaceTrackerError, reason, SourceError
from face_tracker_ros.identities.enrolment import is_somebody, owner_of
from face_tracker_ros.identities.known import joined, KnownPeople, no_looks
from face_tracker_ros.identities.learnt import Learnt
from face_tracker_ros.identities.records import Calibration, Looks, Space, title_of
from face_tracker_ros.identities.store import everybody, IndexedStore, Store
from face_tracker_ros.types import FloatArray
import numpy as np

MOST_SEARCHED = 100_000  # looks that are held in memory; beyond, the store's own index searches
MOST_WAITING = 100  # people who are kept in memory while the store cannot be used
_LOOK_AGAIN = 1.0  # seconds between two looks at what others wrote
_SEARCH_AGAIN = 0.25  # seconds between two searches by the store's index
_PACE = 10  # times as long as reading took, until it is done again
_SLOW = 5.0  # seconds without an answer, after which the store counts as out of use
_PATIENCE = 2.0  # seconds to wait for it at the begin and at the end
_LOG = logging.getLogger(__name__)
_Result = TypeVar('_Result')


class Gallery:
    """
    The people of a store. No method waits for the store; a thread reads and writes.

    While the store is slow or out of reach, everybody stays known as before, and whoever is
    learnt is kept in memory, known here, and stored when the store is back.

    Attributes:
        known: the people, for the search; another object whenever anything has changed.
        calibration: what was measured for the space in use.
        waiting: number of people who are to be stored when that is possible.
    """

    def __init__(self, store: Store, space: Space) -> None:
        """Begin to read what a store holds of a space; wait for it no longer than 2 s."""
        self._store = store
        self._work = ThreadPoolExecutor(1, 'identities')
        self._queue: list[Learnt] = []  # of the thread
        self.waiting = 0
        self._problem, self._warned, self._closed = '', False, False
        self._begun: float | None = None  # since when the thread has been at a task
        self._indexed = False
        self.use(space)
        wait([self._asked], _PATIENCE)

    def use(self, space: Space) -> None:
        """Compare vectors of another space from now on."""
        self._space = space
        self._stored: tuple[Looks, Mapping[str, str]] = no_looks(), {}
        self.known = KnownPeople(*self._stored)
        self.calibration: Calibration | None = None
        self._revision: tuple[Space, int] | None = None
        self._wish: tuple[FloatArray, list[str]] = np.zeros((0, 0), np.float32), []
        self._wanted = self._wish
        self._next_look = self._next_search = 0.0
        self._asked: Future[None] = self._submit(self._take_news)

    @property
    def problem(self) -> str:
        """Why the store cannot be used at present, in one line; empty: it can."""
        begun, text = self._begun, self._problem
        if begun is not None and time.monotonic() - begun > _SLOW:
            text = (f"people '{self._store.address}': no answer for "
                    f'{time.monotonic() - begun:.0f} s; names stay as they are')
        if text and self.waiting:
            text += f'; {self.waiting} people wait in memory to be stored'
        return text

    def look(self) -> None:
        """Have the thread see whether anybody wrote, and search, now and then."""
        now = time.monotonic()
        if not self._asked.done():
            return
        if now >= self._next_look:
            self._next_look = now + _LOOK_AGAIN
            self._asked = self._submit(self._take_news)
        elif self._indexed and self._wish is not self._wanted and now >= self._next_search:
            self._next_search = now + _SEARCH_AGAIN
            self._asked = self._submit(self._search)

    def search(self, vectors: FloatArray, uids: Sequence[str]) -> None:
        """
        Have the people nearest to vectors (N, D), and those of some uids, among the known ones.

        Where the matrix in memory holds everybody, they are already.
        """
        if not np.array_equal(vectors, self._wish[0]):
            self._wish = vectors, list(uids)

    def enrol(self, learnt: Learnt, done: Future[str]) -> None:
        """Store somebody with a name; `done` gets a sentence, or a ConfigError."""
        def work() -> None:
            try:
                done.set_result(self._enrol(learnt))
            except Exception as error:
                done.set_exception(error)

        def ended(task: Future[None]) -> None:
            if task.cancelled():
                done.set_exception(ConfigError(f"'{learnt.name}': not enrolled; the tracker "
                                               'ended'))
        self._submit(work).add_done_callback(ended)

    def remember(self, learnt: Learnt) -> Future[None]:
        """Store somebody without a name, unless they are somebody known."""
        return self._submit(self._remember, learnt)

    def forget(self, name: str) -> Future[str]:
        """Erase a person by name; the Future gets a sentence, or the error."""
        return self._submit(self._forget, name)

    def close(self) -> None:
        """Store what waits, if that takes no more than 2 s, and close the store; once only."""
        if self._closed:
            return
        self._closed = True
        wait([self._submit(self._take_news)], _PATIENCE)
        self._work.shutdown(wait=False, cancel_futures=True)
        self._store.close()
        self._work.shutdown()
        if self.waiting:
            _LOG.warning("people '%s': %d people who were learnt while they could not be used "
                         'are lost', self._store.address, self.waiting)

    # On the thread

    def _submit(self, task: Callable[..., _Result], *given: object) -> Future[_Result]:
        def work() -> _Result:
            self._begun = time.monotonic()
            try:
                return task(*given)
            finally:
                self._begun = None
        return self._work.submit(work)

    def _take_news(self) -> None:
        try:
            begin, revision = time.monotonic(), (self._space, self._store.revision())
            while self._queue:
                self._settle(self._queue[0])
                self._queue.pop(0)
                self._revision = None
            if revision != self._revision:
                self._load()
                self._revision = revision
                seconds = time.monotonic() - begin
                self._next_look = max(self._next_look, begin + _PACE * seconds)
            self._works()
        except FaceTrackerError as error:
            self._fails(error)
        self.waiting = len(self._queue)

    def _settle(self, learnt: Learnt) -> None:
        """Store somebody who waited; what others wrote meanwhile wins."""
        try:
            _LOG.info("%s; waited for people '%s'", learnt.store(self._store),
                      self._store.address)
        except ConfigError as error:
            _LOG.warning('%s; was enrolled while the people could not be used, and is not stored',
                         error)

    def _search(self) -> None:
        try:
            self._load()
            self._works()
        except FaceTrackerError as error:
            self._fails(error)

    def _load(self) -> None:
        store, space, wish = self._store, self._space, self._wish
        count = store.count(space)
        index = store if count > MOST_SEARCHED and isinstance(store, IndexedStore) else None
        stored = index.near(space, *wish) if index else everybody(store, space)
        if count > MOST_SEARCHED and not index and not self._warned:
            self._warned = True
            _LOG.warning("people '%s': hold %d looks; beyond %d the search takes long: move them "
                         'to PostgreSQL (docs/guides/people.md)', store.address, count,
                         MOST_SEARCHED)
        calibration = store.calibration(space)
        if space == self._space:  # there may be another encoder by now
            self.calibration, self._stored = calibration, stored
            self._indexed, self._wanted = index is not None, wish
            self._publish()

    def _publish(self) -> None:
        """Let those be known who are stored, and those who wait to be."""
        looks, names = self._stored
        for learnt in self._queue:
            if learnt.space == self._space:
                looks = joined(looks, learnt.uid, learnt.looks.vectors, learnt.looks.qualities)
                names = {**names, learnt.uid: learnt.name or names.get(learnt.uid, '')}
        self.known = KnownPeople(looks, names)

    def _enrol(self, learnt: Learnt) -> str:
        try:
            text = learnt.store(self._store)
            self._load()
        except SourceError as error:
            self._fails(error)
            text = self._keep(learnt)
        return text

    def _keep(self, learnt: Learnt) -> str:
        if len(self._queue) >= MOST_WAITING:
            raise ConfigError(f"'{learnt.name}': not enrolled; {self._problem}, and "
                              f'{MOST_WAITING} people wait in memory already')
        learnt.uid = owner_of(learnt.name, learnt.looks, self.known, learnt.limit) or learnt.uid
        self._wait(learnt)
        return (f"'{learnt.name}': known here with {len(learnt.looks.vectors)} looks, and stored "
                f'when that is possible; lost if the tracker ends before ({self._problem})')

    def _wait(self, learnt: Learnt) -> None:
        self._queue.append(learnt)
        self.waiting = len(self._queue)
        self._publish()

    def _remember(self, learnt: Learnt) -> None:
        try:
            learnt.store(self._store)
            self._load()
        except SourceError as error:
            self._fails(error)
            if len(self._queue) < MOST_WAITING and not is_somebody(
                    learnt.looks.mean, self.known, learnt.limit):
                self._wait(learnt)

    def _forget(self, name: str) -> str:
        wanted = name.casefold()
        self._queue = [learnt for learnt in self._queue if wanted not in (
            title_of(learnt.uid, learnt.name).casefold(), learnt.uid)]
        removed, self.waiting = len(self._queue) < self.waiting, len(self._queue)
        self._publish()
        uids = [person.uid for person in self._store.people()
                if name and wanted in (person.title.casefold(), person.uid)]
        if not uids and not removed:
            raise ConfigError(f"'{name}': nobody has that name; 'face-tracker identities list' "
                              'shows everybody')
        self._store.forget(uids)
        self._load()
        return f"'{name}': forgotten"

    def _works(self) -> None:
        if self._problem:
            _LOG.info("people '%s': can be used again", self._store.address)
        self._problem = ''

    def _fails(self, error: Exception) -> None:
        text = f'{reason(error)}; names stay as they are'
        if not self._problem:
            _LOG.warning('%s', text)
        self._problem, self._revision = text, None
