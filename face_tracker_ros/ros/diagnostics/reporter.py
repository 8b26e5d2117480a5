# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The reports of a node: /diagnostics each second, and what of them goes to the log."""
from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.ros.diagnostics.statistics import Statistics
from face_tracker_ros.ros.diagnostics.status import NodeStatus, problems, report, summary
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import Header

_SECONDS = 1.0
_LOG_EVERY = 10


class Reporter:
    """Publishes the state of a node as long as the node lives; problems are logged once each."""

    def __init__(self, node: Node, statistics: Statistics,
                 status: Callable[[], NodeStatus]) -> None:
        """Begin; `status` returns what the node is doing."""
        self._node = node
        self._statistics = statistics
        self._status = status
        self._known: set[str] = set()
        self._frames = 0
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        node.create_timer(_SECONDS, self.report, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._reports = 0

    def report(self) -> None:
        """Publish the present state."""
        if not self._node.context.ok():
            return
        values, status = self._statistics.values(), self._status()
        found = problems(values, status)
        for problem in found:
            # Rejected configurations and skipped frames have been logged where they happened.
            if problem.kind not in self._known | {'failure', 'bad'}:
                self._node.get_logger().warning(problem.text)
        self._known = {problem.kind for problem in found}
        header = Header(stamp=self._node.get_clock().now().to_msg())
        name = f'{self._node.get_fully_qualified_name()[1:]}: tracking'
        try:
            self._publisher.publish(report(header, name, values, status, found))
        except Exception:
            if self._node.context.ok():
                raise
        self._reports += 1
        if self._reports % _LOG_EVERY == 0 and int(values['processed']) > self._frames:
            self._node.get_logger().info(summary(values, status))
            self._frames = int(values['processed'])
