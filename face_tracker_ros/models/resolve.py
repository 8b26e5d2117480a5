# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What `detector` and `encoder` may say: a name, a model.yaml, or a bare network file."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import os
from pathlib import Path

from face_tracker_ros.config import InferenceConfig
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.description import read_spec
from face_tracker_ros.models.network import capabilities, Port, read_ports
from face_tracker_ros.models.registry import (find_model, first_fault, known_models, load_spec,
                                              wrong_task)
from face_tracker_ros.models.spec import InputSpec, is_path, ModelFile, ModelSpec, SUFFIXES

_HOW = 'describe it in a model.yaml (docs/models.md) and give the path to that'
# What torchvision's and most re-identification networks are trained with: RGB, 0 to 1.
_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_SCALE = (58.395, 57.12, 57.375)
_CROP = 112  # pixels for encoders of free input size
_FEWEST = 16  # numbers of an output that can be an embedding
_BLAZE_ANCHORS = (896, 2304)


def resolve_model(text: str, task: str,
                  inference: InferenceConfig | None = None) -> tuple[ModelSpec, Path]:
    """
    Return the description of a model and the file to open, verified as far as it is known.

    text: a name of the registry, a path to a model.yaml, or a path to an .xml, .onnx or .tflite
    file, whose kind is recognised by its inputs and outputs. inference: for the form of a named
    model that suits this processor, under the model's name. Raises ModelError for what is
    unknown, missing, corrupt, made for another task or not to be recognised.
    """
    if not is_path(text):
        spec, path = find_model(text, task)
        if inference is not None and _wants_int8(spec, inference):
            rounded, path = find_model(spec.int8, task)
            return replace(rounded, name=spec.name), path
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


def _wants_int8(spec: ModelSpec, inference: InferenceConfig) -> bool:
    """Return whether the model's 8-bit form is to be taken on this processor."""
    if not (spec.int8 and inference.int8):
        return False
    quick = capabilities()
    # Encoders are as quick in 16 bits, and tell people apart a little better (docs/speed.md).
    enough = spec.task == 'encoder' and spec.half and inference.half and 'BF16' in quick
    return 'INT8' in quick and not enough


