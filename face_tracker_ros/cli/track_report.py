# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the track command shows: progress while it works, and a summary at the end."""
from __future__ import annotations

from collections.abc import Sequence
import time
from types import TracebackType
from typing import Any

from face_tracker_ros.cli.common import log, make_console
from face_tracker_ros.tracking.faint import faint_faces
from face_tracker_ros.types import FloatArray, Track
import numpy as np
from rich.console import Console
from rich.progress import (BarColumn, MofNCompleteColumn, Progress, TextColumn,
                           TimeRemainingColumn)
from rich.table import Table

_LINE_SECONDS = 5.0  # between lines of progress where there is no terminal
_MOST_IDS = 20  # rows of the summary; the longest seen are shown


class Report:
    """Counts frames and ids; a context manager, so that the progress bar ends with it."""

    def __init__(self, name: str, length: int | None, quiet: bool,
                 command: str = 'track') -> None:
        """Begin for a source of `length` frames (None: unknown)."""
        self._length, self._quiet, self._command = length, quiet, command
        self.frames = self._embedded = 0
        self._seconds = self._first = self._last = 0.0
        self._seen: dict[int, tuple[float, float, int]] = {}
        self._faint, self._faint_score = 0, 0.0
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
        """Report how many boxes lie wholly outside of images of `size` (width, height)."""
        outside = int(((boxes[:, 0] >= size[0]) | (boxes[:, 1] >= size[1])
                       | (boxes[:, 2] <= 0) | (boxes[:, 3] <= 0)).sum())
        if outside:
            log('track', f'{outside} of {len(boxes)} boxes lie outside of {size[0]}x{size[1]} '
                'pixels; is --image-size right?')

    def warn_scores(self, scores: FloatArray, least: float, clear: float) -> None:
        """Report what follows from scores on another scale, or when none makes a track or id."""
        known = scores[np.isfinite(scores)]
        if not len(known):
            return
        extent = f'{known.min():g} to {known.max():g}'
        high = int((known >= least).sum())
        if known.max() > 1:
            log('track', f'scores of {extent} are no shares of 1; divide percentages by 100, and '
                'map others to 0 to 1')
        elif known.min() < 0 or not known.any():
            log('track', f'{high} of {len(known)} scores, of {extent}, reach {least:g} '
                '(detection.score) and can start tracks; map negative scores to 0 to 1 first, '
                'for example by 1 / (1 + exp(-score))')
        elif not high:
            log('track', f'no score, of {extent}, reaches {least:g} (detection.score), so that no '
                f'track can start; give --set detection.score={known.max() / 2:.2g} '
                f'--set detection.low_score={known.max() / 4:.2g} '
                f'--set tracker.min_track_score={known.max() / 2:.2g}, or other scores')
        elif known.max() < clear:
            log('track', f'no score, of {extent}, reaches {clear:g} (tracker.min_track_score), so '
                f'that no track gets an id; give --set tracker.min_track_score={least:g}, or '
                'other scores')

    def add(self, tracks: Sequence[Track], stamp: float, seconds: float, embedded: int,
            faint: Sequence[float] = ()) -> None:
        """
        Count a frame.

        Args:
            tracks: Those to show.
            stamp: Seconds.
            seconds: That it took to process.
            embedded: Number of faces that were embedded.
            faint: Best scores of faces without an id (`FrameResult.faint`).
        """
        if not self.frames:
            self._first = stamp
        self._last = stamp
        self.frames += 1
        self._embedded += embedded
        self._seconds += seconds
        if faint and not tracks:
            self._faint += 1
            self._faint_score = max(self._faint_score, *faint)
        for track in tracks:
            first, _, frames = self._seen.get(track.id, (stamp, stamp, 0))
            self._seen[track.id] = (first, stamp, frames + 1)
        self._bar.update(self._task, advance=1, rate=f'{self._rate():.0f} frames/s')
        if self._lines and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_SECONDS
            total = '' if self._length is None else f' of {self._length}'
            log(self._command, f'frame {self.frames}{total}, {self._rate():.0f} frames/s, '
                f'{len(self._seen)} ids')

    def faint_faces(self, least: float) -> str:
        """Return a sentence about faces that never reached `tracker.min_track_score`, if any."""
        return faint_faces(self._faint / max(self.frames, 1), self._faint_score, least)

    def values(self) -> dict[str, Any]:
        """Return the summary as plain values; times in seconds from the first frame."""
        return {'frames': self.frames, 'duration': self._last - self._first,
                'processed_per_second': self._rate(), 'embeddings': self._embedded,
                'ids': [{'id': track, 'first': first - self._first, 'last': last - self._first,
                         'frames': frames}
                        for track, (first, last, frames) in sorted(self._seen.items())]}

    def finish(self, replaced: int = 0, interrupted: bool = False) -> None:
        """Print the summary; replaced: frames of a live source that gave way to newer ones."""
        self._bar.stop()
        if interrupted:
            log(self._command, f'interrupted after {self.frames} frames; what was written so far '
                'is complete to there')
        if self._quiet:
            return
        console = make_console()
        embedded = f', {self._embedded} embeddings' if self._embedded else ''
        newer = f', {replaced} gave way to newer ones' if replaced else ''
        console.print(f'{self.frames} frames{newer}, {self._last - self._first:.2f} s from first '
                      f'to last, {self._rate():.1f} frames/s processed{embedded}, '
                      f'{len(self._seen)} ids')
        if not self._seen:
            return
        table = Table(box=None, header_style='bold')
        for title in ('id', 'first [s]', 'last [s]', 'frames'):
            table.add_column(title, justify='right')
        longest = sorted(self._seen, key=lambda track: -self._seen[track][2])[:_MOST_IDS]
        for track in sorted(longest):
            first, last, frames = self._seen[track]
            table.add_row(str(track), f'{first - self._first:.2f}', f'{last - self._first:.2f}',
                          str(frames))
        console.print(table)
        if len(self._seen) > _MOST_IDS:
            console.print(f'and {len(self._seen) - _MOST_IDS} ids that were seen for less')

    def _rate(self) -> float:
        return self.frames / self._seconds if self._seconds else 0.0
