# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The `benchmark` command: how fast this machine tracks a clip, and where the time goes."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
import itertools
from pathlib import Path
import sys

from face_tracker_ros.cli.common import configuration, finish, make_console, program
from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation import speed, speed_table
from face_tracker_ros.video import open_source

_EPILOG = """
example:
  benchmark people.mp4 --threads 1 --set detection.width=480

Bare inference is the same networks on the same images with nothing around them. Give --clock cpu
where other work runs: it counts what this process computes, on all threads, and not its waiting.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 for bad input, or 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog=program('benchmark'), description='Measure the speed of tracking, stage by stage.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', metavar='SOURCE', help='video file, folder or pattern of '
                        'images')
    parser.add_argument('--frames', type=int, default=200, metavar='N', help='most to process')
    parser.add_argument('--threads', type=int, metavar='N', help='threads of inference')
    parser.add_argument('--clock', choices=speed.CLOCKS, default='wall', help='what is counted')
    parser.add_argument('--config', type=Path, metavar='YAML',
                        help='parameters, as in config/tracker.yaml')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                        help='one parameter; may be repeated, wins over --config')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write what is measured')
    given = parser.parse_args(argv)
    return finish('benchmark', lambda: _benchmark(given))


def _benchmark(given: argparse.Namespace) -> int:
    config = configuration(given.config, given.set)
    if given.threads is not None:
        config = config.updated({'inference.threads': given.threads})
    with open_source(given.source) as source:
        frames = itertools.islice(source, given.frames)
        found = speed.measure(config, frames, given.clock)
        if not found:
            raise SourceError(f"source '{given.source}': too short; give at least 6 frames")
        found = {'source': source.name, 'clock': given.clock, **found,
                 'start': speed.start(config)}
    console = make_console()
    console.print(speed_table.stage_table(found, source.name))
    console.print(speed_table.sentence(found), highlight=False)
    console.print(speed_table.start_table(found['start']))
    if given.json is not None:
        speed.write_json(given.json, [found])
    return 0


if __name__ == '__main__':
    sys.exit(main())
