# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The demo: a video source and the face tracker as processes of their own, and what they did.

The two talk over ROS topics in a namespace that no other node uses; a recorder in this process
writes down what the tracker publishes.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, ExitStack
import hashlib
import math
import os
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

from face_tracker_ros.demo.children import Child
from face_tracker_ros.demo.environment import DemoError, installed, transport
from face_tracker_ros.errors import FaceTrackerError, SourceError
from face_tracker_ros.ros.process import keep_large_buffers
from face_tracker_ros.video import open_source

if TYPE_CHECKING:
    from face_tracker_ros.demo.recorder import Recorder

SECONDS = 20.0
"""How long the demo runs, by default."""

_IMAGE, _CAMERA_INFO = 'camera/image', 'camera/camera_info'
_FOV = 60.0  # degrees that the camera is assumed to see from left to right
_SHOWN = ('face_tracker/annotated_image', 'face_tracker/markers')
_READY_SECONDS = 120.0  # for loading and, the first time, compiling the models
_LATE_SECONDS = 30.0  # that the source may take beyond the duration
_SETTLE_SECONDS = 1.5  # in which the tracker's last report comes


class Stopped(Exception):
    """SIGINT or SIGTERM came; its number is the only argument."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the demo; return the exit code.

    0: faces were tracked; 1: none was, or frames were skipped as bad; 2: something is missing or
    failed; 130 and 143: ended by SIGINT and SIGTERM.
    """
    options = _parser().parse_args(argv)
    try:
        return Demo(options).run()
    except FaceTrackerError as error:
        print(f'demo: {error}', file=sys.stderr)
        return 2
    except Stopped as stopped:
        print('demo: interrupted', file=sys.stderr)
        return 128 + int(stopped.args[0])


