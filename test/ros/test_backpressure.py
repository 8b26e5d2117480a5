# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The backpressure of the image subscription: when it holds images, and what it counts."""
from __future__ import annotations

import time
from types import SimpleNamespace

from face_tracker_ros.ros.node.backpressure import Backpressure
import pytest
import rclpy
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from ros_client import Client
from sensor_msgs.msg import Image


def info(number: int, ago: float, publisher: bytes = b'camera') -> dict[str, object]:
    return {'received_timestamp': round((time.time() - ago) * 1e9),
            'publication_sequence_number': number, 'publisher_gid': {'data': publisher}}


@pytest.mark.parametrize('override, holds', [
    ({}, True), ({'depth': 2}, False), ({'history': 'keep_all'}, False)])
def test_images_are_held_back_where_the_middleware_keeps_only_the_newest(
        client: Client, override: dict[str, int | str], holds: bool) -> None:
    node = rclpy.create_node('gated', context=client.node.context, parameter_overrides=[
        Parameter(f'qos_overrides./gated.subscription.{name}', value=value)
        for name, value in override.items()])
    free = [True]
    backpressure = Backpressure(lambda: free[0])
    images = backpressure.subscribe(
        node, Image, 'gated', lambda message, info: None, QoSProfile(depth=1),
        QoSOverridingOptions.with_default_policies())
    assert backpressure.can_execute(images) and backpressure.beginning_execution(images)
    free[0] = False
    assert backpressure.can_execute(images) != holds
    assert all(map(backpressure.can_execute, images.event_handlers)), 'losses are reported'
    node.destroy_node()


def test_images_that_never_came_are_counted_for_each_camera() -> None:
    backpressure = Backpressure(lambda: True)
    assert backpressure.passed(info(7, 60.0))[0] == 0, 'where numbers begin is not known'
    missed, waited = backpressure.passed(info(11, 60.0))
    assert missed == 3 and 60 <= waited < 70
    assert backpressure.passed(info(4, 60.0, b'other'))[0] == 0, 'another camera counts for itself'
    assert backpressure.passed(info(12, 60.0))[0] == 0
    assert backpressure.passed(info(1, 60.0))[0] == 0, 'a camera that begins anew'
    assert backpressure.passed(info(9, -1.0)) == (7, 0.0)
    assert backpressure.passed({**info(20, 60.0), 'publication_sequence_number': None})[0] == 0
    assert backpressure.passed({}) == (0, 0.0)


def test_images_lost_on_the_way_are_counted_apart_from_those_replaced(client: Client) -> None:
    lost: list[int] = []
    backpressure = Backpressure(lambda: True, lost.append)
    node = rclpy.create_node('losing', context=client.node.context)
    images = backpressure.subscribe(node, Image, 'losing', lambda message, info: None,
                                    QoSProfile(depth=1), QoSOverridingOptions([]))
    lose = images.event_handlers[0].callback

    def event(number: int) -> SimpleNamespace:
        return SimpleNamespace(total_count_change=number)

    lose(event(30))
    assert backpressure.passed(info(40, 0.0))[0] == 0, 'losses before the first image'
    lose(event(4))
    assert backpressure.passed(info(50, 0.0))[0] == 5, '9 are missing and 4 of them lost'
    assert backpressure.passed(info(53, 0.0))[0] == 2, 'a loss explains one gap only'
    lose(event(3))
    assert backpressure.passed(info(55, 0.0))[0] == 0
    assert backpressure.passed(info(58, 0.0))[0] == 0, 'reported early'
    assert lost == [30, 4, 3]
    node.destroy_node()
