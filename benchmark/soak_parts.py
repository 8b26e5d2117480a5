#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The processes of a soak run (camera, node, listener), and what is seen of them."""
from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.ros.messages.images import to_message
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from lifecycle_msgs.srv import ChangeState
from matplotlib import cbook
import numpy as np
from rcl_interfaces.srv import SetParametersAtomically
import rclpy
from rclpy.qos import qos_profile_parameters, QoSProfile
from sensor_msgs.msg import Image
from skimage import data
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import Detection2DArray

RATE = 30.0
NODE = 'face_tracker'
_ROOT = Path(__file__).resolve().parents[1]


def two_people(step: int = 0) -> Any:
    """Return 640x360 BGR with two portraits, which sway with the step."""
    with cbook.get_sample_data('grace_hopper.jpg') as file:
        first = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
    second = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    image = np.full((360, 640, 3), 90, np.uint8)
    shift = round(20 * np.sin(step / 15))
    image[30:330, 30 + shift:286 + shift] = cv2.resize(first, (256, 300))
    image[30:330, 315 - shift:615 - shift] = cv2.resize(second, (300, 300))
    return image


def publish() -> None:
    """Be the camera: images at `RATE`, one of 97 malformed, three of every 60 s empty."""
    rclpy.init()
    node = rclpy.create_node('soak_camera')
    publisher = node.create_publisher(Image, 'image', QoSProfile(depth=1))
    frames = [two_people(step) for step in range(95)]
    empty = np.full_like(frames[0], 90)
    begin, number = time.monotonic(), 0
    while True:
        number += 1
        time.sleep(max(0.0, begin + number / RATE - time.monotonic()))
        nobody = number % (60 * RATE) > 57 * RATE
        message = to_message(empty if nobody else frames[number % len(frames)],
                             Header(frame_id='camera'))
        message.header.stamp = node.get_clock().now().to_msg()
        if number % 97 == 0:
            message.encoding = f'nonsense {number}'
        publisher.publish(message)


def listen() -> None:
    """Be a listener: take tracks and annotated images."""
    rclpy.init()
    node = rclpy.create_node('soak_listener')
    for kind, topic in ((Detection2DArray, 'tracks'), (Image, 'annotated_image')):
        node.create_subscription(kind, f'{NODE}/{topic}', lambda message: None, 10)
    rclpy.spin(node)


class Process:
    """A part of the run in a process of its own."""

    def __init__(self, words: list[str], log: Path) -> None:
        """Start it; its output goes to a file, to what is there already."""
        self._words, self._log = words, log
        self.start()

    def start(self) -> None:
        """Start it, for the first time or again."""
        with self._log.open('a') as output:
            self.process = subprocess.Popen([sys.executable, *self._words], cwd=_ROOT,
                                            stdout=output, stderr=subprocess.STDOUT)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it by force."""
        self.process.kill()
        self.process.wait()

    def held(self) -> dict[str, float]:
        """Return the memory (MB), threads and open files of the process."""
        folder = Path(f'/proc/{self.process.pid}')
        status = (folder / 'status').read_text(encoding='ascii')

        def number(name: str) -> int:
            return int(status.split(f'{name}:')[1].split()[0])
        return {'memory': number('VmRSS') / 1e3, 'threads': number('Threads'),
                'files': len(os.listdir(folder / 'fd'))}


def part(name: str, log: Path) -> Process:
    """Start 'camera', 'listener' or 'node'."""
    words = (['-m', 'face_tracker_ros.ros.node.main'] if name == 'node'
             else [str(Path(__file__)), name])
    return Process(words, log / f'{name}.log')


class Monitor:
    """Listens to tracks and diagnostics, and calls the node's services."""

    def __init__(self, node: Process) -> None:
        """Subscribe."""
        self.process = node
        self.node = rclpy.create_node('soak_monitor')
        self.found = 0  # messages with both faces
        self.received = 0
        self.ids: set[str] = set()
        self.report: dict[str, str] = {}
        self.rows: list[dict[str, float]] = []
        self._delays: list[float] = []
        self._begin = self._sampled = time.monotonic()
        self.node.create_subscription(Detection2DArray, f'{NODE}/tracks', self._take, 50)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._diagnose, 10)
        self.images = self.node.create_publisher(Image, 'image', QoSProfile(depth=1))
        self._services = {
            kind: self.node.create_client(kind, f'{NODE}/{name}', **options)
            for kind, name, options in (
                (Trigger, 'reset', {'qos_profile': qos_profile_parameters}),
                (SetBool, 'enable', {'qos_profile': qos_profile_parameters}),
                (ChangeState, 'change_state', {}),
                (SetParametersAtomically, 'set_parameters_atomically',
                 {'qos_profile': qos_profile_parameters}))}

    def call(self, requests: list[Any], seconds: float = 30.0) -> int:
        """Send requests at once; return how many were answered."""
        kinds = {type(request): kind for kind in self._services
                 for request in requests if isinstance(request, kind.Request)}
        calls = [self._services[kinds[type(request)]].call_async(request)
                 for request in requests]
        self.spin_until(lambda: all(call.done() for call in calls), seconds)
        return sum(call.done() for call in calls)

    def spin(self, seconds: float) -> None:
        """Listen for some time, and take a sample each second."""
        self.spin_until(lambda: False, seconds)

    def spin_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Listen until the condition holds; return whether it did in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            rclpy.spin_once(self.node, timeout_sec=0.02)
            if time.monotonic() >= self._sampled + 1:
                self._sample()
        return True

    def _sample(self) -> None:
        self._sampled = time.monotonic()
        try:
            held = self.process.held()
        except (OSError, IndexError):  # it was killed just now
            return
        delays, self._delays = self._delays, []
        self.rows.append({
            'time': self._sampled - self._begin, **held, 'images': len(delays),
            'latency': float(np.median(delays)) * 1e3 if delays else float('nan'),
            'worst': max(delays) * 1e3 if delays else float('nan'),
            **{name: float(self.report.get(name, 0)) for name in (
                'replaced', 'lost_images', 'bad_frames', 'processed', 'shed_level')}})

    def _take(self, message: Detection2DArray) -> None:
        now = self.node.get_clock().now().nanoseconds * 1e-9
        self._delays.append(now - stamp_seconds(message.header))
        self.received += 1
        self.found += len(message.detections) >= 2
        self.ids.update(item.id for item in message.detections)

    def _diagnose(self, message: DiagnosticArray) -> None:
        self.report = {item.key: item.value for item in message.status[0].values}


if __name__ == '__main__':
    {'camera': publish, 'listener': listen}[sys.argv[1]]()
