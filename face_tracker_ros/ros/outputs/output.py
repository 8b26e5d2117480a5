# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The protocol of everything that the node publishes for a frame."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from face_tracker_ros.config import Config
from face_tracker_ros.ros.node.settings import Settings
from face_tracker_ros.ros.outputs.spatial import Spatial
from face_tracker_ros.types import FrameResult, Image as ImageArray
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from std_msgs.msg import Header

try:
    from rclpy.event_handler import PublisherEventCallbacks, UnsupportedEventTypeError
except ModuleNotFoundError:  # before Iron, where there is no event of a match
    PublisherEventCallbacks = None  # type: ignore[assignment, misc]


class Output:
    """
    One topic, or one topic in several forms. A subclass overrides what it needs.

    `create` and `destroy` run when the node is configured and cleaned up, `activate` and
    `deactivate` whenever it begins and ends to take images. `publish` runs on the thread of
    images, and so does `reset` when stamps jump back; all others run on the executor's. What
    raises in an output is logged and affects no other one.

    Attributes:
        name: Name of the output in logs and statistics.
        enabled_by: Boolean parameter without which the output is not made; empty: always made.
    """

    name: ClassVar[str]
    enabled_by: ClassVar[str] = ''

    def __init__(self, node: LifecycleNode, settings: Settings, spatial: Spatial) -> None:
        """
        Keep what an output may use.

        Args:
            node: The node that publishes.
            settings: Its parameters by name.
            spatial: The camera, and the tracks of a frame in space.
        """
        self._node, self._settings, self._spatial = node, settings, spatial
        self._publishers: list[Any] = []

    def create(self) -> None:
        """
        Offer the topics (`_offer`).

        Raises:
            ConfigError: Something that a parameter asks for is missing; the node then stays
                unconfigured.
        """

    def configure(self, config: Config) -> None:
        """Take the parameters of the tracker: on activation, and whenever they change."""

    def activate(self) -> None:
        """Begin anew; frames follow."""

    def deactivate(self) -> None:
        """Report that nobody is tracked; a last `publish` may still follow."""

    def reset(self) -> None:
        """Forget all tracks."""

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """
        Publish what a frame gives, where somebody subscribes.

        Args:
            header: Of the image.
            image: uint8 BGR (H, W, 3); copy it before drawing.
            result: Tracks of the image.

        Returns:
            Whether there was something to do; only then the time is recorded.
        """
        return False

    def destroy(self) -> None:
        """Withdraw the topics."""
        for publisher in self._publishers:
            self._node.destroy_lifecycle_publisher(publisher)
        self._publishers = []

    def _offer(self, kind: type, topic: str, depth: int,
               durability: QoSDurabilityPolicy = QoSDurabilityPolicy.VOLATILE,
               matched: Callable[[Any], None] | None = None) -> Any:
        """Return a publisher as `offer` does, withdrawn by `destroy`."""
        publisher = offer(self._node, kind, topic, depth, durability=durability, matched=matched)
        self._publishers.append(publisher)
        return publisher


def offer(node: LifecycleNode, kind: type, topic: str, depth: int, overridable: bool = True,
          durability: QoSDurabilityPolicy = QoSDurabilityPolicy.VOLATILE,
          matched: Callable[[Any], None] | None = None) -> Any:
    """
    Return a reliable publisher that is silent while the node is not active.

    Args:
        node: The node that publishes.
        kind: Class of the messages.
        topic: Name of the topic.
        depth: Of the queue.
        overridable: Whether parameters may change its QoS. They stay declared for good, so that
            topics which come and go must not have them.
        durability: Of the messages.
        matched: Called, on the executor, when a subscriber comes or leaves, where the middleware
            reports that.
    """
    policies = QoSOverridingOptions.with_default_policies() if overridable else None
    qos = QoSProfile(depth=depth, durability=durability)
    if matched is not None and PublisherEventCallbacks is not None:
        with suppress(UnsupportedEventTypeError):
            return node.create_lifecycle_publisher(
                kind, topic, qos, qos_overriding_options=policies,
                event_callbacks=PublisherEventCallbacks(matched=matched))
    return node.create_lifecycle_publisher(kind, topic, qos, qos_overriding_options=policies)


def has_subscribers(*publishers: Any) -> bool:
    """Return whether somebody subscribes to one of them."""
    return any(publisher.get_subscription_count() > 0 for publisher in publishers)
