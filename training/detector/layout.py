# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Where on a canvas tiles lie: a jittered grid of cells, cells of cells, pasted pieces."""
from __future__ import annotations

import math

import torch
from torch import Tensor
from training.detector.augment import uniform

COARSE, SUB, PASTED = 12, 4, 8  # cells of the coarse grid, of a cell's side, pieces on top
GRID = COARSE * SUB ** 2
PIECES = GRID + PASTED
_COLUMNS_ROWS = ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3))
_HOW_OFTEN = (.24, .18, .2, .14, .12, .12)
_IN_CROWDS = (0., 0., .1, .2, .3, .4)
_SUB_HOW_OFTEN = (.46, .26, .16, .12)


class Layout:
    """Makes layouts of `batch` canvases."""

    def __init__(self, batch: int, height: int, width: int, device: torch.device,
                 crowds: float = 0.0) -> None:
        """Note the canvases' size, and the share of canvases that are made of small cells."""
        self._how_often = torch.tensor([(1 - crowds) * plain + crowds * small for plain, small in
                                        zip(_HOW_OFTEN, _IN_CROWDS)], device=device)
        self._batch, self._height, self._width, self._device = batch, height, width, device
        self.y, self.x = torch.meshgrid(torch.arange(height, device=device),
                                        torch.arange(width, device=device), indexing='ij')

    def __call__(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return piece of each pixel (B, H, W), rectangles (B, P, 4), pieces in use (B, P)."""
        b, device = self._batch, self._device
        kinds = torch.multinomial(self._how_often, b, replacement=True)
        columns, rows = torch.tensor(_COLUMNS_ROWS, device=device)[kinds].unbind(1)
        ex, ey = self._lines(columns, 4, self._width), self._lines(rows, 3, self._height)
        x0, x1 = (ex[:, None, part].expand(-1, 3, -1).flatten(1)
                  for part in (slice(0, 4), slice(1, 5)))
        y0, y1 = (ey[:, part, None].expand(-1, -1, 4).flatten(1)
                  for part in (slice(0, 3), slice(1, 4)))
        parts = torch.multinomial(torch.tensor(_SUB_HOW_OFTEN, device=device), b * COARSE,
                                  replacement=True).view(b, COARSE) + 1
        parts = torch.where(torch.minimum(x1 - x0, y1 - y0) / parts < 20, 1, parts)
        pieces = self._pieces(ex, ey, x0, y0, x1, y1, parts)
        at = torch.arange(SUB, device=device).float()
        wide, high = ((x1 - x0) / parts)[..., None, None], ((y1 - y0) / parts)[..., None, None]
        left = (x0[..., None, None] + at * wide).expand(-1, -1, SUB, -1)
        top = (y0[..., None, None] + at[:, None] * high).expand(-1, -1, -1, SUB)
        grid = torch.stack([left, top, left + wide, top + high], -1).flatten(1, 3)
        inside = at < parts[..., None]
        used = (inside[..., None, :] & inside[..., None] & (x1 > x0)[..., None, None]
                & (y1 > y0)[..., None, None]).flatten(1)
        pasted, on = self._paste(pieces)
        return pieces, torch.cat([grid, pasted], 1), torch.cat([used, on], 1)

    def _lines(self, count: Tensor, most: int, size: int) -> Tensor:
        """Return jittered lines (B, most + 1) that cut a side into `count` parts."""
        number = torch.arange(most + 1, device=self._device)[None]
        edges = number + uniform(self._device, -.25, .25, self._batch, most + 1)
        edges = (edges / count[:, None]).clamp(0, 1)
        edges = torch.where(number <= 0, 0., torch.where(number >= count[:, None], 1., edges))
        return (edges * size).round()

    def _pieces(self, ex: Tensor, ey: Tensor, x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor,
                parts: Tensor) -> Tensor:
        column = (self.x[0].float()[None, :, None] >= ex[:, None, 1:4]).sum(-1)
        row = (self.y[:, 0].float()[None, :, None] >= ey[:, None, 1:3]).sum(-1)
        cell = row[:, :, None] * 4 + column[:, None, :]

        def of_pixel(value: Tensor) -> Tensor:
            return value.gather(1, cell.flatten(1)).view_as(cell)
        several = of_pixel(parts)
        inner = []
        for at, low, high in ((self.y, y0, y1), (self.x, x0, x1)):
            begin = of_pixel(low)
            share = (at + .5 - begin) / (of_pixel(high) - begin).clamp_min(1) * several
            inner.append(torch.minimum(share.floor().long().clamp_min(0), several - 1))
        return cell * SUB ** 2 + inner[0] * SUB + inner[1]

    def _paste(self, pieces: Tensor) -> tuple[Tensor, Tensor]:
        """Put rectangles and ellipses on top; return their rectangles, and which there are."""
        b, device = self._batch, self._device
        size = torch.exp(uniform(device, math.log(10), math.log(self._height * .6), b, PASTED))
        aspect = torch.exp(uniform(device, -.5, .4, b, PASTED)).sqrt()
        wide, high = size * aspect, size / aspect
        x = uniform(device, 0, self._width, b, PASTED)
        y = uniform(device, 0, self._height, b, PASTED)
        on = uniform(device, 0, 1, b, PASTED) < uniform(device, -.2, .9, b, 1)
        oval = uniform(device, 0, 1, b, PASTED) < .5
        for k in range(PASTED):
            cx, cy, w, h, there, round_ = (value[:, k, None, None] for value in
                                           (x, y, wide, high, on, oval))
            dx, dy = (self.x + .5 - cx) / (w / 2), (self.y + .5 - cy) / (h / 2)
            covered = torch.where(round_, dx * dx + dy * dy < 1, (dx.abs() < 1) & (dy.abs() < 1))
            pieces[covered & there] = GRID + k
        return torch.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], -1), on
