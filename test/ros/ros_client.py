# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the tests with live nodes share: a process under test and a client node."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import face_tracker_ros
from face_tracker_ros.ros.messages.images import to_message
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParametersAtomically
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

NODE = '/face_tracker'
TRANSITIONS = {'configure': Transition.TRANSITION_CONFIGURE,
               'activate': Transition.TRANSITION_ACTIVATE,
               'deactivate': Transition.TRANSITION_DEACTIVATE,
               'cleanup': Transition.TRANSITION_CLEANUP,
               'shutdown': Transition.TRANSITION_INACTIVE_SHUTDOWN}
TIMEOUT = 60.0  # machines of CI are slow, and do other work meanwhile
_ASK_AGAIN = 5.0
# Centre of each face in the image of two people.
FACES = {'hopper': (200, 150), 'collins': (463, 100)}


class NodeProcess:
    """A node in a process of its own, with its output in a file."""

    def __init__(self, module: str, arguments: Sequence[str], log: Path,
                 others: Sequence[str] = ()) -> None:
        """Start `python -m module others --ros-args arguments`."""
        self._log = log
        root = str(Path(face_tracker_ros.__file__).parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
        with log.open('w') as output:
            self.process = subprocess.Popen(
                [sys.executable, '-m', module, *others, '--ros-args', *arguments], stdout=output,
                stderr=subprocess.STDOUT, env={**os.environ, 'PYTHONPATH': path})

    def output(self) -> str:
        """Return what the process has written so far."""
        return self._log.read_text()

    def wait(self) -> int:
        """Return the exit code once the process has ended."""
        return self.process.wait(TIMEOUT)

    def handles(self, number: int) -> bool:
        """Return whether the process has a handler for the signal."""
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        return bool(int(status.split('SigCgt:')[1].split()[0], 16) >> (number - 1) & 1)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def finish(self) -> None:
        """End the process by SIGTERM unless it has ended; by force if it does not."""
        try:
            if self.process.poll() is None:
                self.end(signal.SIGTERM)
        finally:
            self.process.kill()
            self.process.wait()


class Client:
    """Publishes images, calls services and collects what a face tracker publishes."""

    def __enter__(self) -> Client:
        """Create the node."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self.node = rclpy.create_node('client', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.sent: list[Header] = []
        self.arrays: list[Detection2DArray] = []
        self.diagnostics: dict[str, dict[str, str]] = {}
        self.status = DiagnosticStatus(level=b'?')
        self.node.create_subscription(Detection2DArray, f'{NODE}/tracks', self.arrays.append, 50)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 50)
        self.images = self.publisher(QoSReliabilityPolicy.RELIABLE)
        self.stamp = 5000.0
        return self

    def __exit__(self, *_: object) -> None:
        """Destroy the node."""
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def forget(self) -> None:
        """Drop what has been received so far."""
        self.arrays.clear()
        self.diagnostics.clear()
        self.status = DiagnosticStatus(level=b'?')

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.status = status
            self.diagnostics[status.name] = {item.key: item.value for item in status.values}

    def publisher(self, reliability: QoSReliabilityPolicy, topic: str = 'image',
                  kind: type = Image) -> Any:
        """Return a publisher of images."""
        return self.node.create_publisher(kind, topic,
                                          QoSProfile(depth=5, reliability=reliability))

    def spin(self, seconds: float) -> None:
        """Take what arrives for some time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=max(end - time.monotonic(), 0))

    def wait(self, condition: Callable[[], bool], what: str,
             meanwhile: Callable[[], object] = lambda: None, step: float = 1 / 30) -> None:
        """Spin until the condition holds, calling `meanwhile` once in `step` seconds at most."""
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, f'waited {TIMEOUT:g} s for {what}'
            meanwhile()
            self.spin(step)

    def header(self) -> Header:
        """Return a header a thirtieth of a second after the last one."""
        self.stamp += 1 / 30
        header = Header(frame_id='lens')
        header.stamp.sec = int(self.stamp)
        header.stamp.nanosec = int(self.stamp % 1 * 1e9)
        return header

    def publish(self, image: np.ndarray, publisher: Any = None) -> Header:
        """Publish an image with the next header; return that."""
        header = self.header()
        self.sent.append(header)
        (publisher or self.images).publish(to_message(image, header))
        return header

    def settle(self) -> None:
        """Wait for the tracks of the last image, after which none of earlier ones come."""
        self.wait(lambda: bool(self.arrays) and self.arrays[-1].header == self.sent[-1],
                  'the tracks of the last image')

    def tracks_of(self, image: np.ndarray, number: int,
                  publisher: Any = None) -> Detection2DArray:
        """Publish the image until an array with this number of tracks comes; return it."""
        self.arrays.clear()
        self.wait(lambda: any(len(array.detections) == number for array in self.arrays),
                  f'{number} tracks', lambda: self.publish(image, publisher))
        return next(array for array in self.arrays if len(array.detections) == number)

    def call(self, kind: type, name: str, request: Any = None) -> Any:
        """Call a service of the node; return the response."""
        path = name if name.startswith('/') else f'{NODE}/{name}'
        service = self.node.create_client(kind, path)
        try:
            return self.answer(service, kind.Request() if request is None else request, name)
        finally:
            self.node.destroy_client(service)

    def answer(self, service: Any, request: Any, name: str) -> Any:
        """Call by the client of a service; return the response."""
        self.wait(lambda: service.service_is_ready(), f'service {name}')
        calls: list[Future] = []
        begun = time.monotonic()

        def ask() -> None:  # again, as answers to a client just found can get lost
            if time.monotonic() - begun >= _ASK_AGAIN * len(calls):
                calls.append(service.call_async(request))

        self.wait(lambda: any(call.done() for call in calls), f'the answer of {name}', ask)
        return next(call.result() for call in calls if call.done())

    def state(self) -> str:
        """Return the node's lifecycle state."""
        return str(self.call(GetState, 'get_state').current_state.label)

    def change(self, transition: str) -> bool:
        """Request a transition; return whether it was done."""
        with self.changes() as change:
            return change(transition)

    @contextmanager
    def changes(self) -> Iterator[Callable[[str], bool]]:
        """Give a function that requests transitions, as a lifecycle manager does."""
        service = self.node.create_client(ChangeState, f'{NODE}/change_state')

        def change(transition: str) -> bool:
            future = service.call_async(
                ChangeState.Request(transition=Transition(id=TRANSITIONS[transition])))
            self.wait(future.done, f"the end of '{transition}'", step=0.01)
            return bool(future.result().success)

        try:
            self.wait(service.service_is_ready, 'the lifecycle services')
            yield change
        finally:
            self.node.destroy_client(service)

    def set_parameters(self, values: dict[str, Any]) -> SetParametersResult:
        """Set parameters atomically; return whether, or why not, they were taken."""
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()])
        return self.call(SetParametersAtomically, 'set_parameters_atomically', request).result

    def report(self, key: str) -> float:
        """Return a number of the node's last diagnostics; 0 before the first."""
        return float(self.diagnostics.get(f'{NODE[1:]}: tracking', {}).get(key, 0))


def ids_of(message: Detection2DArray) -> set[str]:
    """Return the ids of the tracks in a message."""
    return {detection.id for detection in message.detections}
