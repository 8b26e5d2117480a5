# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
What teacher and student see of a face.

New faces are made of registered ones: soft regional morphs of two, elastic changes of shape,
colour. The teacher sees the face aligned; the student sees an unaligned box crop, shifted and
augmented with what a robot's camera does to it.
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
class Augmentation:
    """
    How far the student's view is from a clean crop.

    size, tilt, x, y, stretch: of the crop (log side from and to, radians, shares of the side);
    low: sides of 112 to which some shares of the batch are downscaled; blur: share and largest
    kernel; light, contrast: ranges; colour: whether saturation and tint change here; noise,
    hidden: shares of the batch; patch: sides of what hides, from and to; jpeg: share of the
    batch that is coded, at its own resolution, so that the sides of `low` are multiples of 8.
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
    jpeg: float = 0.0


FIRST = Augmentation((-.18, .18), .17, .05, .06, .1,
                     ((18, .05), (24, .09), (32, .12), (44, .12), (64, .1)), (.15, 7), .22,
                     (-.45, .35), True, .4, .25, (.15, .5))
SECOND = Augmentation((-.16, .18), .14, .035, .045, .08,
                      ((20, .04), (26, .07), (32, .1), (44, .1), (64, .08)), (.1, 5), .1,
                      (-.2, .2), False, .25, .1, (.12, .4))
WHOLE = Augmentation((-.16, .2), .14, .04, .05, .08,
                     ((24, .08), (32, .12), (40, .1), (56, .1)), (.1, 5), .1, (-.25, .25),
                     False, .25, .15, (.12, .45), .3)


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

    def __len__(self) -> int:
        """Return the number of crops."""
        return len(self._crops)

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

    def _turned(self, n: int, most: float) -> Tensor:
        """Return a change of the grid (N, S, S, 2) as when half of the heads turn a little."""
        rate = self.uniform(-most, most, n, 1, 1, 2) * (self.uniform(0, 1, n, 1, 1, 1) < .5)
        return rate * self._grid ** 2

    def pairs(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return crops (N, 3, S, S), others, and from the grid of the first to theirs."""
        others = rows[torch.randperm(len(rows), device=self._device)]
        across = self._from_template[others] @ self._to_template[rows]
        return self.as_they_are(rows), self.as_they_are(others), across

    def morphed(self, x: Tensor, others: Tensor, across: Tensor, mix: float, turn: float
                ) -> Tensor:
        """
        Return faces (N, 3, S, S) that nobody has, 0 to 1.

        Args:
            x, others, across: what pairs returns.
            mix: share that are morphs of two; all have other shapes and colours.
            turn: the most that one side of the face is stretched against the other.
        """
        n, across = len(x), across[:, None, None]
        bend = self._noise(n, 2, 5).permute(0, 2, 3, 1) * self.uniform(0, .03, n, 1, 1, 1)
        grid = self._grid + bend * (self.uniform(0, 1, n, 1, 1, 1) < .6)
        if turn:
            grid = grid + self._turned(n, turn)
        grid_others = across[..., :2, 0] * grid[..., :1] + across[..., :2, 1] * grid[..., 1:] \
            + across[..., :2, 2]
        share = torch.sigmoid(self._noise(n, 1, 4) * self.uniform(0, 4, n, 1, 1, 1)
                              + self.uniform(.02, .98, n, 1, 1, 1).logit())
        share = torch.where(self.uniform(0, 1, n, 1, 1, 1) < mix, share, torch.ones_like(share))
        x = _sample(x, grid) * share + _sample(others, grid_others) * (1 - share)
        x = self._relit(x, .15, (-.3, .3))
        return self._recoloured(x, (.5, 1.4), .06).clamp(0, 1)

    def aligned(self, x: Tensor, rows: Tensor, mirror: Tensor) -> Tensor:
        """Return the teacher's view (N, 3, 128, 128) of loose crops; mirror (N,): 1 or -1."""
        matrix = (self._from_template[rows] @ self._template)[:, :2].clone()
        matrix[:, :, 0] *= mirror[:, None]
        size = [len(rows), 3, teacher.SIDE, teacher.SIDE]
        return _sample(x, functional.affine_grid(matrix, size, align_corners=False))

    def box_crop(self, x: Tensor, mirror: Tensor, augmentation: Augmentation | None = None
                 ) -> Tensor:
        """Return the student's view (N, 3, 112, 112), shifted as `augmentation` says."""
        n = len(x)
        side = torch.full((n,), _BOX * CROP_SCALE, device=self._device)
        tilt, dx, dy, stretch = (torch.zeros(n, device=self._device) for _ in range(4))
        if augmentation is not None:
            side = side * torch.exp(self.uniform(*augmentation.size, n))
            tilt, dx, dy = (torch.randn(n, device=self._device) * spread
                            for spread in (augmentation.tilt, augmentation.x, augmentation.y))
            stretch = self.uniform(-augmentation.stretch, augmentation.stretch, n)
        cos, sin = torch.cos(tilt) * side, torch.sin(tilt) * side
        wide = torch.exp(stretch) * mirror
        matrix = torch.stack([torch.stack([cos * wide, -sin, dx], 1),
                              torch.stack([sin * wide, cos, dy], 1)], 1)
        return _sample(x, functional.affine_grid(matrix, [n, 3, SIDE, SIDE],
                                                 align_corners=False))

    def augmented(self, y: Tensor, how: Augmentation) -> Tensor:
        """Return the student's view with low resolution, blur, coding, light, noise, patches."""
        n = len(y)
        order, begin = torch.randperm(n, device=self._device), 0
        for side, share in how.low:
            some = order[begin:begin + int(share * n)]
            begin += len(some)
            if len(some):
                y[some] = self._downscaled(y[some], side, how.jpeg)
        some = order[begin:begin + int(how.blur[0] * n)]
        if len(some):
            y[some] = self._blurred(y[some], how.blur[1])
        some = order[begin:begin + int(how.jpeg * (n - begin))]
        if len(some):
            y[some] = self._coded(y[some])
        y = self._relit(y, how.light, how.contrast)
        if how.colour:
            y = self._recoloured(y, (.3, 1.5), .08)
        noisy = self.uniform(0, .05, n, 1, 1, 1) * (self.uniform(0, 1, n, 1, 1, 1) < how.noise)
        y = (y + torch.randn_like(y) * noisy).clamp(0, 1)
        return self._hidden(y, how)

    def _downscaled(self, y: Tensor, side: int, jpeg: float) -> Tensor:
        """Return crops as seen at `side` pixels, the first share `jpeg` of them coded there."""
        small = functional.interpolate(y, size=(side, side), mode='area')
        count = int(jpeg * len(y))
        if count:
            small = torch.cat((self._coded(small[:count]), small[count:]))
        return _enlarged(small, y)

    def _coded(self, y: Tensor) -> Tensor:
        """Return crops (N, 3, H, W), sides multiples of 8, after coding like JPEG's."""
        n, channels, height, width = y.shape
        at = torch.arange(8, device=self._device).float()
        cosine = torch.cos((2 * at[None] + 1) * at[:, None] * torch.pi / 16) / 2
        cosine = torch.cat((cosine[:1] * .5 ** .5, cosine[1:]))
        step = (8 + 4 * (at[:, None] + at) + 1.2 * (at[:, None] ** 2 + at ** 2)) / 255
        step = step * torch.exp(self.uniform(-1.6, .9, n, 1, 1, 1, 1, 1))
        blocks = y.reshape(n, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
        parts = cosine @ blocks @ cosine.T
        return (cosine.T @ ((parts / step).round() * step) @ cosine).transpose(3, 4) \
            .reshape(y.shape).clamp(0, 1)

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
        off = torch.arange(-3, 4, device=self._device).abs()
        line = (off == 0)[:, None].expand(7, 7) / 7
        square = ((off <= side // 2)[:, None] & (off <= side // 2)) / side ** 2
        kernel = torch.where(torch.rand((), device=self._device) < .5, line, square)
        padded = functional.pad(y, (3, 3, 3, 3), mode='replicate').flatten(0, 1)[:, None]
        return functional.conv2d(padded, kernel[None, None]).view_as(y)

    def _hidden(self, y: Tensor, how: Augmentation) -> Tensor:
        n, at = len(y), torch.arange(SIDE, device=self._device)
        width, height = (self.uniform(*how.patch, n, 1, 1) * SIDE for _ in range(2))
        x0, y0 = (self.uniform(0, SIDE, n, 1, 1) for _ in range(2))
        covered = ((at[None, None, :] - x0).abs() < width / 2) \
            & ((at[None, :, None] - y0).abs() < height / 2) \
            & (self.uniform(0, 1, n, 1, 1) < how.hidden)
        return torch.where(covered[:, None], self.uniform(0, 1, n, 3, 1, 1), y)


def downscaled(y: Tensor, side: int) -> Tensor:
    """Return crops with no more detail than `side` pixels hold, at their old size."""
    return _enlarged(functional.interpolate(y, size=(side, side), mode='area'), y)


def _enlarged(small: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(small, size=like.shape[2:], mode='bilinear',
                                  align_corners=False)
