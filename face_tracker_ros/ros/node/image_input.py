# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The image subscription of the node: its topic, its backpressure and the stamps of images."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from face_tracker_ros.errors import FrameError
from face_tracker_ros.ros.diagnostics.image_topic import image_topics, ImageTopic, middleware
from face_tracker_ros.ros.diagnostics.statistics import Statistics
from face_tracker_ros.ros.messages.images import AnyImage
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from face_tracker_ros.ros.node.backpressure import Backpressure
from face_tracker_ros.ros.node.first_images import FirstImages
from face_tracker_ros.ros.node.following import FollowingSubscription
from face_tracker_ros.ros.node.settings import Settings
from face_tracker_ros.ros.node.stamps import ImageClock
from face_tracker_ros.ros.node.worker import LatestWorker
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage, Image

_THROTTLE_SECONDS = 5.0


class ImageInput:
    """
    Hands the newest image to a worker thread as soon as that is free.

    `start` and `stop` frame the life of the thread; in between images may be subscribed to or
    not. All methods are called on the executor's thread.
    """

    def __init__(self, node: Node, settings: Settings, statistics: Statistics,
                 handle: Callable[[AnyImage, float], None]) -> None:
        """
        Stay stopped and unsubscribed.

        Args:
            node: The node that subscribes.
            settings: `image_transport` and `max_rate` are read.
            statistics: Counts the images that arrive.
            handle: Called on the worker's thread with an image and its stamp in seconds.
        """
        self._node, self._settings, self._statistics = node, settings, statistics
        self._handle = handle
        self._worker: LatestWorker[tuple[AnyImage, float]] | None = None
        self._subscription: FollowingSubscription | None = None
        self._clock = ImageClock()

    @property
    def is_started(self) -> bool:
        """Whether there is a worker, be images subscribed to or not."""
        return self._worker is not None

    @property
    def is_subscribed(self) -> bool:
        """Whether images are subscribed to."""
        return self._subscription is not None

    @property
    def topic(self) -> str:
        """Name of the image topic, remapped."""
        base = self._node.resolve_topic_name('image')
        return str(self._node.resolve_topic_name(f'{base}/compressed')
                   if self._is_compressed() else base)

    def start(self) -> None:
        """Start the worker thread."""
        self._worker = LatestWorker(lambda item: self._handle(*item), self._interval,
                                    self._on_free)

    def stop(self) -> None:
        """Unsubscribe, let the frame in progress end, and end the worker thread."""
        self.unsubscribe()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def subscribe(self) -> None:
        """Subscribe; the worker must have been started."""
        assert self._worker is not None
        worker = self._worker

        def create(profile: QoSProfile, overriding: QoSOverridingOptions) -> Any:
            backpressure = Backpressure(worker.is_free, self._statistics.lose)

            def take(message: AnyImage, info: Mapping[str, Any]) -> None:
                self._take(worker, message, *backpressure.passed(info))

            return backpressure.subscribe(
                self._node, CompressedImage if self._is_compressed() else Image, self.topic,
                take, profile, overriding)

        self._statistics.begin()
        self._clock = ImageClock()
        self._first = FirstImages(self.topic, self._node.get_logger().info)
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

    def reconsider(self) -> None:
        """Take a new value of `max_rate` at once."""
        if self._worker is not None:
            self._worker.reconsider()

    def _take(self, worker: LatestWorker[tuple[AnyImage, float]], message: AnyImage,
              replaced: int, waited: float) -> None:
        now = self._node.get_clock().now().nanoseconds * 1e-9
        if self._subscription is not None:
            self._first.arrived(message, self._subscription.qos.reliability)
        try:
            stamp = self._time(stamp_seconds(message.header), now)
        except FrameError as error:
            self._statistics.arrival(replaced, False, 0.0)
            self._statistics.bad_frame(str(error))
            self._node.get_logger().warning(f'frame skipped: {error}',
                                            throttle_duration_sec=_THROTTLE_SECONDS)
            return
        self._statistics.arrival(replaced, worker.put((message, stamp)), now - stamp - waited)

    def _time(self, stamp: float, arrival: float) -> float:
        """Return the time of an image, and log once when that is not its stamp."""
        time = self._clock.seconds(stamp, arrival)
        if stamp == 0:
            self._node.get_logger().warning(
                'images carry no stamp; their time of arrival is used instead', once=True)
        elif self._clock.is_frozen:
            self._node.get_logger().warning(
                f'the stamp of the images does not change (header.stamp {stamp:.3f} s); their '
                'time of arrival is used instead from now on; let the driver stamp each image '
                'when it is taken', once=True)
        return time

    def _is_compressed(self) -> bool:
        return bool(self._settings['image_transport'] == 'compressed')

    def _interval(self) -> float:
        rate = float(self._settings['max_rate'])  # once: it may change meanwhile
        return 1 / rate if rate > 0 else 0.0

    def _on_free(self) -> None:
        self._statistics.listen()
        if self._node.executor is not None:
            self._node.executor.wake()
