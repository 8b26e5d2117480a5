# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""FaceTrackerNode in somebody's own process, and the help of the executable."""
from __future__ import annotations

import subprocess
import sys

from face_tracker_ros.ros import FaceTrackerNode
import numpy as np
import pytest
from ros_client import Client
from vision_msgs.msg import Detection2DArray

# As in docs/guides/cameras.md: the node and another one in one executor.
OWN_PROCESS = """
import sys
import face_tracker_ros.ros
assert 'rclpy' not in sys.modules, 'ROS is imported only when the node is asked for'
from face_tracker_ros.ros import FaceTrackerNode
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from vision_msgs.msg import Detection2DArray

rclpy.init()
tracker = FaceTrackerNode(namespace='own', cli_args=['--ros-args', '-r', 'image:=/image'],
                          parameter_overrides=[Parameter('max_rate', value=20.0)])
listener = rclpy.create_node('listener')
listener.create_subscription(Detection2DArray, '/own/face_tracker/tracks', lambda tracks:
                             print(len(tracks.detections), flush=True), 10)
tracker.start()
executor = SingleThreadedExecutor()
executor.add_node(tracker)
executor.add_node(listener)
try:
    executor.spin()
except (KeyboardInterrupt, ExternalShutdownException):
    pass
except RuntimeError:  # the context ended while the executor was between two callbacks
    if rclpy.ok():
        raise
finally:
    tracker.destroy_node()
    rclpy.try_shutdown()
print('end', flush=True)
"""


def test_node_runs_as_a_component_in_another_process(client: Client, tmp_path: object,
                                                     two_people: np.ndarray) -> None:
    process = subprocess.Popen([sys.executable, '-c', OWN_PROCESS], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    heard: list[Detection2DArray] = []
    subscription = client.node.create_subscription(
        Detection2DArray, '/own/face_tracker/tracks', heard.append, 10)
    try:
        assert process.stdout is not None
        client.wait(lambda: client.node.count_publishers('/own/face_tracker/tracks') == 1,
                    'the node')
        client.wait(lambda: client.images.get_subscription_count() == 1, 'its subscription')
        client.wait(lambda: sum(len(array.detections) == 2 for array in heard) >= 5,
                    'both faces', lambda: client.publish(two_people))
        process.terminate()
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        client.node.destroy_subscription(subscription)
    lines = output.split()
    assert '2' in lines and lines[-1] == 'end', errors
    assert process.returncode == 0 and 'Traceback' not in errors


@pytest.mark.parametrize('arguments', [['--help'], ['front', '-h', '--ros-args', '-r', 'a:=b']])
def test_node_answers_help_without_starting_ros(arguments: list[str]) -> None:
    code = ('import sys; from face_tracker_ros.ros.node.main import main; code = main(); '
            "assert 'rclpy' not in sys.modules; sys.exit(code)")
    done = subprocess.run([sys.executable, '-c', code, *arguments], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 0 and done.stderr == ''
    lines = done.stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 99, 'fits on a screen'
    assert lines[0].startswith('usage: ') and 'Example:' in done.stdout
    assert '-r image:=/camera/image_raw' in done.stdout


def test_a_destroyed_node_leaves_no_services_in_its_process(client: Client) -> None:
    """Requests to the next node of that name would go to them, unanswered."""
    node = FaceTrackerNode(namespace='passing', context=client.node.context)
    services = {f'/passing/face_tracker/{name}' for name in ('change_state', 'get_state')}

    def offered() -> set[str]:
        return services & {name for name, _ in client.node.get_service_names_and_types()}

    client.wait(lambda: offered() == services, 'the services')
    node.destroy_node()
    client.wait(lambda: not offered(), 'their end')
