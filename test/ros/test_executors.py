# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The node in a user's process: any executor, any order of the end, no thread left."""
from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest
import small_models

# A camera, the node, and a user who calls everything from threads of their own.
PROGRAM = """
import sys, threading, time
import numpy as np
import rclpy
from rclpy.executors import {executor}
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.parameter import Parameter
from face_tracker_ros.ros import FaceTrackerNode
from face_tracker_ros.ros.messages.images import to_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

rclpy.init()
before = set(threading.enumerate())
tracker = FaceTrackerNode(namespace='own', parameter_overrides=[
    Parameter('detector', value=sys.argv[1]), Parameter('encoder', value=sys.argv[2]),
    Parameter('qos_overrides./own/image.subscription.reliability', value='reliable')])
tracker.start()
user, found = rclpy.create_node('user', namespace='own'), []
images = user.create_publisher(Image, 'image', 5)
for kind, topic in ((Detection2DArray, 'tracks'), (Image, 'annotated_image')):
    user.create_subscription(kind, f'face_tracker/{{topic}}', found.append, 10)
pixels = np.full((360, 640, 3), 90, np.uint8)

def camera():
    message = to_message(pixels, Header())
    message.header.stamp = user.get_clock().now().to_msg()
    images.publish(message)

user.create_timer(0.005, camera)
executor = {made}
executor.add_node(tracker)
executor.add_node(user)

def spin():
    try:
        executor.spin()
    except rclpy.executors.ExternalShutdownException:
        pass
    except rclpy_implementation.InvalidHandle:
        pass  # a fault of rclpy: an event's handler was destroyed while it gathered them

spinning = threading.Thread(target=spin)
spinning.start()
end, step = time.monotonic() + 60, 0
while len(found) < 30 and time.monotonic() < end:
    step += 1
    result = tracker.set_parameters([Parameter('tracker.max_age', value=1 + step % 10 / 10),
                                     Parameter('max_rate', value=float(100 + step % 50))])
    assert all(item.successful for item in result), result
    time.sleep(0.01)
assert len(found) >= 30, len(found)
{end}
spinning.join(30)
assert not spinning.is_alive()
left = [thread.name for thread in set(threading.enumerate()) - before
        if not thread.name.startswith('ThreadPoolExecutor')]  # the executor's, idle
assert not left, left
print('end')
"""
EXECUTORS = {'SingleThreadedExecutor': 'SingleThreadedExecutor()',
             'MultiThreadedExecutor': 'MultiThreadedExecutor(4)'}
ENDS = {
    'node first': 'tracker.destroy_node(); executor.shutdown(); rclpy.shutdown()',
    'executor first': 'executor.shutdown(); tracker.destroy_node(); rclpy.shutdown()',
    # The worker publishes on: after the end of the context that must not raise.
    'context first': 'rclpy.shutdown(); time.sleep(0.2); tracker.destroy_node()',
}


@pytest.fixture
def small_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Return a detector and an encoder of a few bytes."""
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(small_models.make(tmp_path / 'models')))
    return small_models.DETECTOR, small_models.ENCODER


@pytest.mark.parametrize('end', ENDS)
@pytest.mark.parametrize('executor', EXECUTORS)
def test_any_executor_and_any_end_leave_no_error_and_no_thread(
        executor: str, end: str, small_names: tuple[str, str]) -> None:
    code = PROGRAM.format(executor=executor, made=EXECUTORS[executor], end=ENDS[end])
    done = subprocess.run([sys.executable, '-c', code, *small_names], capture_output=True,
                          text=True, timeout=120)
    assert done.stdout.split()[-1:] == ['end'], done.stderr
    assert done.returncode == 0 and 'Traceback' not in done.stderr, done.stderr
    assert 'ERROR' not in done.stderr + done.stdout, done.stderr
