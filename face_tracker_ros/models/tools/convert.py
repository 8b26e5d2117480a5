# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Making an encoder from a classifier or re-identification network, for the `models` command.

The result takes uint8 BGR images [N, H, W, 3]: colour order, mean, scale and the global average
pooling of a feature map are inside the graph. PyTorch is imported only when one of its networks is
converted.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import importlib
from pathlib import Path
from typing import Any
import warnings

from face_tracker_ros.embedding.vector import FAMILY
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.description import write_description
from face_tracker_ros.models.network import preprocessed, read_network, write_network
from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.models.spec import AUTO, InputSpec, is_name, ModelFile, ModelSpec, SUFFIXES
from face_tracker_ros.types import FloatArray, Image
from face_tracker_ros.vectors import unit
import numpy as np

_CHECKED = 4  # images that both networks are compared on
_TOLERANCE = 1e-3  # of unit vectors, before weights are stored as FP16
_HALF_TOLERANCE = 2e-2
_EXACT = {'INFERENCE_PRECISION_HINT': 'f32'}
Run = Callable[[Image], FloatArray]


@dataclass(frozen=True)
class Origin:
    """What the description of a converted encoder reports of its origin (see ModelSpec)."""

    name: str
    summary: str = 'converted'
    source: str = 'not known'
    licence: str = 'not known'
    terms: str = 'ask whoever made the weights'
    crop_scale: float = 1.0


def convert_file(path: Path, given: InputSpec) -> tuple[Any, Run]:
    """Return the graph of an .onnx, .xml or .tflite file, pooled, and the file's own answers."""
    original = ov.compile_model(_resized(read_network(path), given), 'CPU', _EXACT)
    return read_network(path), lambda images: _mean(np.concatenate(
        [original(_preprocessed(image[None], given))[0] for image in images]), given)


def convert_module(module: Any, given: InputSpec) -> tuple[Any, Run]:
    """Return the graph of a torch.nn.Module, not pooled yet, and the module's own answers."""
    import torch
    module = module.eval()
    example = torch.zeros(1, 3, given.height, given.width)
    with warnings.catch_warnings():  # of PyTorch, about what OpenVINO uses of it
        warnings.simplefilter('ignore')
        model = ov.convert_model(module, example_input=example)

    def run(images: Image) -> FloatArray:
        with torch.no_grad():
            return _mean(module(torch.from_numpy(_preprocessed(images, given))).numpy(), given)
    return model, run


def load_module(source: str, weights: str) -> Any:
    """
    Return a PyTorch network without its classifier.

    source: 'torchvision:NAME' or 'timm:NAME'. weights: 'pretrained', 'none', or a file with a
    state_dict, which is read without running anything in it. ModelError for what cannot be had.
    """
    library, _, name = source.partition(':')
    try:
        torch = importlib.import_module('torch')
        if library == 'torchvision':
            made = importlib.import_module('torchvision.models').get_model(
                name, weights='DEFAULT' if weights == 'pretrained' else None)
        elif library == 'timm':
            made = importlib.import_module('timm').create_model(
                name, pretrained=weights == 'pretrained', num_classes=0)
        else:
            raise ModelError(f"source '{source}': give torchvision:NAME, timm:NAME or a file "
                             f"({', '.join(SUFFIXES)})")
        if weights not in ('pretrained', 'none'):
            load_weights(made, weights)
    except ImportError as error:
        raise ModelError(f"source '{source}': {error.name} is not installed; install it with "
                         "pip (the extra 'convert'), best in an environment of its own"
                         ) from error
    except ModelError:
        raise
    except Exception as error:
        problem = ' '.join(str(error).split())[:300]
        raise ModelError(f"source '{source}' with weights '{weights}': {problem}; check both "
                         'names') from error
    return without_classifier(made, torch)


def load_weights(module: Any, path: str) -> None:
    """Give a PyTorch network the weights of a file, a state_dict or a dict with one inside."""
    import torch
    state = torch.load(path, map_location='cpu', weights_only=True)
    module.load_state_dict(state.get('state_dict', state))


def without_classifier(module: Any, torch: Any) -> Any:
    """Return the part of a network before its classifier, of the usual names for the two."""
    if hasattr(module, 'features') and hasattr(module, 'classifier'):
        first = module.classifier[0] if hasattr(module.classifier, '__getitem__') else None
        if 'Norm' in type(first).__name__:  # ConvNeXt's belongs to the features
            return torch.nn.Sequential(module.features, module.avgpool, first)
        return module.features
    for name in ('fc', 'classifier', 'head', 'heads'):
        if hasattr(module, name):
            setattr(module, name, torch.nn.Identity())
    return module


