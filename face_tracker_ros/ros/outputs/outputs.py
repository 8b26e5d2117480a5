# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Everything the node publishes, run one after the other and isolated from each other."""
from __future__ import annotations

from collections.abc import Callable, Collection
import time
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.errors import reason
from face_tracker_ros.ros.node.settings import Settings
from face_tracker_ros.ros.outputs import registry
from face_tracker_ros.ros.outputs.output import Output
from face_tracker_ros.ros.outputs.spatial import Spatial
from face_tracker_ros.types import FrameResult, Image as ImageArray
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header

_THROTTLE_SECONDS = 5.0


class Outputs:
    """All outputs of a node. What fails in one is logged and affects no other one."""

    def __init__(self, node: LifecycleNode, settings: Settings) -> None:
        """Offer all topics; ConfigError when a package that a parameter asks for is missing."""
        self._node = node
        self._spatial = Spatial(node, settings)
        self._outputs: list[Output] = []
        self._logged: dict[str, float] = {}
        try:
            for kind in registry.OUTPUTS:
                if not kind.enabled_by or settings[kind.enabled_by]:
                    self._outputs.append(kind(node, settings, self._spatial))
                    self._outputs[-1].create()
        except Exception:
            self.destroy()
            raise

    def configure(self, config: Config) -> None:
        """Pass on the parameters of the tracker."""
        for output in self._outputs:
            self._try(output.name, output.configure, config)

    def activate(self) -> None:
        """Begin with the next frame."""
        self._try('spatial', self._spatial.activate)
        for output in self._outputs:
            self._try(output.name, output.activate)

    def deactivate(self) -> None:
        """Rest until activated again."""
        self._try('spatial', self._spatial.deactivate)
        for output in self._outputs:
            self._try(output.name, output.deactivate)

    def reset(self) -> None:
        """Forget all tracks."""
        for output in self._outputs:
            self._try(output.name, output.reset)

    def publish(self, header: Header, image: ImageArray, result: FrameResult,
                skipped: Collection[str] = ()) -> dict[str, float]:
        """
        Publish what a frame gives; a stamp that jumped back begins anew.

        Args:
            header: Of the image.
            image: uint8 BGR (H, W, 3).
            result: Tracks of the image.
            skipped: Names of outputs that are left out this time.

        Returns:
            Seconds of each output that had something to do, by name.
        """
        if result.restarted:
            self.reset()
        self._spatial.begin(header, image, result)
        seconds = {}
        for output in self._outputs:
            begin = time.perf_counter()
            if output.name not in skipped and self._try(
                    output.name, output.publish, header, image, result):
                seconds[output.name] = time.perf_counter() - begin
        return seconds

    def destroy(self) -> None:
        """Withdraw all topics."""
        self._spatial.deactivate()
        for output in self._outputs:
            self._try(output.name, output.destroy)
        self._outputs = []

    def _try(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except Exception as error:
            if self._node.context.ok():
                self._log(name, f"output '{name}' failed: {reason(error)}")
            return None

    def _log(self, name: str, text: str) -> None:
        # rclpy throttles by the line that logs, which would let one output hide all others.
        now = time.monotonic()
        if now - self._logged.get(name, -_THROTTLE_SECONDS) >= _THROTTLE_SECONDS:
            self._logged[name] = now
            self._node.get_logger().warning(text)
