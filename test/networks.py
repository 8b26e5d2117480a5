# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Small networks with given outputs, as files; what encoders to be converted are fed."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.models.spec import InputSpec
import numpy as np

ops = ov.opset13

FEEDING = InputSpec('NCHW', 'RGB', (123.675, 116.28, 103.53), (58.395, 57.12, 57.375), 64, 64)


def constant_network(path: Path, outputs: Mapping[str, np.ndarray],
                     shape: Sequence[int] = (1, 3, 64, 64)) -> Path:
    """Write a network that takes images of a shape (-1 = any) and always gives `outputs`."""
    image = ops.parameter(ov.PartialShape(list(shape)), np.float32, name='image')
    nothing = ops.multiply(ops.reduce_mean(image, np.array([0, 1, 2, 3]), False),
                           np.float32(0))
    results = []
    for name, value in outputs.items():
        node = ops.add(ops.constant(np.asarray(value, np.float32)), nothing)
        node.output(0).get_tensor().set_names({name})
        results.append(ops.result(node))
    ov.save_model(ov.Model(results, [image]), str(path), compress_to_fp16=False)
    return path


def feature_network(path: Path, channels: int = 24, side: int = 64, layout: str = 'NCHW',
                    seed: int = 0) -> Path:
    """Write a network of one random convolution: images to a feature map of `channels`."""
    random = np.random.default_rng(seed)
    shape = [-1, 3, side, side] if layout == 'NCHW' else [-1, side, side, 3]
    image = ops.parameter(ov.PartialShape(shape), np.float32, name='image')
    node = image if layout == 'NCHW' else ops.transpose(image, np.array([0, 3, 1, 2]))
    weights = random.normal(size=(channels, 3, 8, 8)).astype(np.float32) / 100
    node = ops.relu(ops.convolution(node, ops.constant(weights), [8, 8], [0, 0], [0, 0], [1, 1]))
    if layout == 'NHWC':
        node = ops.transpose(node, np.array([0, 2, 3, 1]))
    ov.save_model(ov.Model([ops.result(node)], [image]), str(path), compress_to_fp16=False)
    return path


def crops(number: int, side: int) -> np.ndarray:
    """Return images of noise, uint8 BGR."""
    return np.random.default_rng(3).integers(0, 256, (number, side, side, 3), np.uint8)


def by_hand(images: np.ndarray, feeding: InputSpec = FEEDING) -> np.ndarray:
    """Return what a network with this input is fed, RGB planes."""
    values = (images[..., ::-1] - np.array(feeding.mean)) / np.array(feeding.scale)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), np.float32)


def onnx_network(path: Path, factor: float, values: Path | None = None) -> Path:
    """
    Write an ONNX network that gives images (1, 3, 64, 64) times a factor.

    values: the file next to it that holds the factor, where it is not in the network's file.
    """
    factor_bytes = np.float32(factor).tobytes()
    dims, kind = _number(1, 1), _number(2, 1)
    if values is None:
        tensor = dims + kind + _bytes(8, b'factor') + _bytes(9, factor_bytes)
    else:
        values.write_bytes(factor_bytes)
        location_entry = _bytes(1, b'location') + _bytes(2, values.name.encode())
        tensor = dims + kind + _bytes(8, b'factor') + _bytes(13, location_entry) + _number(14, 1)
    node = _bytes(1, b'image') + _bytes(1, b'factor') + _bytes(2, b'scaled') + _bytes(4, b'Mul')
    graph = (_bytes(1, node) + _bytes(2, b'graph') + _bytes(5, tensor)
             + _bytes(11, _port(b'image')) + _bytes(12, _port(b'scaled')))
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13)))
    return path


def _port(name: bytes) -> bytes:
    shape = b''.join(_bytes(1, _number(1, side)) for side in (1, 3, 64, 64))
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    """Return a field of a protocol buffer with a number below 128."""
    return bytes([field << 3, value])


def _bytes(field: int, content: bytes) -> bytes:
    size = len(content)
    return bytes([field << 3 | 2, *([size] if size < 128 else [size & 127 | 128, size >> 7])]
                 ) + content
