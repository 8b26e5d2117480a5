# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
What teacher and student see of a face.

New faces are made of registered ones: soft regional morphs of two, elastic changes of shape,
colour. The teacher sees the face upright; the student sees an unaligned box crop, moved about
and worsened as a robot's camera would.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from training.encoder import teacher
from training.encoder.network import SIDE

CROP_SCALE = 1.15  # side of a crop in longer sides of the face box; as in model.yaml
_BOX = 96 / 144  # longer side of the face box in a loose crop


@dataclass(frozen=True)
class Wear:
    """
    How far the student's view is from a clean crop.

    size, tilt, x, y, stretch: of the crop (log side from and to, radians, shares of the side);
    low: sides of 112 to which some shares of the batch are reduced; blur: share and largest
    kernel; light, contrast: ranges; colour: whether saturation and tint change here; noise,
    hidden: shares of the batch; patch: sides of what hides, from and to.
    """

    size: tuple[float, float]
    tilt: float
    x: float
    y: float
    stretch: float
    low: tuple[tuple[int, float], ...]
    blur: tuple[float, int]
    light: float
    contrast: tuple[float, float]
    colour: bool
    noise: float
    hidden: float
    patch: tuple[float, float]


FIRST = Wear((-.18, .18), .17, .05, .06, .1,
             ((18, .05), (24, .09), (32, .12), (44, .12), (64, .1)), (.15, 7), .22, (-.45, .35),
             True, .4, .25, (.15, .5))
SECOND = Wear((-.16, .18), .14, .035, .045, .08,
              ((20, .04), (26, .07), (32, .1), (44, .1), (64, .08)), (.1, 5), .1, (-.2, .2),
              False, .25, .1, (.12, .4))


def _pixels(side: int) -> np.ndarray:
    """Return the matrix from coordinates of -1 to 1 to pixels."""
    return np.array([[side / 2, 0, side / 2 - .5], [0, side / 2, side / 2 - .5], [0, 0, 1]])


def _sample(x: Tensor, grid: Tensor) -> Tensor:
    return functional.grid_sample(x, grid, mode='bilinear', padding_mode='border',
                                  align_corners=False)


