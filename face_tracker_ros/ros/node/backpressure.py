# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Backpressure: images wait in the middleware until the worker is free for one."""
from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSHistoryPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription

# Humble does not number messages: what is replaced could not be counted.
_NUMBERED = hasattr(Subscription, 'CallbackType')
_MOST_PUBLISHERS = 16


class Backpressure(CallbackGroup):
    """
    Leaves images in the middleware, which keeps the newest, until the worker is free for one.

    An image that is replaced there costs no time of Python: converting it into a message would
    hold the interpreter's lock for milliseconds. A subscription that keeps more than one image
    is not held back.
    """

    def __init__(self, is_free: Callable[[], bool]) -> None:
        """Hold nothing back yet; `is_free` is asked before every image."""
        super().__init__()
        self._is_free = is_free
        self._holds = False
        self._numbers: dict[Any, int | None] = {}  # the last one of each publisher

    def subscribe(self, node: Node, kind: type, topic: str,
                  take: Callable[[Any, Mapping[str, Any]], None]) -> Any:
        """Subscribe with sensor-data QoS or as parameters say; `take` gets message and info."""
        profile = QoSProfile(history=QoSHistoryPolicy.KEEP_LAST, depth=1,
                             reliability=QoSReliabilityPolicy.BEST_EFFORT,
                             durability=QoSDurabilityPolicy.VOLATILE)
        subscription = node.create_subscription(
            kind, topic, take if _NUMBERED else lambda message: take(message, {}), profile,
            callback_group=self,
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        kept = subscription.qos_profile
        self._holds = _NUMBERED and kept.history == QoSHistoryPolicy.KEEP_LAST and kept.depth == 1
        return subscription

    def passed(self, info: Mapping[str, Any]) -> tuple[int, float]:
        """
        Return how many images before this one never arrived, and how many seconds it waited.

        They were replaced here or lost on the way. Both are 0 where the middleware does not
        report them.
        """
        received = info.get('received_timestamp', 0) * 1e-9
        number = info.get('publication_sequence_number')
        publisher = (info.get('publisher_gid') or {}).get('data')  # Kilted and newer
        before = self._numbers.get(publisher)
        if len(self._numbers) > _MOST_PUBLISHERS:
            self._numbers.clear()
        self._numbers[publisher] = number
        waited = max(0.0, time.time() - received) if received else 0.0
        if number is None or before is None:
            return 0, waited
        return max(0, number - before - 1), waited

    def can_execute(self, entity: Any) -> bool:
        """Return whether the executor may take an image."""
        return not self._holds or self._is_free()

    def beginning_execution(self, entity: Any) -> bool:
        """Return whether the executor may take an image."""
        return self.can_execute(entity)

    def ending_execution(self, entity: Any) -> None:
        """Do nothing: the worker that takes the image is no longer free."""
