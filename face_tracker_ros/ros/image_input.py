# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The image subscription of the node: its topic, its back-pressure and the stamps of images."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from face_tracker_ros.ros.convert import AnyImage
from face_tracker_ros.ros.following import FollowingSubscription
from face_tracker_ros.ros.image_topic import image_topics, ImageTopic, middleware
from face_tracker_ros.ros.latest import LatestWorker
from face_tracker_ros.ros.messages import stamp_seconds
from face_tracker_ros.ros.parameters import Settings
from face_tracker_ros.ros.reception import Gate
from face_tracker_ros.ros.statistics import Statistics
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage, Image


class ImageInput:
    """Gives the newest image, with its stamp in seconds, to a worker as soon as that is free."""

    def __init__(self, node: Node, settings: Settings, statistics: Statistics,
                 say_once: Callable[[str, str], None]) -> None:
        """Stay unsubscribed; `say_once` logs a text for a key."""
        self._node, self._settings, self._statistics = node, settings, statistics
        self._say_once = say_once
        self._subscription: FollowingSubscription | None = None
        self._gate = Gate(lambda: True)

    @property
    def is_subscribed(self) -> bool:
        """Whether images are subscribed to."""
        return self._subscription is not None

    @property
    def topic(self) -> str:
        """Name of the topic of the images, remapped."""
        base = self._node.resolve_topic_name('image')
        return str(self._node.resolve_topic_name(f'{base}/compressed')
                   if self._is_compressed() else base)

    def subscribe(self, worker: LatestWorker[tuple[AnyImage, float]]) -> None:
        """Subscribe for a worker."""
        def create(profile: QoSProfile, overriding: QoSOverridingOptions) -> Any:
            self._gate = Gate(worker.is_free, self._statistics.lose)
            return self._gate.subscribe(
                self._node, CompressedImage if self._is_compressed() else Image, self.topic,
                lambda message, info: self._take(worker, message, info), profile, overriding)
        self._subscription = FollowingSubscription(self._node, self.topic, create)

    def unsubscribe(self) -> None:
        """Unsubscribe, if subscribed."""
        if self._subscription is not None:
            self._subscription.destroy()
            self._subscription = None

    def describe(self, look_around: bool) -> ImageTopic:
        """Return what the graph shows of the topic, and if asked of all other image topics."""
        topic = self.topic
        if self._subscription is None:
            return ImageTopic(topic)
        return ImageTopic(
            topic, self._node.resolve_topic_name('image'), self._is_compressed(),
            self._subscription.publishers(), self._subscription.qos.reliability,
            self._subscription.fixed is not None,
            image_topics(self._node) if look_around else {}, **middleware())

    def _is_compressed(self) -> bool:
        return bool(self._settings['image_transport'] == 'compressed')

    def _take(self, worker: LatestWorker[tuple[AnyImage, float]], message: AnyImage,
              info: Mapping[str, Any]) -> None:
        replaced, waited = self._gate.passed(info)
        now = self._node.get_clock().now().nanoseconds * 1e-9
        stamp = stamp_seconds(message.header)
        if stamp == 0:
            self._say_once('zero', 'images carry no stamp; their time of arrival is used instead')
            stamp = now
        self._statistics.arrival(replaced, worker.put((message, stamp)), now - stamp - waited)
