# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Backpressure: images wait in the middleware until the worker is free for one."""
from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSHistoryPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

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

    def __init__(self, is_free: Callable[[], bool],
                 lose: Callable[[int], None] = lambda number: None) -> None:
        """
        Hold nothing back yet.

        Args:
            is_free: Asked before every image.
            lose: Called with the number of images that were lost on the way since the last call.
        """
        super().__init__()
        self._is_free, self._lose = is_free, lose
        self._holds = False
        self._subscription: Any = None
        self._numbers: dict[Any, int | None] = {}  # the last one of each publisher
        self._lost = 0  # not yet found as a gap in the numbers

    def subscribe(self, node: Node, kind: type, topic: str,
                  take: Callable[[Any, Mapping[str, Any]], None], profile: QoSProfile,
                  overriding: QoSOverridingOptions) -> Any:
        """Subscribe; `take` gets message and info."""
        try:
            self._subscription = self._create(node, kind, topic, take, profile, overriding,
                                              message_lost=self._on_lost)
        except UnsupportedEventTypeError:
            self._subscription = self._create(node, kind, topic, take, profile, overriding)
        kept = self._subscription.qos_profile
        self._holds = _NUMBERED and kept.history == QoSHistoryPolicy.KEEP_LAST and kept.depth == 1
        return self._subscription

    def passed(self, info: Mapping[str, Any]) -> tuple[int, float]:
        """
        Return how many images before this one were replaced here, and how long it waited.

        The number is of images, without those lost on the way; the time is in seconds. Both are 0
        where the middleware does not report them.
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
            self._lost = 0
            return 0, waited
        missing = max(0, number - before - 1)
        lost = min(missing, self._lost)
        self._lost -= lost
        return missing - lost, waited

    def can_execute(self, entity: Any) -> bool:
        """Return whether the executor may take an image; events pass always."""
        return not self._holds or entity is not self._subscription or self._is_free()

    def beginning_execution(self, entity: Any) -> bool:
        """Return whether the executor may take an image."""
        return self.can_execute(entity)

    def ending_execution(self, entity: Any) -> None:
        """Do nothing: the worker that takes the image is no longer free."""

    def _create(self, node: Node, kind: type, topic: str, take: Callable[..., None],
                profile: QoSProfile, overriding: QoSOverridingOptions, **events: Any) -> Any:
        # Without the default events: a mismatch is diagnosed from the graph, with its remedy.
        return node.create_subscription(
            kind, topic, take if _NUMBERED else lambda message: take(message, {}), profile,
            callback_group=self, qos_overriding_options=overriding,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False, **events))

    def _on_lost(self, event: Any) -> None:
        self._lost += event.total_count_change
        self._lose(event.total_count_change)
