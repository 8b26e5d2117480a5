# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Where the files of models lie, and whether they are intact.

Files are searched in the package's models folder, then in the user's cache (both by
<model>/<file>), then, by file name and checksum, anywhere in the folders that the environment
variable FACE_TRACKER_MODEL_PATH names.
"""
from __future__ import annotations

from collections.abc import Iterator
import functools
import hashlib
import os
from pathlib import Path
import re
import sys

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.cache import cache_folder
from face_tracker_ros.models.spec import is_name, ModelFile, ModelSpec
from face_tracker_ros.regular_file import open_regular

PACKAGE = 'face_tracker_ros'
DESCRIPTION = 'model.yaml'
MOST_BYTES = 1 << 30  # of one file of a model; ours have at most 10 MB
QUICK_BYTES = 64 << 20  # are read at once, more in parallel to the work of a running tracker
_BLOCK, _OVERLAP = 1 << 20, 256
# In ONNX, of a tensor with its values in another file: key 'location', value of so many bytes.
_EXTERNAL = re.compile(rb'\x0a\x08location\x12([\x01-\x7f])')


def models_folder() -> Path:
    """Return the folder with the package's model descriptions; ModelError when there is none."""
    for folder in _package_folders():
        if described(folder):
            return folder
    raise ModelError(f'models folder of {PACKAGE} not found next to '
                     f"'{Path(__file__).parents[1]}' nor in any share folder; install the package "
                     'again')


def fetched_folder(name: str) -> Path:
    """Return the folder of the cache into which the files of a model are fetched."""
    return cache_folder() / 'models' / name


def search_path() -> tuple[Path, ...]:
    """Return the folders that FACE_TRACKER_MODEL_PATH names."""
    value = os.environ.get('FACE_TRACKER_MODEL_PATH', '')
    return tuple(Path(os.path.expanduser(part)) for part in value.split(os.pathsep) if part)


# os.path.isfile, because Path.is_file raises in folders that cannot be read.
def described(folder: Path) -> list[str]:
    """Return the names of the models that a folder describes; none when it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [name for name in names
            if is_name(name) and os.path.isfile(folder / name / DESCRIPTION)]


def locate(spec: ModelSpec) -> tuple[Path | None, str | None]:
    """
    Return the main file when all files are intact, else None and what is wrong with the first.

    Both are None when there is no file of that name.
    """
    first = None
    for folder in _candidates(spec):
        fault = first_fault(spec, folder)
        if fault is None:
            return folder / spec.files[0].name, None
        first = first or fault
    return None, first


def first_fault(spec: ModelSpec, folder: Path) -> str | None:
    """Return what is wrong with the first bad file of a model in a folder, None when all are."""
    for item in spec.files:
        try:
            fault = file_fault(item, folder / item.name)
        except OSError as error:
            fault = f"'{folder / item.name}' cannot be read ({error.strerror or error})"
        if fault is not None:
            return fault
    return None


def file_fault(item: ModelFile, path: Path) -> str | None:
    """Return how a file differs from its description, None when it does not."""
    if not os.path.isfile(path):
        return f"'{path}' is missing"
    size = path.stat().st_size
    if item.size and size != item.size:
        return f"'{path}' is not the right file ({size} bytes, expected {item.size})"
    if size > MOST_BYTES:
        return f"'{path}' is too large ({size} bytes, {MOST_BYTES} are the most)"
    if not item.checksum:
        return None
    actual = checksum(path, item.algorithm)
    if actual != item.checksum:
        name = 'SHA-' + item.algorithm[3:]
        return (f"'{path}' is not the right file ({name} {actual[:12]}..., expected "
                f'{item.checksum[:12]}...)')
    return None


def network_files(path: Path) -> list[Path]:
    """Return the files that a network consists of; OSError when the first cannot be read."""
    weights = path.with_suffix('.bin')
    if path.suffix == '.xml' and os.path.isfile(weights):
        return [path, weights]
    if path.suffix == '.onnx':
        return [path, *(path.parent / os.fsdecode(name) for name in sorted(_external(path)))]
    return [path]


def too_large(path: Path) -> str | None:
    """Return what is wrong with the size of a network's files; None when nothing is."""
    try:
        for part in [path] if path.stat().st_size > MOST_BYTES else network_files(path):
            size = part.stat().st_size if part.exists() else 0
            if size > MOST_BYTES:
                return f"is too large ('{part.name}' has {size} bytes, {MOST_BYTES} are the most)"
    except OSError:
        pass  # is reported by whoever reads it
    return None


def is_large(path: Path) -> bool:
    """Return whether a file is of a size that takes a while to read."""
    return os.path.isfile(path) and QUICK_BYTES < os.path.getsize(path) <= MOST_BYTES


def checksum(path: Path, algorithm: str = 'sha256') -> str:
    """
    Return the checksum of a file; remembered while its size and time of change stay.

    Raises OSError when it cannot be read, is no regular file or has more than MOST_BYTES.
    """
    status = path.stat()
    if status.st_size > MOST_BYTES:
        raise OSError(f'it has {status.st_size} bytes, and {MOST_BYTES} are the most')
    return _checksum(str(path), algorithm, status.st_size, status.st_mtime_ns)


def _external(path: Path) -> set[bytes]:
    """Return the names of the files in which an ONNX file keeps values."""
    names, tail = set(), b''
    with open_regular(path) as stream:
        for block in iter(lambda: stream.read(_BLOCK), b''):
            content = tail + block
            names |= {content[match.end():match.end() + match[1][0]]
                      for match in _EXTERNAL.finditer(content)
                      if match.end() + match[1][0] <= len(content)}
            tail = content[-_OVERLAP:]
    return names


def _package_folders() -> Iterator[Path]:
    package = Path(__file__).resolve().parents[1]
    yield package.parent / 'models'
    share = Path('share') / PACKAGE / 'models'
    for parent in list(package.parents)[:6]:
        yield parent / share
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / share
    yield Path(sys.prefix) / share


def _candidates(spec: ModelSpec) -> Iterator[Path]:
    """Yield the folders that hold a file of the main file's name."""
    main = spec.files[0].name
    for folder in (models_folder() / spec.name, fetched_folder(spec.name)):
        if os.path.isfile(folder / main):
            yield folder
    for root in search_path():
        for here, folders, names in os.walk(root):
            folders.sort()
            if main in names:
                yield Path(here)


@functools.lru_cache(maxsize=256)
def _checksum(path: str, algorithm: str, size: int, changed: int) -> str:
    digest = hashlib.new(algorithm)
    with open_regular(Path(path)) as stream:
        for block in iter(lambda: stream.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()
