# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Decoder for encoders: one vector per image, or a feature map that is averaged to one."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.families import Family
from face_tracker_ros.models.spec import InputSpec, ModelSpec, Port
from face_tracker_ros.types import FloatArray
import numpy as np

_FEWEST = 16  # numbers of an output that can be an embedding
_SIDE = 112  # pixels, for encoders of free input size
# What torchvision's and most re-identification networks are trained with: RGB, 0 to 1.
_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_SCALE = (58.395, 57.12, 57.375)


def decode(outputs: Mapping[str, FloatArray], count: int, spec: ModelSpec) -> FloatArray:
    """
    Return vectors (count, size) of the first output; of a feature map the mean over positions.

    Raises ModelError when it makes no vectors of the size that the description gives.
    """
    output = next(iter(outputs.values()))
    size, shape = spec.embedding_size, output.shape
    if shape[0] == count and output.size == count * size:
        return output.reshape(count, size)
    if shape[0] == count and len(shape) in (3, 4) and size in (shape[1], shape[-1]):
        channel = 1 if shape[1] == size and len(shape) == 4 else len(shape) - 1
        positions = tuple(axis for axis in range(1, len(shape)) if axis != channel)
        return np.asarray(output.mean(axis=positions), np.float32)
    raise ModelError(f"model '{spec.name}': its output for {count} images is {list(shape)}, "
                     f'which makes no vectors of {size} numbers; correct embedding_size or '
                     'choose another encoder')


def _size(outputs: Sequence[Port]) -> int:
    shape = outputs[0].shape if len(outputs) == 1 else ()
    if len(shape) == 2:
        return shape[1]
    # A feature map: as many channels as its longer outer side (7 x 7 maps of 960 channels).
    return max(shape[1], shape[3]) if len(shape) == 4 else 0


def _recognise(outputs: Sequence[Port]) -> bool:
    return _size(outputs) >= _FEWEST


FAMILY = Family(
    name='vector', task='encoder', decode=decode,
    outputs='one output [N, D], a vector per image, or a feature map [N, D, h, w]',
    recognise=_recognise, embedding_size=_size,
    default_input=InputSpec('NCHW', 'RGB', _IMAGENET_MEAN, _IMAGENET_SCALE, _SIDE, _SIDE))
