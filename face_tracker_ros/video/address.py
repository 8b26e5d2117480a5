# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Addresses of cameras and servers: what may be printed of them, and why one does not answer."""
from __future__ import annotations

import re
import socket
import urllib.parse

SCHEME = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*)://')
_ADDRESS = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*://)([^\s"\'!]*)')
_SECRET = re.compile(r'(?i)([\w-]*(?:pass|passwd|password|pw|pwd|user|user-id|token|secret|key'
                     r')[\w-]*\s*=\s*)("[^"]*"|\S+)')
_PORTS = {'http': 80, 'https': 443, 'rtsp': 554, 'rtsps': 322, 'rtmp': 1935}
_CONNECT_SECONDS = 2.0


def masked(text: str) -> str:
    """Return an address, or a pipeline that holds some, with *** for what may be a secret."""
    return _SECRET.sub(r'\1***', _ADDRESS.sub(lambda found: found[1] + _masked(found[2]), text))


def _masked(rest: str) -> str:
    """Mask user, password and query of what follows the scheme."""
    rest, hash_sign, _ = rest.partition('#')
    rest, question, query = rest.partition('?')
    # A password may hold a slash or an @ that should have been written as %2F or %40.
    if '@' in rest:
        rest = f"***@{rest.rpartition('@')[2]}"
    return (f"{rest}{question}{'***' if query else ''}{hash_sign}{'***' if hash_sign else ''}")


def why_not(address: str) -> str:
    """Return why an address could not be opened, as far as the network reports it."""
    return unreachable(address) or ('the host answers, but gives no video; check path, user and '
                                    'password')


def unreachable(address: str) -> str:
    """Return why no connection can be made to an address; '' where one can, or none is made."""
    try:
        parts = urllib.parse.urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme.lower())
    except ValueError:
        return 'it is malformed; give scheme://user:password@host:port/path, with %40 for @'
    if not parts.hostname:
        return 'it names no host; give scheme://user:password@host:port/path'
    if port is None or parts.scheme.lower() not in _PORTS:
        return ''
    try:
        socket.create_connection((parts.hostname, port), _CONNECT_SECONDS).close()
    except (OSError, UnicodeError) as error:
        reason = ('no answer' if isinstance(error, TimeoutError)
                  else getattr(error, 'strerror', None) or str(error))
        return f'{parts.hostname} port {port}: {reason}; check address and network'
    return ''
