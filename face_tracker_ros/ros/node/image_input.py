# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The images of the node: their topic, the thread that takes them, and their stamps."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from face_tracker_ros.errors import FrameError, reason
from face_tracker_ros.ros.diagnostics.image_topic import image_topics, ImageTopic, middleware
from face_tracker_ros.ros.diagnostics.statistics import Statistics
from face_tracker_ros.ros.messages.images import AnyImage
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from face_tracker_ros.ros.node.arrivals import Arrivals
from face_tracker_ros.ros.node.first_images import FirstImages
from face_tracker_ros.ros.node.following import FollowingSubscription
from face_tracker_ros.ros.node.image_reader import ImageReader, NotExecuted
from face_tracker_ros.ros.node.settings import Settings
from face_tracker_ros.ros.node.stamps import ImageClock
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage, Image

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

_THROTTLE_SECONDS = 5.0


class ImageInput:
    """
    Has the newest image worked on as soon as the one before is done.

    `start` and `stop` frame the life of the thread that does it; in between images may be
    subscribed to or not. All methods but `skip` are called on the executor's thread.
    """

    def __init__(self, node: Node, settings: Settings, statistics: Statistics,
                 handle: Callable[[AnyImage, float], None]) -> None:
        """
        Stay stopped and unsubscribed.

        Args:
            node: The node that subscribes.
            settings: `image_transport` and `max_rate` are read.
            statistics: Counts the images that arrive.
            handle: Called on the reader's thread with an image and its stamp in seconds.
        """
        self._node, self._settings, self._statistics = node, settings, statistics
        self._handle = handle
        self._reader: ImageReader | None = None
        self._subscription: FollowingSubscription | None = None
        self._clock = ImageClock()

    @property
    def is_started(self) -> bool:
        """Whether there is a thread for images, be they subscribed to or not."""
        return self._reader is not None

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
        """Start the thread."""
        self._reader = ImageReader(self._node.context, self._on_image, self._interval,
                                   self._statistics.listen, self.skip)

    def stop(self) -> None:
        """Unsubscribe, let the frame in progress end, and end the thread."""
        self.unsubscribe()
        if self._reader is not None:
            self._reader.stop()
            self._reader = None

    def subscribe(self) -> None:
        """Subscribe; the thread must have been started."""
        self._statistics.begin()
        self._clock = ImageClock()
        self._first = FirstImages(self.topic, self._node.get_logger().info)
        self._subscription = FollowingSubscription(self._node, self.topic, self._create)

    def unsubscribe(self) -> None:
        """Unsubscribe, if subscribed."""
        if self._subscription is not None:
            if self._reader is not None:
                self._reader.read(None)
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

    def skip(self, error: Exception) -> None:
        """Count and log an image that could not be used; from any thread."""
        text = reason(error)
        self._statistics.bad_frame(text)
        self._node.get_logger().warning(f'frame skipped: {text}',
                                        throttle_duration_sec=_THROTTLE_SECONDS)

    def reconsider(self) -> None:
        """Take a new value of `max_rate` at once."""
        if self._reader is not None:
            self._reader.reconsider()

    def _create(self, profile: QoSProfile, overriding: QoSOverridingOptions) -> Any:
        reader = self._reader
        assert reader is not None
        arrivals = self._arrivals = Arrivals(self._statistics.lose)

        def create(**events: Any) -> Any:
            # Without the default events: a mismatch is diagnosed from the graph, with its remedy.
            return self._node.create_subscription(
                CompressedImage if self._is_compressed() else Image, self.topic,
                lambda message: reader.offer(message, {}), profile, callback_group=NotExecuted(),
                qos_overriding_options=overriding, event_callbacks=SubscriptionEventCallbacks(
                    use_default_callbacks=False, **events))

        try:
            subscription = create(message_lost=arrivals.on_lost)
        except UnsupportedEventTypeError:
            subscription = create()
        self._reliability: QoSReliabilityPolicy = subscription.qos_profile.reliability
        reader.read(subscription)
        return subscription

    # On the reader's thread

    def _on_image(self, message: AnyImage, info: Mapping[str, Any]) -> None:
        replaced, waited = self._arrivals.passed(info)
        now = self._node.get_clock().now().nanoseconds * 1e-9
        self._first.arrived(message, self._reliability)
        try:
            stamp = self._time(stamp_seconds(message.header), now)
        except FrameError as error:
            self._statistics.arrival(replaced, 0.0)
            self.skip(error)
            return
        self._statistics.arrival(replaced, now - stamp - waited)
        self._handle(message, stamp)

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
