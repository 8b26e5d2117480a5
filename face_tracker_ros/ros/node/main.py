# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The executable face_tracker_node: a face tracker, or one for each of several cameras.

A module of its own, apart from the node: it imports nothing heavy, so that the signal handlers
are set before ROS and OpenVINO load, and the process can be stopped cleanly meanwhile.
"""
from __future__ import annotations

from collections.abc import Sequence
import re
import sys
from typing import TYPE_CHECKING

from face_tracker_ros.errors import ConfigError
from face_tracker_ros.ros.process import run

if TYPE_CHECKING:
    from face_tracker_ros.ros.node.face_tracker_node import FaceTrackerNode

USAGE = """\
usage: ros2 run face_tracker_ros face_tracker_node [NAMESPACE ...] [--ros-args ...]

Subscribes to an image topic and publishes tracked faces with persistent ids.

  NAMESPACE   one node in each namespace, all in this process; none: one node in /
  -h, --help  print this text

Topics in:   image (or image/compressed); optional camera_info and depth_image
Topics out:  ~/tracks, ~/track_states, ~/annotated_image, ~/tracks_3d, ~/markers, ~/crops,
             ~/landmarks, ~/id_changes, ~/attention, ~/identities, ~/label_info,
             /diagnostics    (~ is /face_tracker)
Services:    ~/enable (std_srvs/SetBool), ~/reset (std_srvs/Trigger), ~/enroll and ~/forget
             (diagnostic_msgs/AddDiagnostics), lifecycle transitions

Parameters:  ros2 param list /face_tracker, ros2 param describe /face_tracker NAME,
             or share/face_tracker_ros/config/tracker.yaml, which has all with their defaults

Example:
  ros2 run face_tracker_ros face_tracker_node --ros-args \\
      -r image:=/camera/image_raw -p max_rate:=15.0

'ros2 launch face_tracker_ros tracker.launch.py' also sets up the transport of large images.
"""


def main(args: Sequence[str] | None = None) -> int:
    """
    Run the face tracker node until it is told to stop; return the exit code.

    Arguments that are not for ROS are namespaces: one node in each, in this process.
    """
    return run(_make_nodes, args, USAGE)


def _make_nodes(namespaces: Sequence[str]) -> list[FaceTrackerNode]:
    from face_tracker_ros.ros.node.face_tracker_node import FaceTrackerNode
    if not namespaces:
        return [FaceTrackerNode()]
    for number, namespace in enumerate(namespaces):
        if not re.fullmatch(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*', namespace, re.ASCII) \
                or namespace in namespaces[:number]:
            raise ConfigError(f"namespace '{namespace}': given twice or no name; give different "
                              "ones of letters, digits, '_' and '/', as in front rear")
    return [FaceTrackerNode(namespace=namespace) for namespace in namespaces]


if __name__ == '__main__':
    sys.exit(main())
