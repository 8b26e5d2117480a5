# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Parameters as files hold them: nested mappings, and those of ROS."""
from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from face_tracker_ros.config.plain_yaml import read_yaml
from face_tracker_ros.errors import ConfigError


def flatten(values: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
    """Return nested mappings as one mapping with dotted names."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f'{prefix}{key}'
        flat.update(flatten(value, f'{name}.') if isinstance(value, Mapping) else {name: value})
    return flat


def read_parameters(path: Path, passed_over: Container[str]) -> dict[str, Any]:
    """
    Return the values of a YAML file by dotted names, those of a ROS node without `passed_over`.

    Raises ConfigError for files that cannot be read or hold something else.
    """
    try:
        content = read_yaml(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration '{path}' cannot be read ({error}); "
                          'give a YAML file') from error
    except ValueError as error:
        raise ConfigError(f"configuration '{path}' is not YAML ({error}); "
                          'see config/tracker.yaml') from error
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise ConfigError(f"configuration '{path}' holds a {type(content).__name__}; "
                          "give 'name: value' lines as in config/tracker.yaml")
    flat: dict[str, Any] = {}
    for node, section in content.items():
        if isinstance(section, Mapping) and 'ros__parameters' in section:
            parameters = section['ros__parameters'] or {}
            if not isinstance(parameters, Mapping):
                raise ConfigError(f"configuration '{path}': ros__parameters of '{node}' is a "
                                  f"{type(parameters).__name__}; give 'name: value' lines")
            values = flatten(parameters)
            flat.update({k: v for k, v in values.items() if k not in passed_over})
        else:
            flat.update(flatten({node: section}))
    return flat
