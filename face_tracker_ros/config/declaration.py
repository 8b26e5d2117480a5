# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a declaration of a parameter holds, and how a value is checked against it."""
from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

from face_tracker_ros.errors import ConfigError, shown


@dataclass(frozen=True)
class Parameter:
    """One declared parameter; `live` ones may change while the tracker runs."""

    name: str
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    live: bool = True

    def check(self, value: Any) -> Any:
        """
        Return `value` in the parameter's own type.

        Raises ConfigError (thing, value, remedy) for a wrong type, NaN, or a value out of range.
        """
        kind = type(self.default)
        wrong = isinstance(value, bool) is not (kind is bool)
        if kind is float and isinstance(value, int) and not wrong:
            try:
                value = float(value)
            except OverflowError:
                value = math.inf
        if wrong or not isinstance(value, kind):
            raise ConfigError(f"parameter '{self.name}': {shown(value)} is a "
                              f'{type(value).__name__}; give a {kind.__name__} such as '
                              f'{self.default!r}')
        if self.choices and value not in self.choices:
            raise ConfigError(f"parameter '{self.name}': {shown(value)} is not one of "
                              f"{', '.join(map(str, self.choices))}")
        if kind in (int, float):
            low = -math.inf if self.low is None else self.low
            high = math.inf if self.high is None else self.high
            if not low <= value <= high:
                raise ConfigError(f"parameter '{self.name}': {shown(value)} is out of range; "
                                  f'give {low:g} to {high:g}')
        return value
