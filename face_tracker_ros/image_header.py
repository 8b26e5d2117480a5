# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The size of an encoded image, from its first bytes: a small file can claim a huge one."""
from __future__ import annotations

import struct

from face_tracker_ros.errors import FrameError

MOST_PIXELS = 1 << 26
_MOST_SCANS = 100  # of a progressive JPEG, each as costly as a whole image; encoders make ten
# Markers of JPEG: those without a length, and the frame headers that hold the size.
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TIFF_SIDES = {256: 'width', 257: 'height'}


def check_pixels(width: int, height: int) -> None:
    """Raise FrameError for an image of more than MOST_PIXELS."""
    if width * height > MOST_PIXELS:
        raise FrameError(f'image of {width}x{height} pixels is too large; '
                         f'{MOST_PIXELS} are the most')


def check_header(data: bytes | memoryview) -> None:
    """
    Raise FrameError for an encoded image that would take too much memory or time to decode.

    Only JPEG, PNG, WebP, BMP and TIFF pass, the first page of the latter.
    """
    size = encoded_size(data)
    if size is None:
        raise FrameError('its header holds no size')
    check_pixels(*size)
    if data[:2] == b'\xff\xd8' and bytes(data).count(b'\xff\xda') > _MOST_SCANS:
        raise FrameError(f'JPEG has more than {_MOST_SCANS} scans')


def encoded_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Return width and height of a JPEG, PNG, WebP, BMP or TIFF image; None when it is none."""
    head = bytes(data[:32])
    try:
        if head.startswith(b'\xff\xd8'):
            return _jpeg(data)
        if head.startswith(b'\x89PNG\r\n\x1a\n') and head[12:16] == b'IHDR':
            width, height = struct.unpack_from('>II', head, 16)
            return width, height
        if head.startswith(b'BM'):
            width, height = struct.unpack_from('<ii', head, 18)
            return abs(width), abs(height)
        if head.startswith(b'RIFF') and head[8:12] == b'WEBP':
            return _webp(head)
        if head[:4] in (b'II*\0', b'MM\0*'):
            return _tiff(data, '<' if head.startswith(b'II') else '>')
    except struct.error:  # cut off
        pass
    return None


def _jpeg(data: bytes | memoryview) -> tuple[int, int] | None:
    position, end = 2, len(data)
    while position + 1 < end:
        marker = data[position + 1]
        if data[position] != 0xFF or marker in (0x00, 0xFF):
            position += 1
        elif marker in _BARE:
            position += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from('>HH', data, position + 5)
            return width, height
        else:
            length, = struct.unpack_from('>H', data, position + 2)
            position += 2 + length
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b'VP8X':
        width, height = (int.from_bytes(head[at:at + 3], 'little') + 1 for at in (24, 27))
        return width, height
    if kind == b'VP8L':
        bits, = struct.unpack_from('<I', head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b'VP8 ':
        width, height = struct.unpack_from('<HH', head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _tiff(data: bytes | memoryview, order: str) -> tuple[int, int] | None:
    start, = struct.unpack_from(f'{order}I', data, 4)
    count, = struct.unpack_from(f'{order}H', data, start)
    sides: dict[str, int] = {}
    for number in range(count):
        entry = start + 2 + 12 * number
        tag, kind = struct.unpack_from(f'{order}HH', data, entry)
        if tag in _TIFF_SIDES:
            sides[_TIFF_SIDES[tag]], = struct.unpack_from(
                f"{order}{'H' if kind == 3 else 'I'}", data, entry + 8)
    return (sides['width'], sides['height']) if len(sides) == 2 else None
