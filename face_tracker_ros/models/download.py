# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Downloading one file over https: goes on where it was cut off, and keeps only what is right."""
from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
import os
from pathlib import Path
from typing import Any
import urllib.error
from urllib.parse import urlsplit
import urllib.request

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.files import file_fault
from face_tracker_ros.models.spec import ModelFile

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there, and the bytes that it has."""

MIRROR = 'FACE_TRACKER_MIRROR'
_BLOCK = 1 << 16
_TIMEOUT = 30.0
_LEAVE_OFF = '.part'


def download(item: ModelFile, folder: Path, progress: Progress) -> Path:
    """
    Bring one file of a model into a folder, unless it is there; return its path, verified.

    The environment's proxies are used; FACE_TRACKER_MIRROR, an https address, replaces
    'https://' in the file's own, so that it holds a folder for each host. What was cut off stays
    as <name>.part and is gone on with. Raises ModelError when it cannot be had or is wrong.
    """
    path = folder / item.name
    part = folder / (item.name + _LEAVE_OFF)
    address = _address(item.url)
    if path.is_file() and file_fault(item, path) is None:
        return path
    if part.is_file() and part.stat().st_size > item.size:
        part.unlink()
    try:
        _receive(address, item, part, progress)
    except (OSError, HTTPException, ValueError) as error:
        raise ModelError(f"model file '{item.name}': {address} cannot be reached "
                         f'({_reason(error)}); check network, proxy (https_proxy) and mirror '
                         f'({MIRROR}), and try again: what has come is kept') from error
    fault = file_fault(item, part)
    if fault is not None:
        short = part.stat().st_size < item.size
        if not short:
            part.unlink()
        raise ModelError(f'model file {fault} from {address}; '
                         f"{'try again: what has come is kept' if short else 'it is removed'}")
    os.replace(part, path)
    return path


def _receive(address: str, item: ModelFile, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.is_file() else 0
    if have == item.size:
        return
    request = urllib.request.Request(address, headers={'User-Agent': 'face_tracker_ros'})
    if have:
        request.add_header('Range', f'bytes={have}-')
    opener = urllib.request.build_opener(_OnlyHttps)
    with opener.open(request, timeout=_TIMEOUT) as response:
        if response.status != 206:
            have = 0
        with open(part, 'ab' if have else 'wb') as stream:
            # One byte too many is enough to know that it is not the right file.
            while have <= item.size and (block := response.read(_BLOCK)):
                stream.write(block)
                have += len(block)
                progress(item.name, have, item.size)


def _address(url: str) -> str:
    mirror = os.environ.get(MIRROR, '').rstrip('/')
    if not mirror:
        return url
    if urlsplit(mirror).scheme != 'https':
        raise ModelError(f"{MIRROR} is '{mirror}'; give an address that begins with https://")
    return f"{mirror}/{url.removeprefix('https://')}"


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows no redirection that leaves https."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any,
                         newurl: Any) -> Any:
        if urlsplit(newurl).scheme != 'https':
            raise urllib.error.URLError(f'redirected to {newurl}, which is not https')
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _reason(error: Exception) -> str:
    # An HTTPError's reason leaves out its code.
    cause = error if isinstance(error, urllib.error.HTTPError) else getattr(error, 'reason', None)
    return ' '.join(str(cause or error).split()) or type(error).__name__
