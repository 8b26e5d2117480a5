# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
MCAP files (https://mcap.dev/spec), from front to back, so that the index is not needed.

A recording that was cut off has none, and neither that nor a damaged chunk keeps the rest from
being read.
"""
from __future__ import annotations

from collections.abc import Collection, Iterator
import os
from pathlib import Path
import struct
import sys
from typing import Any, BinaryIO
import zlib

from face_tracker_ros.bags.storage import Channel, Entry, Note
from face_tracker_ros.regular_file import open_regular

MAGIC = b'\x89MCAP0\r\n'
_FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _STATISTICS, _DATA_END = 2, 3, 4, 5, 6, 11, 15
_WANTED = frozenset((_FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _STATISTICS, _DATA_END))
_TAIL = 9 + 20 + len(MAGIC)  # bytes of the footer record and the magic after it
_LARGEST = 1 << 32  # bytes of a chunk

Record = tuple[int, memoryview]


class McapFile:
    """One MCAP file."""

    def __init__(self, path: Path, name: str) -> None:
        """Note where it is; name: how messages call it."""
        self._path, self._name = path, name

    def counts(self, note: Note) -> dict[Channel, int]:
        """Return the number of messages of each channel; from the summary where there is one."""
        channels = _Channels()
        with open_regular(self._path) as file:
            try:
                for opcode, content in self._summary(file):
                    channels.take(opcode, content)
                    if opcode == _STATISTICS:
                        numbers = dict(struct.iter_unpack('<HQ', content[46:]))
                        return {channel: numbers.get(number, 0)
                                for number, channel in channels.known.items()}
            except (ValueError, struct.error):
                pass  # damaged; the messages are counted
        counts: dict[Channel, int] = {}
        for channel, _, _ in self._entries(note):
            counts[channel] = counts.get(channel, 0) + 1
        return counts

    def messages(self, topics: Collection[str], note: Note) -> Iterator[Entry]:
        """Yield the messages of some topics in the order of the file."""
        return (entry for entry in self._entries(note) if entry[0].topic in topics)

    def _entries(self, note: Note) -> Iterator[Entry]:
        channels, damaged = _Channels(), 0
        with open_regular(self._path) as file:
            file.seek(len(MAGIC))
            for opcode, content in self._records(file, note):
                try:
                    records = _of_chunk(content) if opcode == _CHUNK else [(opcode, content)]
                    for inner, part in records:
                        if inner == _MESSAGE:
                            number, _, time = struct.unpack_from('<HIQ', part)
                            if number in channels.known:
                                yield channels.known[number], time, part[22:]
                        else:
                            channels.take(inner, part)
                except (ValueError, struct.error):
                    damaged += 1
        if damaged:
            note(f"'{self._name}': {damaged} damaged parts were skipped")

    def _records(self, file: BinaryIO, note: Note) -> Iterator[Record]:
        """Yield the records of the data section; note where it ends too early."""
        size = os.fstat(file.fileno()).st_size
        while True:
            begin = file.tell()
            head = file.read(9)
            opcode, length = struct.unpack('<BQ', head) if len(head) == 9 else (0, 0)
            if len(head) < 9 or begin + 9 + length > size:
                note(f"'{self._name}': was cut off at byte {begin} of {size}, as when a recorder "
                     'is killed; everything before that was read')
                return
            if opcode in (_DATA_END, _FOOTER):
                return
            if opcode in _WANTED:
                yield opcode, memoryview(file.read(length))
            else:
                file.seek(length, os.SEEK_CUR)

    def _summary(self, file: BinaryIO) -> Iterator[Record]:
        """Yield the records of the summary section, none where there is no whole one."""
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        if size < 2 * len(MAGIC) + _TAIL or tail[0] != _FOOTER or not tail.endswith(MAGIC):
            return
        (begin,) = struct.unpack_from('<Q', tail, 9)
        if not len(MAGIC) < begin < size - _TAIL:
            return
        file.seek(begin)
        yield from _split(memoryview(file.read(size - _TAIL - begin)))


class _Channels:
    """The channels that schemas and channels of a file declare, by number."""

    def __init__(self) -> None:
        self.known: dict[int, Channel] = {}
        self._schemas: dict[int, tuple[str, str, str]] = {}

    def take(self, opcode: int, content: memoryview) -> None:
        """Learn from a record; others than schemas and channels are nothing to learn from."""
        if opcode == _SCHEMA:
            (number,) = struct.unpack_from('<H', content)
            name, at = _text(content, 2)
            encoding, at = _text(content, at)
            self._schemas[number] = name, encoding, _text(content, at)[0]
        elif opcode == _CHANNEL:
            number, schema = struct.unpack_from('<HH', content)
            topic, at = _text(content, 4)
            if _text(content, at)[0] == 'cdr':
                kind, encoding, definition = self._schemas.get(schema, ('', '', ''))
                self.known[number] = Channel(topic, kind, definition, encoding.endswith('idl'))


def _text(content: memoryview, at: int) -> tuple[str, int]:
    """Return a string that is stored with its length, and where the next field is."""
    (length,) = struct.unpack_from('<I', content, at)
    return str(content[at + 4:at + 4 + length], 'utf-8', 'replace'), at + 4 + length


def _split(content: memoryview) -> Iterator[Record]:
    """Yield records that lie one after the other."""
    at = 0
    while at < len(content):
        opcode, length = struct.unpack_from('<BQ', content, at)
        at += 9 + length
        if at > len(content):
            raise ValueError('a record is longer than what holds it')
        yield opcode, content[at - length:at]


def _of_chunk(content: memoryview) -> Iterator[Record]:
    size, crc = struct.unpack_from('<QI', content, 16)
    compression, at = _text(content, 28)
    if size > _LARGEST:
        raise ValueError('chunk too large')
    records = _decompressed(content[at + 8:], compression, size)
    if len(records) != size or (crc and zlib.crc32(records) != crc):
        raise ValueError('chunk damaged')
    return _split(memoryview(records))


def _decompressed(data: memoryview, compression: str, size: int) -> Any:
    if not compression:
        return data
    try:
        if compression == 'zstd':
            return unzstd(data, size)
        if compression == 'lz4':
            from lz4.frame import LZ4FrameDecompressor
            return LZ4FrameDecompressor().decompress(data, size + 1)
    except Exception as error:  # each library has errors of its own
        raise ValueError(str(error)) from error
    raise ValueError(f'compression {compression!r}')


def zstd() -> Any:
    """Return the module that knows Zstandard, of Python or of the package that has its form."""
    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module


def unzstd(data: Any, size: int = -1) -> bytes:
    """Return decompressed bytes; a size is the most there may be, and one more is given up."""
    found: bytes = zstd().ZstdDecompressor().decompress(data, size + 1 if size >= 0 else -1)
    return found