class Demo:
    """One run of the demo."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Take the command's options; ROS gets its settings before it is loaded."""
        self._options = options
        self._output: Path = options.output
        self._signal = 0
        self._names = ['--ros-args', '-r', f'__ns:=/demo_{os.getpid()}',
                       '-r', '/diagnostics:=diagnostics']
        self._share, self._executables = installed()
        os.environ.update(transport(self._share))

    def run(self) -> int:
        """Do everything; return 0 when faces were tracked and no frame was bad, else 1."""
        from face_tracker_ros.demo import report as demo_report
        from face_tracker_ros.demo.overview import draw_overview
        _make_folder(self._output)
        with self._signals():
            source = self._source()
            with open_source(source) as opened:
                rate, size = opened.frame_rate, opened.size
            _say(f'source: {source} ({size[0]}x{size[1]}, {rate:g} frames a second)')
            with self._recorder(rate) as recorder:
                self._run_nodes(source, recorder)
        summary = demo_report.summarise(recorder, source)
        demo_report.write(summary, self._output / 'summary.json')
        _say(demo_report.table(summary))
        draw_overview(recorder.history, self._output / 'overview.png',
                      f'for a camera that sees {_FOV:g} degrees')
        _say(f'written: {self._output}/annotated.mp4, overview.png, tracks.csv, summary.json')
        failure = demo_report.failure(summary)
        if failure:
            _say(failure)
        return 1 if failure else 0

    def _run_nodes(self, source: str, recorder: Recorder) -> None:
        with ExitStack() as stack:
            _say('starting the tracker')
            tracker = stack.enter_context(self._child(
                'tracker', [str(self._executables / 'face_tracker_node'), *self._names,
                            '-r', f'image:={_IMAGE}', '-r', f'camera_info:={_CAMERA_INFO}',
                            '-p', 'detector:=face-detector']))  # the same everywhere
            self._await_tracker(tracker, recorder)
            if self._options.rviz:
                self._start_rviz(stack)
            player = stack.enter_context(self._child(
                'source', [str(self._executables / 'video_publisher'), *self._names,
                           '-r', f'image:={_IMAGE}', '-r', f'camera_info:={_CAMERA_INFO}',
                           '-p', f'source:={_quoted(source)}', '-p', f'horizontal_fov:={_FOV!r}',
                           '-p', f'duration:={self._options.duration!r}',
                           '-p', 'start_delay:=10.0']))
            self._follow(player, tracker, recorder)

    # The source

    def _source(self) -> str:
        if self._options.camera is not None:
            return str(self._options.camera)
        if self._options.video is not None:
            return str(Path(self._options.video).expanduser().absolute())
        return str(self._demo_clip())

    def _demo_clip(self) -> Path:
        """Return the clip from the cache; make it where it is missing or was made otherwise."""
        from face_tracker_ros.demo import clip as demo_clip
        from face_tracker_ros.models.cache import cache_folder, make_folder
        digest = hashlib.sha256(Path(demo_clip.__file__).read_bytes()).hexdigest()[:12]
        path = cache_folder() / 'demo' / f'clip-{digest}.mp4'
        if not path.is_file():
            _say('making the demo clip (about 10 seconds)')
            _make_folder(path.parent, make_folder)
            part = path.with_name(f'{path.stem}.{os.getpid()}.part.mp4')
            try:
                demo_clip.write(part, self._check_signal)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        return path

    # Processes

    @contextmanager
    def _child(self, name: str, command: Sequence[str]) -> Iterator[Child]:
        child = Child(name, command, self._output / f'{name}.log')
        try:
            yield child
        finally:
            child.stop()

    def _await_tracker(self, tracker: Child, recorder: Recorder) -> None:
        begin = time.monotonic()
        while not recorder.count_subscribers(_IMAGE):
            self._check(tracker)
            if time.monotonic() - begin > _READY_SECONDS:
                raise DemoError(f'the tracker was not ready within {_READY_SECONDS:g} s; its last '
                                f'lines:\n{tracker.last_lines()}')
            recorder.spin(0.1)
        _say(f'tracker ready after {time.monotonic() - begin:.1f} s')

    def _start_rviz(self, stack: ExitStack) -> None:
        if shutil.which('rviz2') is None:
            distro = os.environ.get('ROS_DISTRO', '<distro>')
            _say(f'rviz2 is not installed here (sudo apt install ros-{distro}-rviz2); going on '
                 'without it')
            return
        stack.enter_context(self._child('rviz', [
            'rviz2', '-d', str(self._share / 'rviz' / 'tracker.rviz'), '--ros-args',
            *(part for name in _SHOWN
              for part in ('-r', f'/{name}:=/demo_{os.getpid()}/{name}'))]))

    def _follow(self, player: Child, tracker: Child, recorder: Recorder) -> None:
        """Print what happens, once a second, until the source has ended."""
        from face_tracker_ros.demo import report as demo_report
        begin = time.monotonic()
        printed, frames = begin, 0
        while player.exit_code() is None:
            recorder.spin(0.1)
            self._check(tracker)
            elapsed = time.monotonic() - begin
            if len(recorder.stamps) > frames and time.monotonic() - printed >= 1:
                printed, frames = time.monotonic(), len(recorder.stamps)
                _say(demo_report.status(recorder))
            if elapsed > self._options.duration + _LATE_SECONDS:
                raise DemoError(f'the source did not end {_LATE_SECONDS:g} s after its time; its '
                                f'last lines:\n{player.last_lines()}')
        self._check(player, may_end=True)
        recorder.spin(_SETTLE_SECONDS)
        self._check(tracker)

    def _check(self, child: Child, may_end: bool = False) -> None:
        self._check_signal()
        code = child.exit_code()
        if code or (code == 0 and not may_end):
            raise DemoError(f'the {child.name} process ended with {code}; its last lines:\n'
                            f'{child.last_lines()}')

    # This process

    def _check_signal(self) -> None:
        if self._signal:
            raise Stopped(self._signal)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Take a note of SIGINT and SIGTERM, which are looked at where it is safe to stop."""
        def note(number: int, _: object) -> None:
            self._signal = number

        previous = {number: signal.signal(number, note)
                    for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    @contextmanager
    def _recorder(self, rate: float) -> Iterator[Recorder]:
        keep_large_buffers()
        from face_tracker_ros.demo.recorder import Recorder
        import rclpy
        from rclpy.signals import SignalHandlerOptions
        rclpy.init(args=self._names, signal_handler_options=SignalHandlerOptions.NO)
        try:
            recorder = Recorder(self._output, rate)
            try:
                yield recorder
            finally:
                recorder.close()
        finally:
            rclpy.try_shutdown()


def _say(text: str) -> None:
    print(text, flush=True)


def _make_folder(path: Path, make: Callable[[Path], None] | None = None) -> None:
    try:
        if make is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            make(path)
    except OSError as error:
        raise SourceError(f"folder '{path}': cannot be made ({error.strerror}); give one in a "
                          'folder that is yours') from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='scripts/demo', description='Track faces over ROS topics: a video source and the '
        'tracker in processes of their own. Without --video or --camera, a clip of two faces that '
        'cross, leave and come back.')
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--video', metavar='FILE', help='a video, or a folder of images')
    source.add_argument('--camera', metavar='N', type=_camera, help='a camera, such as 0')
    parser.add_argument('--duration', metavar='S', type=_duration, default=SECONDS,
                        help='seconds to run at most (default: %(default)g)')
    parser.add_argument('--rviz', action='store_true', help='show the tracked faces in RViz')
    parser.add_argument('--output', metavar='DIR', type=Path, default=Path('demo_output'),
                        help='folder for annotated.mp4, overview.png, tracks.csv, summary.json '
                        'and the logs '
                        '(default: %(default)s)')
    return parser


def _camera(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not the number of a camera; give one such "
                                         'as 0')
    return int(text)


def _duration(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.5 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is no duration; give 0.5 to 86400 seconds")
    return value


def _quoted(text: str) -> str:
    """Return a text as YAML takes it for one, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"


if __name__ == '__main__':
    sys.exit(main())
