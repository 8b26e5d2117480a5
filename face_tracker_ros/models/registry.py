# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The registry of models: every model that has a description, by name. Downloads nothing."""
from __future__ import annotations

import difflib
import functools
import os
from pathlib import Path
import shutil

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.description import read_spec
from face_tracker_ros.models.files import (described, DESCRIPTION, fetched_folder, locate,
                                           models_folder, PACKAGE, search_path)
from face_tracker_ros.models.spec import is_name, ModelSpec


def known_models(task: str | None = None) -> tuple[str, ...]:
    """Return the names of all models, or of those that are rightly described for one task."""
    names = sorted({name for folder in (models_folder(), *search_path())
                    for name in described(folder)})
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
    """Return the error for a model of another task."""
    return ModelError(f"model '{name}' is not the {wanted} but the {actual} kind; give one of "
                      f"{', '.join(known_models(wanted))}")


def find_model(name: str, task: str | None = None) -> tuple[ModelSpec, Path]:
    """
    Return the description of a model and its main file, all files verified.

    Raises ModelError when the model is unknown, missing or corrupt; the message names the remedy.
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


def _description(name: str) -> Path | None:
    if not is_name(name):
        return None
    for folder in (models_folder(), *search_path()):
        path = folder / name / DESCRIPTION
        if os.path.isfile(path):
            return path
    return None


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


@functools.lru_cache(maxsize=256)
def _read_spec(path: Path, size: int, changed: int) -> ModelSpec:
    return read_spec(path)
