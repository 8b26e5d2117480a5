# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One connected browser."""
from __future__ import annotations

import asyncio

from aiohttp import web, WSMsgType


class Viewer:
    """
    Sends a browser the newest of each kind of message; what it is too slow for is left out.

    One image is on its way at most: the next one goes out when the browser has drawn the last.
    """

    def __init__(self, socket: web.WebSocketResponse) -> None:
        """Begin with nothing to send."""
        self._socket = socket
        self._texts: dict[str, str] = {}
        self._frame: bytes | None = None
        self._is_drawn = True
        self._wake = asyncio.Event()

    def show(self, kind: str, text: str) -> None:
        """Send a text soon, in place of one of its kind that still waits."""
        self._texts[kind] = text
        self._wake.set()

    def show_frame(self, jpeg: bytes) -> None:
        """Send an image as soon as the browser has drawn the last one, unless a newer comes."""
        self._frame = jpeg
        self._wake.set()

    async def run(self) -> None:
        """Send until the browser leaves."""
        sender = asyncio.create_task(self._send())
        try:
            async for message in self._socket:
                if message.type == WSMsgType.TEXT:
                    self._is_drawn = True
                    self._wake.set()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def close(self) -> None:
        """Say goodbye, but wait no longer than a second."""
        await asyncio.wait([asyncio.ensure_future(self._socket.close())], timeout=1.0)

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._texts:
                await self._socket.send_str(self._texts.pop(next(iter(self._texts))))
            if self._frame is not None and self._is_drawn:
                frame, self._frame, self._is_drawn = self._frame, None, False
                await self._socket.send_bytes(frame)
