# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
MOTChallenge text: `frame,id,left,top,width,height,score,...`, frames counted from 1.

Read as tools write it: fields between commas, semicolons, tabs or spaces, lines of a header first,
comments after #, a byte order mark, line ends of any system.

In memory boxes are left, top, right, bottom.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
import re
from typing import TextIO
import warnings

from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation.metrics import Labels
from face_tracker_ros.regular_file import read_text
from face_tracker_ros.types import Float64Array, FloatArray, IntArray, Track
from face_tracker_ros.video.opencv import printable
import numpy as np

_LINE = 'frame,id,left,top,width,height,score'
_MOST_BYTES = 1 << 28  # some five million lines


@dataclass(frozen=True)
class Found:
    """Detections of a whole video in the order of their lines: frames, boxes and scores."""

    frames: IntArray
    boxes: FloatArray
    scores: FloatArray


def read_detections(path: Path) -> Found:
    """
    Return the detections of a file, ids passed over.

    A box may be degenerate or NaN; SourceError names the first line that is not of the form.
    """
    table = _read(path, 7)
    with np.errstate(over='ignore'):
        scores = table[:, 6].astype(np.float32)
    return Found(table[:, 0].astype(np.intp), _boxes(table), scores)


def read_labels(path: Path) -> Labels:
    """Return tracks or ground truth; a seventh column of 0 marks what does not count."""
    table = _read(path, 6)
    counts = table[:, 6] != 0 if table.shape[1] > 6 else np.ones(len(table), bool)
    return Labels(table[:, 0].astype(np.intp), table[:, 1].astype(np.intp), _boxes(table), counts)


def write_tracks(file: TextIO, frame: int, tracks: Iterable[Track]) -> None:
    """Write one line a track, those of a frame together; `frame` counts from 1."""
    lines = []
    for track in tracks:
        left, top, right, bottom = track.box.tolist()
        lines.append(f'{frame},{track.id},{left:.2f},{top:.2f},{right - left:.2f},'
                     f'{bottom - top:.2f},{track.score:.4f},-1,-1,-1\n')
    file.write(''.join(lines))


def _boxes(table: Float64Array) -> FloatArray:
    with np.errstate(over='ignore', invalid='ignore'):
        boxes = np.hstack((table[:, 2:4], table[:, 2:4] + table[:, 4:6]))
        return np.asarray(boxes.astype(np.float32))


def _read(path: Path, columns: int) -> Float64Array:
    try:
        text = read_text(path, _MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"file '{path}' cannot be read ({error}); give MOTChallenge text, "
                          f"'{_LINE}' a line") from error
    lines = _comma_separated(text.splitlines())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # an empty file is an empty table
            table = np.loadtxt(lines, delimiter=',', ndmin=2)
        table = table if table.size else np.zeros((0, 10))
        sound = table.shape[1] >= columns and _whole(table[:, :2])
    except ValueError:
        sound = False
    if not sound:
        raise _fault(path, text, lines, columns)
    return table


def _comma_separated(lines: list[str]) -> list[str]:
    """Return as many lines, fields between commas, without comments and the lines of a header."""
    lines = [line.partition('#')[0].strip() for line in lines]
    begin = next((number for number, line in enumerate(lines) if _has_number(line)), 0)
    separator = next((char for char in ',;' if char in lines[begin]), None) if lines else None
    return [''] * begin + [','.join(line.rstrip(f'{separator or ""} \t').split(separator))
                           for line in lines[begin:]]


def _has_number(line: str) -> bool:
    return any(map(_is_number, re.split(r'[,;\s]+', line)))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(numbers: Float64Array) -> bool:
    """Return whether frames and ids are whole, and frames count from 1 (to 10 million)."""
    finite = np.isfinite(numbers).all() and (np.abs(numbers) <= 1e7).all()
    return bool(finite and (numbers == np.floor(numbers)).all() and (numbers[:, 0] >= 1).all())


def _fault(path: Path, text: str, lines: list[str], columns: int) -> SourceError:
    width = None
    for number, (line, fields) in enumerate(zip(text.splitlines(), lines), 1):
        if not fields:
            continue
        try:
            values = np.array([float(value) for value in fields.split(',')])
        except ValueError:
            values = np.zeros(0)
        width = width or len(values)
        if len(values) < columns or len(values) != width or not _whole(values[None, :2]):
            line = printable(line if len(line) < 80 else f'{line[:77]}...')
            return SourceError(f"{path}:{number}: '{line}' is no line of MOTChallenge text; "
                               f"give '{_LINE}', numbers, frames from 1, as many on every line")
    return SourceError(f"file '{path}' is no MOTChallenge text; give '{_LINE}' a line")
