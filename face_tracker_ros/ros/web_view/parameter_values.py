# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The parameters of a node: between messages, what a browser shows, and YAML."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
import math
from typing import Any

from face_tracker_ros.errors import ConfigError, shown
from face_tracker_ros.ros.node.settings import CHOICES, FIXED, FROM_ROS
from rcl_interfaces.msg import Parameter, ParameterDescriptor, ParameterType, ParameterValue
from rclpy.parameter import parameter_value_to_python
import yaml

_KINDS = {ParameterType.PARAMETER_BOOL: 'bool', ParameterType.PARAMETER_INTEGER: 'integer',
          ParameterType.PARAMETER_DOUBLE: 'double', ParameterType.PARAMETER_STRING: 'string'}
_LARGEST = 2 ** 63

_HEAD = """\
# Parameters of {node}, saved by web_view. Give this file to the launch file
# (params_file:=FILE) or to the node (--ros-args --params-file FILE).
/**:
  ros__parameters:
"""


def is_tunable(name: str) -> bool:
    """Return whether a parameter is the tracker's own, not one that rclpy gives every node."""
    return not name.startswith(FROM_ROS)


def to_entry(descriptor: ParameterDescriptor, value: ParameterValue) -> dict[str, Any]:
    """
    Return what a browser shows of a parameter.

    `name`, `kind` ('bool', 'integer', 'double', 'string', else empty), `value`, `text`
    (description), `range` ([low, high] or None), `choices`, `fixed` (changes only while the
    node is unconfigured) and `locked` (never changes).
    """
    floats, integers = descriptor.floating_point_range, descriptor.integer_range
    limits = [(item.from_value, item.to_value) for item in (*floats, *integers)]
    rules = [rule.strip() for rule in descriptor.additional_constraints.split(';')]
    choices = [choice.strip() for rule in rules if rule.startswith(CHOICES)
               for choice in rule[len(CHOICES):].split(',')]
    kind = _KINDS.get(value.type, '')
    return {'name': descriptor.name, 'kind': kind, 'value': to_json(value),
            'text': descriptor.description, 'range': list(limits[0]) if limits else None,
            'choices': choices, 'fixed': FIXED in rules,
            'locked': bool(descriptor.read_only) or not kind}


def to_json(value: ParameterValue) -> Any:
    """Return a value that JSON can hold; what it cannot as text."""
    plain = parameter_value_to_python(value)
    if isinstance(plain, (bool, int, str)) or (isinstance(plain, float) and math.isfinite(plain)):
        return plain
    return str(plain)


def to_message(entry: Mapping[str, Any], value: Any) -> Parameter:
    """
    Return a value from a browser as a parameter message, in the parameter's own type.

    Raises:
        ConfigError: It is of another type; ranges are the node's to check.
    """
    name, kind = entry['name'], entry['kind']
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == 'bool' and isinstance(value, bool):
        typed = ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=value)
    elif kind == 'string' and isinstance(value, str):
        typed = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value)
    elif kind == 'double' and is_number and abs(value) < _LARGEST:
        typed = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=float(value))
    elif kind == 'integer' and is_number and abs(value) < _LARGEST and int(value) == value:
        typed = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=int(value))
    else:
        raise ConfigError(f"parameter '{name}': {shown(value)} does not fit; "
                          f'give a value of the type {kind or "that the node has"}')
    return Parameter(name=name, value=typed)


def to_yaml(node: str, values: Iterable[tuple[str, ParameterValue]]) -> str:
    """Return a file for --params-file; groups (`tracker.max_age`) are nested mappings."""
    tree: dict[str, Any] = {}
    for name, value in values:
        *groups, last = name.split('.')
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[last] = parameter_value_to_python(value)
    text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, width=10 ** 6)
    return _HEAD.format(node=node) + ''.join(f'    {line}\n' for line in text.splitlines())


class _Dumper(yaml.SafeDumper):
    """Quotes every text that is a value: the parser of ROS takes more words for booleans."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None
                          ) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        for _, value in node.value:
            if isinstance(value, yaml.ScalarNode) and value.tag == 'tag:yaml.org,2002:str':
                value.style = '"'
        return node
