# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Weights to start a training from: those of an exported network, read without OpenVINO.

In an exported network each batch norm is part of the convolution before it. Here it is taken out
again, so that the network computes the same and trains on: any mean, variance and scale of the
weights will do that, and they are chosen as a training leaves them. The weights of each output
channel get a usual size, because the steps of the optimiser are of one size for all, and the batch
norms get the statistics of images like those that follow.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
import re
from xml.etree import ElementTree

from face_tracker_ros.errors import ModelError
import numpy as np
import torch
from torch import nn, Tensor
from training.detector.network import FaceNet, SCALE

Folded = dict[str, tuple[Tensor, Tensor]]

_TYPES = {'f16': np.float16, 'f32': np.float32}
_NAME = re.compile(r'__module\.net\.(.+)/aten::(batch_norm/BatchNormInference|_convolution/Add)')
_FIRST = 's4.0.1'
_SIZE = 0.2  # root of the mean square of a channel's weights, as after some thousand steps


def read_folded(path: Path) -> Folded:
    """
    Return weight (O, I, K, K) and bias (O,) of each convolution of an exported network.

    Args:
        path: the .xml file that training.detector.export wrote, its .bin next to it.

    Returns:
        By the name of the module that adds the bias in FaceNet: a batch norm or a convolution.

    Raises:
        ModelError: the files cannot be read, or hold another kind of network.
    """
    try:
        root = ElementTree.parse(path).getroot()
        blob = path.with_suffix('.bin').read_bytes()
        return dict(_folded(root, blob))
    except (OSError, ElementTree.ParseError, KeyError, ValueError) as error:
        raise ModelError(f"network '{path}' cannot be started from ({error}); give one of "
                         'training.detector.export in FP16 or FP32') from error


def _folded(root: ElementTree.Element, blob: bytes) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
    layers = {layer.get('id', ''): layer for layer in root.iter('layer')}
    inputs: dict[str, dict[int, str]] = {}
    for edge in root.iter('edge'):
        inputs.setdefault(edge.attrib['to-layer'], {})[int(edge.get('to-port', 0))] \
            = edge.attrib['from-layer']

    def constant(number: str) -> Tensor:
        while layers[number].get('type') == 'Convert':
            number, = inputs[number].values()
        data = layers[number].find('data')
        values = data.attrib if data is not None else {}
        begin, size = int(values['offset']), int(values['size'])
        array = np.frombuffer(blob[begin:begin + size], _TYPES[values['element_type']])
        shape = [int(side) for side in values['shape'].split(',')]
        return torch.from_numpy(array.reshape(shape).astype(np.float32))
    for number, layer in layers.items():
        name = _NAME.fullmatch(layer.get('name', ''))
        if name:
            convolution, bias = (inputs[number][port] for port in sorted(inputs[number]))
            weight = constant(inputs[convolution][1])
            if layers[convolution].get('type') == 'GroupConvolution':
                weight = weight.flatten(0, 1)
            if name[1] == _FIRST:  # OpenVINO lets it divide the pixels, too
                weight = weight * SCALE
            yield name[1], (weight, constant(bias).flatten())


def start(net: FaceNet, path: Path) -> None:
    """
    Let a network compute what an exported one does; ModelError where it is another network.

    Args:
        net: of any weights, which are replaced. Call `settle` before training.
        path: the .xml file.
    """
    unfold(net, read_folded(path), path)


def mix(first: Folded, second: Folded, share: float) -> Folded:
    """Return the mean of two networks of one kind, `share` of the second; ModelError otherwise."""
    shapes = [{name: [part.shape for part in parts] for name, parts in folded.items()}
              for folded in (first, second)]
    if shapes[0] != shapes[1]:
        raise ModelError('the networks to average are not of one kind; give two that '
                         'training.detector.export wrote')
    return {name: (torch.lerp(first[name][0], second[name][0], share),
                   torch.lerp(first[name][1], second[name][1], share)) for name in first}


def unfold(net: FaceNet, folded: Folded, path: Path) -> None:
    """Let a network compute what folded weights do; `path`, where they are from, is for errors."""
    modules = dict(net.named_modules())
    wanted = {name for name, module in modules.items() if isinstance(module, nn.BatchNorm2d)
              or isinstance(module, nn.Conv2d) and module.bias is not None}
    try:
        if wanted != set(folded):
            raise ValueError(f'no convolution {min(wanted ^ set(folded))}')
        for name, (weight, bias) in folded.items():
            module = modules[name]
            if isinstance(module, nn.BatchNorm2d):
                _unfold(modules[name[:-1] + '0'], module, weight, bias)
            else:
                _copy((module.weight, weight), (module.bias, bias))
    except ValueError as error:
        raise ModelError(f"network '{path}' is not this one ({error}); give "
                         'models/face-detector/face-detector.xml') from error


def _unfold(convolution: nn.Module, norm: nn.BatchNorm2d, weight: Tensor, bias: Tensor) -> None:
    """Give the weights of each channel their size, and the rest to the batch norm."""
    size = weight.square().mean((1, 2, 3)).sqrt().clamp_min(1e-6)
    _copy((convolution.weight, weight * (_SIZE / size)[:, None, None, None]),
          (norm.weight, size / _SIZE), (norm.bias, bias),
          (norm.running_mean, torch.zeros_like(bias)),
          (norm.running_var, torch.full_like(bias, 1 - norm.eps)))


def _copy(*pairs: tuple[Tensor | nn.Module | None, Tensor]) -> None:
    with torch.no_grad():
        for target, value in pairs:
            assert isinstance(target, Tensor)
            if target.shape != value.shape:
                raise ValueError(f'weights of shape {tuple(value.shape)}, expected '
                                 f'{tuple(target.shape)}')
            target.copy_(value)


@torch.no_grad()
def settle(net: FaceNet, batches: Iterable[Tensor]) -> None:
    """
    Give the batch norms the statistics of images, with the network computing what it did.

    Args:
        net: the network; it is in training mode afterwards.
        batches: scaled images (N, 3, H, W), best as many as a batch of the training holds.
    """
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    found: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}

    def note(norm: nn.Module, given: tuple[Tensor]) -> None:
        # A mean of all calls, as in training: the strides share norms, and differ in size.
        var, mean = torch.var_mean(given[0].float(), (0, 2, 3))
        found[norm].append(torch.stack((mean, var)))
    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    net.eval()
    for images in batches:
        net(images)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, var = torch.stack(found[norm]).mean(0)
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        _copy((norm.bias, norm.bias + gain * (mean - norm.running_mean)),
              (norm.weight, gain * (var + norm.eps).sqrt()),
              (norm.running_mean, mean), (norm.running_var, var))
    net.train()
