#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The node under a camera's load: latency, dropped frames, processor and memory.

One process publishes a generated scene or a clip, one is the node, and this one listens to its
tracks. All have the transport of the launch files. Latency is from an image's stamp, set as it
leaves, to the arrival of its tracks here.
"""
from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import cv2
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.ros.dds_environment import large_images
from face_tracker_ros.ros.messages.images import to_message
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from footage import clip_frames
import numpy as np
import rclpy
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import Image
from shipped import DETECTOR, SHIPPED
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

QOS = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
_LENGTH = 90  # frames of the scene, shown to and fro
_SEED = 100
_ROOT = Path(__file__).resolve().parents[1]
_TICKS = os.sysconf('SC_CLK_TCK')


def publish(scene: Path, rate: float, seconds: float) -> None:
    """Publish the scene at this rate, each image stamped when it leaves; print how many."""
    frames = np.load(scene, mmap_mode='r')
    order = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    node = rclpy.create_node('benchmark_camera')
    publisher = node.create_publisher(Image, 'image', QOS)
    while publisher.get_subscription_count() == 0:
        rclpy.spin_once(node, timeout_sec=0.05)
    time.sleep(1)
    begin, count = time.monotonic(), round(rate * seconds)
    for number in range(count):
        message = to_message(frames[order[number % len(order)]], Header(frame_id='camera'))
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
    print(count, flush=True)


class Observer:
    """Listens to the tracks and looks at the node's process once a second."""

    def __init__(self, pid: int) -> None:
        """Subscribe; nothing is read of the process before the first tracks."""
        self._pid = pid
        self.delays: list[float] = []
        self.tracks = 0
        self.memory: list[float] = []
        self._cpu: list[tuple[float, float]] = []
        self._node = rclpy.create_node('benchmark_listener')
        self._tracks = self._node.create_subscription(Detection2DArray, '/face_tracker/tracks',
                                                      self._take, 100)
        self._node.create_timer(1.0, self._look)

    def wait(self, node: subprocess.Popen[bytes]) -> None:
        """Wait until the node publishes to here: what it publishes before is not heard."""
        while self._tracks.get_publisher_count() == 0 and node.poll() is None:
            rclpy.spin_once(self._node, timeout_sec=0.1)

    def spin(self, camera: subprocess.Popen[str]) -> None:
        """Listen until the camera has ended, and a little longer."""
        while camera.poll() is None:
            rclpy.spin_once(self._node, timeout_sec=0.1)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            rclpy.spin_once(self._node, timeout_sec=0.1)

    def share(self) -> float:
        """Return the cores that the node kept busy while images came."""
        (begin, first), (end, last) = self._cpu[0], self._cpu[-2]
        return (last - first) / (end - begin)

    def _take(self, message: Detection2DArray) -> None:
        now = self._node.get_clock().now().nanoseconds * 1e-9
        self.delays.append(now - stamp_seconds(message.header))
        self.tracks += len(message.detections)

    def _look(self) -> None:
        if not self.delays:
            return
        fields = Path(f'/proc/{self._pid}/stat').read_text().rpartition(')')[2].split()
        self._cpu.append((time.monotonic(), (int(fields[11]) + int(fields[12])) / _TICKS))
        status = Path(f'/proc/{self._pid}/status').read_text()
        self.memory.append(int(re.search(r'VmRSS:\s+(\d+)', status)[1]) / 1024)


def measure(given: argparse.Namespace, scene: Path) -> dict[str, Any]:
    """Run camera and node; return what was seen of them."""
    added = large_images(_ROOT, os.environ)
    os.environ.update(added)
    rclpy.init()
    parameters = ['-p', f'detector:={DETECTOR}']
    parameters += [word for text in given.set for word in ('-p', text.replace('=', ':=', 1))]
    node = subprocess.Popen([sys.executable, '-m', 'face_tracker_ros.ros.node.main', '--ros-args',
                             '-p', f'inference.threads:={given.threads}', *parameters])
    try:
        observer = Observer(node.pid)
        observer.wait(node)
        camera = subprocess.Popen(
            [sys.executable, __file__, '--rate', str(given.rate), '--seconds', str(given.seconds),
             '--scene', str(scene)], stdout=subprocess.PIPE, text=True)
        observer.spin(camera)
        peak = int(re.search(r'VmHWM:\s+(\d+)',
                             Path(f'/proc/{node.pid}/status').read_text())[1]) / 1024
    finally:
        node.send_signal(signal.SIGINT)
        node.wait()
    sent, got = int(camera.stdout.read()), len(observer.delays)
    tenth = max(1, len(observer.memory) // 10)
    return {'rate': given.rate, 'threads': given.threads, 'sent': sent, 'processed': got,
            'tracks': observer.tracks / max(1, got),
            'latency median ms': 1000 * float(np.median(observer.delays)),
            'latency p95 ms': 1000 * float(np.quantile(observer.delays, 0.95)),
            'cores busy': observer.share(), 'peak MiB': peak,
            'MiB over time': [round(value) for value in observer.memory[::tenth]]}


def render(given: argparse.Namespace, scene: Path) -> None:
    """Write the frames of the clip, or of a scene with so many faces all the time."""
    if given.clip:
        np.save(scene, np.array(clip_frames(given.clip, given.height)[0]))
        return
    people = scenes.read_portraits(given.people, FaceDetector.from_config(SHIPPED))[1::2]
    options = scenes.SceneOptions(people=given.faces, seconds=_LENGTH / scenes.RATE,
                                  returns=False)
    size = (round(given.height * 16 / 9 / 2) * 2, given.height)
    np.save(scene, np.array([cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
                             for frame in scenes.generate(people, _SEED, options)]))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos for the generated scene, a folder a person')
    parser.add_argument('--clip', type=Path, metavar='FILE',
                        help='a video instead, scaled to --height and shown at --rate')
    parser.add_argument('--faces', type=int, default=5)
    parser.add_argument('--height', type=int, default=720)
    parser.add_argument('--rate', type=float, default=30.0, help='images a second')
    parser.add_argument('--seconds', type=float, default=60.0)
    parser.add_argument('--threads', type=int, default=1, help='threads of inference')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE')
    parser.add_argument('--scene', type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.scene:
        rclpy.init()
        publish(given.scene, given.rate, given.seconds)
        return
    if given.people is None and given.clip is None:
        parser.error('give --people FOLDER or --clip FILE')
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder) / 'scene.npy'
        render(given, scene)
        print(json.dumps(measure(given, scene), indent=1))


if __name__ == '__main__':
    main()
