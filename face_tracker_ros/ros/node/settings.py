# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The declarations of face_tracker_ros.config as ROS parameters."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
import difflib
from typing import Any

from face_tracker_ros.config import Config, MODEL_PARAMETERS, NODE_PARAMETERS, PARAMETERS
from face_tracker_ros.config.declaration import Parameter
from face_tracker_ros.errors import ConfigError, reason, shown
from face_tracker_ros.models.thresholds import check_low_score, named
from rcl_interfaces.msg import (FloatingPointRange, IntegerRange, ParameterDescriptor,
                                SetParametersResult)
from rclpy.node import Node
import rclpy.parameter

CHOICES = 'one of '  # begin of the constraint that lists the values of a parameter
FIXED = 'may change only while the node is unconfigured'
_CORE = frozenset(parameter.name for parameter in PARAMETERS)
_DECLARED = {parameter.name: parameter for parameter in (*NODE_PARAMETERS, *PARAMETERS)}
_START_ONLY = frozenset({'autostart'})
# Before Jazzy, rclpy has no callback that makes a whole number a float before types are checked.
_HAS_PRE_SET = hasattr(Node, 'add_pre_set_parameters_callback')
# Declared by rclpy, some only after the node is made.
FROM_ROS = ('qos_overrides.', 'use_sim_time', 'start_type_description_service')


def descriptor(parameter: Parameter) -> ParameterDescriptor:
    """Return what `ros2 param describe` shows of a declaration."""
    described = ParameterDescriptor(description=parameter.description,
                                    read_only=parameter.name in _START_ONLY,
                                    dynamic_typing=(not _HAS_PRE_SET
                                                    and isinstance(parameter.default, float)))
    constraints = []
    if parameter.choices:
        constraints.append(CHOICES + ', '.join(map(str, parameter.choices)))
    if not parameter.live and not described.read_only:
        constraints.append(FIXED)
    described.additional_constraints = '; '.join(constraints)
    if parameter.low is not None and parameter.high is not None:
        if isinstance(parameter.default, float):
            described.floating_point_range = [FloatingPointRange(
                from_value=float(parameter.low), to_value=float(parameter.high))]
        else:
            described.integer_range = [IntegerRange(
                from_value=int(parameter.low), to_value=int(parameter.high), step=1)]
    return described


class Settings:
    """
    The parameters of one node, checked before any of them changes.

    `settings['annotate']` is the value of a parameter by its dotted name, `settings.config` the
    configuration of the tracker.
    """

    def __init__(self, node: Node, is_configured: Callable[[], bool],
                 apply: Callable[[Config], None],
                 changed: Callable[[], None] = lambda: None) -> None:
        """
        Declare all parameters with the values given at start.

        Args:
            node: The node that has the parameters.
            is_configured: Returns whether the models are loaded; parameters that are not live are
                then rejected.
            apply: Applies a new configuration of the tracker between two frames; raises for one
                that cannot be applied, which rejects the parameters.
            changed: Called after values have changed.

        Raises:
            ConfigError: A value given at start is bad.
        """
        self._node = node
        self._is_configured = is_configured
        self._apply = apply
        self._notify = changed
        self._values = declare(node, _DECLARED.values())
        self.config = Config.load(_core(self._values))
        check_low_score(self.config, named(self.config)[0])
        if _HAS_PRE_SET:
            node.add_pre_set_parameters_callback(_with_floats)
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, name: str) -> Any:
        """Return the value of one parameter by its dotted name."""
        return self._values[name]

    def restore(self, config: Config) -> None:
        """Set the models' parameters back to those in use, after others could not be loaded."""
        self._node.set_parameters_atomically([
            rclpy.parameter.Parameter(name, value=getattr(config, name))
            for name in MODEL_PARAMETERS])

    def _on_set(self, parameters: Iterable[Any]) -> SetParametersResult:
        changes = {item.name: item.value for item in parameters if item.name in _DECLARED}
        try:
            checked = {name: self._changed(name, value) for name, value in changes.items()}
            config = self.config.updated(_core(checked))
            if config != self.config:
                self._apply(config)
        except Exception as error:  # would end the node if it left this callback
            return SetParametersResult(successful=False, reason=reason(error))
        self.config = config
        self._values.update(checked)
        self._notify()
        return SetParametersResult(successful=True)

    def _changed(self, name: str, value: Any) -> Any:
        parameter = _DECLARED[name]
        value = parameter.check(value)
        if not parameter.live and value != self._values[name] and self._is_configured():
            raise ConfigError(f"parameter '{name}': {shown(value)} cannot be set while the node "
                              "is configured; first 'deactivate' and 'cleanup' it")
        return value


def _with_floats(parameters: Iterable[Any]) -> list[Any]:
    """Return the parameters, whole numbers as floats where that is the declared type."""
    return [rclpy.parameter.Parameter(item.name, value=float(item.value))
            if type(item.value) is int and item.name in _DECLARED
            and isinstance(_DECLARED[item.name].default, float) else item
            for item in parameters]


def declare(node: Node, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """
    Declare the parameters on the node with the values given at start; return the values.

    A whole number is accepted for a float, unlike in ROS.

    Raises:
        ConfigError: A value is of the wrong type or out of range.
    """
    given = _overrides(node)
    values = {}
    for parameter in parameters:
        value = parameter.check(given.get(parameter.name, parameter.default))
        node.declare_parameter(parameter.name, value, descriptor(parameter), ignore_override=True)
        values[parameter.name] = value
    return values


def unknown_overrides(node: Node) -> list[str]:
    """Return a line for every value given at start whose name nobody declared."""
    declared = list(node.get_parameters_by_prefix(''))
    lines = []
    for name in _overrides(node):
        if name not in declared and not name.startswith(FROM_ROS):
            near = difflib.get_close_matches(name, declared, 1)
            hint = f"did you mean '{near[0]}'?" if near else "see 'ros2 param list'"
            lines.append(f"parameter '{name}' is unknown and ignored; {hint}")
    return lines


def _overrides(node: Node) -> dict[str, Any]:
    # rclpy drops values of undeclared names silently and has no public way to list them.
    return {name: item.value for name, item in node._parameter_overrides.items()}


def _core(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in _CORE}
