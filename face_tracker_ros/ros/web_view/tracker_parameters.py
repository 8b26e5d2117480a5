# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The parameters of the tracker as they are now."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from face_tracker_ros.errors import ConfigError, shown
from face_tracker_ros.ros.web_view.parameter_values import (is_tunable, to_entry, to_json,
                                                            to_message, to_yaml)
from face_tracker_ros.ros.web_view.services import Services
from rcl_interfaces.msg import Parameter


class TrackerParameters:
    """Loads, follows and sets them, on the thread of the web server."""

    def __init__(self, tracker: str, services: Services) -> None:
        """Know none yet."""
        self._tracker, self._services = tracker, services
        self._entries: dict[str, dict[str, Any]] = {}

    def entries(self) -> list[dict[str, Any]]:
        """Return what a browser shows of each one."""
        return list(self._entries.values())

    async def load(self) -> None:
        """Ask the tracker for all; TrackerError when it does not answer."""
        self._entries = {descriptor.name: to_entry(descriptor, value)
                         for descriptor, value in await self._ask()}

    async def _ask(self) -> list[tuple[Any, Any]]:
        listed = await self._services.parameters('list_parameters')
        names = [name for name in listed.result.names if is_tunable(name)]
        described = await self._services.parameters('describe_parameters', names=names)
        values = await self._services.parameters('get_parameters', names=names)
        return list(zip(described.descriptors, values.values))

    def follow(self, changes: Iterable[Parameter]) -> bool:
        """Take values that have changed; return False when there is one that is not known."""
        known = True
        for change in changes:
            if change.name in self._entries:
                self._entries[change.name]['value'] = to_json(change.value)
            elif is_tunable(change.name):
                known = False
        return known

    async def set(self, name: Any, value: Any) -> str:
        """
        Set one; return why the tracker rejected it, empty when it did not.

        Raises:
            ConfigError: There is no such parameter, or the value is of another type.
            TrackerError: The tracker does not answer.
        """
        if name not in self._entries:
            await self.load()
        entry = self._entries.get(name)
        if entry is None:
            raise ConfigError(f'parameter {shown(name)}: is none of {self._tracker}; reload the '
                              'page')
        answer = await self._services.parameters('set_parameters_atomically',
                                                 parameters=[to_message(entry, value)])
        if answer.result.successful:
            return ''
        return str(answer.result.reason) or f"parameter '{name}': rejected without a reason"

    async def to_yaml(self) -> str:
        """Return a parameter file of the values now; TrackerError when there is no answer."""
        return to_yaml(self._tracker, ((descriptor.name, value)
                                       for descriptor, value in await self._ask()))
