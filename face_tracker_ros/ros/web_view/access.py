# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Who may use the view: the token, and requests that other web sites make a browser send."""
from __future__ import annotations

from collections.abc import Awaitable, Callable
import hmac
import ipaddress
import secrets
import socket
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from face_tracker_ros.errors import ConfigError

_SHORTEST = 16
_NAMES = ('localhost',)
_LOGIN = '/login.html'
_FREE = (_LOGIN, '/view.css', '/icon.svg')  # without the token: nothing of the tracker

HEADERS = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self'; connect-src 'self'; form-action 'self'; "
                               "base-uri 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
}
"""Of every response: nothing from elsewhere is loaded, and nobody else shows it."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access:
    """
    Decides about requests.

    Without a token only names of this machine may stand in Host: a site whose name was made to
    lead here (DNS rebinding) is rejected. With one, cookies keep such a site out, as they belong
    to the name under which the token was given. What a page of another site sends (Origin,
    Sec-Fetch-Site) is rejected always.
    """

    def __init__(self, listening: tuple[Any, ...], token: str = '') -> None:
        """
        Take the token, or make one where it is needed.

        Args:
            listening: The address of the socket, first of all address and port.
            token: Of the user; empty: none.

        Raises:
            ConfigError: The token is too short to be one.
        """
        if token and (len(token) < _SHORTEST or not token.isascii() or not token.isprintable()):
            raise ConfigError(f"parameter 'token': {len(token)} characters; give {_SHORTEST} or "
                              'more of ASCII, or none to have one made')
        self._listening = listening
        local = ipaddress.ip_address(listening[0]).is_loopback
        self.token = token or ('' if local else secrets.token_urlsafe(24))
        self._cookie = f'web_view_{listening[1]}'

    def address(self) -> str:
        """Return the address to open, with the token."""
        host = self._listening[0]
        if ipaddress.ip_address(host).is_unspecified:
            host = socket.gethostname()
        host = f'[{host}]' if ':' in host else host
        query = f'?token={quote(self.token)}' if self.token else ''
        return f'http://{host}:{self._listening[1]}/{query}'

    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request only if it may be."""
        self._check_site(request)
        if self.token and request.path not in _FREE and not self._is_known(request):
            if request.method == 'GET' and self._is_token(request.query.get('token', '')):
                known = web.HTTPSeeOther('/')
                known.set_cookie(self._cookie, self.token, httponly=True, samesite='Lax')
                raise known
            if request.path == '/':
                raise web.HTTPSeeOther(_LOGIN + ('#wrong' if request.query_string else ''))
            raise web.HTTPUnauthorized(text='the token is missing or wrong; open the address that '
                                       'web_view logged at its start')
        return await handler(request)

    def _check_site(self, request: web.Request) -> None:
        host = request.headers.get('Host', '')
        if not self.token and not _is_of_this_machine(host):
            raise web.HTTPForbidden(text=f'Host {host!r}: is no name of this machine; open '
                                    f'{self.address()}, or give web_view a token')
        origin = request.headers.get('Origin')
        if origin is not None and _host_of(origin) != host.lower():
            raise web.HTTPForbidden(text='requests of another site are rejected')
        site = request.headers.get('Sec-Fetch-Site', 'none')
        opens = request.method == 'GET' and request.headers.get('Sec-Fetch-Mode') == 'navigate'
        if site not in ('none', 'same-origin') and not opens:
            raise web.HTTPForbidden(text='requests of another site are rejected')
        if request.method == 'POST' and request.content_type != 'application/json':
            raise web.HTTPUnsupportedMediaType(text='send application/json')

    def _is_known(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get('Authorization', '').partition(' ')
        return (self._is_token(request.cookies.get(self._cookie, ''))
                or (scheme.lower() == 'bearer' and self._is_token(given)))

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode('utf-8', 'replace'), self.token.encode('utf-8'))


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _is_of_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f'//{host}').hostname or ''
        return name in _NAMES or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
