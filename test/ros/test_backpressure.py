# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The backpressure of the image subscription: when it holds images, and what it counts."""
from __future__ import annotations

import time

from face_tracker_ros.ros.node.backpressure import Backpressure
import pytest
import rclpy
from rclpy.parameter import Parameter
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
    backpressure.subscribe(node, Image, 'gated', lambda message, info: None)
    assert backpressure.can_execute(None) and backpressure.beginning_execution(None)
    free[0] = False
    assert backpressure.can_execute(None) != holds
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
