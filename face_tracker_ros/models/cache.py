# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The user's cache folder: fetched and compiled models, measured speeds, the demo clip."""
from __future__ import annotations

import atexit
import functools
import os
from pathlib import Path
import shutil
import stat
import tempfile

_NAME = 'face_tracker_ros'


def cache_folder() -> Path:
    """
    Return the user's cache folder, which need not exist yet.

    It is FACE_TRACKER_CACHE, else face_tracker_ros in XDG_CACHE_HOME or ~/.cache. A user without
    a home has a private folder in the folder for temporary files.
    """
    own = os.environ.get('FACE_TRACKER_CACHE')
    if own:
        return Path(os.path.expanduser(own))
    base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    if not base.startswith('~'):
        return Path(base) / _NAME
    try:
        return _without_home(tempfile.gettempdir(), os.geteuid())
    except OSError:  # nothing can be written
        return Path(os.devnull) / _NAME


def make_folder(path: Path) -> None:
    """Make a folder and what is missing above it, for this user only; OSError if not possible."""
    if not os.path.isdir(path):
        if path.parent != path:
            make_folder(path.parent)
        path.mkdir(0o700, exist_ok=True)


def is_private(path: Path) -> bool:
    """Return whether it is a folder (no link) of this user that no other user has access to."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return (stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
            and not status.st_mode & 0o077)


@functools.lru_cache(maxsize=4)
def _without_home(base: str, user: int) -> Path:
    """Return a private folder, the same in each run unless another user has taken its name."""
    folder = Path(base, f'{_NAME}-{user}')
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        if not is_private(folder):
            folder = Path(tempfile.mkdtemp(prefix=f'{_NAME}-', dir=base))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
