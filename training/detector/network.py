# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
A small fully convolutional, anchor-free detector in plain torch.

Each position of three maps (strides 8, 16, 32) predicts one face: score, box, five landmarks.
"""
from __future__ import annotations

import torch
from torch import nn, Tensor
from torch.nn import functional

STRIDES = (8, 16, 32)
MEAN, SCALE = 127.5, 64.0  # value = (pixel - MEAN) / SCALE
_WIDTHS, _DEPTHS, _NECK = (64, 128, 160), (3, 4, 3), 64


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1,
                 act: type[nn.Module] | None = None) -> nn.Sequential:
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs, eps=1e-3, momentum=.03)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Separable(nn.Module):
    """Depthwise and pointwise convolution, with a shortcut where shapes allow it."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1,
                 act: type[nn.Module] = nn.ReLU) -> None:
        """Make both convolutions."""
        super().__init__()
        self.dw = _convolution(inputs, inputs, kernel, stride, inputs)
        self.pw, self.act = _convolution(inputs, outputs, 1), act()
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        y = self.pw(self.dw(x))
        return self.act(y + x) if self.shortcut else self.act(y)


class FaceNet(nn.Module):
    """Scaled images (N, 3, H, W) become one map (N, 15, h, w) a stride, not yet decoded."""

    def __init__(self) -> None:
        """Make backbone, pyramid and the towers, which the strides share."""
        super().__init__()
        (a, b, c), (da, db, dc), n, swish = _WIDTHS, _DEPTHS, _NECK, nn.Hardswish
        self.s4 = nn.Sequential(_convolution(3, 16, 3, 2, act=nn.ReLU),
                                _convolution(16, 32, 3, 2, act=nn.ReLU), Separable(32, 32))
        self.s8 = nn.Sequential(_convolution(32, a, 3, 2, act=nn.ReLU),
                                *(Separable(a, a) for _ in range(da)))
        self.s16 = nn.Sequential(Separable(a, b, 3, 2, swish),
                                 *(Separable(b, b, 5, 1, swish) for _ in range(db)))
        self.s32 = nn.Sequential(Separable(b, c, 3, 2, swish),
                                 *(Separable(c, c, 5, 1, swish) for _ in range(dc)))
        self.lat = nn.ModuleList(_convolution(width, n, 1) for width in _WIDTHS)
        self.smooth = nn.ModuleList((Separable(n, n), Separable(n, n)))
        self.relu = nn.ReLU()
        self.cls_t, self.reg_t = Separable(n, n), Separable(n, n)
        self.cls = nn.ModuleList(nn.Conv2d(n, 1, 1) for _ in STRIDES)
        self.reg = nn.ModuleList(nn.Conv2d(n, 14, 1) for _ in STRIDES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out' if module.groups == 1
                                        else 'fan_in')
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for module in (*self.cls, *self.reg):
            nn.init.normal_(module.weight, std=.01)
        for module in self.cls:
            nn.init.constant_(module.bias, -5.)  # faces are rare

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the maps: score logit, 4 box terms, 10 landmark terms."""
        f8 = self.s8(self.s4(x))
        f16 = self.s16(f8)
        p32 = self.relu(self.lat[2](self.s32(f16)))
        p16 = self.smooth[1](self.relu(self.lat[1](f16) + _twice(p32)))
        p8 = self.smooth[0](self.relu(self.lat[0](f8) + _twice(p16)))
        return [torch.cat([score(self.cls_t(p)), box(self.reg_t(p))], 1)
                for score, box, p in zip(self.cls, self.reg, (p8, p16, p32))]


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2., mode='nearest')


def decode(maps: list[Tensor]) -> Tensor:
    """
    Return rows (N, M, 15) of box, score and five landmarks in pixels of the input.

    Centre = (cell + 0.5 + d) stride, sides = 2 exp(d) stride, landmark = (cell + 0.5 + 2 d)
    stride. Every operation follows the map's own size, so that the exported one is free.
    """
    rows = []
    for found, stride in zip(maps, STRIDES):
        one = torch.ones_like(found[:, :1])
        cell = torch.cat([torch.cumsum(one, 3), torch.cumsum(one, 2)], 1) - .5
        centre = (cell + found[:, 1:3]) * stride
        half = torch.exp(found[:, 3:5].clamp(-4., 4.)) * stride
        points = (torch.cat([cell] * 5, 1) + 2 * found[:, 5:15]) * stride
        row = torch.cat([centre - half, centre + half, torch.sigmoid(found[:, :1]), points], 1)
        rows.append(row.flatten(2).transpose(1, 2))
    return torch.cat(rows, 1)


class Exported(nn.Module):
    """What is shipped: BGR images of 0-255 in, decoded rows out."""

    def __init__(self, net: FaceNet) -> None:
        """Take a trained network."""
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows."""
        return decode(self.net((x - MEAN) * (1 / SCALE)))
