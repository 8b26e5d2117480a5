# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The node web_view: a face tracker in a browser."""
from __future__ import annotations

import re
from typing import Any

from face_tracker_ros.config.declaration import Parameter
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.ros.node.settings import declare, unknown_overrides
from face_tracker_ros.ros.web_view.access import Access
from face_tracker_ros.ros.web_view.on_executor import OnExecutor
from face_tracker_ros.ros.web_view.server import listen, Server
from face_tracker_ros.ros.web_view.services import Services
from face_tracker_ros.ros.web_view.topics import Topics
from face_tracker_ros.ros.web_view.view import View
from rclpy.node import Node

PARAMETERS: tuple[Parameter, ...] = (
    Parameter('tracker', '/face_tracker', 'Name of the face tracker node to show; without a '
              "leading '/' in the namespace of this node.", live=False),
    Parameter('address', '127.0.0.1', 'Address to listen on; 127.0.0.1 = this machine only, '
              '0.0.0.0 = all interfaces. With any but a loopback address a token is required.',
              live=False),
    Parameter('port', 8080, 'Port to listen on; 0 = any that is free.', 0, 65535, live=False),
    Parameter('token', '', 'Secret of the view, 16 characters or more; empty = none on a loopback '
              'address, else one is made at every start and logged once.', live=False),
)
"""Parameters of the node, all read at start only."""


class WebViewNode(Node):
    """Serves the view; subscribes to the tracker only while a browser is connected."""

    def __init__(self, **options: Any) -> None:
        """Declare the parameters; ConfigError for a bad one."""
        super().__init__('web_view', **options)
        self._settings = declare(self, PARAMETERS)
        for line in unknown_overrides(self):
            self.get_logger().warning(line)
        self._tracker = self._full_name(self._settings['tracker'])
        self._server: Server | None = None

    def start(self) -> None:
        """Begin to serve; ConfigError when the address, port or token is not possible."""
        connection = listen(self._settings['address'], self._settings['port'])
        try:
            access = Access(connection.getsockname(), self._settings['token'])
        except ConfigError:
            connection.close()
            raise
        on_executor = OnExecutor(self)
        view = View(self._tracker, Services(self, on_executor, self._tracker))
        topics = Topics(self, self._tracker, view.put)
        view.watches(lambda: on_executor.post(topics.open), lambda: on_executor.post(topics.close))
        self._server = Server(connection, access, view)
        self._server.start()
        self.get_logger().info(f"web view of '{self._tracker}': {access.address()}")

    def stop(self) -> int:
        """Disconnect the browsers and end the server; return the exit code, 0."""
        if self._server is not None:
            self._server.stop()
        return 0

    def _full_name(self, name: str) -> str:
        full = name if name.startswith('/') else f'{self.get_namespace().rstrip("/")}/{name}'
        if not re.fullmatch(r'(/[A-Za-z_]\w*)+', full, re.ASCII):
            raise ConfigError(f"parameter 'tracker': '{name}' is no name of a node; give one such "
                              "as '/face_tracker'")
        return full