def _registered(path: Path, task: str) -> ModelSpec:
    """
    Return what a bare file is: a model of the registry, another build of one, or anything else.

    Another build has the name and the form of one that is known, and wants to be fed like it.
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
                           distance=spec.distance, crop_scale=spec.crop_scale,
                           alignment=spec.alignment, aspect=spec.aspect,
                           summary=f'another build of {spec.name}, by its name and form')
    return guessed


def _form(spec: ModelSpec) -> tuple[object, ...]:
    given = spec.input
    return spec.family, given.layout, given.width, given.height, spec.embedding_size


def guess_model(path: Path, task: str) -> ModelSpec:
    """
    Return what a bare network file seems to be, by its inputs and outputs.

    How pixels have to go in cannot be seen: IR is taken to want raw BGR, as the Open Model Zoo
    makes it, and other files what their family was trained with. Raises ModelError when the
    network has not the form of any family of the task.
    """
    inputs, outputs = read_ports(path)
    size, layout, taken_raw = _picture_input(path, inputs)
    family, size_of_vector = _family(path, task, outputs)
    color, mean, scale, multiple, fit = _feeding(
        family, path.suffix == '.xml' or taken_raw or family in _RAW)
    if family == 'vector' and not size[0]:
        size = (_CROP, _CROP)
    elif family == 'centerface':
        size = (0, 0)  # is offered with a small size in the file, and takes any
    spec = InputSpec(layout, color, mean, scale, *size, multiple=1 if size[0] else multiple,
                     fit=fit)
    files = [ModelFile(path.name)]
    if path.suffix == '.xml':
        files.append(ModelFile(path.with_suffix('.bin').name))
    return ModelSpec(
        name=str(path), task=task, family=family, summary='recognised by its inputs and outputs',
        files=tuple(files), licence='not known', terms='ask whoever made the model',
        source=str(path), input=spec, landmarks=family in _WITH_LANDMARKS,
        embedding_size=size_of_vector)


_RAW = ('decoded', 'omz-ssd', 'omz-boxes', 'yunet', 'points')
_WITH_LANDMARKS = ('decoded', 'yunet', 'centerface')
_MULTIPLES = {'decoded': 32, 'yunet': 32, 'centerface': 32}
Triple = tuple[float, float, float]


def _feeding(family: str, raw: bool) -> tuple[str, Triple, Triple, int, str]:
    multiple = _MULTIPLES.get(family, 1)
    if family == 'blazeface':
        return 'RGB', (127.5,) * 3, (127.5,) * 3, 1, 'pad'
    if raw:
        return 'BGR', (0.0,) * 3, (1.0,) * 3, multiple, 'stretch'
    if family == 'ultra-light':
        return 'RGB', (127.0,) * 3, (128.0,) * 3, 1, 'stretch'
    if family == 'centerface':
        return 'RGB', (0.0,) * 3, (1.0,) * 3, multiple, 'stretch'
    return 'RGB', _IMAGENET_MEAN, _IMAGENET_SCALE, 1, 'stretch'


def _picture_input(path: Path, inputs: Sequence[Port]) -> tuple[tuple[int, int], str, bool]:
    """Return width and height (0 = free), layout, and whether the input takes bytes."""
    shape = inputs[0].shape if len(inputs) == 1 else ()
    if len(shape) == 4 and (shape[1] == 3) is not (shape[3] == 3):
        layout = 'NCHW' if shape[1] == 3 else 'NHWC'
        height, width = shape[2:] if layout == 'NCHW' else shape[1:3]
        size = (width, height) if min(width, height) > 0 else (0, 0)
        return size, layout, inputs[0].bytes
    raise ModelError(f"model file '{path}': its input is {_shown(inputs)}, where one picture "
                     f'[N, 3, height, width] or [N, height, width, 3] is needed; {_HOW}')


def _family(path: Path, task: str, outputs: Sequence[Port]) -> tuple[str, int]:
    """Return the family of outputs and, of encoders, the length of a vector."""
    shapes = [port.shape for port in outputs]
    names = {port.name for port in outputs}
    lasts = sorted(shape[-1] if shape else 0 for shape in shapes)
    if task == 'encoder':
        length = _vector_length(shapes[0]) if len(shapes) == 1 else 0
        if length >= _FEWEST:
            return 'vector', length
        needed = 'one output [N, D], a vector a picture, or a feature map [N, D, h, w]'
    elif task == 'landmarks':
        if len(shapes) == 1 and 10 in shapes[0][1:] and _others_are_one(shapes[0][1:], 10):
            return 'points', 0
        needed = 'one output [N, 10], five points'
    else:
        family = _detector_family(shapes, names, lasts)
        if family:
            return family, 0
        needed = ('the outputs of one of the families that docs/models.md lists (SSD '
                  '[1, 1, N, 7], YuNet, CenterFace, BlazeFace, ultra-light ...)')
    raise ModelError(f"model file '{path}': not recognised as {task}: its outputs are "
                     f'{_shown(outputs)}, where {needed} is needed; {_HOW}')


def _detector_family(shapes: list[tuple[int, ...]], names: set[str],
                     lasts: list[int]) -> str | None:
    if len(shapes) == 1:
        return {7: 'omz-ssd', 15: 'decoded'}.get(lasts[0])
    if {f'{part}_{stride}' for part in ('cls', 'obj', 'bbox', 'kps')
            for stride in (8, 16, 32)} <= names:
        return 'yunet'
    if names == {'scores', 'boxes'} and lasts == [2, 4]:
        return 'ultra-light'
    if {'boxes', 'labels'} <= names and 5 in lasts:
        return 'omz-boxes'
    if len(shapes) == 4 and [shape[1] for shape in shapes if len(shape) == 4] == [1, 2, 2, 10]:
        return 'centerface'
    if lasts == [1, 16] and len(shapes[0]) == 3 and shapes[0][1] in _BLAZE_ANCHORS:
        return 'blazeface'
    return None


def _vector_length(shape: tuple[int, ...]) -> int:
    if len(shape) == 2:
        return shape[1]
    # A feature map: as many channels as its longer outer side (7 x 7 maps of 960 channels).
    return max(shape[1], shape[3]) if len(shape) == 4 else 0


def _others_are_one(sides: tuple[int, ...], but: int) -> bool:
    return sorted(sides) == sorted([but] + [1] * (len(sides) - 1))


def _shown(ports: Sequence[Port]) -> str:
    texts = [f'{port.name} {list(port.shape)}'.strip().replace('-1', '?') for port in ports]
    return ', '.join(texts[:6]) + (', ...' if len(texts) > 6 else '')
