# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Files that somebody names: regular ones are read, and others written whole or not at all."""
from __future__ import annotations

import codecs
import os
from pathlib import Path
import secrets
import stat
from typing import BinaryIO


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; OSError when it is a pipe, a device or a folder."""
    file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 'rb')
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError('it is no regular file; save what it gives to one')
    return file


def read_text(path: Path, most_bytes: int) -> str:
    """
    Return the text of a file in UTF-8 or UTF-16, without its byte order mark.

    Raises:
        OSError: It cannot be read, is no regular file, or has more than `most_bytes`.
        UnicodeDecodeError: It is no text.
    """
    with open_regular(path) as file:
        content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            size = os.fstat(file.fileno()).st_size
            raise OSError(f'it has {size} bytes, and {most_bytes} are the most')
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode('utf-16').lstrip('\ufeff')
    return content.decode('utf-8').lstrip('\ufeff')


def write_text(path: Path, text: str) -> None:
    """
    Write a file in UTF-8; OSError when that cannot be, and the former one is then as it was.

    A regular file is written aside and moved into its place, so that it is whole whatever ends
    the process.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_text(text, encoding='utf-8')
        return
    aside = target.with_name(f'.face_tracker_ros.{os.getpid()}.{secrets.token_hex(4)}.part')
    try:
        with open(aside, 'x', encoding='utf-8') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(aside, stat.S_IMODE(target.stat().st_mode))
        os.replace(aside, target)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
