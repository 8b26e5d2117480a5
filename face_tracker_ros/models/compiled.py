# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Compiled networks on disk, so that the next start is quick.

Processes share the folder: an entry is written aside and moved into place, read into memory
(never mapped) and checked before use. What is damaged is compiled anew, and where the folder
cannot be used, networks are compiled at every start. OpenVINO's own cache does none of this.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import fcntl
import hashlib
import json
import logging
import os
from pathlib import Path
import stat
import tempfile
import time
from typing import Any

from face_tracker_ros.models.cache import cache_folder, make_folder
from face_tracker_ros.models.files import checksum, network_files
from face_tracker_ros.models.openvino_runtime import ov

_HEADER = b'face_tracker_ros compiled network 1\n'
_SUFFIX = '.network'
_DIGEST = hashlib.sha256().digest_size
_MOST_BYTES = 256 << 20
_WAIT, _POLL = 10.0, 0.02
_LEFT_OVER = 3600.0
_LOGGER = logging.getLogger(__name__)


def identity(path: Path) -> list[str] | None:
    """Return kind and checksums of the files of a network; None when they cannot be read."""
    try:
        return [path.suffix, *(checksum(part) for part in network_files(path))]
    except OSError:
        return None


def compiled(core: Any, device: str, options: dict[str, Any], form: list[Any],
             compile_network: Callable[[], Any]) -> Any:
    """
    Return a compiled network of the cache; compile it when it is not there or damaged.

    Args:
        core: OpenVINO's.
        device: which compiles, imports and runs the network.
        options: what OpenVINO compiles and imports the network with.
        form: what else makes a difference: the network's identity, the input's shape ...
        compile_network: compiles the network; only one process at a time does.
    """
    folder = _folder()
    if folder is None:
        return compile_network()
    key = _key(core, device, options, form)
    entry = folder / f'{key}{_SUFFIX}'
    network = _load(core, device, options, entry)
    if network is not None:
        return network
    with _lock(folder / f'{key}.lock'):
        if not os.path.lexists(entry):
            network = compile_network()
            _store(network, entry)
            return network
    network = _load(core, device, options, entry)  # of the process that had the lock
    return compile_network() if network is None else network


def _folder() -> Path | None:
    """Return the folder of the entries; None when it cannot be made or belongs to another."""
    folder = cache_folder() / 'compiled'
    try:
        make_folder(folder)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            status, user = os.fstat(handle), os.geteuid()
            if status.st_uid != user or os.stat(folder.parent).st_uid not in (0, user):
                return None
            if status.st_mode & 0o077:
                os.fchmod(handle, 0o700)
        finally:
            os.close(handle)
    except OSError:
        return None
    return folder


def _key(core: Any, device: str, options: dict[str, Any], form: list[Any]) -> str:
    """Return a checksum of everything that the compiled network depends on."""
    machine = [ov.get_version(), device, core.get_property(device, 'FULL_DEVICE_NAME'),
               sorted(core.get_property(device, 'OPTIMIZATION_CAPABILITIES'))]
    text = json.dumps([machine, sorted(options.items()), form])
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """
    Keep other processes from compiling the same network.

    The lock saves work, no more: after a while, or where there are no locks, it is done without.
    It ends with the process that holds it.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError:
        yield
        return
    held = False
    try:
        held = _acquire(handle)
        yield
    finally:
        with suppress(OSError):
            if held:
                os.unlink(path)
                fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _acquire(handle: int) -> bool:
    end = time.monotonic() + _WAIT
    while time.monotonic() < end:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_POLL)
        except OSError:
            break
    return False


def _load(core: Any, device: str, options: dict[str, Any], entry: Path) -> Any | None:
    """Return the compiled network of an entry; None, and no entry any more, if it is damaged."""
    try:
        handle = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            content = _read(handle, entry.stem)
            with suppress(OSError):
                os.utime(handle)  # what was used last is kept longest
        finally:
            os.close(handle)
        return core.import_model(content, device, options)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RuntimeError) as error:
        _LOGGER.debug("compiled network '%s' is damaged (%s); compiling it anew", entry, error)
        with suppress(OSError):
            os.rmdir(entry) if os.path.isdir(entry) else os.unlink(entry)
        return None


def _read(handle: int, key: str) -> Any:
    """Return the content as OpenVINO's tensor, verified; ValueError when it is not right."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        raise ValueError('not a file of this user')
    start = os.read(handle, len(_HEADER) + _DIGEST)
    size = status.st_size - len(start)
    if not start.startswith(_HEADER) or size <= 0:
        raise ValueError('not a compiled network')
    content = ov.Tensor(ov.Type.u8, ov.Shape([size]))
    with open(handle, 'rb', buffering=0, closefd=False) as stream:
        view, done = memoryview(content.data), 0
        while done < size:
            count = stream.readinto(view[done:])
            if not count:
                raise ValueError('cut off')
            done += count
    if start[len(_HEADER):] != _digest(key, view):
        raise ValueError('wrong checksum')
    return content


def _store(network: Any, entry: Path) -> None:
    """Write an entry where that is possible, and make room for it."""
    try:
        content = network.export_model().getbuffer()
        handle, part = tempfile.mkstemp('.part', entry.stem[:16] + '-', entry.parent)
        try:
            with open(handle, 'wb') as stream:
                stream.write(_HEADER + _digest(entry.stem, content))
                stream.write(content)
            os.replace(part, entry)
        except BaseException:
            os.unlink(part)
            raise
        _prune(entry)
    except (OSError, RuntimeError) as error:
        _LOGGER.debug("compiled network '%s' is not kept (%s)", entry, error)


def _digest(key: str, content: memoryview) -> bytes:
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return digest.digest()


def _prune(newest: Path) -> None:
    """Remove what was used longest ago, left-overs, and what releases before this one wrote."""
    now, room = time.time(), _MOST_BYTES
    found = []
    for path in newest.parent.iterdir():
        with suppress(OSError):
            status = path.lstat()
            found.append((path != newest, -status.st_mtime, status.st_size, path))
    for _, negative, size, path in sorted(found):
        if path.suffix == _SUFFIX:
            room -= size
            keep = room >= 0 or path == newest
        elif path.suffix in ('.part', '.lock'):
            keep = now + negative < _LEFT_OVER
        else:
            keep = path.suffix != '.blob'
        if not keep:
            with suppress(OSError):
                path.unlink()
