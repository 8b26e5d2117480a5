# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Taking images only when they can be worked on: taking one costs milliseconds."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.qos import QoSHistoryPolicy, QoSProfile
from rclpy.subscription import Subscription

_MOST_PUBLISHERS = 16


class WhenFree(ReentrantCallbackGroup):
    """
    Callbacks that wait in the middleware, where newer messages replace older ones.

    Until `is_free` returns True; the executor has to be woken then.
    """

    def __init__(self, is_free: Callable[[], bool]) -> None:
        """Ask `is_free` from the executor's thread."""
        super().__init__()
        self._is_free = is_free

    def can_execute(self, entity: Any) -> bool:
        """Return whether the executor may take a message now."""
        return self._is_free()


def with_info(callback: Callable[[Any, Mapping[str, Any]], None]) -> Callable[..., None]:
    """Return a callback for a subscription; ROS 2 Humble gives it the message alone."""
    if hasattr(Subscription, 'CallbackType'):
        return callback
    return lambda message: callback(message, {})


def keeps_one(qos: QoSProfile) -> bool:
    """Return whether the middleware holds just the newest message."""
    return qos.history == QoSHistoryPolicy.KEEP_LAST and qos.depth == 1


class Gaps:
    """Counts the messages that were sent and never taken, where the middleware numbers them."""

    def __init__(self) -> None:
        """Begin with the first message."""
        self._last: dict[bytes, int] = {}

    def before(self, info: Mapping[str, Any]) -> int:
        """Return how many messages its publisher sent since its last one that was taken."""
        number = info.get('publication_sequence_number')
        if number is None:
            return 0
        publisher = bytes((info.get('publisher_gid') or {}).get('data', b''))
        if len(self._last) > _MOST_PUBLISHERS:
            self._last.clear()
        missed = number - self._last.get(publisher, number - 1) - 1
        self._last[publisher] = number
        return max(0, missed)
