# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Messages of packages that may be missing."""
from __future__ import annotations

from importlib import import_module
import os
from typing import Any

from face_tracker_ros.errors import ConfigError


def optional_messages(package: str, parameter: str, value: str = 'true',
                      without: str = 'false') -> Any:
    """
    Return the module of a package's messages.

    Args:
        package: Such as 'hri_msgs'.
        parameter: The parameter that asks for it.
        value: Of the parameter.
        without: Value of the parameter that needs no package.

    Raises:
        ConfigError: The package cannot be imported; the message names the parameter.
    """
    try:
        return import_module(f'{package}.msg')
    except ImportError as error:
        debian = f"ros-{os.environ.get('ROS_DISTRO', '<distro>')}-{package.replace('_', '-')}"
        raise ConfigError(f"parameter '{parameter}': {value}, but {package} cannot be imported "
                          f'({error}); sudo apt install {debian}, or set it to {without}') \
            from error
