#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
A long run of camera, node and listener, with faults on schedule.

After each fault the tracks of both people have to come back; at the end memory, threads and open
files must be as after the first round of faults. Leaves soak.json, soak.png and the logs of the
processes in a folder; exit status 1 when a promise was not kept.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

from face_tracker_ros.ros.dds_environment import large_images
from face_tracker_ros.ros.messages.images import to_message
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import matplotlib
import numpy as np
from rcl_interfaces.srv import SetParametersAtomically
import rclpy
from rclpy.parameter import Parameter
from soak_parts import Monitor, part, Process, two_people
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

_ROOT = Path(__file__).resolve().parents[1]
_RECOVERY = 30.0  # seconds in which tracks have to come back
_GROWTH = 40.0  # MB of memory from the end of the first round of faults to the end


class Faults:
    """What is done to a run; each fault returns what was not as promised, or nothing."""

    def __init__(self, monitor: Monitor, parts: Mapping[str, Process], pause: float) -> None:
        """Take the run; what stops does so for 2 seconds, or as long as a shorter pause."""
        self._monitor, self._parts, self._seconds = monitor, parts, min(pause, 2.0)

    def camera_killed(self) -> str:
        """Kill the camera, and start it again."""
        self._parts['camera'].kill()
        self._monitor.spin(self._seconds)
        self._parts['camera'].start()
        return ''

    def camera_stopped(self) -> str:
        """Stop the camera for a while."""
        return self._stopped('camera')

    def listener_stopped(self) -> str:
        """Stop a subscriber of tracks and annotated images for a while."""
        before = self._monitor.received
        fault = self._stopped('listener')
        return fault or ('' if self._monitor.received > before else 'other listeners starve')

    def node_stopped(self) -> str:
        """Stop the node itself for a while."""
        return self._stopped('node')

    def malformed_images(self) -> str:
        """Publish a hundred malformed images."""
        message = to_message(two_people(), Header())
        for number in range(100):
            message.step = number
            self._monitor.images.publish(message)
            self._monitor.spin(0.005)
        return ''

    def flood(self) -> str:
        """Publish 500 images a second for a second, in addition to those of the camera."""
        message = to_message(two_people(), Header(frame_id='camera'))
        for _ in range(500):
            message.header.stamp = self._monitor.node.get_clock().now().to_msg()
            self._monitor.images.publish(message)
            self._monitor.spin(0.001)
        return ''

    def parameter_storm(self) -> str:
        """Set a parameter 200 times at once."""
        return self._answered([_parameter('tracker.max_age', 1 + number / 200)
                               for number in range(200)][::-1])

    def service_storm(self) -> str:
        """Call services 200 times at once."""
        return self._answered([Trigger.Request()] * 199 + [SetBool.Request(data=True)])

    def lifecycle(self) -> str:
        """Deactivate, clean up, configure and activate."""
        for name in ('DEACTIVATE', 'CLEANUP', 'CONFIGURE', 'ACTIVATE'):
            number = getattr(Transition, f'TRANSITION_{name}')
            fault = self._answered([ChangeState.Request(transition=Transition(id=number))])
            if fault:
                return fault
        return ''

    def model_changed(self) -> str:
        """Take another detector, one that is not there, and the first again."""
        return self._answered([_parameter('detector', name) for name in (
            'face-detector-int8', 'no-such-model', 'face-detector')])

    def node_killed(self) -> str:
        """Kill the node, and start it again."""
        self._parts['node'].kill()
        self._parts['node'].start()
        return ''

    def _stopped(self, name: str) -> str:
        self._parts[name].send(signal.SIGSTOP)
        self._monitor.spin(self._seconds)
        self._parts[name].send(signal.SIGCONT)
        return ''

    def _answered(self, requests: Sequence[Any]) -> str:
        answered = self._monitor.call(list(requests))
        return '' if answered == len(requests) else f'{answered} of {len(requests)} answered'


