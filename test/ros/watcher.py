# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A browser without a page, for the web view."""
from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import Any

import aiohttp
from ros_client import Client, NodeProcess


class Watcher:
    """What the view sends over its WebSocket; one that does not draw is a stuck browser."""

    def __init__(self, address: str, draws: bool = True,
                 headers: dict[str, str] | None = None) -> None:
        self.frames: list[bytes] = []
        self.news: dict[str, Any] = {}
        self.closed = threading.Event()
        self._address, self._draws, self._headers = address, draws, headers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self._loop.close()

    async def _run(self) -> None:
        self._task = asyncio.create_task(self._listen())
        await asyncio.wait([self._task])

    async def _listen(self) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(f'{self._address}live', headers=self._headers) as socket:
                async for message in socket:
                    if message.type == aiohttp.WSMsgType.BINARY:
                        self.frames.append(message.data)
                        if self._draws:
                            await socket.send_str('drawn')
                    else:
                        content = json.loads(message.data)
                        self.news[content['kind']] = content[content['kind']]
        self.closed.set()


def address_of(view: NodeProcess, client: Client) -> str:
    """Return the address that a view logs at its start."""
    client.wait(lambda: 'http://' in view.output() or view.process.poll() is not None, 'a start')
    return re.search(r'http://\S+', view.output())[0]  # type: ignore[index]
