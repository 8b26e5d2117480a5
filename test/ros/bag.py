# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Small bags in rosbag2's MCAP form: a recorder, and a player with /clock, loop and pause."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
import time

from mcap.reader import make_reader
from mcap.writer import Writer
from rclpy.serialization import deserialize_message, serialize_message
from ros_client import Client
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

KIND = 'sensor_msgs/msg/Image'


def write(path: Path, topic: str, images: list[Image]) -> None:
    """Write the images, at the times of their stamps."""
    with path.open('wb') as file:
        writer = Writer(file)
        writer.start(profile='ros2', library='test')
        schema = writer.register_schema(KIND, 'ros2msg', b'')
        channel = writer.register_channel(topic, 'cdr', schema)
        for image in images:
            time = image.header.stamp.sec * 10 ** 9 + image.header.stamp.nanosec
            writer.add_message(channel, time, serialize_message(image), time)
        writer.finish()


class Recorder:
    """Takes what is published as it is, without reading it."""

    def __init__(self, client: Client, topics: Mapping[str, type]) -> None:
        """Subscribe."""
        self._client = client
        self._kinds = {topic: '{}/msg/{}'.format(kind.__module__.split('.')[0], kind.__name__)
                       for topic, kind in topics.items()}
        self._found: list[tuple[str, int, bytes]] = []
        self._subscriptions = [
            client.node.create_subscription(kind, topic, partial(self._take, topic), 50, raw=True)
            for topic, kind in topics.items()]

    def _take(self, topic: str, data: bytes) -> None:
        self._found.append((topic, time.time_ns(), data))

    def count(self, topic: str) -> int:
        """Return how many messages of a topic were taken so far."""
        return sum(name == topic for name, _, _ in self._found)

    def finish(self, path: Path) -> None:
        """Write the recording."""
        for subscription in self._subscriptions:
            self._client.node.destroy_subscription(subscription)
        with path.open('wb') as file:
            writer = Writer(file)
            writer.start(profile='ros2', library='test')
            channels = {topic: writer.register_channel(topic, 'cdr', writer.register_schema(
                kind, 'ros2msg', b'')) for topic, kind in self._kinds.items()}
            for topic, moment, data in self._found:
                writer.add_message(channels[topic], moment, data, moment)
            writer.finish()


class Player:
    """Publishes what a bag holds, with the time of each message on /clock before it."""

    def __init__(self, client: Client, path: Path) -> None:
        """Offer the topics."""
        self._client = client
        with path.open('rb') as file:
            self._messages = [(channel.topic, message.log_time,
                               deserialize_message(message.data, Image))
                              for schema, channel, message in make_reader(file).iter_messages()
                              if schema is not None and schema.name == KIND]
        (topic,) = {topic for topic, _, _ in self._messages}
        self._clock = client.node.create_publisher(Clock, '/clock', 10)
        self._images = client.node.create_publisher(Image, topic, 10)
        self.jumps = 0
        self._rest = iter(self._messages)

    def step(self) -> None:
        """Publish the next message; after the last comes the first again."""
        entry = next(self._rest, None)
        if entry is None:
            self.jumps += 1
            self._rest: Iterator = iter(self._messages)
            entry = next(self._rest)
        _, time, image = entry
        clock = Clock()
        clock.clock.sec, clock.clock.nanosec = divmod(time, 10 ** 9)
        self._clock.publish(clock)
        self._client.spin(0.005)
        self._images.publish(image)

    def close(self) -> None:
        """Withdraw the topics."""
        self._client.node.destroy_publisher(self._clock)
        self._client.node.destroy_publisher(self._images)
