# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the commands share: exit codes, console, and how they are given parameters."""
from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
import errno
import io
import json
import os
from pathlib import Path
import sys
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.config.plain_yaml import parse_yaml
from face_tracker_ros.errors import ConfigError, FaceTrackerError, shown, SourceError
from face_tracker_ros.regular_file import write_text
from rich.console import Console

_NOT_WRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)


def finish(name: str, work: Callable[[], int]) -> int:
    """
    Do the work and return the exit code.

    2 and one line on standard error for what the package rejects, and when standard output
    cannot be written; 128 + the number of a signal that ended it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may be of any characters
            stream.reconfigure(errors='backslashreplace')
    error: Exception | None = None
    try:
        code = work()
    except FaceTrackerError as rejected:
        log(name, str(rejected))
        code = 2
    except KeyboardInterrupt as stopped:
        log(name, 'interrupted')
        code = getattr(stopped, 'code', 130)
    except OSError as failed:
        if failed.filename is not None or failed.errno not in _NOT_WRITTEN:
            raise
        error = failed
    return code if _output_complete(name, error) else 2


def log(name: str, line: str) -> None:
    """Print one line on standard error, where that can be written."""
    try:
        print(f'{name}: {line}', file=sys.stderr)
    except (OSError, ValueError):
        pass


def _output_complete(name: str, error: Exception | None) -> bool:
    """Flush standard output; where it cannot be, log why, and let the rest of it go nowhere."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as failed:
        error = error or failed
    if error is None:
        return True
    if getattr(error, 'errno', None) != errno.EPIPE:  # nobody reads any more: as usual in a pipe
        log(name, f"standard output cannot be written ({getattr(error, 'strerror', error)})")
    with open(os.devnull, 'w') as nowhere, contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return False


def program(name: str) -> str:
    """Return how a command was called: by its name (ros2 run), else `face-tracker NAME`."""
    return name if Path(sys.argv[0]).name == name else f'face-tracker {name}'


def make_console() -> Console:
    """Return a console for tables: as wide as the terminal, and wide enough for files."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def write_json(path: Path, content: Any) -> None:
    """Write what a command found as JSON; SourceError where that cannot be written."""
    try:
        write_text(path, json.dumps(content, indent=1) + '\n')
    except OSError as error:
        raise SourceError(f"output '{path}': cannot be written ({error.strerror}); give another "
                          'with --json') from error


def configuration(file: Path | None, changes: Sequence[str]) -> Config:
    """Return the parameters of a file (None: the defaults) with each NAME=VALUE set."""
    values = {}
    for text in changes:
        name, equals, value = text.partition('=')
        if not equals or not name:
            raise ConfigError(f'--set {shown(text)}: not NAME=VALUE; '
                              'give for example --set tracker.max_age=2.0')
        try:
            values[name.strip()] = parse_yaml(value)
        except ValueError as error:
            raise ConfigError(f'--set {shown(text)}: {shown(value)} is no value; put it in '
                              'quotes') from error
    return Config.load(file).updated(values)
