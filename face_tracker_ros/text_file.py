# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Text files that somebody names: regular ones of a sensible size, in UTF-8 or UTF-16."""
from __future__ import annotations

import codecs
import os
from pathlib import Path
import stat


def read_text(path: Path, most_bytes: int) -> str:
    """
    Return the text of a file, without a byte order mark.

    Never waits for a pipe and never reads on without end.

    Raises:
        OSError: It cannot be read, is no regular file, or has more than `most_bytes`.
        UnicodeDecodeError: It is no text.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, 'rb') as file:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError('it is a folder')
        if not stat.S_ISREG(status.st_mode):
            raise OSError('it is no regular file; save what it gives to one')
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(f'it has {status.st_size} bytes, and {most_bytes} are the most')
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode('utf-16')
    return content.decode('utf-8-sig')
