# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A camera on the network: an aiohttp server, in a process of its own, that serves MJPEG."""
from __future__ import annotations

import asyncio
import base64
from pathlib import Path
import signal
import socket
import subprocess
import sys
from types import TracebackType

from aiohttp import web
import cv2
import numpy as np

BOUNDARY = 'frame'
USER, PASSWORD = 'operator', 'hunter2'


class MjpegServer:
    """Serves /stream at always the same port: stops, stalls, cuts connections and comes back."""

    def __init__(self, rate: float = 50.0, image: Path | None = None) -> None:
        """Serve `rate` images per second: that of a file, or grey ones (see `_part`)."""
        self._arguments = [str(rate), str(image or '')]
        # Bound, but not listening, as long as this object is in use: nobody else gets the port
        # while the server is gone.
        self._claim = socket.socket()
        self._claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._claim.bind(('127.0.0.1', 0))
        self.port = self._claim.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """The stream's address, with user and password."""
        return f'http://{USER}:{PASSWORD}@127.0.0.1:{self.port}/stream?token={PASSWORD}'

    def __enter__(self) -> MjpegServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()
        self._claim.close()

    def start(self) -> None:
        """Serve, and return when that is so."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self.port), *self._arguments], text=True,
            stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == 'ready\n'

    def stop(self) -> None:
        """Be gone: no listener, no connection."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def stall(self) -> None:
        """Send nothing more; connections stay open, and new ones are not answered."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Send again."""
        self._send(signal.SIGCONT)

    def cut(self) -> None:
        """End the connections that are open now; new ones are taken."""
        self._send(signal.SIGUSR1)

    def _send(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class _Camera:
    """The server's process."""

    def __init__(self, rate: float, image: np.ndarray | None) -> None:
        self._rate, self._image = rate, image
        self._open: list[asyncio.Transport | None] = []

    async def run(self, port: int) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._cut)
        app = web.Application()
        app.router.add_get('/stream', self._serve)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, '127.0.0.1', port, reuse_address=True, reuse_port=True).start()
        print('ready', flush=True)
        await asyncio.Event().wait()

    def _cut(self) -> None:
        for transport in self._open:
            if transport is not None:
                transport.abort()
        self._open.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        wanted = base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()
        if request.headers.get('Authorization') != f'Basic {wanted}':
            return web.Response(status=401, headers={'WWW-Authenticate': 'Basic realm="camera"'})
        response = web.StreamResponse(headers={
            'Content-Type': f'multipart/x-mixed-replace; boundary={BOUNDARY}'})
        await response.prepare(request)
        self._open.append(request.transport)
        for number in range(sys.maxsize):
            try:
                await response.write(self._part(number))
            except ConnectionError:
                break
            await asyncio.sleep(1 / self._rate)
        return response

    def _part(self, number: int) -> bytes:
        """Return image `number` of a connection: of one grey that is twice that (modulo 240)."""
        image = self._image
        if image is None:
            image = np.full((48, 64, 3), 2 * (number % 120), np.uint8)
        jpeg = cv2.imencode('.jpg', image)[1].tobytes()
        return (f'--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n'
                .encode() + jpeg + b'\r\n')


if __name__ == '__main__':
    asyncio.run(_Camera(float(sys.argv[2]), cv2.imread(sys.argv[3]) if sys.argv[3] else None)
                .run(int(sys.argv[1])))
