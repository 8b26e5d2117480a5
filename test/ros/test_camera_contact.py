# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""First contact with a camera: QoS, the profile of the transport, and topics of other names."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import subprocess
import sys

from face_tracker_ros.ros.diagnostics.image_topic import next_to_image
from face_tracker_ros.ros.diagnostics.statistics import Statistics
from face_tracker_ros.ros.node.following import FollowingSubscription
from face_tracker_ros.ros.node.image_input import ImageInput
from face_tracker_ros.ros.node.settings import Settings
import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

Start = Callable[..., NodeProcess]
RELIABLE, BEST_EFFORT = QoSReliabilityPolicy.RELIABLE, QoSReliabilityPolicy.BEST_EFFORT
TOPIC, SIZES = '/camera/image_raw', ('1280 720', '1920 1080')
SENT = 25
NEARLY_ALL = 0.8 * SENT


@contextmanager
def camera(reliability: str, profile: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that lets a process publish images of a size like '1280 720'."""
    environment = {name: value for name, value in os.environ.items()
                   if profile or 'DEFAULT_PROFILES' not in name}
    driver = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name('camera.py')), TOPIC, reliability],
        env=environment, stdin=subprocess.PIPE, text=True, bufsize=1)
    try:
        yield lambda size: print(size, SENT, file=driver.stdin)
        driver.communicate(timeout=60)
        assert driver.returncode == 0
    finally:
        driver.kill()
        driver.wait()


@pytest.fixture(scope='module')
def node(tmp_path_factory: pytest.TempPathFactory, client: Client) -> Iterator[NodeProcess]:
    log = tmp_path_factory.mktemp('contact') / 'log'
    process = NodeProcess('face_tracker_ros.ros.node.main', ('-r', f'image:={TOPIC}'), log)
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    yield process
    process.finish()


def counter(client: Client) -> Callable[[str], float]:
    """Return what counts from now on by the names of the diagnostics."""
    client.wait(lambda: bool(client.diagnostics), 'a report')
    before = {name: client.report(name) for name in ('received', 'lost_images')}
    return lambda name: client.report(name) - before[name]


@pytest.mark.parametrize('reliability, profile', [
    ('RELIABLE', False), ('RELIABLE', True), ('BEST_EFFORT', True)])
def test_images_of_any_driver_arrive(client: Client, node: NodeProcess, reliability: str,
                                     profile: bool) -> None:
    def subscribed() -> list[str]:
        return [info.qos_profile.reliability.name for info
                in client.node.get_subscriptions_info_by_topic(TOPIC)]

    with camera(reliability, profile) as publish:
        client.wait(lambda: subscribed() == [reliability], f'a subscription {reliability}')
        for size in SIZES:
            count = counter(client)
            publish(size)
            client.wait(lambda: count('received') >= NEARLY_ALL, f'nearly all images of {size}')
            assert count('lost_images') <= SENT - NEARLY_ALL
        assert subscribed() == [reliability]


def test_images_lost_on_the_way_are_counted_with_their_remedy(client: Client,
                                                              node: NodeProcess) -> None:
    with camera('BEST_EFFORT', profile=False) as publish:
        for size in SIZES:
            count = counter(client)
            publish(size)
            client.wait(lambda: count('received') + count('lost_images') >= NEARLY_ALL,
                        f'the count of nearly all images of {size}')
            assert count('lost_images') > count('received')
        client.wait(lambda: 'images a second are lost on the way' in client.status.message,
                    'the cause')
        assert "'/driver' publishes best effort" in client.status.message
        assert 'DEFAULT_PROFILES_FILE=' in client.status.message
        assert 'fast.yaml' not in client.status.message


def test_subscriptions_follow_their_publishers(client: Client, start: Start) -> None:
    start('-r', 'image:=/lens/image_raw', '-p', 'spatial.depth:=true')
    topics = {'/lens/image_raw': Image, '/lens/camera_info': CameraInfo,
              '/lens/depth_image': Image}

    def subscribed(reliability: QoSReliabilityPolicy) -> bool:
        return all([info.qos_profile.reliability for info
                    in client.node.get_subscriptions_info_by_topic(topic)] == [reliability]
                   for topic in topics)

    def publish(reliability: QoSReliabilityPolicy) -> list[object]:
        return [client.publisher(reliability, topic, kind) for topic, kind in topics.items()]

    client.wait(lambda: subscribed(BEST_EFFORT), 'subscriptions that match every publisher')
    reliable = publish(RELIABLE)
    client.wait(lambda: subscribed(RELIABLE), 'reliable ones')
    other = publish(BEST_EFFORT)
    client.wait(lambda: subscribed(BEST_EFFORT), 'such as match both')
    for publisher in other:
        client.node.destroy_publisher(publisher)
    client.wait(lambda: subscribed(RELIABLE), 'reliable ones again')
    for publisher in reliable:
        client.node.destroy_publisher(publisher)


@contextmanager
def own_node(*arguments: str, **parameters: object) -> Iterator[Node]:
    """Give a node in this process, with arguments and parameters for ROS."""
    context = rclpy.Context()  # of its own, as one allows each topic a single type
    rclpy.init(context=context)
    node = rclpy.create_node(
        'own', context=context, cli_args=['--ros-args', *arguments],
        parameter_overrides=[Parameter(name, value=value) for name, value in parameters.items()])
    try:
        yield node
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


@contextmanager
def offered(client: Client, topic: str, kind: type = Image,
            reliability: QoSReliabilityPolicy = BEST_EFFORT) -> Iterator[None]:
    """Let the client offer a topic."""
    publisher = client.publisher(reliability, topic, kind)
    try:
        yield
    finally:
        client.node.destroy_publisher(publisher)


@pytest.mark.parametrize('remapped, topic', [
    ((), '/lens/left/camera_info'), (('-r', 'camera_info:=/info'), '/info'),
    (('-r', '/lens/left/camera_info:=/camera_info'), '/camera_info')])
def test_camera_info_is_next_to_the_image_unless_remapped(
        remapped: tuple[str, ...], topic: str) -> None:
    with own_node('-r', 'image:=/lens/left/image_raw', *remapped) as node:
        assert next_to_image(node, 'camera_info') == topic
        assert next_to_image(node, 'depth_image') == '/lens/left/depth_image'


@pytest.mark.parametrize('given, taken', [
    ('best_effort', BEST_EFFORT), ('best_available', RELIABLE), (None, RELIABLE)])
def test_parameter_wins_over_the_publisher(client: Client, given: str | None,
                                           taken: QoSReliabilityPolicy) -> None:
    name = 'qos_overrides./lens/image.subscription.reliability'
    with offered(client, '/lens/image', reliability=RELIABLE), \
            own_node(**({} if given is None else {name: given})) as node:
        client.wait(lambda: node.count_publishers('/lens/image') == 1, 'the camera')
        subscription = FollowingSubscription(
            node, '/lens/image', lambda profile, overriding: node.create_subscription(
                Image, '/lens/image', print, profile, qos_overriding_options=overriding))
        assert subscription.qos.reliability == taken
        assert node.get_parameter(name).value == (given or 'best_available')
        subscription.destroy()
        assert node.count_subscribers('/lens/image') == 0


def test_wrong_reliability_is_rejected_with_what_is_right(client: Client, start: Start) -> None:
    process = start('-p', 'qos_overrides./image.subscription.reliability:=good')
    client.wait(lambda: "'good' is no reliability" in process.output(), 'the reason')
    assert 'best_available' in process.output()


COMPRESSED_AND = 'it carries sensor_msgs/msg/CompressedImage: set image_transport:=compressed and '
NOT_HERE = 'nobody publishes it'


@pytest.mark.parametrize('published, image, transport, text', [
    ('/lens/compressed', '/lens/compressed', 'raw', COMPRESSED_AND + 'image:=/lens'),
    ('/lens', '/lens', 'raw', COMPRESSED_AND + "remap '/lens/compressed' to '/lens'"),
    ('/lens/compressed', '/lens', 'raw', f"{NOT_HERE}, but '/lens/compressed' carries "
     'sensor_msgs/msg/CompressedImage: set image_transport:=compressed'),
    ('/lens/compressed', '/lens/compressed', 'compressed',
     f"{NOT_HERE}; leave out '/compressed', which is added for compressed images: image:=/lens"),
    ('/raw', '/raw', 'compressed',
     f"{NOT_HERE}, but '/raw' carries sensor_msgs/msg/Image: set image_transport:=raw"),
    ('/raw/compressed', '/raw', 'compressed',
     'it carries sensor_msgs/msg/Image: set image_transport:=raw and image:=/raw/compressed'),
    ('/raw', '/other', 'raw', f"{NOT_HERE}; sensor_msgs/msg/Image is published on ... '/raw'"),
    ('/raw', '/raw', 'raw', "'/client' offers the topic, but no image has arrived yet"),
])
def test_silence_is_explained_by_what_is_published(client: Client, published: str, image: str,
                                                   transport: str, text: str) -> None:
    kind = CompressedImage if published.startswith('/lens') else Image
    with offered(client, published, kind), \
            own_node('-r', f'image:={image}', image_transport=transport) as node:
        images = ImageInput(node, Settings(node, lambda: False, lambda config: None), Statistics(),
                            lambda image, stamp: None)
        images.start()
        images.subscribe()
        client.wait(lambda: node.count_publishers(published) == 1, 'the camera')
        client.wait(lambda: node.count_publishers('/image') == 1, "the client's own topic")
        client.wait(lambda: all(part in images.describe(look_around=True).silence(None)[1]
                                for part in text.split(' ... ')), text)
        images.stop()


def test_reliable_subscription_to_a_best_effort_camera_is_reported(client: Client,
                                                                   start: Start) -> None:
    start('-p', 'qos_overrides./lens/image.subscription.reliability:=reliable',
          '-r', 'image:=/lens/image')
    with offered(client, '/lens/image'):
        client.wait(lambda: "'/client' publishes best effort, which does not match a reliable "
                    'subscription; leave out qos_overrides./lens/image.subscription.reliability'
                    in client.status.message, 'the mismatch')
