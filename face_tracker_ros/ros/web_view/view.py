# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the browsers see: the newest of everything, as long as somebody looks."""
from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
import json
import threading
from typing import Any

from aiohttp import web
from face_tracker_ros.ros.web_view.services import Services, TrackerError
from face_tracker_ros.ros.web_view.tracker_parameters import TrackerParameters
from face_tracker_ros.ros.web_view.viewer import Viewer

_MOST_VIEWERS, _MOST_CROPS = 8, 128
_RETRY_SECONDS = 1.0


class View:
    """
    Hands on to all browsers what comes from the tracker, and is silent without any.

    `put` may be called from any thread; everything else belongs to the web server's.
    """

    def __init__(self, tracker: str, services: Services) -> None:
        """Begin without browsers."""
        self.services = services
        self.parameters = TrackerParameters(tracker, services)
        self.crops: OrderedDict[int, bytes] = OrderedDict()
        self._viewers: list[Viewer] = []
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()
        self._inbox: dict[Any, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._follower: asyncio.Task[None] | None = None
        self._open: Callable[[], object] = bool
        self._close: Callable[[], object] = bool

    def watches(self, open_topics: Callable[[], object],
                close_topics: Callable[[], object]) -> None:
        """Name what is called when the first browser comes and when the last one leaves."""
        self._open, self._close = open_topics, close_topics

    def put(self, kind: str, value: Any) -> None:
        """Take something from the tracker; the newest of its kind wins."""
        key = (kind, value[0]) if kind == 'crop' else kind
        with self._lock:
            wake = not self._inbox
            self._inbox[key] = [*self._inbox.get(key, ()), *value] if kind == 'changed' else value
        if wake and self._loop is not None:
            self._loop.call_soon_threadsafe(self._take)

    async def serve(self, socket: web.WebSocketResponse) -> None:
        """Show everything to a browser until it leaves."""
        if len(self._viewers) >= _MOST_VIEWERS:
            await socket.close(code=1013, message=b'too many browsers look already; close one')
            return
        viewer = Viewer(socket)
        self._viewers.append(viewer)
        if len(self._viewers) == 1:
            self._begin()
        for kind, text in self._texts.items():
            viewer.show(kind, text)
        try:
            await viewer.run()
        finally:
            self._viewers.remove(viewer)
            if not self._viewers:
                self._end()

    async def disconnect(self) -> None:
        """Close the connections to all browsers."""
        await asyncio.gather(*(viewer.close() for viewer in self._viewers))

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stale = asyncio.Event()
        self._follower = asyncio.create_task(self._keep_parameters())
        self._open()

    def _end(self) -> None:
        self._close()
        if self._follower is not None:
            self._follower.cancel()
        with self._lock:
            self._inbox.clear()
        self._texts.clear()
        self.crops.clear()

    def _take(self) -> None:
        with self._lock:
            inbox, self._inbox = self._inbox, {}
        if not self._viewers:
            return
        for kind, value in inbox.items():
            if kind == 'frame':
                for viewer in self._viewers:
                    viewer.show_frame(value)
            elif kind == 'started':
                self._stale.set()
            elif kind == 'changed':
                self._follow(value)
            elif kind in ('tracks', 'status'):
                self._show(kind, value)
            else:
                track, jpeg = value
                self.crops[track] = jpeg
                self.crops.move_to_end(track)
                if len(self.crops) > _MOST_CROPS:
                    self.crops.popitem(last=False)

    def _follow(self, changes: Any) -> None:
        if self.parameters.follow(changes):
            self._show('parameters', self.parameters.entries())
        else:
            self._stale.set()

    def _show(self, kind: str, value: Any) -> None:
        text = self._texts[kind] = json.dumps({'kind': kind, kind: value})
        for viewer in self._viewers:
            viewer.show(kind, text)

    async def _keep_parameters(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                await self.parameters.load()
                self._show('parameters', self.parameters.entries())
            except TrackerError:
                await asyncio.sleep(_RETRY_SECONDS)
                self._stale.set()
