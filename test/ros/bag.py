# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A small bag of images in rosbag2's MCAP form, and a player with /clock, loop and pause."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
