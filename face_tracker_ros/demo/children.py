# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Processes that never outlive the one that started them."""
from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

# Has Linux kill the process when its parent dies, however that happens, and becomes the command.
# No softer signal: a process killed amid a message can leave those who share memory with it stuck.
_LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
_PATIENCE = 5.0  # seconds between a signal and the next harder one
_LAST_LINES = 12


class Child:
    """A process in a group of its own, so that the terminal's Ctrl-C does not reach it."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        """Start the command; what it prints goes to the file `log`."""
        self.name = name
        self.log = log
        with log.open('wb') as output:
            self._process = subprocess.Popen(
                [sys.executable, '-c', _LAUNCH, str(os.getpid()), *command], stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)

    def exit_code(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._process.poll()

    def stop(self) -> int:
        """End the process, by SIGINT or what more it takes; return its exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if self._process.poll() is None:
                self._process.send_signal(number)
                end = time.monotonic() + _PATIENCE
                while self._process.poll() is None and time.monotonic() < end:
                    time.sleep(0.02)
        if self._process.poll() is None:
            self._process.kill()
        return self._process.wait()

    def last_lines(self) -> str:
        """Return the end of what the process printed, and where all of it is."""
        lines = self.log.read_text(errors='replace').splitlines()[-_LAST_LINES:]
        return '\n'.join(f'  | {line}' for line in lines or ['(nothing)'])
