# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the launch files share: former names of arguments, parameter files, RViz."""
from __future__ import annotations

from collections.abc import Mapping, MutableMapping
import math
import os
from pathlib import Path

from ament_index_python.packages import get_package_prefix, PackageNotFoundError

DDS_PROFILES = ['large_images', 'system']
PRESETS = ['fast', 'balanced', 'accurate']
FORMER_NAMES: Mapping[str, str] = {'depth': 'depth_image', 'transport': 'dds_profile'}
"""Names of launch arguments that were in use before, and what they are called now."""


def rename(arguments: MutableMapping[str, str], *known: str) -> list[str]:
    """
    Set the arguments that were given under a former name; return a line to log for each.

    Args:
        arguments: Values by name; changed.
        known: The former names that the launch file takes.
    """
    lines = []
    for former in known:
        value = arguments.get(former)
        if value:
            name = FORMER_NAMES[former]
            arguments[name] = value
            lines.append(f'launch argument {former}:= is now called {name}:=; '
                         f'give {name}:={value}')
    return lines


def check_dds_profile(value: str) -> None:
    """Raise ValueError for another value than those of DDS_PROFILES."""
    if value not in DDS_PROFILES:
        raise ValueError(f"dds_profile: '{value}' is unknown; give {' or '.join(DDS_PROFILES)}")


def number(arguments: Mapping[str, str], name: str) -> float:
    """
    Return an argument as a finite number.

    To be called before the first process starts, which launch would leave running at an error.

    Raises:
        ValueError: It is not one.
    """
    try:
        value = float(arguments[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name}: '{arguments[name]}' is not a number; give one such as 15.0")
    return value


def parameter_files(share: Path, params_file: str, preset: str) -> list[str]:
    """
    Return the parameter files of a node; of a parameter in several of them the last holds.

    Args:
        share: The package's share folder.
        params_file: The file of the user, or the default one.
        preset: One of PRESETS, laid over that file; empty for none.

    Raises:
        ValueError: `params_file` is not a file, or the preset is unknown.
    """
    if not Path(params_file).is_file():
        raise ValueError(f"params_file: '{params_file}' is not a file; give a copy of "
                         f"{share / 'config' / 'tracker.yaml'}")
    if preset and preset not in PRESETS:
        raise ValueError(f"preset: '{preset}' is unknown; give {', '.join(PRESETS)}")
    return [params_file, *([str(share / 'config' / f'{preset}.yaml')] if preset else [])]


def require_rviz() -> None:
    """Raise ValueError, with the remedy, unless rviz2 is installed."""
    try:
        get_package_prefix('rviz2')
    except PackageNotFoundError as error:
        distribution = os.environ.get('ROS_DISTRO', '<distro>')
        raise ValueError(f'rviz: rviz2 is not installed; sudo apt install ros-{distribution}-rviz2'
                         ', or give rviz:=false') from error
