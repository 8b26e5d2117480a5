# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Subscriptions that are as reliable as their publishers."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from face_tracker_ros.errors import ConfigError
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import QoSHistoryPolicy, QoSPolicyKind, QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.topic_endpoint_info import TopicEndpointInfo

_LOOK_SECONDS = 0.25
_FOLLOW = 'best_available'

Create = Callable[[QoSProfile, QoSOverridingOptions], Any]


class FollowingSubscription:
    """
    A subscription that is reliable while all publishers of its topic are, else best effort.

    Best effort matches every publisher, but Fast DDS by default loses large images that way;
    reliable does not match a best-effort publisher. The middleware's own BEST_AVAILABLE decides
    when the subscription is created, and for reliable while nobody publishes. So the graph is
    looked at again and again, and the subscription created anew when the publishers require it.

    The parameter qos_overrides.TOPIC.subscription.reliability decides instead if it is set.
    """

    def __init__(self, node: Node, topic: str, create: Create) -> None:
        """
        Subscribe.

        Args:
            node: The node that subscribes.
            topic: Name of the topic, which may be relative or remapped.
            create: Creates the subscription, with the given profile and overriding options.

        Raises:
            ConfigError: The parameter is no reliability.
        """
        self._node, self._create = node, create
        self.topic = node.resolve_topic_name(topic)
        self.fixed = _fixed_reliability(node, self.topic)
        self._timer: Any = None
        self._subscription = self._subscribe(
            self.fixed or follow(self.publishers()) or QoSReliabilityPolicy.BEST_EFFORT)
        if self.fixed is None:
            self._timer = node.create_timer(_LOOK_SECONDS, self._look,
                                            clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def qos(self) -> QoSProfile:
        """Quality of service of the subscription as it is now."""
        profile: QoSProfile = self._subscription.qos_profile
        return profile

    def publishers(self) -> list[TopicEndpointInfo]:
        """Return the publishers of the topic."""
        return list(self._node.get_publishers_info_by_topic(self.topic))

    def destroy(self) -> None:
        """Unsubscribe."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _look(self) -> None:
        wanted = follow(self.publishers())
        if wanted not in (None, self.qos.reliability):
            self._node.destroy_subscription(self._subscription)
            self._subscription = self._subscribe(wanted)
            self._node.get_logger().info(
                f"subscribed to '{self.topic}' {in_words(wanted)}, as it is published")

    def _subscribe(self, reliability: QoSReliabilityPolicy) -> Any:
        return self._create(
            QoSProfile(history=QoSHistoryPolicy.KEEP_LAST, depth=1, reliability=reliability),
            QoSOverridingOptions([QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH]))


def follow(publishers: Iterable[TopicEndpointInfo]) -> QoSReliabilityPolicy | None:
    """Return the best reliability that matches all publishers; None while there are none."""
    offered = {publisher.qos_profile.reliability for publisher in publishers}
    if not offered:
        return None
    return QoSReliabilityPolicy.RELIABLE if offered == {QoSReliabilityPolicy.RELIABLE} \
        else QoSReliabilityPolicy.BEST_EFFORT


def in_words(reliability: QoSReliabilityPolicy) -> str:
    """Return 'reliable' or 'best effort'."""
    return str(reliability.name).lower().replace('_', ' ')


def reliability_parameter(topic: str) -> str:
    """Return the name of the parameter that sets the reliability of a subscription."""
    return f'qos_overrides.{topic}.subscription.reliability'


def _fixed_reliability(node: Node, topic: str) -> QoSReliabilityPolicy | None:
    """Return the reliability that the parameter sets, None for that of the publishers."""
    name = reliability_parameter(topic)
    if not node.has_parameter(name):
        node.declare_parameter(name, _FOLLOW, ParameterDescriptor(
            read_only=True, description='reliable, best_effort, or best_available: as published'))
    value = str(node.get_parameter(name).value).lower()
    if value == _FOLLOW:
        return None
    try:
        return QoSReliabilityPolicy.__members__[value.upper()]
    except KeyError:
        raise ConfigError(f"parameter '{name}': '{value}' is no reliability; give reliable, "
                          f'best_effort or {_FOLLOW}') from None
