# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the commands share: exit codes, console, and how they are given parameters."""
from __future__ import annotations

from collections.abc import Callable, Sequence
import json
from pathlib import Path
import sys
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.errors import ConfigError, FaceTrackerError, SourceError
from rich.console import Console
import yaml


def finish(name: str, work: Callable[[], int]) -> int:
    """
    Do the work and return the exit code.

    2 and one line on standard error for what the package refuses; 130 when interrupted.
    """
    try:
        return work()
    except FaceTrackerError as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f'{name}: interrupted', file=sys.stderr)
        return 130


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
        path.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')
    except OSError as error:
        raise SourceError(f"output '{path}': cannot be written ({error.strerror}); give another "
                          'with --json') from error


def configuration(file: Path | None, changes: Sequence[str]) -> Config:
    """Return the parameters of a file (None: the defaults) with each NAME=VALUE set."""
    values = {}
    for text in changes:
        name, equals, value = text.partition('=')
        if not equals or not name:
            raise ConfigError(f"--set '{text}': not NAME=VALUE; "
                              'give for example --set tracker.max_age=2.0')
        try:
            values[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set '{text}': '{value}' is no value; put it in quotes"
                              ) from error
    return Config.load(file).updated(values)