def _parameter(name: str, value: object) -> Any:
    return SetParametersAtomically.Request(
        parameters=[Parameter(name, value=value).to_parameter_msg()])


def schedule(faults: Faults) -> list[Callable[[], str]]:
    """Return the faults of a round; the node is killed only once, at the beginning of the run."""
    return [faults.camera_killed, faults.camera_stopped, faults.listener_stopped,
            faults.malformed_images, faults.parameter_storm, faults.service_storm,
            faults.model_changed, faults.lifecycle, faults.flood, faults.node_stopped]


def run(seconds: float, pause: float, folder: Path) -> dict[str, Any]:
    """Run for some time, with a pause between faults; return what was seen."""
    os.environ.update(large_images(_ROOT, os.environ))
    # Alone, whatever else runs here: of the domains whose ports no system gives to others.
    os.environ['ROS_DOMAIN_ID'] = str(215 + os.getpid() % 18)
    rclpy.init()
    parts = {name: part(name, folder) for name in ('node', 'camera', 'listener')}
    done: list[dict[str, Any]] = []
    try:
        monitor = Monitor(parts['node'])
        faults = Faults(monitor, parts, pause)
        first = inject(faults.node_killed, monitor) if recovered(monitor) else {
            'fault': 'start', 'wrong': 'no tracks', 'seconds': _RECOVERY}
        done.append(first)
        begin, kinds = monitor.node.get_clock().now(), schedule(faults)
        warm = len(monitor.rows)
        while not first['wrong'] and (len(done) <= len(kinds) or (
                monitor.node.get_clock().now() - begin).nanoseconds * 1e-9 < seconds):
            monitor.spin(pause)
            done.append(inject(kinds[(len(done) - 1) % len(kinds)], monitor))
            if len(done) == len(kinds) + 1:
                warm = len(monitor.rows)
        monitor.spin(max(pause, 3.0))
        alive = parts['node'].process.poll() is None
        parts['node'].send(signal.SIGTERM)
        code = parts['node'].process.wait(30)
    finally:
        for process in parts.values():
            process.kill()
    return {'faults': done, 'rows': monitor.rows, 'warm': warm, 'alive': alive, 'code': code,
            'ids': len(monitor.ids)}


def recovered(monitor: Monitor) -> bool:
    """Wait for tracks of both people; return whether they came in time."""
    before = monitor.found
    return monitor.spin_until(lambda: monitor.found > before + 2, _RECOVERY)


def inject(fault: Callable[[], str], monitor: Monitor) -> dict[str, Any]:
    """Do it, and wait for the tracks; return its name, what was wrong, and how long it took."""
    wrong = fault()
    begin = monitor.node.get_clock().now()
    if not recovered(monitor):
        wrong = wrong or f'no tracks for {_RECOVERY:g} s'
    seconds = (monitor.node.get_clock().now() - begin).nanoseconds * 1e-9
    name = fault.__name__.replace('_', ' ')
    print(f"{monitor.rows[-1]['time'] if monitor.rows else 0:7.0f} s  {name}: "
          f"{wrong or f'tracks again after {seconds:.1f} s'}", flush=True)
    return {'fault': name, 'wrong': wrong, 'seconds': seconds}


