#!/usr/bin/env bash
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
# Launches the tracker with the arguments of `docker run`; a first argument that names a program is
# run instead.
set -e
source "/opt/ros/$ROS_DISTRO/setup.bash"
source /ws/venv/bin/activate
source /ws/install/setup.bash
if [ $# -gt 0 ] && command -v "$1" > /dev/null; then exec "$@"; fi
exec ros2 launch face_tracker_ros tracker.launch.py "$@"
