# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Parts of a training step, compiled by torch where that works and is faster, else run as they are.

Compiling takes a minute and may fail or hang. So a child process does it first, with its own copy
of the trainer and within a time limit, while the parent trains. What the child compiled lies in
torch's cache on disk; the parent then takes over those parts that were faster, within seconds.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import torch

BACKENDS = ('auto', 'off', 'inductor', 'aot_eager')
_CACHE = 'TORCHINDUCTOR_CACHE_DIR'  # where torch keeps what it compiled


class Part:
    """A function of a training step that can be exchanged for its compiled form."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        """Take the function as it is."""
        self.name, self._plain = name, function
        self._fast: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Return the function's result."""
        # a network has no truth value: it may have a length that torch cannot tell
        return (self._plain if self._fast is None else self._fast)(*arguments)

    def compile(self, backend: str) -> None:
        """Use the compiled form from now on; it is made at the next call."""
        self._fast = torch.compile(self._plain, backend=backend, dynamic=False)

    def revert(self) -> None:
        """Use the function as it is."""
        self._fast = None

    @property
    def compiled(self) -> bool:
        """Return whether the compiled form is in use."""
        return self._fast is not None


def chosen_backend(name: str, device: str) -> str:
    """Return the compiler for a device, 'off' for none: 'auto' compiles on GPUs only."""
    return ('inductor' if device == 'cuda' else 'off') if name == 'auto' else name


def timed(work: Callable[[], Any], device: str, repeats: int) -> float:
    """Return the least seconds that a call takes, after one more: others use the machine, too."""
    def wait() -> None:
        if device == 'cuda':
            torch.cuda.synchronize()
    work()
    seconds = []
    for _ in range(repeats):
        wait()
        begin = time.perf_counter()
        work()
        wait()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def try_parts(parts: Sequence[Part], step: Callable[[], Any], device: str, backend: str,
              report: Path, repeats: int = 10) -> None:
    """
    Compile the parts one by one, keep those that make the step faster, and report each.

    What the child process does. A part that cannot be compiled is left as it is.
    """
    best = timed(step, device, repeats)
    report.write_text(f'plain {best:.4f}\n', encoding='utf-8')
    for part in parts:
        try:
            part.compile(backend)
            step()
            seconds = timed(step, device, repeats)
        except Exception as error:  # compilers fail in all ways
            print(f'{part.name} is not compiled: {type(error).__name__}: '
                  f'{str(error).splitlines()[:1]}', file=sys.stderr, flush=True)
            part.revert()
            continue
        if seconds < best:
            best = seconds
        else:
            part.revert()
        with report.open('a', encoding='utf-8') as file:
            file.write(f"{part.name} {seconds:.4f} {'faster' if part.compiled else 'slower'}\n")


class Compiling:
    """Runs the steps of a trainer, whose parts become compiled ones meanwhile."""

    def __init__(self, parts: Sequence[Part], backend: str, log: Callable[..., None]) -> None:
        """Take the parts, the compiler ('off': none) and what writes a line of the log."""
        self._parts, self._backend, self._log = parts, backend, log
        self._child: _Child | None = None
        self._waiting = False

    def start(self, command: list[str], limit: float) -> None:
        """Start the child: a command that calls try_parts, given --compile-report FILE."""
        if self._backend != 'off':
            self._child, self._waiting = _Child(command, limit), True

    def step(self, work: Callable[[], None]) -> None:
        """Do a step; once more without compiled parts should it fail with them."""
        if self._waiting and self._child is not None and self._child.finished():
            self._waiting = False
            self._take_over(self._child)
        try:
            work()
        except Exception as error:  # compilers fail in all ways
            if not any(part.compiled for part in self._parts):
                raise
            self._revert(error)
            work()

    def _revert(self, error: Exception) -> None:
        self._log(reverted=f'{type(error).__name__}: {str(error)[:200]}')
        for part in self._parts:
            part.revert()

    def _take_over(self, child: _Child) -> None:
        faster = child.faster()
        self._log(compiled=faster, report=child.lines())
        try:
            for part in self._parts:
                if part.name in faster:
                    part.compile(self._backend)
        except Exception as error:  # compilers fail in all ways
            self._revert(error)

    def stop(self) -> None:
        """End the child if it still runs, and remove what it compiled."""
        if self._child is not None:
            self._child.remove()
            self._child, self._waiting = None, False


class _Child:
    """The process that compiles first."""

    def __init__(self, command: list[str], limit: float) -> None:
        """Start it; it ends, or is ended after `limit` seconds."""
        self._folder = tempfile.TemporaryDirectory(prefix='training_')
        self._report = Path(self._folder.name) / 'report.txt'
        self._cache = os.environ.get(_CACHE)
        os.environ[_CACHE] = str(Path(self._folder.name) / 'cache')
        self._end = time.monotonic() + limit
        self._process = subprocess.Popen(
            [*command, '--compile-report', str(self._report)], start_new_session=True,
            stdout=subprocess.DEVNULL)

    def finished(self) -> bool:
        """Return whether it is done, or its time is over, which ends it."""
        if self._process.poll() is None and time.monotonic() < self._end:
            return False
        self.stop()
        return True

    def stop(self) -> None:
        """End the process and those that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def remove(self) -> None:
        """End the process; remove its files, which compiled parts no longer need."""
        self.stop()
        self._folder.cleanup()
        if self._cache is None:
            os.environ.pop(_CACHE)
        else:
            os.environ[_CACHE] = self._cache

    def faster(self) -> list[str]:
        """Return the names of the parts that are faster when compiled."""
        return [line.split()[0] for line in self.lines() if line.endswith('faster')]

    def lines(self) -> list[str]:
        """Return the child's report: each part, seconds of a step with it, faster or slower."""
        if not self._report.exists():
            return []
        return self._report.read_text(encoding='utf-8').splitlines()
