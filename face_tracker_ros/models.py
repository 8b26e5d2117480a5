# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The registry of models: which there are, where their files lie, whether they are intact.

Files are looked for in the package's models folder, then in the user's cache (both by
<model>/<file>), then, by file name and checksum, anywhere in the folders that the environment
variable FACE_TRACKER_MODEL_PATH names. Nothing is ever downloaded here.
"""
from __future__ import annotations

from collections.abc import Iterator
import difflib
import functools
import hashlib
import os
from pathlib import Path
import shutil
import sys

from face_tracker_ros.cache import cache_folder
from face_tracker_ros.errors import ModelError
from face_tracker_ros.model_description import read_spec
from face_tracker_ros.model_spec import is_name, ModelFile, ModelSpec

PACKAGE = 'face_tracker_ros'
DESCRIPTION = 'model.yaml'


def models_folder() -> Path:
    """Return the folder with the package's model descriptions; ModelError when there is none."""
    for folder in _package_folders():
        if _described(folder):
            return folder
    raise ModelError(f"models folder of {PACKAGE} not found beside '{Path(__file__).parent}' nor "
                     'in any share folder; install the package again')


def fetched_folder(name: str) -> Path:
    """Return the folder of the cache into which the files of a model are fetched."""
    return cache_folder() / 'models' / name


def search_path() -> tuple[Path, ...]:
    """Return the folders that FACE_TRACKER_MODEL_PATH names."""
    value = os.environ.get('FACE_TRACKER_MODEL_PATH', '')
    return tuple(Path(os.path.expanduser(part)) for part in value.split(os.pathsep) if part)


def known_models(task: str | None = None) -> tuple[str, ...]:
    """Return the names of all models, or of those that are rightly described for one task."""
    names = sorted({name for folder in (models_folder(), *search_path())
                    for name in _described(folder)})
    return tuple(name for name in names if task is None or _task(name) == task)


def load_spec(name: str, task: str | None = None) -> ModelSpec:
    """
    Return the description of a model.

    task: 'detector', 'encoder' or 'landmarks' when it must be one.
    Raises ModelError for an unknown name (with the nearest and all known ones), the wrong task
    and a description that is not right.
    """
    path = _description(name)
    if path is None:
        known = known_models(task)
        near = difflib.get_close_matches(str(name), known, 1)
        hint = f"did you mean '{near[0]}'? " if near else ''
        raise ModelError(f"model '{name}' is unknown; {hint}known: {', '.join(known)}")
    status = path.stat()
    spec = _read_spec(path, status.st_size, status.st_mtime_ns)
    if task is not None and spec.task != task:
        raise wrong_task(name, spec.task, task)
    return spec


def wrong_task(name: str, actual: str, wanted: str) -> ModelError:
    """Return the refusal of a model that does something else."""
    return ModelError(f"model '{name}' is not the {wanted} but the {actual} kind; give one of "
                      f"{', '.join(known_models(wanted))}")


def find_model(name: str, task: str | None = None) -> tuple[ModelSpec, Path]:
    """
    Return the description of a model and its main file, all files verified.

    Raises ModelError when the model is unknown, missing or corrupt; the message says what to do.
    """
    spec = load_spec(name, task)
    path, fault = locate(spec)
    if path is not None:
        return spec, path
    if fault is not None:
        raise ModelError(f"model '{name}': {fault}; {remedy(spec)}")
    folders = [str(models_folder() / name), str(fetched_folder(name))]
    folders += [_as_found(folder) for folder in search_path()]
    raise ModelError(f"model '{name}': {spec.files[0].name} not found in "
                     f"{', '.join(folders)}; {remedy(spec)}")


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


def remedy(spec: ModelSpec) -> str:
    """Return what a person must do to get the files of a model."""
    if spec.fetchable:
        return f"run '{command()} fetch {spec.name}'"
    if os.path.isfile(models_folder() / spec.name / spec.files[0].name):
        return f'install {PACKAGE} again'
    names = ' and '.join(item.name for item in spec.files)
    return f'get {names} from {spec.source}, into a folder that FACE_TRACKER_MODEL_PATH names'


def command() -> str:
    """Return how the models command is called here: by ros2, or by Python where there is none."""
    return f'ros2 run {PACKAGE} models' if shutil.which('ros2') else f'python -m {PACKAGE} models'


def checksum(path: Path, algorithm: str = 'sha256') -> str:
    """Return the checksum of a file; remembered while its size and time of change stay."""
    status = path.stat()
    return _checksum(str(path), algorithm, status.st_size, status.st_mtime_ns)


def first_fault(spec: ModelSpec, folder: Path) -> str | None:
    """Return what is wrong with the first bad file of a model in a folder, None when all are."""
    for item in spec.files:
        try:
            fault = file_fault(item, folder / item.name)
        except OSError as error:
            fault = f"'{folder / item.name}' cannot be read ({error.strerror})"
        if fault is not None:
            return fault
    return None


def file_fault(item: ModelFile, path: Path) -> str | None:
    """Return how a file differs from what its description says, None when it does not."""
    if not os.path.isfile(path):
        return f"'{path}' is missing"
    size = path.stat().st_size
    if item.size and size != item.size:
        return f"'{path}' is not the right file ({size} bytes, expected {item.size})"
    if not item.checksum:
        return None
    actual = checksum(path, item.algorithm)
    if actual != item.checksum:
        name = 'SHA-' + item.algorithm[3:]
        return (f"'{path}' is not the right file ({name} {actual[:12]}..., expected "
                f'{item.checksum[:12]}...)')
    return None


def _package_folders() -> Iterator[Path]:
    package = Path(__file__).resolve().parent
    yield package.parent / 'models'
    share = Path('share') / PACKAGE / 'models'
    for parent in list(package.parents)[:6]:
        yield parent / share
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / share
    yield Path(sys.prefix) / share


def _description(name: str) -> Path | None:
    if not is_name(name):
        return None
    for folder in (models_folder(), *search_path()):
        path = folder / name / DESCRIPTION
        if os.path.isfile(path):
            return path
    return None


# os.path.isfile, because Path.is_file raises in folders that cannot be read.
def _described(folder: Path) -> list[str]:
    """Return the names of the models that a folder describes; none when it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [name for name in names
            if is_name(name) and os.path.isfile(folder / name / DESCRIPTION)]


def _task(name: str) -> str | None:
    try:
        return load_spec(name).task
    except ModelError:
        return None  # is reported when this model itself is asked for


def _as_found(folder: Path) -> str:
    try:
        os.listdir(folder)
    except OSError as error:
        return f'{folder} ({error.strerror})'
    return str(folder)


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
def _read_spec(path: Path, size: int, changed: int) -> ModelSpec:
    return read_spec(path)


@functools.lru_cache(maxsize=256)
def _checksum(path: str, algorithm: str, size: int, changed: int) -> str:
    digest = hashlib.new(algorithm)
    with open(path, 'rb') as stream:
        for block in iter(lambda: stream.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()
