#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Large images between two processes: how many arrive, when, and what receiving one costs.

Best effort, depth 1, as cameras and the node have it; with and without the transport profile and
the malloc thresholds that the launch files set. The malloc thresholds of nodes that are run
without a launch file (keep_large_buffers) are not set here.
"""
from __future__ import annotations

import argparse
from collections.abc import Mapping
import json
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

from face_tracker_ros.ros.dds_environment import large_images
from face_tracker_ros.ros.messages.images import to_message
from face_tracker_ros.ros.messages.tracks import stamp_seconds
import numpy as np
import rclpy
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rich.console import Console
from rich.table import Table
from sensor_msgs.msg import Image
from std_msgs.msg import Header

QOS = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
_TOPIC = 'benchmark_image'
_ROOT = Path(__file__).resolve().parents[1]
_SET_BY_LAUNCH = ('MALLOC_', 'FASTDDS_', 'FASTRTPS_')


def publish(width: int, height: int, rate: float, seconds: float) -> dict[str, Any]:
    """Publish so many images, stamped when they leave, once somebody listens."""
    node = rclpy.create_node('benchmark_publisher')
    publisher = node.create_publisher(Image, _TOPIC, QOS)
    while publisher.get_subscription_count() == 0:
        rclpy.spin_once(node, timeout_sec=0.05)
    time.sleep(0.5)
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    begin, count = time.monotonic(), round(rate * seconds)
    for number in range(count):
        message = to_message(image, Header(stamp=node.get_clock().now().to_msg()))
        publisher.publish(message)
        time.sleep(max(0.0, begin + (number + 1) / rate - time.monotonic()))
    return {'sent': count, 'seconds': time.monotonic() - begin}


def receive(seconds: float) -> dict[str, Any]:
    """Return what arrives until nothing has for two seconds."""
    node = rclpy.create_node('benchmark_subscriber')
    delays: list[float] = []
    times: list[float] = []

    def take(message: Image) -> None:
        delays.append(node.get_clock().now().nanoseconds * 1e-9 - stamp_seconds(message.header))
        times.append(time.process_time())
    node.create_subscription(Image, _TOPIC, take, QOS)
    limit = time.monotonic() + seconds + 20
    last, seen = time.monotonic() + 10, 0
    while time.monotonic() < min(limit, last + 2):
        rclpy.spin_once(node, timeout_sec=0.2)
        if len(delays) > seen:
            seen, last = len(delays), time.monotonic()
    half = len(times) // 2  # the first ones fault memory in
    cpu = (times[-1] - times[half]) / (len(times) - 1 - half) if len(times) > 4 else float('nan')
    return {'received': len(delays), 'cpu': 1000 * cpu,
            'median': 1000 * float(np.median(delays)) if delays else float('nan'),
            'p95': 1000 * float(np.quantile(delays, 0.95)) if delays else float('nan')}


def settings() -> Mapping[str, Mapping[str, str]]:
    """Return the environments to compare, by name."""
    added = large_images(_ROOT, {'ROS_DISTRO': os.environ.get('ROS_DISTRO', '')})
    malloc = {name: value for name, value in added.items() if name.startswith('MALLOC_')}
    profile = {name: value for name, value in added.items() if name not in malloc}
    return {'defaults': {}, 'LARGE_DATA': {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA'},
            'profile': profile, 'profile, malloc (as launched)': added}


def run(given: argparse.Namespace, extra: Mapping[str, str]) -> dict[str, Any]:
    """Run publisher and subscriber with these variables; return what both report."""
    plain = {name: value for name, value in os.environ.items()
             if not name.startswith(_SET_BY_LAUNCH)}
    command = [sys.executable, __file__, '--size', given.size, '--rate', str(given.rate),
               '--seconds', str(given.seconds), '--role']
    ends = [subprocess.Popen([*command, role], env={**plain, **extra}, stdout=subprocess.PIPE,
                             text=True) for role in ('receive', 'publish')]
    outputs = [end.communicate()[0] for end in ends]
    return {name: value for text in outputs for name, value in json.loads(text).items()}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--size', default='1920x1080', metavar='WxH')
    parser.add_argument('--rate', type=float, default=30.0)
    parser.add_argument('--seconds', type=float, default=8.0)
    parser.add_argument('--rounds', type=int, default=1, help='repeat, settings interleaved')
    parser.add_argument('--json', type=Path, help='write the rows to this file, too')
    parser.add_argument('--role', choices=('publish', 'receive'), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        rclpy.init()
        width, _, height = given.size.partition('x')
        print(json.dumps(receive(given.seconds) if given.role == 'receive' else
                         publish(int(width), int(height), given.rate, given.seconds)))
        return
    table = Table(title=f'{given.size} bgr8 at {given.rate:g} Hz, best effort')
    for column in ('setting', 'received', 'ms CPU a message', 'latency ms', '95 %'):
        table.add_column(column, justify='left' if column == 'setting' else 'right')
    rows = []
    for _ in range(given.rounds):
        for name, extra in settings().items():
            found = run(given, extra)
            rows.append({'setting': name, **found})
            table.add_row(name, f"{found['received']} of {found['sent']}", f"{found['cpu']:.1f}",
                          f"{found['median']:.1f}", f"{found['p95']:.1f}")
    Console(width=110).print(table)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
