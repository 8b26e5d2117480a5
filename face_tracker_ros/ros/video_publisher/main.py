# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The executable video_publisher.

A module of its own, apart from the node: it imports nothing heavy, so that the signal handlers
are set before ROS loads, and the process can be stopped cleanly meanwhile.
"""
from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import TYPE_CHECKING

from face_tracker_ros.ros.process import run

if TYPE_CHECKING:
    from face_tracker_ros.ros.video_publisher.video_publisher_node import VideoPublisherNode

USAGE = """\
usage: ros2 run face_tracker_ros video_publisher --ros-args -p source:=SOURCE [...]

Publishes a video, camera, address or folder of images as an image topic.

  -h, --help  print this text

Topics out:  image, camera_info (with horizontal_fov), /diagnostics
Parameters:  source          video file; camera number or device; folder, glob or %05d pattern of
                             images; address such as rtsp://host/path
             rate            frames per second instead of the times of the source
             loop            begin again at the end of the source
             duration        seconds of video after which the node ends
             frame_id        of the image headers
             horizontal_fov  degrees that the camera sees from left to right
             start_delay     seconds to wait for subscribers before the first frame

Example:
  ros2 run face_tracker_ros video_publisher --ros-args \\
      -p source:=people.mp4 -p loop:=true -r image:=/camera/image_raw
"""


def main(args: Sequence[str] | None = None) -> int:
    """Publish a video, camera or folder of images as an image topic; return the exit code."""
    return run(_make_nodes, args, USAGE)


def _make_nodes(_: Sequence[str]) -> list[VideoPublisherNode]:
    from face_tracker_ros.ros.video_publisher.video_publisher_node import VideoPublisherNode
    return [VideoPublisherNode()]


if __name__ == '__main__':
    sys.exit(main())
