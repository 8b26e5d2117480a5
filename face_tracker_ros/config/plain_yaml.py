# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""YAML files from anybody: plain data of a sensible size, or a sentence with the reason."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from face_tracker_ros.regular_file import read_text
import yaml

_MOST_BYTES = 1 << 20
_DEEPEST = 30
_MOST = 20000  # values once aliases are expanded; ours have a hundred
_MOST_PARTS = 1000  # of a number to base 60 (1:30:00), which costs the square of them
_ENDLESS = _MOST + 1, 1  # of an alias within what it stands for, or to nothing


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
        _check(text)
        return yaml.safe_load(text)
    except Exception as error:  # PyYAML lets many kinds out, of dates and numbers that are none
        raise ValueError(_line(str(error))) from error


def _check(text: str) -> None:
    """
    Reject what is too large, too deep, or made so by aliases and merge keys, before it is built.

    A few hundred bytes of aliases to aliases stand for more values than any memory holds.
    """
    anchors: dict[str, tuple[int, int]] = {}  # values and depth of what each anchor stands for
    open_nodes: list[tuple[str | None, int, int]] = [(None, 0, 0)]  # anchor, values, depth so far
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1, 1))
            ended = None
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = open_nodes.pop()
        elif isinstance(event, yaml.ScalarEvent):
            if event.value.count(':') > _MOST_PARTS:
                raise ValueError(f'a value has over {_MOST_PARTS} colons')
            ended = event.anchor, 1, 1
        elif isinstance(event, yaml.AliasEvent):
            ended = None, *anchors.get(str(event.anchor), _ENDLESS)
        else:
            continue
        if ended is not None:
            anchor, count, depth = ended
            if anchor is not None:
                anchors[anchor] = count, depth
            outer, values, deepest = open_nodes[-1]
            open_nodes[-1] = outer, values + count, max(deepest, depth + 1)
        if len(open_nodes) > _DEEPEST or open_nodes[-1][1] > _MOST \
                or open_nodes[-1][2] > _DEEPEST:
            raise ValueError('nested too deeply or too large, perhaps by aliases')


def _line(text: str) -> str:
    line = ' '.join(text.split())
    return line if len(line) <= 300 else f'{line[:300]}...'
