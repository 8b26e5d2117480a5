# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Watches a Python process that starts with this folder on PYTHONPATH; needs nothing installed.

Look-ups of names, connections and files opened for writing are logged to FACE_TRACKER_TRACE. A
connection over IP, native code's and child processes' included, ends the process with SIGSYS.
"""
from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import Any

# architecture of the BPF program's data, number of the system call `connect`
_MACHINES = {'x86_64': (0xC000003E, 42), 'aarch64': (0xC00000B7, 203)}
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ADDRESS_SIZES = 16, 28  # of sockaddr_in and sockaddr_in6; other families have other sizes
_LOOKUPS = ('socket.getaddrinfo', 'socket.gethostbyname', 'socket.gethostbyaddr',
            'socket.getnameinfo')
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _program(architecture: int, connect: int) -> bytes:
    """Return the filter: end the process at connect() with an address of the sizes of IP's."""
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 0, 5, architecture), (_LOAD, 0, 0, 0),
             (_EQUAL, 0, 3, connect), (_LOAD, 0, 0, 32), (_EQUAL, 2, 0, _ADDRESS_SIZES[0]),
             (_EQUAL, 1, 0, _ADDRESS_SIZES[1]), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL)]
    return b''.join(struct.pack('HBBI', *step) for step in steps)


def _forbid_connections() -> None:
    program = _program(*_MACHINES[platform.machine()])
    steps = ctypes.create_string_buffer(program)
    pointer = struct.pack('HL', len(program) // 8, ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, pointer, 0, 0):  # PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), 'no filter of system calls')


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LOOKUPS:
        _log(f'look-up {arguments[0]!r}')
    elif event == 'socket.connect' and isinstance(arguments[1], tuple):
        _log(f'connection {arguments[1]!r}')
    elif event == 'open' and isinstance(arguments[0], (str, bytes)) and (
            set(arguments[1] or '') & set('wax+') or (arguments[2] or 0) & _WRITING):
        _log(f'write {os.path.abspath(os.fsdecode(arguments[0]))}')


def _log(line: str) -> None:
    os.write(_LOG, f'{line}\n'.encode())


_LOG = os.open(os.environ['FACE_TRACKER_TRACE'], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_forbid_connections()
sys.addaudithook(_watch)
