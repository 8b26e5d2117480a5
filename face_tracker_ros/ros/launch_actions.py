# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Actions that the launch files share."""
from __future__ import annotations

import os
from pathlib import Path

from face_tracker_ros.ros.dds_environment import large_images
from face_tracker_ros.ros.launch_arguments import check_dds_profile, rename
from launch import LaunchContext
from launch.actions import LogInfo, OpaqueFunction, SetEnvironmentVariable


def prepare(share: Path, *former: str) -> OpaqueFunction:
    """
    Return the action that comes before the nodes.

    It takes arguments under their former names, and sets the environment that `dds_profile` asks
    for.

    Args:
        share: The package's share folder.
        former: The former names that the launch file takes.
    """
    def act(context: LaunchContext) -> list[LogInfo | SetEnvironmentVariable]:
        given = context.launch_configurations
        logged = [LogInfo(msg=line) for line in rename(given, *former)]
        check_dds_profile(given['dds_profile'])
        if given['dds_profile'] == 'system':
            return logged
        return [*logged, *(SetEnvironmentVariable(name, value)
                           for name, value in large_images(share, os.environ).items())]

    return OpaqueFunction(function=act)
