# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The thread that takes images from the middleware."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import threading
import time
from typing import Any

from face_tracker_ros.ros.node.image_reader import ImageReader, NotExecuted
import pytest
import rclpy
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from std_msgs.msg import Int32


class Camera:
    """A publisher of numbers, and a reader of them whose work can be held up."""

    def __init__(self, context: rclpy.Context, interval: Callable[[], float]) -> None:
        """Read with at least `interval` seconds from one number to the next."""
        self.node = rclpy.create_node('camera', context=context)
        self.publisher = self.node.create_publisher(Int32, 'numbers', QoSProfile(depth=10))
        self.done: list[int] = []
        self.begun, self.go_on, self.free = threading.Semaphore(0), threading.Event(), \
            threading.Event()
        self.go_on.set()
        self.errors: list[Exception] = []
        self.events: list[Any] = []
        self.reader = ImageReader(context, self._handle, interval, self.free.set,
                                  self.errors.append)
        self.subscription: Any = None

    def subscribe(self, depth: int = 1) -> None:
        """Read from a new subscription, and wait until it is found."""
        self.subscription = self.node.create_subscription(
            Int32, 'numbers', lambda message: self.reader.offer(message, {}),
            QoSProfile(depth=depth), callback_group=NotExecuted(),
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False,
                                                       message_lost=self.events.append))
        self.reader.read(self.subscription)
        until(lambda: self.publisher.get_subscription_count() == 1
              and self.subscription.handle.get_publisher_count() == 1)

    def unsubscribe(self) -> None:
        """Destroy the subscription."""
        self.reader.read(None)
        self.node.destroy_subscription(self.subscription)
        until(lambda: self.publisher.get_subscription_count() == 0)

    def publish(self, *numbers: int) -> None:
        """Publish numbers, and wait until they have arrived."""
        for number in numbers:
            self.publisher.publish(Int32(data=number))
            time.sleep(0.05)

    def _handle(self, message: Int32, info: object) -> None:
        self.begun.release()
        self.go_on.wait(10)
        self.done.append(message.data)


def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def context() -> Iterator[rclpy.Context]:
    """Return a ROS context that ends with the test."""
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


@pytest.fixture
def make(context: rclpy.Context) -> Iterator[Callable[..., Camera]]:
    """Return a function that makes a camera, stopped after the test."""
    made: list[Camera] = []

    def begin(interval: Callable[[], float] = lambda: 0.0) -> Camera:
        made.append(Camera(context, interval))
        return made[-1]

    yield begin
    for camera in made:
        camera.go_on.set()
        camera.reader.stop()
        camera.node.destroy_node()


@pytest.mark.parametrize('depth, expected', [(1, [1, 4]), (2, [1, 3, 4])])
def test_images_that_come_during_work_replace_each_other(
        make: Callable[..., Camera], depth: int, expected: list[int]) -> None:
    camera = make()
    camera.subscribe(depth)
    camera.go_on.clear()
    camera.publish(1)
    assert camera.begun.acquire(timeout=10)
    camera.publish(2, 3, 4)
    camera.go_on.set()
    until(lambda: camera.done == expected)


def test_an_executor_does_not_look_again_and_again_while_an_image_waits(
        make: Callable[..., Camera], context: rclpy.Context) -> None:
    camera = make()
    camera.subscribe()
    camera.go_on.clear()
    camera.publish(1)
    assert camera.begun.acquire(timeout=10)
    camera.publish(2)

    class Counted(SingleThreadedExecutor):
        looks = 0

        def get_nodes(self) -> Any:
            """Count: asked for whenever the executor begins to wait."""
            self.looks += 1
            return super().get_nodes()

    executor = Counted(context=context)
    executor.add_node(camera.node)
    executor.spin_once(timeout_sec=0.5)
    executor.looks = 0
    executor.spin_once(timeout_sec=0.5)
    assert executor.looks < 10
    executor.shutdown()
    assert not camera.done, 'the executor takes no image'
    camera.go_on.set()
    until(lambda: camera.done == [1, 2])


def test_stop_lets_work_end_and_waits_for_no_image_and_no_rate(
        make: Callable[..., Camera]) -> None:
    camera = make(lambda: 3600.0)
    camera.subscribe()
    camera.go_on.clear()
    camera.publish(1)
    assert camera.begun.acquire(timeout=10)
    camera.publish(2)
    stopper = threading.Thread(target=camera.reader.stop)
    stopper.start()
    camera.go_on.set()
    stopper.join(10)
    assert not stopper.is_alive() and camera.done == [1]


def test_a_shorter_interval_holds_at_once(make: Callable[..., Camera]) -> None:
    interval = [1000.0]
    camera = make(lambda: interval[0])
    camera.subscribe()
    camera.publish(1)
    assert camera.begun.acquire(timeout=10)
    camera.publish(2)
    assert not camera.begun.acquire(timeout=0.3) and not camera.free.is_set()
    interval[0] = 0.0
    camera.reader.reconsider()
    assert camera.begun.acquire(timeout=10) and camera.free.wait(10)


def test_subscriptions_come_and_go(make: Callable[..., Camera]) -> None:
    camera = make()
    for number in range(5):
        camera.subscribe()
        until(lambda: bool(camera.publish(number) or camera.done[-1:] == [number]))
        camera.unsubscribe()
        camera.publish(100)
    assert 100 not in camera.done and not camera.errors


def test_images_that_an_executor_has_taken_are_worked_on(make: Callable[..., Camera]) -> None:
    camera = make()
    camera.subscribe()
    camera.subscription.callback(Int32(data=7))
    until(lambda: camera.done == [7])


def test_an_image_that_cannot_be_taken_is_reported_and_the_next_is_taken(
        make: Callable[..., Camera], monkeypatch: pytest.MonkeyPatch) -> None:
    camera = make()
    camera.subscribe()
    with monkeypatch.context() as patch:
        patch.setattr(camera.subscription, 'msg_type', int)  # no message: rclpy raises
        camera.publish(1)
        until(lambda: bool(camera.errors))
    until(lambda: bool(camera.publish(2) or camera.done[-1:] == [2]))


def test_nothing_is_taken_after_the_end_of_the_context(make: Callable[..., Camera],
                                                       context: rclpy.Context) -> None:
    camera = make()
    camera.subscribe()
    context.shutdown()
    stopper = threading.Thread(target=camera.reader.stop)
    stopper.start()
    stopper.join(10)
    assert not stopper.is_alive() and not camera.errors
