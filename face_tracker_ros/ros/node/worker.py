# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A thread that works on the newest item and drops older ones."""
from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Generic, TypeVar

Item = TypeVar('Item')


class LatestWorker(Generic[Item]):
    """Calls a function on its own thread with the newest item put in; sleeps without one."""

    def __init__(self, handle: Callable[[Item], None],
                 interval: Callable[[], float] = lambda: 0.0,
                 on_free: Callable[[], None] = lambda: None) -> None:
        """
        Start the thread.

        Args:
            handle: Called with each item; must not raise.
            interval: Returns the least seconds from the start of one call to that of the next.
            on_free: Called on the thread whenever it could begin with a next item at once.
        """
        self._handle = handle
        self._interval = interval
        self._on_free = on_free
        self._changed = threading.Condition()
        self._items: list[Item] = []
        self._busy = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name='latest', daemon=True)
        self._thread.start()

    def put(self, item: Item) -> bool:
        """Store the item; return whether it replaced one that nobody worked on."""
        with self._changed:
            replaced = bool(self._items)
            self._items[:] = [item]
            self._busy = True
            self._changed.notify()
        return replaced

    def is_free(self) -> bool:
        """Return whether the thread would begin with an item at once."""
        return not self._busy

    def reconsider(self) -> None:
        """Ask for the interval again, which may have changed."""
        with self._changed:
            self._changed.notify()

    def stop(self) -> None:
        """Let the call in progress end, drop what waits, and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while self._wait_for_item():
            started = time.monotonic()
            self._handle(self._items.pop())
            self._rest_until(lambda: started + self._interval())

    def _wait_for_item(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._stopped)
            return not self._stopped

    def _rest_until(self, moment: Callable[[], float]) -> None:
        with self._changed:
            while not self._stopped and (rest := moment() - time.monotonic()) > 0:
                self._changed.wait(min(rest, threading.TIMEOUT_MAX))
            self._busy = bool(self._items) or self._stopped
        if not self._busy:
            self._on_free()
