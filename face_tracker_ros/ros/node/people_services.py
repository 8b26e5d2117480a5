# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/enroll and ~/forget: people are enrolled and erased while the node runs."""
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future as WorkFuture
import re

from diagnostic_msgs.srv import AddDiagnostics
from face_tracker_ros.errors import ConfigError, reason
from face_tracker_ros.identities.recogniser import Recogniser
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.task import Future

_CHECK_SECONDS = 1.0  # between two checks that images come
_NO_STORE = "identities.store is empty: nobody is stored; set it, such as '~/.ros/people.db'"


class PeopleServices:
    """
    Two services that take text and answer when the work is done, with success and a sentence.

    Both are of the type diagnostic_msgs/AddDiagnostics, the one service of the standard packages
    that takes a string and returns success and a message.
    """

    def __init__(self, node: Node, recogniser: Callable[[], Recogniser | None]) -> None:
        """Offer the services; `recogniser` returns the one in use, if any."""
        self._node, self._recogniser = node, recogniser
        self._group = ReentrantCallbackGroup()  # an enrolment takes seconds: others go on
        for name, callback in (('enroll', self._on_enroll), ('forget', self._on_forget)):
            node.create_service(AddDiagnostics, f'~/{name}', callback,
                                callback_group=self._group)

    async def _on_enroll(self, request: AddDiagnostics.Request,
                         response: AddDiagnostics.Response) -> AddDiagnostics.Response:
        track, name = re.fullmatch(r'\s*#?(?:(\d{1,15})\s+)?(.*)', request.load_namespace,
                                   re.DOTALL).groups()  # type: ignore[union-attr]
        return await self._answer(response, lambda recogniser: recogniser.enrol(
            name, int(track) if track else None))

    async def _on_forget(self, request: AddDiagnostics.Request,
                         response: AddDiagnostics.Response) -> AddDiagnostics.Response:
        return await self._answer(response, lambda recogniser: recogniser.forget(
            request.load_namespace))

    async def _answer(self, response: AddDiagnostics.Response,
                      begin: Callable[[Recogniser], WorkFuture[str]]) -> AddDiagnostics.Response:
        try:
            recogniser = self._recogniser()
            if recogniser is None:
                raise ConfigError(_NO_STORE)
            work = begin(recogniser)
            finished: Future[None] = Future(executor=self._node.executor)
            work.add_done_callback(lambda _: finished.set_result(None))
            checks = self._node.create_timer(  # by a clock that goes on without images and /clock
                _CHECK_SECONDS, recogniser.end_unattended, self._group,
                Clock(clock_type=ClockType.STEADY_TIME))
            try:
                await finished
            finally:
                self._node.destroy_timer(checks)
            response.message, response.success = work.result(), True
        except Exception as error:
            response.message, response.success = reason(error), False
        self._node.get_logger().info(response.message)
        return response
