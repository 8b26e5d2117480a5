# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Publishers of the life-cycle node as all of its topics have them."""
from __future__ import annotations

from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions


def offer(node: LifecycleNode, kind: type, topic: str, depth: int, overridable: bool = True,
          durability: QoSDurabilityPolicy = QoSDurabilityPolicy.VOLATILE) -> Any:
    """
    Return a reliable publisher that is silent while the node is not active.

    overridable: whether parameters may change its QoS. They stay declared for good, so that
    topics which come and go must not have them.
    """
    policies = QoSOverridingOptions.with_default_policies() if overridable else None
    return node.create_lifecycle_publisher(
        kind, topic, QoSProfile(depth=depth, durability=durability),
        qos_overriding_options=policies)


def wanted(*publishers: Any) -> bool:
    """Return whether somebody listens to one of them."""
    return any(publisher.get_subscription_count() > 0 for publisher in publishers)
