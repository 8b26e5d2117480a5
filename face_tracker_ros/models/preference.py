# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""`detector: auto`: the best detector that is installed. Fetches nothing."""
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.registry import find_model, load_spec
from face_tracker_ros.models.spec import AUTO, ModelSpec

DETECTORS = ('yunet', 'face-detector')
"""Best first, by faces found in the time of the last one (docs/accuracy.md), which is shipped."""

_Loaded = TypeVar('_Loaded')


def first_usable(text: str, task: str,
                 load: Callable[[str], _Loaded]) -> tuple[_Loaded, tuple[str, ...]]:
    """
    Load the model that a parameter names, for `auto` the best one that can be loaded.

    Args:
        text: value of the parameter.
        task: 'detector', 'encoder' or 'landmarks'; only detectors have a best one.
        load: loads a model by its name or path, or raises ModelError.

    Returns:
        What `load` returned, and a line on each better model that is installed and could not be
        loaded.

    Raises:
        ModelError: the model, for `auto` the last one of `DETECTORS`, cannot be loaded.
    """
    if text != AUTO or task != 'detector':
        return load(text), ()
    lines: list[str] = []
    *better, shipped = DETECTORS
    for name in better:
        try:
            if any(locate(load_spec(name))):  # a file that is intact, or a fault of one
                return load(name), tuple(lines)
        except ModelError as error:
            lines.append(f'detector auto skips {error}')
    return load(shipped), tuple(lines)


def preferred(task: str) -> ModelSpec:
    """Return the description of what `auto` stands for; ModelError when there is nothing."""
    return first_usable(AUTO, task, lambda name: find_model(name, task)[0])[0]
