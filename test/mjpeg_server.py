# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A camera on the network: an aiohttp server that serves MJPEG, stalls, cuts and comes back."""
from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from types import TracebackType

from aiohttp import web
import cv2
import numpy as np

BOUNDARY = 'frame'
USER, PASSWORD = 'operator', 'hunter2'


class MjpegServer:
    """Serves /stream, where each image is of one grey that is twice its number; in a thread."""

    def __init__(self, rate: float = 50.0, image: np.ndarray | None = None) -> None:
        """Serve `rate` images per second: grey ones, or one and the same."""
        self.rate = rate
        self.image = image
        self.port = 0
        self.sent = 0
        self.connections = 0
        self.stalled = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._generation = self._serving = 0

    @property
    def address(self) -> str:
        """The stream's address, with user and password."""
        return f'http://{USER}:{PASSWORD}@127.0.0.1:{self.port}/stream?token={PASSWORD}'

    def __enter__(self) -> MjpegServer:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self) -> None:
        """Listen, at the same port as before."""
        self._call(self._start())

    def stop(self) -> None:
        """Be gone: no listener, no connection."""
        self._call(self._stop())

    def cut(self) -> None:
        """End the connections that are open now; new ones are taken."""
        self._call(self._cut())

    def _call(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get('/stream', self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, '127.0.0.1', self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        await self._cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for transport in list(self._loop._transports.values()):  # that aiohttp forgets
            transport.abort()
        await asyncio.sleep(0.05)  # for sockets to be closed

    async def _cut(self) -> None:
        self._generation += 1
        while self._serving:
            await asyncio.sleep(0.01)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        wanted = base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()
        if request.headers.get('Authorization') != f'Basic {wanted}':
            return web.Response(status=401, headers={'WWW-Authenticate': 'Basic realm="camera"'})
        response = web.StreamResponse(headers={
            'Content-Type': f'multipart/x-mixed-replace; boundary={BOUNDARY}'})
        await response.prepare(request)
        self.connections += 1
        self._serving += 1
        generation = self._generation
        with contextlib.suppress(ConnectionError):
            while generation == self._generation:
                if not self.stalled.is_set():
                    await response.write(self._part())
                await asyncio.sleep(1 / self.rate)
            if request.transport is not None:
                request.transport.close()
        self._serving -= 1
        return response

    def _part(self) -> bytes:
        image = self.image
        if image is None:
            image = np.full((48, 64, 3), 2 * (self.sent % 120), np.uint8)
        self.sent += 1
        jpeg = cv2.imencode('.jpg', image)[1].tobytes()
        return (f'--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n'
                .encode() + jpeg + b'\r\n')
