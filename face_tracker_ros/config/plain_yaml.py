# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""YAML files from anybody: plain data of a sensible size, or a sentence that says why not."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from face_tracker_ros.regular_file import read_text
import yaml

_MOST_BYTES = 1 << 20
_DEEPEST = 30
_MOST = 20000  # values; ours have a hundred


def read_yaml(path: Path) -> Any:
    """
    Return the content of a file, plain data.

    Raises OSError or UnicodeDecodeError when it cannot be read, and ValueError with one short
    line for everything that is wrong with its content.
    """
    return parse_yaml(read_text(path, _MOST_BYTES))


def parse_yaml(text: str) -> Any:
    """Return the plain data of a text; ValueError with one short line when it holds none."""
    try:
        content = yaml.safe_load(text)
    except Exception as error:  # PyYAML lets many kinds out, of dates and numbers that are none
        raise ValueError(_line(str(error))) from error
    _check(content)
    return content


def _check(content: Any) -> None:
    """Refuse what aliases make endless: mappings and lists that hold themselves or many others."""
    left, count = [(content, 0)], 0
    while left:
        value, depth = left.pop()
        count += 1
        if depth > _DEEPEST or count > _MOST:
            raise ValueError('nested too deeply or too large, perhaps by aliases')
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            left += [(item, depth + 1) for item in value]


def _line(text: str) -> str:
    line = ' '.join(text.split())
    return line if len(line) <= 300 else f'{line[:300]}...'
