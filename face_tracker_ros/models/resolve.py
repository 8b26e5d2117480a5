# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""From the value of `detector`, `encoder` or `landmarks` to a model: name, model.yaml, file."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import os
from pathlib import Path

from face_tracker_ros.config import InferenceConfig
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.description import read_spec
from face_tracker_ros.models.families import families, Family, recognise
from face_tracker_ros.models.files import first_fault, is_large
from face_tracker_ros.models.network import capabilities, read_ports
from face_tracker_ros.models.preference import first_usable
from face_tracker_ros.models.registry import find_model, known_models, load_spec, wrong_task
from face_tracker_ros.models.spec import InputSpec, is_path, ModelFile, ModelSpec, Port, SUFFIXES

MODELS_PAGE = 'https://face-tracker-ros.github.io/face_tracker_ros/guides/models/'
_HOW = f'describe it in a model.yaml ({MODELS_PAGE}) and give the path to that'


def resolve_model(text: str, task: str,
                  inference: InferenceConfig | None = None) -> tuple[ModelSpec, Path]:
    """
    Return the description of a model and the file to open, verified as far as it is known.

    text: a name of the registry, 'auto' for the best installed detector, a path to a model.yaml,
    or a path to an .xml, .onnx or .tflite file, whose family is recognised by its inputs and
    outputs. inference: chooses the form of a
    named model (INT8 or not) that suits the device; the model keeps its name. Raises ModelError
    for what is unknown, missing, corrupt, made for another task or not to be recognised.
    """
    return first_usable(text, task, lambda one: _resolve(one, task, inference))[0]


def _resolve(text: str, task: str, inference: InferenceConfig | None) -> tuple[ModelSpec, Path]:
    if not is_path(text):
        spec, path = find_model(text, task)
        if inference is not None and _wants_int8(spec, inference):
            quantized, path = find_model(spec.int8, task)
            # Parameters, tracks and diagnostics do not depend on the processor.
            return replace(quantized, name=spec.name, score=spec.score, low_score=spec.low_score,
                           distance=spec.distance, identity_distance=spec.identity_distance,
                           identity_margin=spec.identity_margin), path
        return spec, path
    path = Path(os.path.expanduser(text))
    if not os.path.isfile(path):
        raise ModelError(f"model file '{path}' is missing; give the path to a model.yaml or to "
                         f"an {' or '.join(SUFFIXES)} file, or a name that 'models list' shows")
    if path.suffix in SUFFIXES:
        return _registered(path, task), path
    spec = read_spec(path, registered=False)
    if spec.task != task:
        raise wrong_task(text, spec.task, task)
    fault = first_fault(spec, path.parent)
    if fault is not None:
        raise ModelError(f"model '{text}': {fault}; put the right file there or correct the "
                         'description')
    return spec, path.parent / spec.files[0].name


def is_slow_to_check(text: str) -> bool:
    """Return whether `resolve_model` has to read files of a size that takes a while."""
    if not is_path(text):
        return False
    path = Path(os.path.expanduser(text))
    if path.suffix in SUFFIXES:
        return is_large(path) or (path.suffix == '.xml' and is_large(path.with_suffix('.bin')))
    return os.path.isfile(path) and any(
        is_large(path.parent / item.name) for item in read_spec(path, registered=False).files)


def _wants_int8(spec: ModelSpec, inference: InferenceConfig) -> bool:
    """Return whether the model's INT8 form is to be taken on this device."""
    if not (spec.int8 and inference.int8):
        return False
    quick = capabilities(inference.device)
    # Encoders are as quick in BF16, and separate people a little better (docs/speed.md).
    enough = spec.task == 'encoder' and spec.half and inference.half and 'BF16' in quick
    return 'INT8' in quick and not enough


def _registered(path: Path, task: str) -> ModelSpec:
    """
    Return what a bare file is: a model of the registry, another build of one, or anything else.

    Another build has the name and the form of a known one, and takes the same input.
    """
    namesakes = [spec for spec in map(load_spec, known_models(task))
                 if spec.files[0].name == path.name]
    for spec in namesakes:
        if first_fault(spec, path.parent) is None:
            return spec
    guessed = guess_model(path, task)
    for spec in namesakes:
        if _form(spec) == _form(guessed):
            return replace(guessed, input=spec.input, score=spec.score, low_score=spec.low_score,
                           distance=spec.distance, identity_distance=spec.identity_distance,
                           identity_margin=spec.identity_margin, crop_scale=spec.crop_scale,
                           alignment=spec.alignment, aspect=spec.aspect,
                           summary=f'another build of {spec.name}, by its name and form')
    return guessed


def _form(spec: ModelSpec) -> tuple[object, ...]:
    given = spec.input
    return spec.family, given.layout, given.width, given.height, spec.embedding_size


def guess_model(path: Path, task: str) -> ModelSpec:
    """
    Return what a bare network file seems to be, by its inputs and outputs.

    The preprocessing cannot be seen in a file: OpenVINO IR is taken to want raw BGR, as the Open
    Model Zoo makes it, and other files what their family was trained with. Raises ModelError when
    the outputs are those of no family of the task.
    """
    inputs, outputs = read_ports(path)
    size, layout = _image_input(path, inputs)
    family = recognise(outputs, task)
    if family is None:
        known = families(task)
        needed = known[0].outputs if len(known) == 1 else (
            f"that of a family: {', '.join(f'{item.name} ({item.outputs})' for item in known)},")
        raise ModelError(f"model file '{path}': not recognised as {task}: its outputs are "
                         f'{_shown(outputs)}, where {needed} is needed; {_HOW}')
    files = [ModelFile(path.name)]
    if path.suffix == '.xml':
        files.append(ModelFile(path.with_suffix('.bin').name))
    return ModelSpec(
        name=str(path), task=task, family=family.name,
        summary='recognised by its inputs and outputs', files=tuple(files), licence='not known',
        terms='ask whoever made the model', source=str(path),
        input=_guessed_input(family, size, layout, path.suffix == '.xml' or inputs[0].bytes),
        landmarks=family.landmarks, embedding_size=family.embedding_size(outputs))


def _guessed_input(family: Family, size: tuple[int, int], layout: str, raw: bool) -> InputSpec:
    """Return the family's usual input, with the size (0 = free) and layout that the file gives."""
    usual = family.default_input
    if raw and family.raw_ir:
        usual = InputSpec(layout, 'BGR', width=usual.width, height=usual.height,
                          multiple=usual.multiple)
    if family.any_size or not size[0]:
        size = usual.width, usual.height
    return replace(usual, layout=layout, width=size[0], height=size[1],
                   multiple=1 if size[0] else usual.multiple)


def _image_input(path: Path, inputs: Sequence[Port]) -> tuple[tuple[int, int], str]:
    """Return width and height (0 = free) and the layout of the one input."""
    shape = inputs[0].shape if len(inputs) == 1 else ()
    if len(shape) == 4 and (shape[1] == 3) is not (shape[3] == 3):
        layout = 'NCHW' if shape[1] == 3 else 'NHWC'
        height, width = shape[2:] if layout == 'NCHW' else shape[1:3]
        return ((width, height) if min(width, height) > 0 else (0, 0)), layout
    raise ModelError(f"model file '{path}': its input is {_shown(inputs)}, where one image "
                     f'[N, 3, height, width] or [N, height, width, 3] is needed; {_HOW}')


def _shown(ports: Sequence[Port]) -> str:
    texts = [f'{port.name} {list(port.shape)}'.strip().replace('-1', '?') for port in ports]
    return ', '.join(texts[:6]) + (', ...' if len(texts) > 6 else '')
