# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A thread that always works on the newest item and lets older ones go."""
from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Generic, TypeVar

Item = TypeVar('Item')

_LOOK_AGAIN = 0.1  # seconds


class LatestWorker(Generic[Item]):
    """
    Calls `handle` on its own thread with the newest item put in; sleeps without one.

    interval: returns the least seconds from the start of one call to the start of the next.
    ready: is called when an item would be worked on at once.
    """

    def __init__(self, handle: Callable[[Item], None],
                 interval: Callable[[], float] = lambda: 0.0,
                 ready: Callable[[], None] = lambda: None) -> None:
        """Start the thread."""
        self._handle = handle
        self._interval = interval
        self._ready = ready
        self._free = False
        self._changed = threading.Condition()
        self._items: list[Item] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name='latest', daemon=True)
        self._thread.start()

    @property
    def free(self) -> bool:
        """Whether an item would be worked on at once."""
        return self._free

    def put(self, item: Item) -> bool:
        """Store the item; return whether it replaced one that nobody worked on."""
        with self._changed:
            replaced = bool(self._items)
            self._items[:] = [item]
            self._free = False
            self._changed.notify()
        return replaced

    def stop(self) -> None:
        """Let the call in progress end, drop what waits, and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        started = -float('inf')
        while True:
            with self._changed:
                while not self._stopped:
                    rest = started + self._interval() - time.monotonic()
                    if rest > 0:  # the interval may become shorter meanwhile
                        self._changed.wait(min(rest, _LOOK_AGAIN))
                    elif self._items:
                        break
                    else:
                        if not self._free:
                            self._free = True
                            self._ready()
                        self._changed.wait()
                if self._stopped:
                    return
                item = self._items.pop()
            started = time.monotonic()
            self._handle(item)
