# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A thread that works on the newest item and drops older ones."""
from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')


class LatestWorker(Generic[Item]):
    """Calls a function on its own thread with the newest item put in; sleeps without one."""

    def __init__(self, handle: Callable[[Item], None]) -> None:
        """Start the thread; `handle` is called with each item and must not raise."""
        self._handle = handle
        self._changed = threading.Condition()
        self._items: list[Item] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name='latest', daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Store the item, in place of one that nobody has worked on."""
        with self._changed:
            self._items[:] = [item]
            self._changed.notify()

    def stop(self) -> None:
        """Let the call in progress end, drop what waits, and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._stopped)
                if self._stopped:
                    return
                item = self._items.pop()
            self._handle(item)
