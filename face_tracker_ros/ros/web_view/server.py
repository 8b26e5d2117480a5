# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The web server, on a thread and an event loop of its own."""
from __future__ import annotations

import asyncio
import errno
from pathlib import Path
import socket
import threading
from typing import Any

from aiohttp import web
from face_tracker_ros.errors import ConfigError, FaceTrackerError, reason
from face_tracker_ros.ros.web_view.access import Access, Handler, HEADERS
from face_tracker_ros.ros.web_view.services import TrackerError
from face_tracker_ros.ros.web_view.view import View

_FOLDER = Path(__file__).parent / 'static'
_FILES = {'/': 'index.html', '/view.css': 'view.css', '/view.js': 'view.js',
          '/icon.svg': 'icon.svg', '/login.html': 'login.html'}
_LARGEST_REQUEST, _LARGEST_MESSAGE = 64 * 1024, 1024  # bytes
_HEARTBEAT, _GOODBYE = 10.0, 3.0  # seconds
_LONGEST_NAME = 200


def listen(address: str, port: int) -> socket.socket:
    """
    Return a socket that listens.

    Raises:
        ConfigError: The address is none of this machine, or the port is in use.
    """
    try:
        family, kind, number, _, target = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        connection = socket.socket(family, kind, number)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"parameter 'address': '{address}' is no address; give 127.0.0.1 for "
                          'this machine only, or 0.0.0.0 for all interfaces') from error
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(target)
        connection.listen(128)
    except OSError as error:
        connection.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"parameter 'port': {port} is in use by another program; give "
                              f'another, such as -p port:={port % 65535 + 1}, or 0') from error
        raise ConfigError(f"parameter 'address': cannot listen on '{address}', port {port} "
                          f'({error.strerror}); give 127.0.0.1 or 0.0.0.0, and a port from 1024 '
                          'on') from error
    return connection


class Server:
    """Answers browsers until it is stopped."""

    def __init__(self, connection: socket.socket, access: Access, view: View) -> None:
        """Keep what is needed; nothing runs yet."""
        self._connection, self._access, self._view = connection, access, view
        self._leave: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name='web server')

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        self._is_ready.wait()

    def stop(self) -> None:
        """Disconnect everybody and end."""
        if self._loop is not None and self._leave is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave.set)
            self._thread.join(2 * _GOODBYE)

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        finally:
            self._is_ready.set()  # also when it failed: nobody waits for ever

    async def _run(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self._application(), access_log=None)
        await runner.setup()
        await web.SockSite(runner, self._connection).start()
        self._is_ready.set()
        await self._leave.wait()
        await self._view.disconnect()
        await asyncio.wait([asyncio.ensure_future(runner.cleanup())], timeout=_GOODBYE)

    def _application(self) -> web.Application:

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._access.guard(request, handler)

        async def seal(_: web.Request, response: web.StreamResponse) -> None:
            response.headers.update(HEADERS)

        application = web.Application(middlewares=[guard], client_max_size=_LARGEST_REQUEST)
        application.on_response_prepare.append(seal)
        for path in _FILES:
            application.router.add_get(path, _send_file)
        application.router.add_get('/live', self._live)
        application.router.add_get(r'/crops/{track:\d{1,10}}', self._crop)
        application.router.add_get('/parameters.yaml', self._parameter_file)
        application.router.add_post('/parameters', self._set_parameter)
        application.router.add_post('/enroll', self._enroll)
        application.router.add_post('/forget', self._forget)
        return application

    async def _live(self, request: web.Request) -> web.StreamResponse:
        response = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_MESSAGE,
                                         timeout=1.0, compress=False)
        await response.prepare(request)
        await self._view.serve(response)
        return response

    async def _crop(self, request: web.Request) -> web.Response:
        jpeg = self._view.crops.get(int(request.match_info['track']))
        if jpeg is None:
            raise web.HTTPNotFound(text='no crop of this track')
        return web.Response(body=jpeg, content_type='image/jpeg')

    async def _parameter_file(self, _: web.Request) -> web.Response:
        try:
            text = await self._view.parameters.to_yaml()
        except TrackerError as error:
            raise web.HTTPServiceUnavailable(text=reason(error)) from error
        return web.Response(text=text, content_type='application/yaml', headers={
            'Content-Disposition': 'attachment; filename="face_tracker.yaml"'})

    async def _set_parameter(self, request: web.Request) -> web.Response:
        content = await _content(request, 'name', 'value')
        try:
            rejected = await self._view.parameters.set(content['name'], content['value'])
        except FaceTrackerError as error:
            rejected = reason(error)
        return web.json_response({'ok': not rejected, 'reason': rejected})

    async def _enroll(self, request: web.Request) -> web.Response:
        content = await _content(request, 'track', 'name')
        if type(content['track']) is not int or content['track'] < 0:
            raise web.HTTPBadRequest(text='track: give its number')
        return await self._people('enroll', f"{content['track']} {_name(content)}")

    async def _forget(self, request: web.Request) -> web.Response:
        return await self._people('forget', _name(await _content(request, 'name')))

    async def _people(self, service: str, text: str) -> web.Response:
        try:
            done, sentence = await self._view.services.people(service, text)
        except FaceTrackerError as error:
            done, sentence = False, reason(error)
        return web.json_response({'ok': done, 'reason': sentence})


async def _send_file(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FOLDER / _FILES[request.path])


async def _content(request: web.Request, *names: str) -> dict[str, Any]:
    try:
        content = await request.json()
    except (ValueError, LookupError, RecursionError):
        content = None
    if not isinstance(content, dict) or set(content) != set(names):
        raise web.HTTPBadRequest(text=f"send a JSON object of {' and '.join(names)}")
    return content


def _name(content: dict[str, Any]) -> str:
    name = content['name']
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME \
            or not name.isprintable():
        raise web.HTTPBadRequest(text=f'name: give 1 to {_LONGEST_NAME} printable characters')
    return name.strip()
