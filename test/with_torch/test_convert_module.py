# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Encoders made of PyTorch's networks: they agree, and weights are read safely."""
from __future__ import annotations

from pathlib import Path
import pickle

from face_tracker_ros import Config
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.models.spec import InputSpec
from face_tracker_ros.models.tools.convert import (convert_module, load_weights, Origin,
                                                   save_encoder, without_classifier)
from networks import by_hand, crops, FEEDING
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional


def mobilenet() -> nn.Module:
    """Return a MobileNetV3-Large of plain layers, with random weights and running means."""
    def layer(inside, outside, kernel, stride=1, groups=1, act=nn.Hardswish):
        return nn.Sequential(
            nn.Conv2d(inside, outside, kernel, stride, (kernel - 1) // 2, groups=groups,
                      bias=False), nn.BatchNorm2d(outside, eps=1e-3),
            act(inplace=True) if act else nn.Identity())

    class Squeeze(nn.Module):

        def __init__(self, width):
            super().__init__()
            self.down, self.up = nn.Conv2d(width, width // 4, 1), nn.Conv2d(width // 4, width, 1)

        def forward(self, x):
            weight = torch.relu(self.down(functional.adaptive_avg_pool2d(x, 1)))
            return x * functional.hardsigmoid(self.up(weight))

    class Block(nn.Module):

        def __init__(self, inside, kernel, width, outside, squeeze, act, stride):
            super().__init__()
            self.same = stride == 1 and inside == outside
            layers = [layer(inside, width, 1, act=act)] if width != inside else []
            layers.append(layer(width, width, kernel, stride, width, act))
            layers += [Squeeze(width)] if squeeze else []
            self.body = nn.Sequential(*layers, layer(width, outside, 1, act=None))

        def forward(self, x):
            return x + self.body(x) if self.same else self.body(x)

    relu, swish = nn.ReLU, nn.Hardswish
    rows = [(3, 16, 16, 0, relu, 1), (3, 64, 24, 0, relu, 2), (3, 72, 24, 0, relu, 1),
            (5, 72, 40, 1, relu, 2), (5, 120, 40, 1, relu, 1), (5, 120, 40, 1, relu, 1),
            (3, 240, 80, 0, swish, 2), (3, 200, 80, 0, swish, 1), (3, 184, 80, 0, swish, 1),
            (3, 184, 80, 0, swish, 1), (3, 480, 112, 1, swish, 1), (3, 672, 112, 1, swish, 1),
            (5, 672, 160, 1, swish, 2), (5, 960, 160, 1, swish, 1), (5, 960, 160, 1, swish, 1)]
    layers, inside = [layer(3, 16, 3, 2)], 16
    for kernel, width, outside, squeeze, act, stride in rows:
        layers.append(Block(inside, kernel, width, outside, squeeze, act, stride))
        inside = outside
    torch.manual_seed(0)
    network = nn.Sequential(*layers, layer(160, 960, 1))
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    return network


def test_mobilenet_of_random_weights_agrees_with_pytorch(tmp_path):
    module = mobilenet()
    feeding = InputSpec('NCHW', 'RGB', FEEDING.mean, FEEDING.scale, 112, 112)
    made, _ = save_encoder(*convert_module(module, feeding), Origin('made'), feeding,
                           tmp_path / 'made', half=False)
    images = crops(4, 112)
    with torch.no_grad():
        expected = module(torch.from_numpy(by_hand(images))).mean(dim=(2, 3)).numpy()
    encoder = FaceEncoder.from_config(Config.load(
        {'encoder': str(tmp_path / 'made' / 'model.yaml')}))
    assert made.embedding_size == encoder.size == 960
    np.testing.assert_allclose(encoder._infer(images), expected,
                               atol=1e-3 * np.abs(expected).max())
    half, difference = save_encoder(*convert_module(module, feeding), Origin('made'), feeding,
                                    tmp_path / 'half')
    assert difference < 2e-2
    assert (tmp_path / 'half' / 'made.bin').stat().st_size < 0.6 * (
        tmp_path / 'made' / 'made.bin').stat().st_size


def test_weights_file_is_read_without_running_anything(tmp_path):
    class Evil:

        def __reduce__(self):
            return Path.touch, (tmp_path / 'pwned',)
    (tmp_path / 'evil.pth').write_bytes(pickle.dumps({'state_dict': Evil()}, 2))
    with pytest.raises(pickle.UnpicklingError):
        load_weights(nn.Linear(2, 3), str(tmp_path / 'evil.pth'))
    assert not (tmp_path / 'pwned').exists()


@pytest.mark.parametrize('wrap', [dict, lambda state: {'state_dict': state}])
def test_weights_of_a_file_get_into_the_network(wrap, tmp_path):
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    torch.save(wrap(source.state_dict()), tmp_path / 'good.pth')
    load_weights(target, str(tmp_path / 'good.pth'))
    assert torch.equal(target.weight, source.weight) and torch.equal(target.bias, source.bias)


class Classifier(nn.Module):
    """A network with its parts under the names that libraries give them."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x):
        for part in self.children():
            x = part(x)
        return x


def features():
    return nn.Conv2d(3, 6, 3, 2, 1)


@pytest.mark.parametrize('parts, shape', [
    # as in MobileNetV3: a feature map is left, which conversion pools
    (lambda: {'features': features(), 'avgpool': nn.AdaptiveAvgPool2d(1), 'classifier':
              nn.Sequential(nn.Flatten(), nn.Linear(6, 9))}, (2, 6, 32, 32)),
    # as in ConvNeXt: the norm before the classifier belongs to the features
    (lambda: {'features': features(), 'avgpool': nn.AdaptiveAvgPool2d(1), 'classifier':
              nn.Sequential(nn.GroupNorm(1, 6), nn.Flatten(), nn.Linear(6, 9))}, (2, 6, 1, 1)),
    # as in ResNet
    (lambda: {'conv1': features(), 'avgpool': nn.AdaptiveAvgPool2d(1), 'flat': nn.Flatten(),
              'fc': nn.Linear(6, 9)}, (2, 6))])
def test_networks_lose_their_classifier(parts, shape, tmp_path):
    torch.manual_seed(0)
    module = without_classifier(Classifier(**parts()), torch).eval()
    assert tuple(module(torch.zeros(2, 3, 64, 64)).shape) == shape
    made, _ = save_encoder(*convert_module(module, FEEDING), Origin('made'), FEEDING,
                           tmp_path / 'made')
    assert made.embedding_size == 6