class Faces:
    """All loose crops on the device, and the views of them."""

    def __init__(self, crops: np.ndarray, align: np.ndarray, device: str) -> None:
        """Take crops (N, S, S, 3) uint8 BGR and their alignments (N, 2, 3)."""
        self._crops, self._device = torch.from_numpy(crops).to(device), device
        self._side = crops.shape[1]
        last = np.tile(np.array([[[0, 0, 1]]]), (len(align), 1, 1))
        matrix = np.concatenate((align.astype(np.float64), last), axis=1)
        to_pixels = _pixels(self._side)
        back = np.linalg.inv(to_pixels) @ np.linalg.inv(matrix)
        self._to_template = torch.from_numpy((matrix @ to_pixels).astype(np.float32)).to(device)
        self._from_template = torch.from_numpy(back.astype(np.float32)).to(device)
        self._template = torch.from_numpy(_pixels(teacher.SIDE).astype(np.float32)).to(device)
        self._grid = functional.affine_grid(torch.eye(2, 3, device=device)[None],
                                            [1, 3, self._side, self._side], align_corners=False)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return random numbers."""
        return torch.rand(shape, device=self._device) * (high - low) + low

    def _noise(self, count: int, channels: int, cells: int) -> Tensor:
        coarse = torch.randn(count, channels, cells, cells, device=self._device)
        return functional.interpolate(coarse, size=(self._side, self._side), mode='bicubic',
                                      align_corners=False)

    def as_they_are(self, rows: Tensor) -> Tensor:
        """Return loose crops (N, 3, S, S), 0 to 1."""
        return self._crops[rows].permute(0, 3, 1, 2).float() / 255

    def new(self, rows: Tensor, mix: float) -> Tensor:
        """Return faces that nobody has: a share `mix` are morphs of two; shapes, colours."""
        n, others = len(rows), rows[torch.randperm(len(rows), device=self._device)]
        bend = self._noise(n, 2, 5).permute(0, 2, 3, 1) * self.uniform(0, .03, n, 1, 1, 1)
        grid = self._grid + bend * (self.uniform(0, 1, n, 1, 1, 1) < .6)
        across = (self._from_template[others] @ self._to_template[rows])[:, None, None]
        grid_others = (across[..., :2, :2] @ grid[..., None])[..., 0] + across[..., :2, 2]
        share = torch.sigmoid(self._noise(n, 1, 4) * self.uniform(0, 4, n, 1, 1, 1)
                              + self.uniform(.02, .98, n, 1, 1, 1).logit())
        share = torch.where(self.uniform(0, 1, n, 1, 1, 1) < mix, share, torch.ones_like(share))
        x = _sample(self.as_they_are(rows), grid) * share \
            + _sample(self.as_they_are(others), grid_others) * (1 - share)
        x = self._relit(x, .15, (-.3, .3))
        return self._recoloured(x, (.5, 1.4), .06).clamp(0, 1)

    def upright(self, x: Tensor, rows: Tensor, mirror: Tensor) -> Tensor:
        """Return the teacher's view (N, 3, 128, 128) of loose crops; mirror (N,): 1 or -1."""
        matrix = (self._from_template[rows] @ self._template)[:, :2].clone()
        matrix[:, :, 0] *= mirror[:, None]
        size = [len(rows), 3, teacher.SIDE, teacher.SIDE]
        return _sample(x, functional.affine_grid(matrix, size, align_corners=False))

    def box_crop(self, x: Tensor, mirror: Tensor, wear: Wear | None = None) -> Tensor:
        """Return the student's view (N, 3, 112, 112), moved about as `wear` says."""
        n = len(x)
        side = torch.full((n,), _BOX * CROP_SCALE, device=self._device)
        tilt, dx, dy, stretch = (torch.zeros(n, device=self._device) for _ in range(4))
        if wear is not None:
            side = side * torch.exp(self.uniform(*wear.size, n))
            tilt, dx, dy = (torch.randn(n, device=self._device) * spread
                            for spread in (wear.tilt, wear.x, wear.y))
            stretch = self.uniform(-wear.stretch, wear.stretch, n)
        cos, sin = torch.cos(tilt) * side, torch.sin(tilt) * side
        wide = torch.exp(stretch) * mirror
        matrix = torch.stack([torch.stack([cos * wide, -sin, dx], 1),
                              torch.stack([sin * wide, cos, dy], 1)], 1)
        return _sample(x, functional.affine_grid(matrix, [n, 3, SIDE, SIDE],
                                                 align_corners=False))

    def worn(self, y: Tensor, wear: Wear) -> Tensor:
        """Return the student's view worsened: low resolution, blur, light, noise, hidden."""
        n = len(y)
        order, begin = torch.randperm(n, device=self._device), 0
        for side, share in wear.low:
            some = order[begin:begin + int(share * n)]
            begin += len(some)
            if len(some):
                y[some] = reduced(y[some], side)
        some = order[begin:begin + int(wear.blur[0] * n)]
        if len(some):
            y[some] = self._blurred(y[some], wear.blur[1])
        y = self._relit(y, wear.light, wear.contrast)
        if wear.colour:
            y = self._recoloured(y, (.3, 1.5), .08)
        noisy = self.uniform(0, .05, n, 1, 1, 1) * (self.uniform(0, 1, n, 1, 1, 1) < wear.noise)
        y = (y + torch.randn_like(y) * noisy).clamp(0, 1)
        return self._hidden(y, wear)

    def _relit(self, x: Tensor, light: float, contrast: tuple[float, float]) -> Tensor:
        mean = x.mean((1, 2, 3), keepdim=True)
        return (x - mean) * torch.exp(self.uniform(*contrast, len(x), 1, 1, 1)) + mean \
            + self.uniform(-light, light, len(x), 1, 1, 1)

    def _recoloured(self, x: Tensor, saturation: tuple[float, float], tint: float) -> Tensor:
        grey = x.mean(1, keepdim=True)
        colour = self.uniform(*saturation, len(x), 1, 1, 1)
        colour = colour * (self.uniform(0, 1, len(x), 1, 1, 1) >= .08)
        cast = torch.randn(len(x), 3, 1, 1, device=self._device) * tint
        return (grey + (x - grey) * colour) * torch.exp(cast)

    def _blurred(self, y: Tensor, side: int) -> Tensor:
        kernel, edge = torch.zeros(7, 7, device=self._device), (7 - side) // 2
        if torch.rand(()) < .5:
            kernel[3] = 1 / 7
        else:
            kernel[edge:7 - edge, edge:7 - edge] = 1 / side ** 2
        padded = functional.pad(y, (3, 3, 3, 3), mode='replicate').flatten(0, 1)[:, None]
        return functional.conv2d(padded, kernel[None, None]).view_as(y)

    def _hidden(self, y: Tensor, wear: Wear) -> Tensor:
        n, at = len(y), torch.arange(SIDE, device=self._device)
        width, height = (self.uniform(*wear.patch, n, 1, 1) * SIDE for _ in range(2))
        x0, y0 = (self.uniform(0, SIDE, n, 1, 1) for _ in range(2))
        covered = ((at[None, None, :] - x0).abs() < width / 2) \
            & ((at[None, :, None] - y0).abs() < height / 2) \
            & (self.uniform(0, 1, n, 1, 1) < wear.hidden)
        return torch.where(covered[:, None], self.uniform(0, 1, n, 3, 1, 1), y)


def reduced(y: Tensor, side: int) -> Tensor:
    """Return crops with no more detail than `side` pixels hold, at their old size."""
    small = functional.interpolate(y, size=(side, side), mode='area')
    return functional.interpolate(small, size=y.shape[2:], mode='bilinear', align_corners=False)
