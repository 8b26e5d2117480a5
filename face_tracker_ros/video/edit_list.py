# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How much of an MP4 or QuickTime file is shown: its edit list (ISO/IEC 14496-12, 8.6.6)."""
from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import struct

_WHOLE = 0.95  # and more is rounding
_BIGGEST = 1 << 26  # bytes of the index; those of a day are half of it


def shown_part(path: Path) -> float:
    """Return the share, 0 to 1, of the first video track that edit lists leave; 1 if unknown."""
    try:
        with open(path, 'rb') as file:
            index = _index(file.fileno())
        movie_scale, _ = _duration(_child(index, b'mvhd'))
        for track in (body for kind, body in _boxes(index) if kind == b'trak'):
            media = _child(track, b'mdia')
            if _child(media, b'hdlr')[8:12] == b'vide':
                scale, length = _duration(_child(media, b'mdhd'))
                shown = sum(_edits(_child(_child(track, b'edts'), b'elst')))
                share = shown / movie_scale / (length / scale)
                return share if share < _WHOLE else 1.0
    except (OSError, LookupError, ValueError, ZeroDivisionError, struct.error):
        pass  # no such file format, no edit list, or damaged
    return 1.0


def _index(descriptor: int) -> bytes:
    """Return the body of the box `moov`."""
    offset, end = 0, os.fstat(descriptor).st_size
    while offset < end:
        size, kind = struct.unpack('>I4s', os.pread(descriptor, 8, offset))
        header = 8
        if size == 1:
            header, size = 16, struct.unpack('>Q', os.pread(descriptor, 8, offset + 8))[0]
        size = size or end - offset
        if size < header:
            break
        if kind == b'moov':
            if size > _BIGGEST:
                break
            return os.pread(descriptor, size - header, offset + header)
        offset += size
    raise LookupError('moov')


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 8 <= len(body):
        size, kind = struct.unpack_from('>I4s', body, offset)
        if size < 8:
            return
        yield kind, body[offset + 8:offset + size]
        offset += size


def _child(body: bytes, kind: bytes) -> bytes:
    return next((inner for name, inner in _boxes(body) if name == kind), b'')


def _duration(header: bytes) -> tuple[int, int]:
    """Return (ticks per second, ticks) of a movie or media header."""
    form = '>QQIQ' if header[:1] == b'\x01' else '>IIII'
    _, _, scale, length = struct.unpack_from(form, header, 4)
    return scale, length


def _edits(table: bytes) -> Iterator[int]:
    """Yield the ticks of each edit that shows frames."""
    form = '>Qqi' if table[:1] == b'\x01' else '>Iii'
    for number in range(struct.unpack_from('>I', table, 4)[0]):
        length, begin, _ = struct.unpack_from(form, table, 8 + number * struct.calcsize(form))
        if begin >= 0:
            yield length
