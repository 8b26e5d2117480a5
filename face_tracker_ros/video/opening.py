# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""From what a person names to the source of frames that reads it."""
from __future__ import annotations

import glob
import os
from pathlib import Path
import re
import stat
import urllib.parse

from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import live
from face_tracker_ros.video.address import SCHEME
from face_tracker_ros.video.files import open_file
from face_tracker_ros.video.images import ImageFiles, IMAGES, is_heic, natural_sort
from face_tracker_ros.video.opencv import printable
from face_tracker_ros.video.source import (FASTEST, FrameSource, Log, log_warning, plausible,
                                           SLOWEST)

_CAMERA = re.compile(r'(?:/dev/video)?([0-9]{1,4})')
_NUMBERED = re.compile(r'%(0[1-9])?d')
_KINDS = ('give a video file, a camera number or device, a folder, glob or %05d pattern of '
          'images, or an address such as rtsp://host/path')


def open_source(spec: str | os.PathLike[str], frame_rate: float | None = None,
                log: Log = log_warning) -> FrameSource:
    """
    Open a source of frames.

    Args:
        spec: A video, GIF or image file; a folder, glob ('frames/*.png') or numbered pattern
            ('frames/%05d.png') of images, which come in natural order (9 before 10); a camera
            ('0', '/dev/video0' or a link to one); an address (rtsp://, http://, ...); or, where
            OpenCV has GStreamer, a pipeline that ends in 'appsink'.
        frame_rate: Frames per second that count instead of the source's own times. Cameras are
            asked for it.
        log: Takes one line at a time about what is passed over, damaged, lost and back.

    Returns:
        The source, to be closed after use (a context manager).

    Raises:
        SourceError: Nothing can be read from it.
    """
    spec = os.fsdecode(spec)
    if not spec or '\0' in spec:
        raise SourceError(f"source '{printable(spec)}': {_KINDS}")
    if frame_rate is not None and not plausible(frame_rate):
        raise SourceError(f'frame rate {frame_rate:g}: give {SLOWEST:g} to {FASTEST:g} '
                          'frames per second')
    if re.search(r'\s!\s', spec):
        return live.open_pipeline(spec, frame_rate, log)
    scheme = SCHEME.match(spec)
    if scheme and scheme[1].lower() == 'file':
        spec = urllib.parse.unquote(urllib.parse.urlsplit(spec).path, errors='surrogateescape')
    elif scheme:
        return live.open_address(spec, frame_rate, log)
    name = printable(spec)
    camera = _camera(spec)
    if camera is not None:
        return live.open_camera(name, camera, frame_rate, log)
    return _open_path(name, os.path.expanduser(spec), frame_rate, log)


def _camera(spec: str) -> str | int | None:
    """Return the number or device file of a camera, links followed; None for all else."""
    if os.path.isfile(spec) or os.path.isdir(spec):
        return None
    number = _CAMERA.fullmatch(spec) or _CAMERA.fullmatch(os.path.realpath(spec))
    if number:
        return int(number[1])
    try:
        return os.path.realpath(spec) if stat.S_ISCHR(os.stat(spec).st_mode) else None
    except (OSError, ValueError):
        return None


def _open_path(name: str, path: str, frame_rate: float | None, log: Log) -> FrameSource:
    if os.path.isdir(path):
        try:
            entries = natural_sort(Path(path).iterdir())
        except OSError as error:
            raise SourceError(f"source '{name}': cannot be read ({error.strerror}); is the "
                              'folder yours to read?') from error
        return ImageFiles(name, entries, frame_rate, 'the folder holds no images', log)
    if os.path.isfile(path):
        return _open_one(name, Path(path), frame_rate, log)
    if os.path.exists(path):
        raise SourceError(f"source '{name}': is neither a file, a folder nor a camera; {_KINDS}")
    if _NUMBERED.search(os.path.basename(path)):
        return ImageFiles(name, _numbered(path), frame_rate, 'no image has such a number', log)
    if glob.has_magic(path):
        found = natural_sort(glob.glob(path, recursive=True))
        if len(found) == 1 and found[0].is_file():
            return _open_one(name, found[0], frame_rate, log)
        return ImageFiles(name, found, frame_rate, 'no image matches', log)
    raise SourceError(f"source '{name}': no such file or folder; {_KINDS}")


def _open_one(name: str, path: Path, frame_rate: float | None, log: Log) -> FrameSource:
    if path.suffix.lower() != '.avif' and is_heic(path):
        raise SourceError(f"source '{name}': is a HEIC photo, which OpenCV does not read; convert "
                          'it to JPEG first, for example with: heif-convert photo.heic photo.jpg')
    if path.suffix.lower() in IMAGES:
        return ImageFiles(name, [path], frame_rate, 'is no image', log)
    return open_file(name, path, frame_rate, log)


def _numbered(pattern: str) -> list[Path]:
    """Return the files whose names fit a pattern such as 'frames/%05d.png', by number."""
    folder, name = os.path.split(pattern)
    found = _NUMBERED.search(name)
    assert found is not None
    digits = rf'([0-9]{{{int(found[1] or 1)},}})'
    shape = re.compile(re.escape(name[:found.start()]).replace('%%', '%') + digits
                       + re.escape(name[found.end():]).replace('%%', '%'))
    try:
        names = [(int(fit[1]), entry) for entry in os.listdir(folder or '.')
                 if (fit := shape.fullmatch(entry))]
    except OSError:
        return []
    return [Path(folder, entry) for _, entry in sorted(names)]
