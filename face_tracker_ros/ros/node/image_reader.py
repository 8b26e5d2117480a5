# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A thread that takes images from the middleware, one whenever the one before is done."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
import threading
import time
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation

_LOOK_SECONDS = 0.5  # after which a wait for images looks whether ROS has been shut down
_PAUSE_SECONDS = 0.05  # after an error

Info = Mapping[str, Any]


class NotExecuted(CallbackGroup):
    """
    The callback group of a subscription that no executor waits for or takes.

    That holds for its events, too: Fast DDS reports an image that waits to be taken as one, and
    an executor that waited for them would look again and again until the image is taken.
    """

    def can_execute(self, entity: Any) -> bool:
        """Return whether the executor may take something."""
        return False

    def beginning_execution(self, entity: Any) -> bool:
        """Return whether the executor may take something."""
        return False

    def ending_execution(self, entity: Any) -> None:
        """Do nothing: nothing is executed."""


class ImageReader:
    """
    Takes images on a thread of its own, as soon as the one before is done.

    rclpy's executors look at all that a node has whenever they wait, which with our services and
    topics takes milliseconds and holds Python's lock; here one subscription is waited for. What
    arrives during the work on an image stays in the middleware, where the newest replaces the
    others without any time of Python. The subscription's events are handled here, too.
    """

    def __init__(self, context: Context, handle: Callable[[Any, Info], None],
                 interval: Callable[[], float] = lambda: 0.0,
                 on_free: Callable[[], None] = lambda: None,
                 on_error: Callable[[Exception], None] = lambda error: None) -> None:
        """
        Start the thread, which reads nothing yet.

        Args:
            context: The ROS context of the subscriptions.
            handle: Called on the thread with each message and its info.
            interval: Returns the least seconds from the start of one call to that of the next.
            on_free: Called on the thread when it begins to wait for the next image.
            on_error: Called on the thread when an image cannot be taken, as without memory, or
                `handle` has raised.
        """
        self._context = context
        self._handle, self._interval = handle, interval
        self._on_free, self._on_error = on_free, on_error
        self._changed = threading.Condition()
        self._wake = GuardCondition(None, None, context)
        self._subscription: Any = None
        self._offered: list[tuple[Any, Info]] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name='images', daemon=True)
        self._thread.start()

    def read(self, subscription: Any) -> None:
        """Take the images of this subscription from now on; None: of none."""
        with self._changed:
            self._subscription = subscription
            self._offered.clear()
        self.reconsider()

    def offer(self, message: Any, info: Info) -> None:
        """Take an image that an executor has taken, as those do that know no callback groups."""
        with self._changed:
            self._offered[:] = [(message, info)]
        self.reconsider()

    def reconsider(self) -> None:
        """Ask for the interval again, which may have changed."""
        with self._changed:
            self._changed.notify()
        self._wake.trigger()

    def stop(self) -> None:
        """Let the call in progress end, and end the thread, if that has not been done."""
        with self._changed:
            if self._stopped:
                return
            self._stopped = True
        self.reconsider()
        self._thread.join()
        self._wake.destroy()

    def _run(self) -> None:
        while (subscription := self._wait_for_subscription()) is not None:
            try:
                taken = self._take(subscription)
                if taken is None:
                    continue
                started = time.monotonic()
                self._handle(*taken)
                self._rest(started, self._interval)
                self._on_free()
            except Exception as error:
                # The subscription may have been destroyed, or ROS shut down, meanwhile.
                if self._context.ok() and not isinstance(error, InvalidHandle):
                    self._on_error(error)
                self._rest(time.monotonic(), lambda: _PAUSE_SECONDS)

    def _wait_for_subscription(self) -> Any:
        """Return what to read; None when the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or (
                self._subscription is not None and self._context.ok()))
            return None if self._stopped else self._subscription

    def _take(self, subscription: Any) -> tuple[Any, Info] | None:
        """Wait for an image for some time and take it; None when there is none."""
        # What is in use is not freed when somebody destroys it.
        context: Any = self._context.handle
        events = subscription.event_handlers
        with ExitStack() as used:
            for each in (context, subscription.handle, self._wake.handle, *events):
                used.enter_context(each)
            awaited = rclpy_implementation.WaitSet(1, 1, 0, 0, 0, len(events), context)
            awaited.clear_entities()
            awaited.add_subscription(subscription.handle)
            awaited.add_guard_condition(self._wake.handle)
            for event in events:
                event.add_to_wait_set(awaited)
            awaited.wait(int(_LOOK_SECONDS * 1e9))
            with self._changed:
                if self._stopped or self._subscription is not subscription:
                    return None
                if self._offered:
                    return self._offered.pop()
            for event in events:
                if event.is_ready(awaited):
                    event.callback(event.take_data())
            if not awaited.get_ready_entities('subscription'):
                return None
            taken: tuple[Any, Info] | None = subscription.handle.take_message(
                subscription.msg_type, False)
            return taken

    def _rest(self, begin: float, seconds: Callable[[], float]) -> None:
        with self._changed:
            while not self._stopped and (rest := begin + seconds() - time.monotonic()) > 0:
                self._changed.wait(min(rest, threading.TIMEOUT_MAX))
