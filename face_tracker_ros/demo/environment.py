# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Where the demo finds its nodes, and how they talk to each other."""
from __future__ import annotations

import os
from pathlib import Path

from face_tracker_ros.errors import FaceTrackerError
from face_tracker_ros.ros.dds_environment import large_images

PACKAGE = 'face_tracker_ros'


class DemoError(FaceTrackerError):
    """One of the processes did not do what it should."""


def installed() -> tuple[Path, Path]:
    """Return the package's share folder and that of its executables, as `ros2 run` finds them."""
    try:
        from ament_index_python.packages import get_package_prefix, PackageNotFoundError
    except ModuleNotFoundError as error:
        raise DemoError('ROS 2 is not sourced; run scripts/demo, or source scripts/env.sh after '
                        'scripts/setup') from error
    try:
        prefix = Path(get_package_prefix(PACKAGE))
    except PackageNotFoundError as error:
        raise DemoError(f"package '{PACKAGE}' is not installed; run scripts/setup") from error
    return prefix / 'share' / PACKAGE, prefix / 'lib' / PACKAGE


def transport(share: Path) -> dict[str, str]:
    """Return variables for a transport of large images within this machine."""
    return {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', **large_images(share, os.environ)}
