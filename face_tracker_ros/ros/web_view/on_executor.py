# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Functions that other threads want to run where the node's callbacks run."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress

from face_tracker_ros.errors import reason
from rclpy.node import Node


class OnExecutor:
    """Runs functions on the thread of a node's executor, in the order in which they come."""

    def __init__(self, node: Node) -> None:
        """Make the guard condition that wakes the executor."""
        self._node = node
        self._waiting: deque[Callable[[], object]] = deque()
        self._guard = node.create_guard_condition(self._run)

    def post(self, function: Callable[[], object]) -> None:
        """Have a function called soon; any thread may ask."""
        self._waiting.append(function)
        with suppress(Exception):  # the context has ended: nothing is called any more
            self._guard.trigger()

    def _run(self) -> None:
        while self._waiting:
            function = self._waiting.popleft()
            try:
                function()
            except Exception as error:  # would end the node if it left this callback
                if self._node.context.ok():
                    self._node.get_logger().error(reason(error))
