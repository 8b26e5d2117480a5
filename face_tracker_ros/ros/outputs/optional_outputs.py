# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the node publishes beside tracks and annotated images, each for those who ask."""
from __future__ import annotations

from typing import Any, Protocol

from face_tracker_ros.ros.node.settings import Settings
from face_tracker_ros.ros.outputs.crops import CropOutput
from face_tracker_ros.ros.outputs.interop import FoxgloveOutput, HriOutput
from face_tracker_ros.ros.outputs.spatial import SpatialOutputs
from face_tracker_ros.types import FrameResult, Image as Picture
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header

_THROTTLE_SECONDS = 5.0


class Extra(Protocol):
    """One group of topics."""

    def activate(self) -> None:
        """Subscribe to what is needed and begin anew."""

    def deactivate(self) -> None:
        """Unsubscribe, and tell that nobody is tracked; a last publish may still follow."""

    def reset(self) -> None:
        """Forget all tracks; may come from another thread than publish."""

    def publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        """Publish what a frame gives, where somebody listens."""

    def destroy(self) -> None:
        """Withdraw the topics."""


class Extras:
    """All of them; what fails in one is logged and leaves the others and the tracks alone."""

    def __init__(self, node: LifecycleNode, settings: Settings) -> None:
        """Offer the topics; ConfigError when a package that was asked for is missing."""
        self._node = node
        self._extras: list[Extra] = []
        try:
            self._extras.append(SpatialOutputs(node, settings))
            self._extras.append(CropOutput(node))
            if settings['interop.hri']:
                self._extras.append(HriOutput(node))
            if settings['interop.foxglove']:
                self._extras.append(FoxgloveOutput(node))
        except Exception:
            self.destroy()
            raise

    def activate(self) -> None:
        """Begin with the next frame."""
        for extra in self._extras:
            extra.activate()

    def deactivate(self) -> None:
        """Rest until activated again."""
        for extra in self._extras:
            extra.deactivate()

    def reset(self) -> None:
        """Forget all tracks."""
        for extra in self._extras:
            extra.reset()

    def publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        """Publish what a frame gives; a stamp that goes back begins anew."""
        if result.restarted:
            self.reset()
        for extra in self._extras:
            try:
                extra.publish(header, picture, result)
            except Exception as error:
                self._complain(extra, error)

    def destroy(self) -> None:
        """Withdraw all topics."""
        for extra in self._extras:
            extra.destroy()
        self._extras = []

    def _complain(self, extra: Any, error: Exception) -> None:
        if self._node.context.ok():
            reason = ' '.join(str(error).split())
            self._node.get_logger().warning(
                f'{type(extra).__name__}: {type(error).__name__}: {reason}',
                throttle_duration_sec=_THROTTLE_SECONDS)
