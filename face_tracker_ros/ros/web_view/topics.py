# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The topics of the tracker, subscribed to only while somebody looks."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from face_tracker_ros.errors import reason
from face_tracker_ros.ros.web_view.track_table import (distances_of, names_of, states_of, to_rows,
                                                       track_of)
from rcl_interfaces.msg import ParameterEvent
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import qos_profile_parameter_events, QoSProfile
from sensor_msgs.msg import CompressedImage, PointCloud2
from vision_msgs.msg import Detection3DArray

_STEP = 0.1  # seconds between two looks at what is new
_STATUS_STEPS = 5
_QUIET = 3.0  # seconds after which names and distances are no longer true
_THROTTLE_SECONDS = 5.0
_MOST_CROPS = 128
_SUFFIX = ': tracking'  # of the name in /diagnostics

Deliver = Callable[[str, Any], None]


class Topics:
    """
    What the tracker publishes, handed on as plain values; everything runs on the executor.

    Delivered are `frame` (JPEG), `crop` (track and JPEG), `tracks` (rows), `status`,
    `changed` (parameter messages that changed) and `started` (a tracker is there that was not).
    """

    def __init__(self, node: Node, tracker: str, deliver: Deliver) -> None:
        """Keep what is needed; nothing is subscribed to yet."""
        self._node, self._tracker, self._deliver = node, tracker, deliver
        self._subscriptions: list[Any] = []
        self._timer: Any = None
        self._reports = '/diagnostics'  # as remapped, once it is subscribed to
        self._clear()

    def _clear(self) -> None:
        self._endpoints: set[tuple[int, ...]] = set()
        self._states: list[dict[str, Any]] = []
        self._people: dict[int, dict[str, str]] = {}
        self._distances: dict[int, float] = {}
        self._crops: OrderedDict[int, int] = OrderedDict()
        self._report: DiagnosticStatus | None = None
        self._reported = self._seen = self._located = self._named = -1e9
        self._others: dict[str, float] = {}
        self._is_new = False
        self._steps = 0

    def open(self) -> None:
        """Subscribe."""
        if self._timer is not None:
            return
        newest = QoSProfile(depth=1)
        for kind, topic, callback, qos in (
                (CompressedImage, 'annotated_image/compressed', self._on_frame, newest),
                (PointCloud2, 'track_states', self._on_states, newest),
                (DiagnosticArray, 'identities', self._on_identities, newest),
                (Detection3DArray, 'tracks_3d', self._on_tracks_3d, newest),
                (CompressedImage, 'crops', self._on_crop, QoSProfile(depth=20)),
                (DiagnosticArray, '/diagnostics', self._on_diagnostics, QoSProfile(depth=10)),
                (ParameterEvent, '/parameter_events', self._on_parameters,
                 qos_profile_parameter_events)):
            name = topic if topic.startswith('/') else f'{self._tracker}/{topic}'
            subscription = self._node.create_subscription(
                kind, name, partial(self._take, callback), qos)
            self._subscriptions.append(subscription)
            if callback == self._on_diagnostics:
                self._reports = subscription.topic_name
        self._timer = self._node.create_timer(
            _STEP, self._step, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._step()

    def close(self) -> None:
        """Unsubscribe, and forget what came."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
        self._clear()

    def _take(self, callback: Callable[[Any], None], message: Any) -> None:
        try:
            callback(message)
        except Exception as error:  # of another version, or of somebody else; others may follow
            self._node.get_logger().warning(f'message skipped: {reason(error)}',
                                            throttle_duration_sec=_THROTTLE_SECONDS)

    def _on_frame(self, message: CompressedImage) -> None:
        self._deliver('frame', message.data.tobytes())

    def _on_states(self, message: PointCloud2) -> None:
        self._states, self._is_new = states_of(message), True
        self._seen = time.monotonic()

    def _on_identities(self, message: DiagnosticArray) -> None:
        self._people, self._is_new = names_of(message), True
        self._named = time.monotonic()

    def _on_tracks_3d(self, message: Detection3DArray) -> None:
        self._distances, self._is_new = distances_of(message), True
        self._located = time.monotonic()

    def _on_crop(self, message: CompressedImage) -> None:
        track = track_of(message.header.frame_id)
        if track is not None:
            self._deliver('crop', (track, message.data.tobytes()))
            self._crops[track] = self._crops.pop(track, 0) + 1
            if len(self._crops) > _MOST_CROPS:
                self._crops.popitem(last=False)
            self._is_new = True

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == self._tracker[1:] + _SUFFIX:
                self._report, self._reported = status, time.monotonic()
            elif status.name.endswith(_SUFFIX):
                self._others[f'/{status.name[:-len(_SUFFIX)]}'] = time.monotonic()

    def _on_parameters(self, message: ParameterEvent) -> None:
        if message.node == self._tracker:
            self._deliver('changed', [*message.new_parameters, *message.changed_parameters])

    def _step(self) -> None:
        now = time.monotonic()
        self._look_around()
        if now - self._located > _QUIET and self._distances:
            self._distances, self._is_new = {}, True
        if now - self._named > _QUIET and self._people:
            self._people, self._is_new = {}, True
        if self._is_new:
            self._is_new = False
            self._deliver('tracks', to_rows(self._states, self._people, self._distances,
                                            self._crops))
        if self._steps % _STATUS_STEPS == 0:
            self._deliver('status', self._status(now))
        self._steps += 1

    def _look_around(self) -> None:
        """Notice a tracker that came, also one in the place of another."""
        present = {tuple(end.endpoint_gid)
                   for end in self._node.get_publishers_info_by_topic(self._reports)
                   if f'{end.node_namespace.rstrip("/")}/{end.node_name}' == self._tracker}
        if present - self._endpoints:
            self._states, self._is_new = [], True
            self._deliver('started', None)
        self._endpoints = present

    def _status(self, now: float) -> dict[str, Any]:
        report = self._report
        return {
            'tracker': self._tracker, 'present': bool(self._endpoints),
            'level': None if report is None else report.level[0],
            'message': '' if report is None else report.message,
            'values': {} if report is None else {item.key: item.value for item in report.values},
            'topic': '' if report is None else report.hardware_id,
            'report_age': None if report is None else round(now - self._reported, 1),
            'quiet': None if self._seen < 0 else round(now - self._seen, 1),
            'others': sorted(name for name, then in self._others.items() if now - then < 5)}
