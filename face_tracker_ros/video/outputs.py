# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Files that are written: checked first, written aside where they must be complete to be read."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
import os
from pathlib import Path
import re
import secrets
import shutil
import stat
import tempfile
import time

from face_tracker_ros.errors import SourceError
from face_tracker_ros.video.opencv import printable

_PREFIX = '.face_tracker_ros.'
_ABANDONED_SECONDS = 60.0  # without a change, after which a file of a process that is gone goes


def check_writable(path: Path) -> None:
    """Raise SourceError when the file cannot be written; leave what is there as it is."""
    target = os.path.realpath(path)  # through links, dangling ones included
    try:
        new = not os.path.lexists(target)
        if new or stat.S_ISREG(os.stat(target).st_mode):
            with open(target, 'ab'):
                pass
        if new:
            os.unlink(target)
    except (OSError, ValueError) as error:
        reason = getattr(error, 'strerror', None) or str(error)
        raise SourceError(f"output '{printable(path)}': cannot be written ({reason}); "
                          'give a file in a folder that exists and is yours') from error


def same_file(path: str | os.PathLike[str], others: Iterable[str | os.PathLike[str]]) -> bool:
    """Return whether a file is one of the others, under whatever name; not when it is new."""
    def identity(file: str | os.PathLike[str]) -> tuple[int, int] | None:
        try:
            status = os.stat(file)
        except (OSError, ValueError):
            return None
        return status.st_dev, status.st_ino
    own = identity(path)
    return own is not None and any(identity(other) == own for other in others)


def reject_overwriting(outputs: Sequence[Path], inputs: Iterable[Path]) -> None:
    """Raise SourceError when an output is one of the inputs, or another output."""
    inputs = list(inputs)
    for path in outputs:
        if same_file(path, inputs):
            raise SourceError(f"output '{printable(path)}': is the input as well; give another "
                              'name')
    for number, path in enumerate(outputs):
        if os.path.realpath(path) in map(os.path.realpath, outputs[:number]):
            raise SourceError(f"output '{printable(path)}': is given twice; give two names")


class Aside:
    """A file that is written next to its place under an ASCII name, and moved there at the end."""

    def __init__(self, path: Path) -> None:
        """Create it; SourceError when `path` is no place for a file."""
        check_writable(path)
        self._path = path
        self._target = Path(os.path.realpath(path))
        if self._target.exists() and not self._target.is_file():
            raise SourceError(f"output '{printable(path)}': is no regular file; give another name")
        folder = self._target.parent
        if not os.access(folder, os.W_OK):
            folder = Path(tempfile.gettempdir())
        _remove_abandoned(folder)
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._aside = folder / (f'{_PREFIX}{os.getpid()}.{secrets.token_hex(4)}.part'
                                    f'{path.suffix.lower()}')
            self._aside.touch(exist_ok=False)
        except OSError as error:
            os.close(self._folder)
            raise SourceError(f"output '{printable(path)}': cannot be written "
                              f'({error.strerror})') from error
        name = os.fspath(self._aside)
        self.name = (name if name.isascii()
                     else f'/proc/self/fd/{self._folder}/{self._aside.name}')
        """What OpenCV opens it by."""

    def finish(self) -> None:
        """Move it into its place; SourceError when that cannot be."""
        os.close(self._folder)
        try:
            if self._target.exists():
                os.chmod(self._aside, stat.S_IMODE(self._target.stat().st_mode))
            try:
                os.replace(self._aside, self._target)
            except OSError:  # on another disk, or a single file that is mounted
                shutil.copyfile(self._aside, self._target)
                self._aside.unlink()
        except OSError as error:
            raise SourceError(f"output '{printable(self._path)}': could not be completed "
                              f"({error.strerror}); it lies in '{self._aside}'") from error

    def discard(self) -> None:
        """Remove it; the former file stays."""
        os.close(self._folder)
        self._aside.unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what processes left that were killed while they wrote."""
    for path in folder.glob(f'{_PREFIX}*.part.*'):
        owner = re.match(rf'{re.escape(_PREFIX)}([0-9]+)\.', path.name)
        try:
            if (owner and not Path('/proc', owner[1]).exists()
                    and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS):
                path.unlink()
        except OSError:
            continue
