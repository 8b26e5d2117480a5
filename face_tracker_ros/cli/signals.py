# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Signals that end a command: once, between two frames, with complete outputs."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
import contextlib
import os
import signal
import sys
from types import FrameType, TracebackType
from typing import Any, TypeVar

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LAST_SECONDS = 30  # after the signal; then the system ends what hangs

Item = TypeVar('Item')
_KEPT: list[object] = []  # what a process that a signal ends does not free


class Stopped(KeyboardInterrupt):
    """A signal asked for the end; `code` is the exit code that names it."""

    def __init__(self, number: int) -> None:
        """Note the signal."""
        super().__init__(f'signal {number}')
        self.code = 128 + number


class Signals:
    """
    A context manager in which the first SIGINT, SIGTERM or SIGHUP ends the process, and only it.

    Before `each` begins there is nothing to complete, and modules that are being loaded make what
    they like of exceptions: the process ends at once. From then on Stopped is raised, while an
    item is waited for or before the next one is. Signals that are ignored at the start, as under
    nohup, stay so.
    """

    def __init__(self, name: str) -> None:
        """Prepare for the command `name`; nothing changes before the context is entered."""
        self._name = name
        self._former: dict[int, Any] = {}
        self._received = 0
        self._started = self._waiting = False

    def __enter__(self) -> Signals:
        """Take the signals over, where this is the main thread."""
        try:
            for number in _ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._former[number] = signal.signal(number, self._receive)
        except ValueError:  # signals belong to the main thread
            pass
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Give the signals back; after one the process is about to end and ignores the others."""
        if self._received:
            signal.alarm(0)
        else:
            _KEPT.clear()
        for number, handler in self._former.items():
            signal.signal(number, signal.SIG_IGN if self._received else handler)

    def keep(self, thing: object) -> None:
        """Let the system free this after a signal: OpenVINO's networks fault then at times."""
        if self._former:
            _KEPT.append(thing)

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items; Stopped is raised between them only."""
        self._started = True
        iterator = iter(items)
        while True:
            self._waiting = True
            try:
                if self._received:
                    raise Stopped(self._received)
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self._waiting = False
            yield item

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._received:
            return
        self._received = number
        signal.alarm(_LAST_SECONDS)
        if self._waiting:
            raise Stopped(number)
        if not self._started:
            with contextlib.suppress(OSError):  # no print: another may be under way
                os.write(2, f'{self._name}: interrupted\n'.encode())
            os._exit(128 + number)


def leave(code: int) -> int:
    """Return the exit code; that of a signal ends the process here, as outputs are complete."""
    if code > 128:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    return code


def end_quietly() -> None:
    """Let SIGINT end a process that is still loading its modules at once, without a traceback."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:
        pass
