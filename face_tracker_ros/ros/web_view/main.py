# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The executable web_view.

A module of its own, apart from the node: it imports nothing heavy, so that the signal handlers
are set before ROS loads, and the process can be stopped cleanly meanwhile.
"""
from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import TYPE_CHECKING

from face_tracker_ros.errors import ConfigError
from face_tracker_ros.ros.process import run

if TYPE_CHECKING:
    from face_tracker_ros.ros.web_view.web_view_node import WebViewNode

USAGE = """\
usage: ros2 run face_tracker_ros web_view [--ros-args -p NAME:=VALUE ...]

Shows a running face tracker in a browser: the annotated images, the tracks, latency and rates, and
its parameters to tune live and save; people are enrolled and forgotten there. It subscribes to
the tracker only while a browser is connected.

  -h, --help  print this text

Parameters:  tracker  name of the node to show (default /face_tracker)
             address  address to listen on (default 127.0.0.1: this machine only); with any other
                      a token is required
             port     port to listen on (default 8080); 0: any that is free
             token    secret of the view, 16 characters or more; empty: none on 127.0.0.1, else one
                      is made at every start and logged once

Example:
  ros2 run face_tracker_ros web_view --ros-args -p tracker:=/front/face_tracker -p port:=8081
"""


def main(args: Sequence[str] | None = None) -> int:
    """Serve the web view until asked to stop; return the exit code."""
    return run(_make_nodes, args, USAGE)


def _make_nodes(_: Sequence[str]) -> list[WebViewNode]:
    try:
        import aiohttp  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigError("web_view: the Python package 'aiohttp' is not installed; "
                          "'pip install aiohttp' or 'sudo apt install python3-aiohttp'"
                          ) from error
    from face_tracker_ros.ros.web_view.web_view_node import WebViewNode
    return [WebViewNode()]


if __name__ == '__main__':
    sys.exit(main())
