# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Quantizing a model to INT8 with NNCF, calibrated on a folder of images, for `models`."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.description import write_description
from face_tracker_ros.models.network import preprocessed, read_network, write_network
from face_tracker_ros.models.spec import AUTO, InputSpec, is_name, ModelFile, ModelSpec
from face_tracker_ros.types import Image
from face_tracker_ros.video import open_source

_FEWEST = 10


def quantize(task: str, model: str, name: str, images: str, folder: Path,
             most: int = 300) -> tuple[ModelSpec, int]:
    """
    Write the INT8 form of a detector or encoder with its model.yaml; return that and the samples.

    images: folder (or video) with faces as the camera will see them; the shipped detector finds
    them for encoders. Raises ModelError when NNCF is missing or too few samples are found.
    """
    if not is_name(name) or name == AUTO:
        raise ModelError(f"name '{name}': give a plain name without folders, not '{AUTO}'")
    try:
        import face_tracker_ros.models.openvino_runtime  # noqa: F401, before what imports OpenVINO
        import nncf
    except ImportError as error:
        raise ModelError(f'{error.name} is not installed; install it with pip (the extra '
                         "'quantize'), best in an environment of its own") from error
    config = Config.load({task: model, 'inference.int8': False})
    used: FaceDetector | FaceEncoder
    if task == 'detector':
        used = FaceDetector.from_config(config)
        samples = [used.preprocess(frame) for frame in _frames(images, most)]
    else:
        used = FaceEncoder.from_config(config)
        samples = _crops(used, images, most)
    if len(samples) < _FEWEST:
        raise ModelError(f"images '{images}': {len(samples)} samples found; give at least "
                         f'{_FEWEST} (hundreds are better)')
    spec, path = used.spec, used.path
    graph = preprocessed(read_network(path), spec.input)
    exact = _position_outputs(graph) if task == 'detector' else []
    small = nncf.quantize(graph, nncf.Dataset(samples), subset_size=len(samples),
                          ignored_scope=nncf.IgnoredScope(names=exact))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_network(small, folder / f'{name}.xml')
        given = spec.input
        spec = replace(
            spec, name=name, summary=f'{spec.name} in INT8', fetch=None, int8='',
            files=(ModelFile(f'{name}.xml'), ModelFile(f'{name}.bin')),
            input=InputSpec('NHWC', 'BGR', width=given.width, height=given.height,
                            multiple=given.multiple, fit=given.fit))
        write_description(spec, folder)
    except OSError as error:
        raise ModelError(f"folder '{folder}': cannot be written ({error.strerror}); give another "
                         'with --output') from error
    return spec, len(samples)


def _position_outputs(graph: Any) -> list[str]:
    """
    Return the nodes that compute a detector's outputs: the last convolutions and what follows.

    In INT8 they lose accuracy and save no time: they are small.
    """
    names: set[str] = set()
    seen: set[str] = set()
    behind = [result.input_value(0).get_node() for result in graph.get_results()]
    ahead = []
    while behind:
        node = behind.pop()
        if node.get_friendly_name() in seen:
            continue
        seen.add(node.get_friendly_name())
        if node.get_type_name() in ('Convolution', 'MatMul'):
            ahead.append(node)
        else:
            behind += [source.get_node() for source in node.input_values()]
    while ahead:
        node = ahead.pop()
        if node.get_friendly_name() not in names and node.get_type_name() != 'Result':
            names.add(node.get_friendly_name())
            ahead += [target.get_node() for output in node.outputs()
                      for target in output.get_target_inputs()]
    return sorted(names)


def _frames(images: str, most: int) -> Iterator[Image]:
    with open_source(images, 1.0) as source:
        for number, (_, frame) in enumerate(source):
            if number >= most:
                return
            yield frame


def _crops(encoder: FaceEncoder, images: str, most: int) -> list[Image]:
    detector, crops = FaceDetector.from_config(Config.load({'detector': 'face-detector'})), []
    for frame in _frames(images, most):
        found = detector.detect(frame, detector.spec.score, 0.4)
        crops += [crop[None] for crop in encoder.crops(frame, found.boxes, found.landmarks)]
    return crops[:most]
