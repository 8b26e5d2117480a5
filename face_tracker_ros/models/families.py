# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The families of models: the forms of output that the package can read.

A family is one record, `FAMILY`, in the module that decodes it. A new format is a new module and
one line in `MODULES`; nothing else names it.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import importlib
from typing import Any

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.spec import InputSpec, Port

# In the order in which the outputs of an undescribed network are compared with them.
MODULES: tuple[str, ...] = (
    'face_tracker_ros.detection.decoded',
    'face_tracker_ros.detection.omz_ssd',
    'face_tracker_ros.detection.omz_boxes',
    'face_tracker_ros.detection.yunet',
    'face_tracker_ros.detection.ultra_light',
    'face_tracker_ros.detection.centerface',
    'face_tracker_ros.detection.blazeface',
    'face_tracker_ros.embedding.vector',
    'face_tracker_ros.embedding.points',
)


def _no_vector(outputs: Sequence[Port]) -> int:
    return 0


@dataclass(frozen=True)
class Family:
    """
    One form of output.

    task: 'detector', 'encoder' or 'landmarks'.
    decode: converts the outputs of a network to results. Detectors: `decode(outputs, width,
        height, min_score) -> Detections` with outputs by name and all in pixels of the input;
        encoders and landmark models: see embedding/vector.py and embedding/points.py.
    outputs: the form in words, for error messages.
    recognise: whether a network with these outputs is of the family.
    default_input: input and preprocessing of a network that nobody described. Its size is for
        networks of free size, its multiple for those that keep it free, its layout is not used.
    landmarks: whether a detector of the family gives five landmarks.
    any_size: whether networks take any size, even when the file has a fixed one.
    raw_ir: whether OpenVINO IR files, and networks that take bytes, want raw BGR, as the
        converters of their publishers put the preprocessing into the graph.
    embedding_size: returns the length of an encoder's vectors; 0 for other tasks.
    """

    name: str
    task: str
    decode: Callable[..., Any]
    outputs: str
    recognise: Callable[[Sequence[Port]], bool]
    default_input: InputSpec
    landmarks: bool = False
    any_size: bool = False
    raw_ir: bool = True
    embedding_size: Callable[[Sequence[Port]], int] = _no_vector


def families(task: str) -> tuple[Family, ...]:
    """Return the families of a task, in the order of `MODULES`."""
    # Decoders are imported here and not above: they import this module for the record.
    records: list[Family] = [importlib.import_module(name).FAMILY for name in MODULES]
    return tuple(family for family in records if family.task == task)


def find_family(name: str, task: str) -> Family:
    """Return the family of a name; ModelError for an unknown one."""
    for family in families(task):
        if family.name == name:
            return family
    known = ', '.join(family.name for family in families(task))
    raise ModelError(f"family '{name}' of {task} models is unknown; give one of {known}")


def recognise(outputs: Sequence[Port], task: str) -> Family | None:
    """Return the first family of the task whose form the outputs have, None when there is none."""
    return next((family for family in families(task) if family.recognise(outputs)), None)


def last_sides(outputs: Sequence[Port]) -> list[int]:
    """Return the last side of each output's shape, sorted; 0 for an output without sides."""
    return sorted(port.shape[-1] if port.shape else 0 for port in outputs)