def save_encoder(model: Any, run: Run, origin: Origin, given: InputSpec, folder: Path,
                 half: bool = True) -> tuple[ModelSpec, float]:
    """
    Write <name>.xml, .bin and model.yaml into a folder, checked against the network's own answers.

    given: input and preprocessing that the network itself expects. half: write FP16 weights.
    Returns the description of what was written and the largest difference of unit vectors. Raises
    ModelError, and writes nothing, when vectors differ or the network makes none.
    """
    if not is_name(origin.name) or origin.name == AUTO:
        raise ModelError(f"name '{origin.name}': give a plain name without folders, not '{AUTO}'")
    model = preprocessed(_pooled(model, given), given)
    images = np.random.default_rng(0).integers(
        0, 256, (_CHECKED, given.height, given.width, 3), np.uint8)
    expected = unit(run(images).reshape(_CHECKED, -1), np.nan)
    _compare(model, images, expected, _TOLERANCE, origin.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f'{origin.name}.xml'
        write_network(model, path, half)
        difference = _compare(read_network(path), images, expected,
                              _HALF_TOLERANCE if half else _TOLERANCE, origin.name)
        spec = ModelSpec(
            **vars(origin), task='encoder', family=FAMILY.name,
            embedding_size=int(expected.shape[1]),
            files=(ModelFile(path.name), ModelFile(path.with_suffix('.bin').name)),
            input=InputSpec('NHWC', 'BGR', width=given.width, height=given.height))
        write_description(spec, folder)
    except OSError as error:
        raise ModelError(f"folder '{folder}': cannot be written ({error.strerror}); give another "
                         'with --output') from error
    return spec, difference


def _resized(model: Any, given: InputSpec) -> Any:
    sides = [given.height, given.width]
    model.reshape([1, 3, *sides] if given.layout == 'NCHW' else [1, *sides, 3])
    return model


def _pooled(model: Any, given: InputSpec) -> Any:
    """Return the network with one output [N, D]: of a feature map the mean over its positions."""
    sides = [given.height, given.width]
    model.reshape([-1, 3, *sides] if given.layout == 'NCHW' else [-1, *sides, 3])
    output = model.outputs[0]
    rank = output.get_partial_shape().rank.get_length()
    node = output.get_node().input_value(0)
    if rank == 4:
        # Networks put channels where their input has them, whatever the size of the map.
        positions = [2, 3] if given.layout == 'NCHW' else [1, 2]
        node = ov.opset13.reduce_mean(node, np.array(positions), False).output(0)
    elif rank == 3:
        node = ov.opset13.reduce_mean(node, np.array([1]), False).output(0)
    elif rank != 2:
        raise ModelError(f'the network gives an array of {rank} dimensions; give one that ends in '
                         'a vector [N, D] or a feature map [N, D, h, w]')
    node.get_tensor().set_names({'embedding'})
    return ov.Model([ov.opset13.result(node)], model.get_parameters(), 'encoder')


def _mean(output: FloatArray, given: InputSpec) -> FloatArray:
    """Return the vectors that `_pooled` should give, by NumPy."""
    if output.ndim == 4:
        return np.asarray(output.mean(axis=(2, 3) if given.layout == 'NCHW' else (1, 2)))
    return np.asarray(output.mean(axis=1)) if output.ndim == 3 else output


def _preprocessed(images: Image, given: InputSpec) -> FloatArray:
    """Return images with the network's preprocessing, by NumPy."""
    ordered = images[..., ::-1] if given.color == 'RGB' else images
    values = (ordered - np.array(given.mean)) / np.array(given.scale)
    if given.layout == 'NCHW':
        values = values.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(values, np.float32)


def _compare(model: Any, images: Image, expected: FloatArray, tolerance: float,
             name: str) -> float:
    compiled = ov.compile_model(model, 'CPU', _EXACT)
    found = unit(np.asarray(compiled(images)[0]).reshape(len(images), -1), np.nan)
    difference = (float(np.abs(found - expected).max()) if found.shape == expected.shape
                  else float('inf'))
    if not difference <= tolerance:
        raise ModelError(f"model '{name}': the converted network differs by {difference:.1g} from "
                         f'its source, more than {tolerance:g}; it cannot be used')
    return difference