def verdict(seen: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return what was not as promised, and the figures."""
    wrong = [f"{item['fault']}: {item['wrong']}" for item in seen['faults'] if item['wrong']]
    rows = seen['rows']
    later = rows[seen['warm']:] or rows[-1:]
    tenth = max(len(later) // 10, 3)
    begin, end = ({name: float(np.median([row[name] for row in part]))
                   for name in ('memory', 'threads', 'files')}
                  for part in (later[:tenth], later[-tenth:]))
    if not seen['alive'] or seen['code']:
        wrong.append(f"the node ended with {seen['code']}")
    if end['memory'] > begin['memory'] + _GROWTH:
        wrong.append(f"memory grew from {begin['memory']:.0f} to {end['memory']:.0f} MB")
    wrong += [f'{name} grew from {begin[name]:g} to {end[name]:g}'
              for name in ('threads', 'files') if end[name] > begin[name]]
    delays = np.array([row['latency'] for row in rows])
    last = rows[-1]
    return wrong, {
        'minutes': round(last['time'] / 60, 1), 'faults': len(seen['faults']),
        'recovery_s': [round(float(value), 2) for value in np.percentile(
            [item['seconds'] for item in seen['faults']], (50, 100))],
        'latency_ms': [round(float(value), 1) for value in np.nanpercentile(delays, (50, 95))],
        'memory_mb': [round(begin['memory']), round(end['memory'])],
        'threads': [begin['threads'], end['threads']], 'files': [begin['files'], end['files']],
        **{name: int(last[name]) for name in ('processed', 'replaced', 'lost_images',
                                              'bad_frames')}}


def table(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures as a table of the documentation (docs/results/soak.json)."""
    def change(name: str, unit: str = '') -> str:
        begin, end = figures[name]
        return f'{begin:g} to {end:g}{unit}'
    usual, worst = figures['recovery_s']
    median, late = figures['latency_ms']
    return {'columns': ['what', 'figure'], 'rows': [
        ['length', f"{figures['minutes']:g} minutes"],
        ['faults, all survived', figures['faults']],
        ['both people tracked again after a fault', f'{usual:g} s (median), {worst:g} s (worst)'],
        ['latency, median of each second', f'{median:g} ms (median), {late:g} ms (95 %)'],
        ['images processed', figures['processed']],
        ['replaced by newer ones', figures['replaced']],
        ['lost on the way', figures['lost_images']],
        ['malformed, counted', figures['bad_frames']],
        ['memory after the first round, and at the end', change('memory_mb', ' MB')],
        ['threads', change('threads')], ['open files', change('files')]]}


def plot(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw memory, threads, files, latency and drops over time."""
    matplotlib.use('Agg')
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(4, 1, figsize=(9, 9), sharex=True, layout='constrained')
    minutes = [row['time'] / 60 for row in rows]
    for axis, names, title in (
            (axes[0], ('memory',), 'memory [MB]'), (axes[1], ('threads', 'files'), 'number'),
            (axes[2], ('latency', 'worst'), 'latency [ms]'),
            (axes[3], ('replaced', 'lost_images', 'bad_frames'), 'images so far')):
        for name in names:
            axis.plot(minutes, [row[name] for row in rows], label=name.replace('_', ' '), lw=1)
        axis.set_ylabel(title)
        axis.set_ylim(0, 1.25 * axis.get_ylim()[1])
        axis.grid(alpha=0.3)
        axis.legend(loc='upper left', frameon=False, ncols=3)
    axes[2].set_yscale('log')
    axes[2].set_ylim(1, 1e5)
    axes[-1].set_xlabel('minutes')
    figure.savefig(path, dpi=100)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog='scripts/soak', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=1.0,
                        help='at least one round of all faults is run (default 1)')
    parser.add_argument('--pause', type=float, default=5.0, help='seconds between faults')
    parser.add_argument('--output', type=Path, default=Path('soak_output'), metavar='FOLDER')
    parser.add_argument('--results', type=Path, metavar='FILE',
                        help='write the figures as a table of the documentation, too')
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    seen = run(given.minutes * 60, given.pause, given.output)
    wrong, figures = verdict(seen)
    (given.output / 'soak.json').write_text(json.dumps(
        {'wrong': wrong, 'figures': figures, 'faults': seen['faults'], 'rows': seen['rows']},
        indent=1) + '\n', encoding='utf-8')
    plot(seen['rows'], given.output / 'soak.png')
    if given.results is not None and not wrong:
        given.results.write_text(json.dumps({'tables': {'soak': table(figures)}}, indent=1) + '\n',
                                 encoding='utf-8')
    print(json.dumps(figures))
    for line in wrong:
        print(f'wrong: {line}')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
