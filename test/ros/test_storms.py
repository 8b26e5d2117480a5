# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Storms of calls and a stalled listener: a live node answers all, and everybody else."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters, SetParametersAtomically
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_parameters
from ros_client import Client, NODE, NodeProcess
from std_srvs.srv import SetBool, Trigger

# A listener that takes what comes, until it is stopped.
LISTENER = """
import rclpy
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray
rclpy.init()
node = rclpy.create_node('listener')
for kind, topic in ((Detection2DArray, 'tracks'), (Image, 'annotated_image')):
    node.create_subscription(kind, f'/face_tracker/{topic}', lambda message: None,
                             QoSProfile(depth=1000))
rclpy.spin(node)
"""


@pytest.fixture
def images(client: Client, two_people: np.ndarray) -> Iterator[None]:
    """Let images come at 30 Hz meanwhile."""
    timer = client.node.create_timer(1 / 30, lambda: client.publish(two_people))
    yield
    client.node.destroy_timer(timer)


def memory(process: NodeProcess) -> int:
    """Return the resident memory in kB."""
    status = Path(f'/proc/{process.process.pid}/status').read_text()
    return int(status.split('VmRSS:')[1].split()[0])


def test_a_subscriber_that_stalls_holds_up_nobody_else(client: Client, process: NodeProcess,
                                                       two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    annotated = f'{NODE}/annotated_image'
    listener = subprocess.Popen([sys.executable, '-c', LISTENER])
    try:
        client.wait(lambda: client.node.count_subscribers(annotated) == 1, 'the listener')
        client.tracks_of(two_people, 2)
        listener.send_signal(signal.SIGSTOP)
        held = 0
        for number in range(60):
            header = client.publish(two_people)
            client.wait(lambda: any(array.header == header for array in client.arrays),
                        'an answer', step=0.005)
            client.arrays.clear()
            held = held or (memory(process) if number == 20 else 0)
        assert memory(process) < held + 20_000, 'what is not taken is not kept, kB'
    finally:
        listener.kill()
        listener.wait()


def answered(client: Client, calls: list[Any], what: str) -> None:
    client.wait(lambda: all(call.done() for call in calls), what)


@pytest.mark.usefixtures('images')
def test_five_hundred_calls_at_once_are_all_answered(client: Client,
                                                     process: NodeProcess) -> None:
    for kind, name, request in (
            (Trigger, 'reset', Trigger.Request()), (SetBool, 'enable', SetBool.Request(data=True)),
            (GetParameters, 'get_parameters', GetParameters.Request(names=['max_rate']))):
        service = client.node.create_client(kind, f'{NODE}/{name}',
                                            qos_profile=qos_profile_parameters)
        client.answer(service, request, name)  # so that the node knows the client, too
        answered(client, [service.call_async(request) for _ in range(500)], f'500 of {name}')
        client.node.destroy_client(service)


@pytest.mark.usefixtures('images')
def test_a_thousand_changes_of_parameters_all_count(client: Client,
                                                    process: NodeProcess) -> None:
    service = client.node.create_client(SetParametersAtomically,
                                        f'{NODE}/set_parameters_atomically',
                                        qos_profile=qos_profile_parameters)
    client.answer(service, SetParametersAtomically.Request(), 'the parameters')
    held, good, bad = 0, 0, 0
    for begin in range(0, 1000, 100):
        calls = [service.call_async(SetParametersAtomically.Request(parameters=[
            Parameter('tracker.max_age', value=-1.0 if number % 7 == 0 else 1 + number / 1000)
            .to_parameter_msg()])) for number in range(begin, begin + 100)]
        answered(client, calls, '100 changes')
        good += sum(call.result().result.successful for call in calls)
        bad += sum('tracker.max_age' in call.result().result.reason for call in calls)
        held = held or memory(process)
    assert (good, bad) == (857, 143)
    response = client.call(GetParameters, 'get_parameters',
                           GetParameters.Request(names=['tracker.max_age']))
    assert response.values[0].double_value == 1.999
    assert memory(process) < held + 15_000, 'kB'
    assert client.set_parameters({'tracker.max_age': 1.0}).successful
    client.node.destroy_client(service)
