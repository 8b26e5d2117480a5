# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the track command shows: progress while it works, and a summary at the end."""
from __future__ import annotations

from collections.abc import Sequence
import sys
import time
from types import TracebackType

from face_tracker_ros.cli.common import make_console
from face_tracker_ros.types import FloatArray, Track
from rich.console import Console
from rich.progress import (BarColumn, MofNCompleteColumn, Progress, TextColumn,
                           TimeRemainingColumn)
from rich.table import Table

_LINE_SECONDS = 5.0  # between lines of progress where there is no terminal
_DECODED = 0.95  # share of the frames of a file, whose number may be an estimate
_MOST_IDS = 20  # rows of the summary; the longest seen are shown


class Report:
    """Counts frames and ids; a context manager, so that the progress bar ends with it."""

    def __init__(self, name: str, length: int | None, quiet: bool) -> None:
        """Begin for a source of `length` frames (None: unknown)."""
        self._length, self._quiet = length, quiet
        self.frames = self._embedded = 0
        self._seconds = 0.0
        self._seen: dict[int, tuple[float, float, int]] = {}
        errors = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn(name, markup=False), BarColumn(), MofNCompleteColumn(),
            TextColumn('{task.fields[rate]}'), TimeRemainingColumn(), console=errors,
            disable=quiet or not errors.is_terminal)
        self._task = self._bar.add_task(name, total=length, rate='')
        self._lines = not quiet and not errors.is_terminal
        self._next_line = time.monotonic() + _LINE_SECONDS

    def __enter__(self) -> Report:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Take the bar away."""
        self._bar.stop()

    def warn_outside(self, boxes: FloatArray, size: tuple[int, int]) -> None:
        """Say how many boxes lie wholly outside of pictures of `size` (width, height)."""
        outside = int(((boxes[:, 0] >= size[0]) | (boxes[:, 1] >= size[1])
                       | (boxes[:, 2] <= 0) | (boxes[:, 3] <= 0)).sum())
        if outside:
            print(f'track: {outside} of {len(boxes)} boxes lie outside of {size[0]}x{size[1]} '
                  'pixels; is --image-size right?', file=sys.stderr)

    def add(self, tracks: Sequence[Track], stamp: float, seconds: float, embedded: int) -> None:
        """Count one frame that took `seconds` to process."""
        self.frames += 1
        self._embedded += embedded
        self._seconds += seconds
        for track in tracks:
            first, _, frames = self._seen.get(track.id, (stamp, stamp, 0))
            self._seen[track.id] = (first, stamp, frames + 1)
        self._bar.update(self._task, advance=1, rate=f'{self._rate():.0f} frames/s')
        if self._lines and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_SECONDS
            total = '' if self._length is None else f' of {self._length}'
            print(f'track: frame {self.frames}{total}, {self._rate():.0f} frames/s, '
                  f'{len(self._seen)} ids', file=sys.stderr)

    def finish(self, interrupted: bool = False) -> None:
        """Print the summary."""
        self._bar.stop()
        if interrupted:
            print(f'track: interrupted after {self.frames} frames; what was written so far is '
                  'complete to there', file=sys.stderr)
        elif self._length is not None and self.frames < _DECODED * self._length - 1:
            print(f'track: only {self.frames} of {self._length} frames could be decoded; is the '
                  'file damaged?', file=sys.stderr)
        if self._quiet:
            return
        console = make_console()
        spared = f', {self._embedded} embeddings' if self._embedded else ''
        console.print(f'{self.frames} frames, {self._rate():.1f} frames/s processed{spared}, '
                      f'{len(self._seen)} ids')
        if not self._seen:
            return
        table = Table(box=None, header_style='bold')
        for title in ('id', 'first [s]', 'last [s]', 'frames'):
            table.add_column(title, justify='right')
        longest = sorted(self._seen, key=lambda track: -self._seen[track][2])[:_MOST_IDS]
        for track in sorted(longest):
            first, last, frames = self._seen[track]
            table.add_row(str(track), f'{first:.2f}', f'{last:.2f}', str(frames))
        console.print(table)
        if len(self._seen) > _MOST_IDS:
            console.print(f'and {len(self._seen) - _MOST_IDS} ids that were seen for less')

    def _rate(self) -> float:
        return self.frames / self._seconds if self._seconds else 0.0
