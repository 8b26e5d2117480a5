# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The services of the tracker, called from the thread of the web server."""
from __future__ import annotations

import asyncio
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from diagnostic_msgs.srv import AddDiagnostics
from face_tracker_ros.errors import FaceTrackerError
from face_tracker_ros.ros.web_view.on_executor import OnExecutor
from rcl_interfaces.srv import (DescribeParameters, GetParameters, ListParameters,
                                SetParametersAtomically)
from rclpy.node import Node

_KINDS = {'list_parameters': ListParameters, 'describe_parameters': DescribeParameters,
          'get_parameters': GetParameters, 'set_parameters_atomically': SetParametersAtomically,
          'enroll': AddDiagnostics, 'forget': AddDiagnostics}
_ATTEMPTS, _SECONDS = 3, 2.0  # an answer to a client that was just found can get lost
_PATIENCE = 45.0  # an enrolment takes 30 s at most


class TrackerError(FaceTrackerError):
    """The tracker is not there or does not answer."""


class Services:
    """Clients of one tracker; they wait there while nobody looks, and cost nothing."""

    def __init__(self, node: Node, on_executor: OnExecutor, tracker: str) -> None:
        """Make the clients."""
        self._on_executor, self._tracker = on_executor, tracker
        self._clients: dict[str, Any] = {
            name: node.create_client(kind, f'{tracker}/{name}') for name, kind in _KINDS.items()}

    async def parameters(self, name: str, **fields: Any) -> Any:
        """
        Return the response of one of the parameter services; asks again when none comes.

        Raises:
            TrackerError: There is no tracker, or no answer.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return await self._call(name, _KINDS[name].Request(**fields), _SECONDS)
            except asyncio.TimeoutError:
                continue
        raise TrackerError(f"node '{self._tracker}': no answer of {name} in "
                           f'{_ATTEMPTS * _SECONDS:.0f} s; it is busy, or has ended')

    async def people(self, name: str, text: str) -> tuple[bool, str]:
        """
        Return success and the sentence of ~/enroll or ~/forget, asked once.

        Raises:
            TrackerError: There is no tracker, or no answer.
        """
        try:
            response = await self._call(name, AddDiagnostics.Request(load_namespace=text),
                                        _PATIENCE)
        except asyncio.TimeoutError:
            raise TrackerError(f"node '{self._tracker}': no answer of {name} in "
                               f'{_PATIENCE:.0f} s; it has ended, or see its log') from None
        return bool(response.success), str(response.message)

    async def _call(self, name: str, request: Any, seconds: float) -> Any:
        answer: Future[Any] = Future()
        client = self._clients[name]
        asked: list[Any] = []

        def answered(future: Any) -> None:
            with suppress(InvalidStateError):  # it came too late
                if future.exception() is not None:
                    answer.set_exception(future.exception())
                else:
                    answer.set_result(future.result())

        def ask() -> None:
            if client.service_is_ready():
                asked.append(client.call_async(request))
                asked[0].add_done_callback(answered)
                return
            with suppress(InvalidStateError):
                answer.set_exception(TrackerError(
                    f"node '{self._tracker}': has no service {name} now; is it running?"))

        def drop() -> None:
            for future in asked:
                client.remove_pending_request(future)

        self._on_executor.post(ask)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), seconds)
        finally:
            self._on_executor.post(drop)
