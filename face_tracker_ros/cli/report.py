# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The `report` command: a page about a bag, of what was published or of its images."""
from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
import sys
import time
from typing import Any

from face_tracker_ros.bags.bag import Bag
from face_tracker_ros.bags.images import images
from face_tracker_ros.bags.published import read_published
from face_tracker_ros.bags.topics import image_topic, nothing_to_report, tracks_topic
from face_tracker_ros.cli.common import configuration, finish, log, program, write_json
from face_tracker_ros.cli.signals import Signals, Stopped
from face_tracker_ros.cli.track_report import Report
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.report.page import write_page
from face_tracker_ros.report.record import Record
from face_tracker_ros.video import check_writable
from face_tracker_ros.video.opencv import printable
from face_tracker_ros.video.outputs import reject_overwriting

_EPILOG = """
examples:
  report recording/                        tracks that were recorded, or else images
  report recording.mcap --output who.html
  report recording/ --track --set tracker.reid_window=300
  report recording/ --image-topic /camera/image_raw

Reads MCAP and SQLite (.db3), split, compressed and cut off, without ROS. The page shows faces and
is readable by its owner only.
"""
_LINE_SECONDS = 5.0  # between lines of progress
_EPOCH = 1e9  # seconds; earlier times of recording are those of a simulation


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 for what is rejected, or 128 + the signal that ended it."""
    with Signals('report') as signals:
        return finish('report', lambda: _report(argv, signals))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program('report'),
        description='Write a page about a ROS 2 bag: who was there when, with crops of the faces.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('bag', metavar='BAG', type=Path,
                        help='folder of a bag, or one .mcap or .db3 file')
    parser.add_argument('--output', type=Path, metavar='HTML',
                        help='the page (default: named after the bag, in this folder)')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write what it shows, too')
    parser.add_argument('--track', action='store_true',
                        help='track the images, also where the bag holds tracks')
    parser.add_argument('--image-topic', metavar='TOPIC', help='of the images, where there are '
                        'several')
    parser.add_argument('--tracks-topic', metavar='TOPIC', help='of the tracks, where there are '
                        'several')
    parser.add_argument('--config', type=Path, metavar='YAML',
                        help='parameters for --track, as in config/tracker.yaml')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                        help='one parameter; may be repeated, wins over --config')
    parser.add_argument('--quiet', action='store_true', help='no progress and no summary')
    return parser


def _report(argv: Sequence[str] | None, signals: Signals) -> int:
    given = _parser().parse_args(argv)
    bag_path = given.bag.resolve()
    name = bag_path.name if bag_path.is_dir() else bag_path.stem
    output = given.output or Path(f'{name}.html')
    with Bag(given.bag, signals.each) as bag:
        outputs = [path for path in (output, given.json) if path]
        reject_overwriting(outputs, [*bag.files, *([given.config] if given.config else [])])
        for path in outputs:
            check_writable(path)
        tracks = None if given.track else tracks_topic(bag, given.tracks_topic)
        code, record = 0, Record()
        if tracks is not None:
            if given.config or given.set:
                raise ConfigError(f"{'--config' if given.config else '--set'}: the bag holds "
                                  'tracks; give --track, too, to track its images anew')
            record = read_published(bag, tracks, given.image_topic,
                                    iter if given.quiet else _shown)
        else:
            code = _track(given, bag, signals, record)
        if bag.start > _EPOCH:
            begin = datetime.fromtimestamp(bag.start, timezone.utc)
            record.origin += f' Recorded on {begin:%Y-%m-%d at %H:%M} UTC.'
        record.notes += bag.notes
        write_page(record, printable(bag_path.name), output)
        if given.json is not None:
            write_json(given.json, record.summary())
    for line in record.notes:
        log('report', line)
    if not given.quiet:
        print(f"wrote '{printable(output)}': {len(record.people)} ids in {len(record.stamps)} "
              f'frames of {record.duration:.1f} s')
    return code


def _shown(items: Iterable[Any]) -> Iterator[Any]:
    """Yield the items, with a line now and then about how many there were."""
    line = time.monotonic() + _LINE_SECONDS
    for number, item in enumerate(items):
        if time.monotonic() >= line:
            line += _LINE_SECONDS
            log('report', f'{number} messages read')
        yield item


def _track(given: argparse.Namespace, bag: Bag, signals: Signals, record: Record) -> int:
    """Track the images of the bag; return the exit code."""
    config = configuration(given.config, given.set)
    topic = image_topic(bag, given.image_topic)
    if topic is None:
        raise nothing_to_report(bag)
    if not given.track:
        log('report', f"the bag holds no tracks; tracking the images of '{topic}'")
    from face_tracker_ros.pipeline import FaceTracker
    with ExitStack() as stack:
        tracker = FaceTracker.from_config(config)
        stack.callback(tracker.close)
        signals.keep(tracker)
        record.origin = f"Images of '{topic}', tracked for this page with " \
            f'{tracker.models.summary}.'
        progress = stack.enter_context(Report(topic, bag.topics[topic].count, given.quiet,
                                              'report'))
        try:
            for stamp, image in signals.each(images(bag, topic)):
                result = tracker.process(image, stamp)
                record.add(image, result)
                progress.add(result.tracks, stamp, result.timings['total'], result.embedded,
                             result.faint)
        except Stopped as stopped:
            record.notes.append(f'Interrupted after {progress.frames} frames')
            return stopped.code
        hint = progress.faint_faces(tracker.effective_config.tracker.min_track_score)
        record.notes += [hint] if hint else []
    return 0


if __name__ == '__main__':
    sys.exit(main())
