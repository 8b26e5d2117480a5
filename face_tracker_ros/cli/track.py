# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The `track` command: faces of a video, or ready detections, to tracks with ids."""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, ExitStack
from pathlib import Path
import re
import sys
import time
from typing import TextIO
import zipfile

from face_tracker_ros.cli.common import configuration, finish, log, program, write_json
from face_tracker_ros.cli.signals import Signals, Stopped
from face_tracker_ros.cli.track_report import Report
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ConfigError, FaceTrackerError, shown, SourceError
from face_tracker_ros.evaluation.mot_text import read_detections, write_tracks
from face_tracker_ros.regular_file import open_regular
from face_tracker_ros.types import Detections, FloatArray
from face_tracker_ros.vectors import unit
from face_tracker_ros.video import check_writable, open_source, VideoSink
from face_tracker_ros.video.opencv import printable
from face_tracker_ros.video.outputs import reject_overwriting
import numpy as np

_EPILOG = """
examples:
  track people.mp4 --output annotated.mp4 --tracks tracks.txt
  track 0 --output me.mp4                          camera 0, until Ctrl-C
  track 'frames/*.png' --frame-rate 15 --tracks tracks.txt
  track rtsp://user:password@camera/stream --tracks tracks.txt
  track people.mp4 --set detector=yunet --set tracker.reid_window=300
  track --detections det.txt --embeddings emb.npy --frame-rate 30 --image-size 1280x720 \\
        --tracks tracks.txt

Tracks are MOTChallenge lines, frame,id,left,top,width,height,score,-1,-1,-1, frames from 1.
Parameters are those of config/tracker.yaml.
"""

_OUTPUTS = {'output': 'annotated frames', 'tracks': 'tracks', 'report': 'report',
            'json': 'summary'}
