#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Speed on clips and generated scenes, the original proof of concept and this package interleaved.

Each has half a second of frames at a time, so that none works with caches that another emptied.
The process is bound to as many cores as there are threads. Where ROS 2 is sourced, what the node
adds to a frame is measured, too: message to image, tracks to a serialized message, drawing.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
import os
from pathlib import Path
import sys
from typing import Any

import cv2
from face_tracker_ros import Config
from face_tracker_ros.annotate import draw
from face_tracker_ros.cli.common import configuration
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.evaluation import speed, speed_table
from face_tracker_ros.types import FrameResult, Image
from footage import clip_frames, frames_of
import numpy as np
from original import Original
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table
from shipped import fixed, SHIPPED

_WARM = 8  # frames, not counted
_BLOCK = 16  # frames
ORIGINALS = ('FP32', 'BF16')  # as it was, and with the numbers that this package takes


def compare(config: Config, frames: Sequence[Image], clock: str, original: bool,
            rate: float = scenes.RATE) -> dict[str, Any]:
    """Return our summary of the frames and, interleaved with it, the original's."""
    tick = speed.CLOCKS[clock]
    timed = speed.Timed(config, tick)
    others = {name: Original(config.updated({'inference.half': name == 'BF16'}))
              for name in ORIGINALS if original}
    extras = [timed_draw, *ros_steps()]
    seconds: dict[str, list[float]] = {name: [] for name in others}
    faces = 0
    for first in range(0, len(frames), _BLOCK):
        block = list(enumerate(frames[first:first + _BLOCK], first))
        results = [timed.process(frame, number / rate, number >= _WARM)
                   for number, frame in block]
        for (number, frame), result in zip(block, results):
            if number >= _WARM:
                timed.samples.add(dict(step(frame, result, tick) for step in extras))
        for name, other in others.items():
            for number, frame in block:
                begin = tick()
                found = other.process(frame, number / rate)
                if number >= _WARM:
                    seconds[name].append(tick() - begin)
                    faces += len(found)
    summary = timed.samples.summary()
    total = np.sum(timed.samples.seconds['total'])
    for name, values in seconds.items():
        summary[f'original, {name}'] = {
            'median': 1000 * float(np.median(values)),
            'p95': 1000 * float(np.quantile(values, 0.95)),
            'faces': faces / len(values) / len(others), 'times': float(np.sum(values) / total)}
    return summary


Step = Callable[[Image, FrameResult, speed.Clock], 'tuple[str, float]']


def timed_draw(frame: Image, result: FrameResult, tick: speed.Clock) -> tuple[str, float]:
    """Return the seconds to draw the tracks."""
    canvas = frame.copy()
    begin = tick()
    draw(canvas, result)
    return 'draw', tick() - begin


def ros_steps() -> Iterator[Step]:
    """Yield what the node does in addition, where ROS 2 is there."""
    try:
        from face_tracker_ros.ros.messages.images import to_message, to_image
        from face_tracker_ros.ros.messages.tracks import to_detections
        from rclpy.serialization import serialize_message
        from std_msgs.msg import Header
    except ImportError:
        return

    def convert(frame: Image, result: FrameResult, tick: speed.Clock) -> tuple[str, float]:
        message = to_message(frame, Header())
        begin = tick()
        to_image(message)
        return 'convert', tick() - begin

    def publish(frame: Image, result: FrameResult, tick: speed.Clock) -> tuple[str, float]:
        begin = tick()
        serialize_message(to_detections(result.tracks, Header()))
        return 'publish', tick() - begin
    yield convert
    yield publish


def show(results: Sequence[dict[str, Any]], console: Console) -> None:
    """Print one row a scene."""
    table = Table(title='Mean ms a frame (95 %)')
    columns = ('clip', 'height', 'faces', 'found', 'embedded', 'total', 'bare', 'ratio', 'own',
               'resize', 'follow', 'detect', 'decode', 'camera', 'crop', 'embed', 'quality',
               'associate', 'glue', 'draw', *(f'original, {name}' for name in ORIGINALS))
    for column in columns:
        table.add_column(column, justify='right', no_wrap=True)
    for found in results:
        mean, late = found['mean'], found['p95']
        cells = {'clip': found.get('clip', ''), 'height': str(found['height']),
                 'faces': str(found.get('people', '')),
                 'found': f"{found['faces']:.1f}", 'embedded': f"{found['embedded']:.1f}",
                 'ratio': f"{found['ratio']:.2f}", 'own': f"{found['own']:.2f}",
                 **{name: f'{value:.2f}' for name, value in mean.items()},
                 'total': f"{mean['total']:.1f} ({late['total']:.1f})",
                 'bare': f"{mean['bare']:.1f}"}
        for name in ORIGINALS:
            other = found.get(f'original, {name}')
            if other:
                cells[f'original, {name}'] = f"{other['median']:.1f} = {other['times']:.1f}x"
        table.add_row(*(cells.get(column, '') for column in columns))
    console.print(table)


def bind(threads: int) -> None:
    """Begin this process anew on so many cores, where all of its libraries' threads stay."""
    if 'OPENBLAS_NUM_THREADS' not in os.environ:
        os.environ['OPENBLAS_NUM_THREADS'] = str(threads)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clip', type=Path, nargs='+', default=[], metavar='FILE',
                        help='videos, scaled to the heights, at their own frame rates')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos for generated scenes, a folder a person')
    parser.add_argument('--faces', type=int, nargs='+', default=[0, 1, 5, 10, 20])
    parser.add_argument('--heights', type=int, nargs='+', default=[480, 720, 1080])
    parser.add_argument('--frames', type=int, default=80, help='frames of each scene')
    parser.add_argument('--camera', choices=('still', 'moving'), default='moving')
    parser.add_argument('--threads', type=int, default=1, help='threads and cores')
    parser.add_argument('--clock', choices=speed.CLOCKS, default='wall',
                        help="'cpu' counts computing only, for machines with other work")
    parser.add_argument('--no-original', action='store_true', help='leave the baseline out')
    parser.add_argument('--config', type=Path, metavar='YAML', help='parameters')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write what is measured')
    given = parser.parse_args()
    if not given.clip and given.people is None:
        parser.error('give --clip FILE, --people FOLDER, or both')
    bind(given.threads)
    cv2.setNumThreads(given.threads)
    config = fixed(configuration(given.config, given.set)).updated(
        {'inference.threads': given.threads})
    results = []
    common = {'threads': given.threads, 'clock': given.clock}
    for height, path in [(height, path) for height in given.heights for path in given.clip]:
        frames, rate, _ = clip_frames(path, height)
        results.append({'clip': path.stem, 'height': height, 'rate': rate, **common, **compare(
            config, frames, given.clock, not given.no_original, rate)})
    people = [] if given.people is None else scenes.read_portraits(
        given.people, FaceDetector.from_config(SHIPPED))[1::2]
    for height, count in progress([(height, count) for height in given.heights
                                   for count in given.faces if people], 'measuring',
                                  transient=True):
        frames = frames_of(people, count, height, given.frames, given.camera)
        results.append({'height': height, 'people': count, 'camera': given.camera, **common,
                        **compare(config, frames, given.clock, not given.no_original)})
    console = Console(width=220)
    show(results, console)
    begin = speed.start(config)
    console.print(speed_table.start_table(begin))
    if given.json:
        speed.write_json(given.json, [*results, {'start': begin}])


if __name__ == '__main__':
    main()
