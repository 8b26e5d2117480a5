# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The teacher in torch: runs an OpenVINO network where the training runs, on the GPU.

Covers what Open Model Zoo's face-reidentification-retail-0095 is made of, and says so for others.
"""
from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from face_tracker_ros.errors import ModelError
import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional

SIDE = 128  # pixels of an aligned face
_TYPES = {'f16': np.float16, 'f32': np.float32, 'i64': np.int64, 'i32': np.int32}
_ALIKE = ('Add', 'Multiply', 'PReLU', 'ReLU', 'Sigmoid', 'MatMul', 'Reshape')
_KNOWN = ('Convolution', 'GroupConvolution', 'AvgPool', 'MaxPool', *_ALIKE)


class Teacher(nn.Module):
    """The network of an .xml file: aligned faces (N, 3, 128, 128), BGR 0-255, to vectors."""

    def __init__(self, path: Path) -> None:
        """Read the network; ModelError when it is of parts that are not known here."""
        super().__init__()
        root = ElementTree.parse(path).getroot()
        blob = path.with_suffix('.bin').read_bytes()
        layers = {layer.get('id', ''): layer for layer in root.iter('layer')}
        inputs: dict[str, dict[int, str]] = {name: {} for name in layers}
        for edge in root.iter('edge'):
            to, port = edge.get('to-layer', ''), int(edge.get('to-port', 0))
            inputs[to][port] = edge.get('from-layer', '')
        self._steps: list[tuple[str, str, list[str], dict[str, str]]] = []
        self._end = ''
        for name in _order(inputs):
            layer, given = layers[name], [inputs[name][port] for port in sorted(inputs[name])]
            kind, data = layer.get('type', ''), layer.find('data')
            values = dict(data.attrib) if data is not None else {}
            if kind == 'Const':
                self._keep(name, values, blob)
            elif kind == 'Parameter':
                self._begin = name
            elif kind == 'Result':
                self._end = given[0]
            elif kind == 'Convert' and hasattr(self, 'c' + given[0]):
                self.register_buffer('c' + name, getattr(self, 'c' + given[0]))
            elif kind == 'ReduceMean':
                axes = getattr(self, 'c' + given.pop()).reshape(-1).tolist()
                self._steps.append((kind, name, given, {
                    **values, 'axes': ','.join(map(str, axes))}))
            elif kind in _KNOWN and values.get('auto_pad', 'explicit') == 'explicit' \
                    and values.get('pads_begin') == values.get('pads_end'):
                self._steps.append((kind, name, given, values))
            else:
                raise ModelError(f"model file '{path}': operation {kind} is not known here; take "
                                 'face-reidentification-retail-0095 as teacher')

    def _keep(self, name: str, values: dict[str, str], blob: bytes) -> None:
        begin, size = int(values['offset']), int(values['size'])
        content = np.frombuffer(blob[begin:begin + size], _TYPES[values['element_type']])
        tensor = torch.from_numpy(content.reshape(_numbers(values.get('shape', ''))).copy())
        self.register_buffer('c' + name, tensor.float() if tensor.is_floating_point() else tensor)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Return vectors (N, D), not yet of unit length."""
        found = {self._begin: x}
        for kind, name, given, values in self._steps:
            arguments = [found[key] if key in found else getattr(self, 'c' + key)
                         for key in given]
            found[name] = _apply(kind, arguments, values)
        return found[self._end].flatten(1)


def _order(inputs: dict[str, dict[int, str]]) -> list[str]:
    """Return the layers so that each comes after those that it needs."""
    ordered: dict[str, None] = {}
    stack = sorted(inputs, reverse=True)
    while stack:
        needed = [key for key in inputs[stack[-1]].values() if key not in ordered]
        if needed:
            stack += needed
        else:
            ordered[stack.pop()] = None
    return list(ordered)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(',') if part.strip()]


def _apply(kind: str, arguments: list[Any], values: dict[str, str]) -> Tensor:
    first, second = arguments[0], arguments[-1]
    strides, pads = _numbers(values.get('strides', '')), _numbers(values.get('pads_begin', ''))
    if kind in ('Convolution', 'GroupConvolution'):
        groups = second.shape[0] if kind == 'GroupConvolution' else 1
        weight = second.flatten(0, 1) if kind == 'GroupConvolution' else second
        return functional.conv2d(first, weight, None, strides, pads,
                                 _numbers(values['dilations']), groups)
    if kind == 'AvgPool':
        if list(first.shape[2:]) == _numbers(values['kernel']):
            return first.mean((2, 3), keepdim=True)
        return functional.avg_pool2d(first, _numbers(values['kernel']), strides, pads,
                                     count_include_pad=False)
    if kind == 'MaxPool':
        return functional.max_pool2d(first, _numbers(values['kernel']), strides, pads)
    if kind == 'ReduceMean':
        return first.mean(_numbers(values['axes']), keepdim=values.get('keep_dims') == 'true')
    if kind == 'MatMul':
        return first @ (second.T if values.get('transpose_b') == 'true' else second)
    if kind == 'PReLU':
        return functional.prelu(first, second.reshape(-1))
    if kind == 'Reshape':
        return first.flatten(1)
    one = {'ReLU': torch.relu, 'Sigmoid': torch.sigmoid}
    return one[kind](first) if kind in one else (first + second if kind == 'Add'
                                                 else first * second)