_MOST_EMPTY = 1_000_000  # frames without a detection; 9 hours at 30 frames per second


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 for what is rejected, or 128 + the signal that ended it."""
    with Signals('track') as signals:
        return finish('track', lambda: _track(argv, signals))


def _track(argv: Sequence[str] | None, signals: Signals) -> int:
    parser = _parser()
    given = parser.parse_args(argv)
    if (given.source is None) == (given.detections is None):
        parser.error('give either a SOURCE or --detections FILE')
    if given.json is not None:
        check_writable(given.json)
    code, report = (_from_source if given.detections is None else _from_detections)(given, signals)
    outputs = {name: str(path) for name in _OUTPUTS if name != 'json'
               and (path := getattr(given, name)) is not None and path.is_file()}
    if given.json is not None:
        write_json(given.json, {**report.values(), 'outputs': outputs})
        outputs['json'] = str(given.json)
    for name, path in () if given.quiet else outputs.items():
        print(f"wrote '{printable(path)}' ({_OUTPUTS[name]})")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program('track'),
        description='Track the faces of a video, camera, address or folder of images.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', metavar='SOURCE', nargs='?',
                        help='video file; number or device of a camera; folder, glob or %%05d '
                             'pattern of images; address such as rtsp://host/path')
    parser.add_argument('--output', type=Path, metavar='VIDEO', help='write annotated frames')
    parser.add_argument('--tracks', type=Path, metavar='FILE', help='write tracks as text')
    parser.add_argument('--report', type=Path, metavar='HTML',
                        help='write a page: who was there when, with a crop of each face')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the summary as JSON')
    parser.add_argument('--config', type=Path, metavar='YAML',
                        help='parameters, as in config/tracker.yaml')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                        help='one parameter; may be repeated, wins over --config')
    parser.add_argument('--frame-rate', type=float, metavar='F',
                        help='frames per second, instead of the times of the source')
    parser.add_argument('--quiet', action='store_true', help='no progress and no summary')
    alone = parser.add_argument_group('the tracker alone, on detections made elsewhere')
    alone.add_argument('--detections', type=Path, metavar='FILE',
                       help='MOTChallenge lines: frame,-1,left,top,width,height,score')
    alone.add_argument('--embeddings', type=Path, metavar='NPY',
                       help='array with one row a line of the detections')
    alone.add_argument('--image-size', metavar='WxH', help='size of the images in pixels')
    return parser


@contextmanager
def _open_text(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        # Every frame's lines go out whole and at once, so that nothing is lost with the process.
        with open(path, 'w', encoding='utf-8') as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SourceError(f"output '{printable(path)}': cannot be written ({error.strerror}); "
                          'what it holds is not complete') from error


@contextmanager
def _reporting_how_far(report: Report, written: bool) -> Iterator[None]:
    """Add to errors on the way how much was done, for no file to pass for the whole."""
    try:
        yield
    except FaceTrackerError as error:
        holds = ', which is what the outputs hold' if written else ''
        raise type(error)(f'{error}; stopped after {report.frames} frames{holds}') from error


def _reject_overwriting(given: argparse.Namespace, files: Sequence[Path]) -> None:
    inputs = [*files, *(path for path in (given.detections, given.embeddings, given.config)
                        if path is not None)]
    reject_overwriting([path for name in _OUTPUTS if (path := getattr(given, name)) is not None],
                       inputs)


def _from_source(given: argparse.Namespace, signals: Signals) -> tuple[int, Report]:
    config = configuration(given.config, given.set)
    for option in ('embeddings', 'image_size'):
        if getattr(given, option) is not None:
            raise ConfigError(f"--{option.replace('_', '-')}: goes with --detections only")
    from face_tracker_ros.annotate import draw
    from face_tracker_ros.pipeline import FaceTracker
    from face_tracker_ros.report.page import write_page
    from face_tracker_ros.report.record import Record
    with ExitStack() as stack:
        source = stack.enter_context(open_source(given.source, given.frame_rate,
                                                 lambda line: log('track', line)))
        _reject_overwriting(given, source.files)
        sink = None
        if given.output is not None:
            sink = stack.enter_context(VideoSink(given.output, source.frame_rate))
        if given.tracks is not None:
            check_writable(given.tracks)
        record = None
        if given.report is not None:
            check_writable(given.report)
            record = Record()
            record.origin = 'Faces tracked by face_tracker_ros.'
            stack.callback(write_page, record, Path(source.name).name, given.report)
        tracker = FaceTracker.from_config(config)
        stack.callback(tracker.close)
        signals.keep(tracker)
        tracks = stack.enter_context(_open_text(given.tracks))
        if not given.quiet:
            log('track', tracker.models.summary)
        report = stack.enter_context(Report(source.name, source.length, given.quiet))
        stack.enter_context(_reporting_how_far(report, bool(tracks or sink)))
        try:
            for stamp, frame in signals.each(source):
                result = tracker.process(frame, stamp)
                if tracks is not None:
                    write_tracks(tracks, report.frames + source.lost + 1, result.tracks)
                    tracks.flush()
                if record is not None:
                    record.add(frame, result)
                if sink is not None:
                    sink.write(draw(frame, result), stamp)
                report.add(result.tracks, stamp, result.timings['total'], result.embedded,
                           result.faint)
        except Stopped as stopped:
            report.finish(source.replaced, interrupted=not source.live)
            return 0 if source.live else stopped.code, report
        report.finish(source.replaced)
        hint = report.faint_faces(tracker.effective_config.tracker.min_track_score)
        for line in () if given.quiet else filter(None, [hint, *tracker.models.notices]):
            log('track', line)
    return 0, report


def _from_detections(given: argparse.Namespace, signals: Signals) -> tuple[int, Report]:
    config = configuration(given.config, given.set)
    _reject_overwriting(given, ())
    for option in ('output', 'report'):
        if getattr(given, option) is not None:
            raise ConfigError(f'--{option}: needs images; give a SOURCE instead of --detections')
    if given.frame_rate is None:
        raise ConfigError('--frame-rate: is missing; --detections holds no times')
    if not 0 < given.frame_rate <= 1000:
        raise ConfigError(f'--frame-rate {given.frame_rate:g}: give frames per second, above 0 '
                          'and up to 1000')
    size = _image_size(given.image_size)
    found = read_detections(given.detections)
    embeddings = _embeddings(given.embeddings, len(found.frames), given.detections)
    from face_tracker_ros.models.thresholds import check_low_score, effective, named
    from face_tracker_ros.tracking import Tracker
    detector_spec, encoder_spec = named(config)
    if config.detector == Config().detector:  # the detections are another detector's
        detector_spec = None
    check_low_score(config, detector_spec)
    config = effective(config, detector_spec, encoder_spec)
    with ExitStack() as stack:
        tracker = Tracker(config)
        frames = np.unique(found.frames)
        everything = range(int(frames[0]), int(frames[-1]) + 1) if len(frames) else range(0)
        if len(everything) - len(frames) > _MOST_EMPTY:
            raise SourceError(
                f"file '{printable(given.detections)}': {len(everything) - len(frames)} of the "
                f'frames from {everything[0]} to {everything[-1]} hold no detection, and '
                f'{_MOST_EMPTY} are the most; give frame numbers, not times')
        report = stack.enter_context(Report(printable(given.detections.name), len(everything),
                                            given.quiet))
        clear = config.tracker.min_track_score if config.tracker.mode == 'robust' else 0.0
        report.warn_scores(found.scores, config.detection.score, clear)
        if size is not None:
            report.warn_outside(found.boxes, size)
        if given.tracks is not None:
            check_writable(given.tracks)
        tracks = stack.enter_context(_open_text(given.tracks))
        order = np.argsort(found.frames, kind='stable')
        begins = np.searchsorted(found.frames[order], [*everything, everything.stop])
        try:
            for frame, begin, end in signals.each(zip(everything, begins, begins[1:])):
                rows = order[begin:end]
                stamp = (frame - 1) / given.frame_rate
                start = time.perf_counter()
                seen, _ = tracker.update(Detections(found.boxes[rows], found.scores[rows]),
                                         None if embeddings is None else embeddings[rows], stamp)
                report.add(seen, stamp, time.perf_counter() - start, 0)
                if tracks is not None:
                    write_tracks(tracks, frame, seen)
                    tracks.flush()
        except Stopped as stopped:
            report.finish(interrupted=True)
            return stopped.code, report
        report.finish()
    return 0, report


def _image_size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    sides = re.fullmatch(r'0*([1-9][0-9]{0,5})[xX]0*([1-9][0-9]{0,5})', text)
    if not sides:
        raise ConfigError(f'--image-size {shown(text)}: give WIDTHxHEIGHT in pixels, as 1280x720')
    return int(sides[1]), int(sides[2])


def _embeddings(path: Path | None, rows: int, detections: Path) -> FloatArray | None:
    if path is None:
        return None
    try:
        with open_regular(path) as file:
            array = np.load(file, allow_pickle=False)
            if not isinstance(array, np.ndarray):
                raise ValueError('an archive of several arrays')
            if array.dtype.kind not in 'fiu':
                raise ValueError(f'values of type {array.dtype}')
            vectors = np.asarray(array, np.float32)
    except (OSError, ValueError, EOFError, MemoryError, OverflowError, zipfile.BadZipFile
            ) as error:
        reason = ' '.join(str(error).split())
        raise SourceError(f"embeddings '{printable(path)}': cannot be read ({reason}); "
                          'give an array of numbers saved by numpy.save') from error
    if vectors.ndim != 2 or len(vectors) != rows or not vectors.shape[1]:
        raise SourceError(f"embeddings '{path}': shape {vectors.shape} for {rows} lines of "
                          f"'{detections}'; give one row a line")
    return unit(vectors, np.nan)


if __name__ == '__main__':
    sys.exit(main())
