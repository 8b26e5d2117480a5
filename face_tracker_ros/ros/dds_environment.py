# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The environment in which large images pass between processes of one machine."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# By default malloc returns large buffers to the system, and each new one costs page faults.
_MALLOC = {
    'MALLOC_MMAP_THRESHOLD_': '268435456',
    'MALLOC_TRIM_THRESHOLD_': '536870912',
    'MALLOC_TOP_PAD_': '67108864',
}
# A user who set one of these has chosen a transport.
_TRANSPORT = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
              'FASTDDS_BUILTIN_TRANSPORTS')


def large_images(share: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return the variables to add to an environment; those set there already are left alone.

    They name a Fast DDS profile with shared memory of the right size, and malloc's thresholds.

    Args:
        share: The package's share folder.
        environment: The variables as they are.
    """
    wanted = {name: value for name, value in _MALLOC.items() if name not in environment}
    if not any(name in environment for name in _TRANSPORT):
        # Fast DDS 3 has another name for this variable than the versions before.
        old = environment.get('ROS_DISTRO') in ('humble', 'iron', 'jazzy')
        profile = str(share / 'config' / 'fastdds_large_images.xml')
        wanted['FASTRTPS_DEFAULT_PROFILES_FILE' if old else
               'FASTDDS_DEFAULT_PROFILES_FILE'] = profile
    return wanted
