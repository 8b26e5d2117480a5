# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What every storage file of a bag gives."""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

Note = Callable[[str], object]
"""Takes one sentence about what could not be read."""


@dataclass(frozen=True)
class Channel:
    """
    A topic as a file declares it.

    Attributes:
        topic: Its name.
        kind: Type of its messages, as 'sensor_msgs/msg/Image'.
        definition: Text of that type, with the types that it is made of; may be empty.
        is_idl: Whether the text is IDL instead of a .msg file.
    """

    topic: str
    kind: str
    definition: str = ''
    is_idl: bool = False


Entry = tuple[Channel, int, memoryview]
"""A message: its channel, the time of recording in nanoseconds, and its bytes (CDR)."""


class Storage(Protocol):
    """One file; what cannot be read is noted, and reading goes on behind it where it can."""

    def counts(self, note: Note) -> dict[Channel, int]:
        """Return the number of messages of each channel."""

    def messages(self, topics: Collection[str], note: Note) -> Iterator[Entry]:
        """Yield the messages of some topics in the order of the file."""
