# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""MobileNetV3-Large for faces of 112x112 pixels (Howard et al. 2019), in plain torch."""
from __future__ import annotations

from torch import nn, Tensor
from torch.nn import functional

# In, kernel, expanded, out, squeeze-and-excite, hard swish, stride: table 1 of the paper.
LARGE = (
    (16, 3, 16, 16, False, False, 1), (16, 3, 64, 24, False, False, 2),
    (24, 3, 72, 24, False, False, 1), (24, 5, 72, 40, True, False, 2),
    (40, 5, 120, 40, True, False, 1), (40, 5, 120, 40, True, False, 1),
    (40, 3, 240, 80, False, True, 2), (80, 3, 200, 80, False, True, 1),
    (80, 3, 184, 80, False, True, 1), (80, 3, 184, 80, False, True, 1),
    (80, 3, 480, 112, True, True, 1), (112, 3, 672, 112, True, True, 1),
    (112, 5, 672, 160, True, True, 2), (160, 5, 960, 160, True, True, 1),
    (160, 5, 960, 160, True, True, 1))
SIDE, SIZE = 112, 256  # pixels of a crop, numbers of a vector
MEAN, SCALE = 127.5, 63.75  # value = (pixel - MEAN) / SCALE


def _multiple_of_8(value: int) -> int:
    rounded = max(8, (value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


class SqueezeExcite(nn.Module):
    """Weighs the channels by what is in all of the image."""

    def __init__(self, channels: int) -> None:
        """Make the two small layers."""
        super().__init__()
        inner = _multiple_of_8(channels // 4)
        self.fc1, self.fc2 = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the weighed maps."""
        weight = self.fc2(functional.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * functional.hardsigmoid(weight)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1,
                 act: type[nn.Module] | None = None) -> nn.Sequential:
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)]
    return nn.Sequential(*layers, *([act()] if act else []))


class InvertedResidual(nn.Module):
    """Expand, convolve each channel, excite, project; with a shortcut where shapes allow it."""

    def __init__(self, inputs: int, kernel: int, expanded: int, outputs: int, excite: bool,
                 swish: bool, stride: int) -> None:
        """Make the layers of one row of the table."""
        super().__init__()
        act = nn.Hardswish if swish else nn.ReLU
        self.shortcut = stride == 1 and inputs == outputs
        layers = [_convolution(inputs, expanded, 1, act=act)] if expanded != inputs else []
        layers.append(_convolution(expanded, expanded, kernel, stride, expanded, act))
        if excite:
            layers.append(SqueezeExcite(expanded))
        layers.append(_convolution(expanded, outputs, 1))
        self.b = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        return x + self.b(x) if self.shortcut else self.b(x)


class FaceNet(nn.Module):
    """Crops (N, 3, 112, 112), scaled, become vectors (N, 256), not yet of unit length."""

    def __init__(self) -> None:
        """Make the features, the depthwise 4x4 pooling and the linear layer."""
        super().__init__()
        self.features = nn.Sequential(
            _convolution(3, 16, 3, 2, act=nn.Hardswish), *(InvertedResidual(*row)
                                                           for row in LARGE),
            _convolution(160, 960, 1, act=nn.Hardswish))
        self.pool = nn.Sequential(nn.Conv2d(960, 960, 4, groups=960, bias=False),
                                  nn.BatchNorm2d(960))
        self.fc, self.bn = nn.Linear(960, SIZE, bias=False), nn.BatchNorm1d(SIZE)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out')
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors."""
        return self.bn(self.fc(self.pool(self.features(x)).flatten(1)))
