#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Several cameras on one machine: a process for each node against one process for all.

One publisher sends the same 1280x720 image of two faces to every camera's topic. Reported are
processor time a processed frame, memory (proportional, so that shared libraries count once) and
latency.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
import json
import os
from pathlib import Path
import subprocess
import sys
import time

from face_tracker_ros.ros.dds_environment import large_images
from shipped import DETECTOR

ROOT = Path(__file__).parents[1]
COLUMNS = ['processes', 'frames a second and camera', 'CPU ms a frame', 'memory, MB',
           'latency ms, 50 %', '95 %']
os.environ.update(large_images(ROOT, os.environ))


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has used."""
    parts = Path(f'/proc/{process}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf('SC_CLK_TCK')


def megabytes(process: int) -> float:
    """Return the proportional set size of a process."""
    lines = Path(f'/proc/{process}/smaps_rollup').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('Pss:')) / 1000


def measure(groups: Sequence[Sequence[str]], rate: float, seconds: float) -> list[str]:
    """Return the figures of one arrangement of nodes in processes, as COLUMNS from the second."""
    from diagnostic_msgs.msg import DiagnosticArray
    from face_tracker_ros.demo.clip import frames as demo_frames
    from face_tracker_ros.ros.messages.images import to_message
    import rclpy
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header
    names = [name for group in groups for name in group]
    threads = max(1, (os.cpu_count() or 1) // len(names))
    processes = [subprocess.Popen([
        sys.executable, '-m', 'face_tracker_ros.ros.node.main', *group, '--ros-args',
        '-p', f'inference.threads:={threads}', '-p', f'detector:={DETECTOR}']) for group in groups]
    rclpy.init()
    node = rclpy.create_node('cameras')
    values: dict[str, dict[str, float]] = {name: {} for name in names}

    def take(message: DiagnosticArray) -> None:
        for status in message.status:
            found = values[status.name.split('/')[0]]
            for item in status.values:
                if item.key in ('processed', 'latency_p50_ms', 'latency_p95_ms'):
                    found[item.key] = float(item.value)

    node.create_subscription(DiagnosticArray, '/diagnostics', take, 50)
    cameras = [node.create_publisher(Image, f'/{name}/image', 2) for name in names]
    message = to_message(next(islice(demo_frames(), 90, None)).image, Header())

    def play(length: float) -> None:
        end = time.monotonic() + length
        due = time.monotonic()
        while time.monotonic() < end:
            message.header.stamp = node.get_clock().now().to_msg()
            for camera in cameras:
                camera.publish(message)
            due += 1 / rate
            while time.monotonic() < due:
                rclpy.spin_once(node, timeout_sec=max(due - time.monotonic(), 0))

    while any(camera.get_subscription_count() == 0 for camera in cameras):
        rclpy.spin_once(node, timeout_sec=0.1)
    play(4)
    before = sum(found['processed'] for found in values.values())
    used = sum(processor_seconds(process.pid) for process in processes)
    play(seconds)
    used = sum(processor_seconds(process.pid) for process in processes) - used
    frames = sum(found['processed'] for found in values.values()) - before
    memory = sum(megabytes(process.pid) for process in processes)
    latency = [sum(found[f'latency_p{percent}_ms'] for found in values.values()) / len(names)
               for percent in (50, 95)]
    for process in processes:
        process.terminate()
        process.wait()
    node.destroy_node()
    rclpy.shutdown()
    return [f'{frames / seconds / len(names):.1f} of {rate:g}', f'{1000 * used / frames:.1f}',
            f'{memory:.0f}', f'{latency[0]:.0f}', f'{latency[1]:.0f}']


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cameras', type=int, default=3)
    parser.add_argument('--rate', type=float, nargs='+', default=[5.0, 10.0],
                        help='frames a second and camera')
    parser.add_argument('--seconds', type=float, default=20.0)
    parser.add_argument('--json', type=Path,
                        help='write the table of the documentation to this file')
    given = parser.parse_args()
    names = [f'camera{number}' for number in range(given.cameras)]
    table = []
    for rate in given.rate:
        for text, groups in (('one a camera', [[name] for name in names]),
                             ('one for all', [names])):
            table.append([text, *measure(groups, rate, given.seconds)])
            print(', '.join(f'{name} {value}' for name, value in zip(COLUMNS, table[-1])),
                  flush=True)
    if given.json:
        content = {'cameras': given.cameras, 'seconds': given.seconds, 'tables': {'cameras': {
            'columns': COLUMNS, 'rows': table}}}
        given.json.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
