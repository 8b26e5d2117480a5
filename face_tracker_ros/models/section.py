# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One mapping of a model.yaml: takes out checked values; errors name entry, value and remedy."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any

from face_tracker_ros.errors import ModelError, shown
from face_tracker_ros.models.spec import AUTO, is_name

_HEXADECIMAL = re.compile(r'[0-9a-f]+')
_REQUIREMENT = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*')
_DIGITS = {'sha256': 64, 'sha384': 96}
_MISSING = object()


class Section:
    """Takes checked values out of one mapping of a model.yaml; ModelError for a bad one."""

    def __init__(self, path: Path, where: str, content: Any) -> None:
        self.path, self.where = path, where
        if not isinstance(content, Mapping):
            raise self.wrong('', content, "give 'name: value' lines")
        self.content = dict(content)

    def wrong(self, key: str, value: object, remedy: str) -> ModelError:
        """Return the error for an entry: its name, its value and the remedy."""
        name = (self.where + key).rstrip('.') or 'content'
        return ModelError(f"model description '{self.path}': {name} is {shown(value)}; {remedy}")

    def take(self, key: str, default: Any = _MISSING) -> Any:
        """Return the value of an entry as it is."""
        value = self.content.pop(key, default)
        if value is _MISSING:
            raise ModelError(f"model description '{self.path}': {self.where}{key} is missing; "
                             'see the descriptions of the shipped models')
        return value

    def text(self, key: str, default: Any = _MISSING, choices: tuple[str, ...] = ()) -> str:
        """Return text, one of `choices` where they are given."""
        value = self.take(key, default)
        if not isinstance(value, str) or (choices and value not in choices):
            raise self.wrong(key, value, f"give {' or '.join(choices) if choices else 'text'}")
        return value

    def name(self, key: str) -> str:
        """Return a plain name, without folders."""
        value = self.take(key)
        if not is_name(value):
            raise self.wrong(key, value, 'give a plain name without folders')
        if value == AUTO:
            raise self.wrong(key, value, 'give another name to the model and its folder, for this '
                             'one stands for the best installed detector')
        return str(value)

    def checksum(self, key: str) -> str:
        """Return the hexadecimal digits of a checksum; `key` is the algorithm's name."""
        value = self.text(key)
        if len(value) != _DIGITS[key] or not _HEXADECIMAL.fullmatch(value):
            raise self.wrong(key, value,
                             f'give {_DIGITS[key]} hexadecimal digits, lower case')
        return value

    def requirement(self, key: str) -> str:
        """Return a requirement, name==version."""
        value = self.text(key)
        if not _REQUIREMENT.fullmatch(value):
            raise self.wrong(key, value, 'give name==version, as pip takes it')
        return value

    def url(self, key: str) -> str:
        """Return an https address, '' where there is none."""
        value = self.text(key, '')
        if value and (not value.startswith('https://') or len(value.split()) != 1):
            raise self.wrong(key, value, 'give an address that begins with https://')
        return value

    def number(self, key: str, low: float, high: float, default: Any = _MISSING) -> float:
        """Return a number in a range."""
        return self._number(key, self.take(key, default), low, high)

    def _number(self, key: str, value: Any, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) \
                or not low <= value <= high:
            raise self.wrong(key, value, f'give a number, {low:g} to {high:g}')
        return float(value)

    def channels(self, key: str, low: float, high: float,
                 default: float) -> tuple[float, float, float]:
        """Return three numbers, given as one or as a list of three."""
        value = self.take(key, default)
        values = value if isinstance(value, list) else [value] * 3
        if len(values) != 3:
            raise self.wrong(key, value, 'give one number, or one for each of three colours')
        first, second, third = (self._number(key, item, low, high) for item in values)
        return first, second, third

    def points(self, key: str, count: int) -> tuple[tuple[float, float], ...]:
        """Return `count` points (x, y), in parts of the sides of a crop."""
        value = self.take(key)
        if not isinstance(value, list) or len(value) != count or not all(
                isinstance(point, list) and len(point) == 2 for point in value):
            raise self.wrong(key, value, f'give {count} points [x, y]')
        return tuple((self._number(key, x, -1, 2), self._number(key, y, -1, 2)) for x, y in value)

    def whole(self, key: str, low: int, high: int, default: Any = _MISSING) -> int:
        """Return a whole number in a range."""
        value = self.number(key, low, high, default)
        if value != int(value):
            raise self.wrong(key, value, 'give a whole number')
        return int(value)

    def flag(self, key: str, default: Any = _MISSING) -> bool:
        """Return true or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, 'give true or false')
        return value

    def section(self, key: str) -> Section:
        """Return a mapping inside this one."""
        return Section(self.path, f'{self.where}{key}.', self.take(key))

    def finish(self) -> None:
        """Raise ModelError when there are entries that nobody took."""
        if self.content:
            key = next(iter(self.content))
            raise self.wrong(shown(key).strip("'"), self.content[key],
                             'no such entry exists; remove it')
