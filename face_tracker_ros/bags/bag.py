# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A bag: a folder or one file of it, whole, split, compressed or cut off."""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
import os
from pathlib import Path, PurePath
import tempfile
from types import TracebackType
from typing import Any

from face_tracker_ros.bags import db3_file, mcap_file
from face_tracker_ros.bags.definitions import check_installed, Decoder
from face_tracker_ros.bags.storage import Channel, Storage
from face_tracker_ros.errors import SourceError
from face_tracker_ros.regular_file import open_regular
from face_tracker_ros.video.images import natural_sort
from face_tracker_ros.video.opencv import printable
import yaml

_ENDINGS = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')
_ZSTD = b'\x28\xb5\x2f\xfd'
_LONGEST_MAGIC = 16
_BLOCK = 1 << 20  # bytes that are decompressed at a time

Each = Callable[[Iterable[Any]], Iterator[Any]]
"""Gives the items on, and may do something between them."""


@dataclass(frozen=True)
class Topic:
    """A topic of a bag: type and number of its messages."""

    kind: str
    count: int


class Bag:
    """
    A context manager.

    Attributes:
        name: Of the bag, fit to be printed.
        files: That messages are read from.
        topics: By name; only those with messages.
        start: Time of recording of the first message that was read, seconds; 0 before one was.
    """

    def __init__(self, path: Path, each: Each = iter) -> None:
        """
        Open a bag.

        Args:
            path: Folder or file.
            each: Goes through long work and may end it between two items (`Signals.each`).

        Raises:
            SourceError: There is none, or nothing of it can be read.
        """
        check_installed()
        self.name = printable(path)
        self.files = tuple(_files(path, self.name))
        self.topics: dict[str, Topic] = {}
        self.start = 0.0
        self._notes: dict[str, None] = {}
        self._decoder, self._each = Decoder(), each
        self._folder = tempfile.TemporaryDirectory()
        try:
            if path.is_dir():
                self._check_metadata(path)
            self._storages = [storage for file in self.files
                              for storage in self._opened(file)]
            if not self._storages:
                raise SourceError(f"bag '{self.name}': cannot be read; {'; '.join(self.notes)}")
            for storage in self._storages:
                for channel, count in storage.counts(self.note).items():
                    self._count(channel, count)
        except BaseException:
            self._folder.cleanup()
            raise

    @property
    def notes(self) -> list[str]:
        """Sentences about what could not be read, each once."""
        return list(self._notes)

    def note(self, sentence: str) -> None:
        """Add a sentence, once."""
        self._notes[sentence] = None

    def __enter__(self) -> Bag:
        """Return the bag itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Remove what was decompressed."""
        self._folder.cleanup()

    def messages(self, topics: Collection[str]) -> Iterator[tuple[str, float, Any]]:
        """Yield topic, time of recording in seconds, and message, in the order of recording."""
        bad: dict[str, int] = {}
        for storage in self._storages:
            for channel, time, data in self._each(storage.messages(topics, self.note)):
                try:
                    if data[:len(_ZSTD)] == _ZSTD:  # the compression of single messages
                        data = memoryview(mcap_file.zstd().decompress(data))
                    message = self._decoder.decode(channel, data)
                except Exception:  # of the decompressor, or ValueError
                    bad[channel.topic] = bad.get(channel.topic, 0) + 1
                    continue
                self.start = self.start or time / 1e9
                yield channel.topic, time / 1e9, message
        for topic, count in bad.items():
            self.note(f"{count} messages of '{topic}' do not fit their type and were skipped")

    def _count(self, channel: Channel, count: int) -> None:
        former = self.topics.get(channel.topic, Topic(channel.kind, 0))
        if count and former.kind == channel.kind:
            self.topics[channel.topic] = Topic(channel.kind, former.count + count)

    def _opened(self, path: Path) -> Iterator[Storage]:
        """Yield what reads a file; nothing, and a note, where nothing can."""
        name = printable(path.name)
        try:
            magic = _magic(path)
            if magic.startswith(_ZSTD):
                path = self._decompressed(path, name)
                magic = _magic(path)
        except OSError as error:
            self.note(f"'{name}': cannot be read ({error.strerror or error})")
            return
        if magic.startswith(mcap_file.MAGIC):
            yield mcap_file.McapFile(path, name)
        elif magic.startswith(db3_file.MAGIC):
            yield db3_file.Db3File(path, name)
        elif magic.startswith(b'#ROSBAG'):
            self.note(f"'{name}': is a bag of ROS 1; convert it with rosbags-convert")
        else:
            self.note(f"'{name}': is {'neither MCAP nor SQLite' if magic else 'empty'}")

    def _decompressed(self, path: Path, name: str) -> Path:
        """Decompress a file into the folder; what there is of one that was cut off."""
        target = Path(self._folder.name, f'{len(os.listdir(self._folder.name))}')
        zstd = mcap_file.zstd()
        with open_regular(path) as packed, zstd.open(packed) as source, target.open('wb') as file:
            try:
                for block in self._each(iter(lambda: source.read(_BLOCK), b'')):
                    file.write(block)
            except (EOFError, zstd.ZstdError):
                self.note(f"'{name}': was cut off or is damaged within its compressed data")
        return target

    def _check_metadata(self, folder: Path) -> None:
        """Note what metadata.yaml names and is missing, or that it is missing itself."""
        try:
            content = yaml.safe_load((folder / 'metadata.yaml').read_text(encoding='utf-8'))
            named = content['rosbag2_bagfile_information']['relative_file_paths']
            names = [PurePath(str(each)).name for each in named]
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
            self.note('metadata.yaml is missing or damaged, as when a recorder was killed; the '
                      f'{len(self.files)} files of the folder were read without it')
            return
        there = {file.name for file in self.files}
        for name in names:
            if not {name, f'{name}.zstd'} & there:
                self.note(f"'{printable(name)}': is named by metadata.yaml and missing")


def _files(path: Path, name: str) -> list[Path]:
    """Return the files that hold messages."""
    if not path.exists():
        raise SourceError(f"bag '{name}': no such file or folder; give the folder of a bag, or an "
                          '.mcap or .db3 file')
    if not path.is_dir():
        return [path]
    try:
        files = natural_sort(file for file in path.iterdir()
                             if file.is_file() and file.name.endswith(_ENDINGS))
    except OSError as error:
        raise SourceError(f"bag '{name}': cannot be read ({error.strerror}); is the folder yours "
                          'to read?') from error
    if not files:
        raise SourceError(f"bag '{name}': the folder holds no .mcap or .db3 file; give the "
                          'folder of a bag')
    return files


def _magic(path: Path) -> bytes:
    with open_regular(path) as file:
        return file.read(_LONGEST_MAGIC)
