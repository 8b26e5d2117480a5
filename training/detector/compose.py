# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Canvases for training, composed on the device.

Every piece of a layout shows a tile, rotated, scaled, mirrored, narrowed and recoloured; labels
follow. A face of which less than 60 % shows becomes a region to ignore.
"""
from __future__ import annotations

import math

import torch
from torch import Tensor
from training.compiled import Part
from training.detector.augment import focused, lit, recorded, uniform
from training.detector.layout import GRID, Layout, PIECES
from training.detector.tile_file import FACE, SIDE
from training.detector.tiles import SIZES, STARTS, Tiles
from training.detector.wear import wear

_MOST_FACES, _MOST_IGNORED = 96, 64
_SMALLEST = 7  # pixels of a face that is learned
_VISIBLE = .6


class Composer:
    """Makes canvases (B, 3, H, W) of 0-255 BGR with their truth."""

    def __init__(self, tiles: Tiles, batch: int, height: int, width: int,
                 rotation: float = 110.0, hard: float = 0.0, crowds: float = 0.0) -> None:
        """
        Take what canvases are made of.

        Args:
            tiles: the tiles.
            batch, height, width: number and size of the canvases; sizes are multiples of 32.
            rotation: the most that 8 % of the tiles are rotated, in degrees; others at most 45.
            hard: share of pieces that show what an earlier version took for a face.
            crowds: share of canvases that show many small tiles, in addition to those that do.
        """
        self._tiles, self._size = tiles, (batch, height, width)
        self._rotation, self._hard = rotation, hard if len(tiles.hard) else 0.0
        self._device = tiles.pixels.device
        self._layout = Layout(batch, height, width, self._device, crowds)
        self.parts = self._lay_out, self._draw, self._wear, self._light, self._record = (
            Part('layout', self._layout.__call__), Part('draw', self._drawn), Part('wear', wear),
            Part('light', lit), Part('record', recorded))

    def __call__(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Return canvases, and box, landmarks, on, ignore, ignore_on of their faces."""
        batch, height, width = self._size
        pieces, rects, used = self._lay_out()
        tile, matrix, source = self._place(rects)
        middle = (rects[..., :2] + rects[..., 2:]) / 2
        image = self._draw(pieces, tile, matrix, source, middle)
        flag = self._tiles.flag[tile].long() * used[..., None]
        centre, half, points = self._faces(tile, matrix, source, middle)
        visible = self._visible(pieces, centre, half)
        limit = torch.tensor([width, height], device=self._device).float()
        low = rects[..., None, :2].clamp_min(0)
        high = torch.minimum(rects[..., None, 2:], limit)
        box = torch.cat([torch.maximum(torch.minimum(centre - half, high), low),
                         torch.minimum(torch.maximum(centre + half, low), high)], -1)
        side = (box[..., 2:] - box[..., :2]).clamp_min(0).prod(-1).sqrt()
        face = (flag == FACE) & (visible >= _VISIBLE) & (side >= _SMALLEST)
        ignore = (flag > 0) & ~face & (visible > .08) & (side > 2)
        truth = self._truth(*(value.flatten(1, 2) for value in (box, points, face, ignore)))
        image = self._wear(image, truth, self._layout.x, self._layout.y)
        return self._record(focused(self._light(image))), truth

    def _random(self, low: float, high: float, *shape: int) -> Tensor:
        return uniform(self._device, low, high, *shape)

    def _place(self, rects: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return tile (B, P), matrix (B, P, 2, 2) to the canvas, its fixed point in the tile."""
        tiles, shape = self._tiles, rects.shape[:2]
        grid = torch.arange(PIECES, device=self._device)[None] < GRID
        faceless = (self._random(0, 1, *shape) < torch.where(grid, .14, .5)) \
            | (self._random(0, 1, shape[0], 1) < .06)  # some canvases hold no face at all
        if tiles.photos == tiles.count:
            faceless = torch.zeros_like(faceless)
        others = tiles.faceless[torch.randint(len(tiles.faceless), shape, device=self._device)]
        drawn = tiles.draw[torch.randint(len(tiles.draw), shape, device=self._device)]
        tile = torch.where(faceless, others, drawn)
        wide, high = (rects[..., 2:] - rects[..., :2]).clamp_min(1).unbind(-1)
        kind = self._random(0, 1, *shape)
        most = torch.where(kind < .5, 10., torch.where(kind < .92, 45., self._rotation))
        angle = most * self._random(-1, 1, *shape) * math.pi / 180
        longer = torch.maximum(wide, high)
        scale = torch.where(grid, longer / SIDE * torch.exp(self._random(-.05, .95, *shape)),
                            longer / 115 * torch.exp(self._random(-.8, .15, *shape)))
        mirror = torch.where(self._random(0, 1, *shape) < .5, -1., 1.)
        narrow = self._random(0, 1, *shape) < .25  # as of heads seen from the side
        stretch = torch.exp(torch.where(narrow, self._random(-.55, -.05, *shape),
                                        self._random(-.12, .12, *shape))) * mirror
        cos, sin = angle.cos() * scale, angle.sin() * scale
        matrix = torch.stack([torch.stack([cos * stretch, -sin], -1),
                              torch.stack([sin * stretch, cos], -1)], -2)
        half = torch.stack([wide, high], -1) / scale[..., None] / 2
        half = half.clamp(max=SIDE / 2)
        source = self._source(tile, half, grid, faceless)
        if self._hard:
            chosen = tiles.hard[torch.randint(len(tiles.hard), shape, device=self._device)]
            hard = self._random(0, 1, *shape) < self._hard
            tile = torch.where(hard, chosen[..., 0], tile)
            jitter = self._random(-.5, .5, *shape, 2) * half
            source = torch.where(hard[..., None], (chosen[..., 1:] + jitter).clamp(0, SIDE),
                                 source)
        return tile, matrix, source

    def _source(self, tile: Tensor, half: Tensor, grid: Tensor, faceless: Tensor) -> Tensor:
        """Return which point of the tile is in the middle: anywhere, or near its first face."""
        shape = tile.shape
        anywhere = half + self._random(0, 1, *shape, 2) * (SIDE - 2 * half)
        box = self._tiles.box[tile][:, :, 0]
        face = (box[..., :2] + box[..., 2:]) / 2
        jitter = self._random(-.5, .5, *shape, 2)
        at_face = torch.where(grid[..., None], (face + jitter * half).clamp(0, SIDE),
                              face + jitter * 12)
        near = ((self._random(0, 1, *shape) < .5) | ~grid) & ~faceless
        return torch.where(near[..., None], at_face, anywhere)

    def _drawn(self, pieces: Tensor, tile: Tensor, matrix: Tensor, source: Tensor,
               middle: Tensor) -> Tensor:
        shape, flat = tile.shape, pieces.flatten(1)

        def of_pixel(value: Tensor) -> Tensor:
            return value.gather(1, flat)
        inverse = torch.linalg.inv(matrix)
        shrink = -torch.log2(matrix[..., 1].norm(dim=-1))
        level = (shrink + self._random(-.7, .4, *shape)).round().clamp(0, len(SIZES) - 1).long()
        chosen = of_pixel(level)
        side = torch.tensor(SIZES, device=self._device).float()[chosen]
        start = torch.tensor(STARTS[:-1], device=self._device)[chosen] \
            + of_pixel(tile) * STARTS[-1]
        x = self._layout.x.flatten()[None] + .5 - of_pixel(middle[..., 0])
        y = self._layout.y.flatten()[None] + .5 - of_pixel(middle[..., 1])
        at = []
        for row in (0, 1):
            at_source = x * of_pixel(inverse[..., row, 0]) + y * of_pixel(inverse[..., row, 1]) \
                + of_pixel(source[..., row])
            at.append(torch.minimum((at_source * side / SIDE - .5).clamp_min(0), side - 1))
        image = self._sampled(start, side, at[0], at[1])
        gain = torch.exp(self._random(-.35, .3, *shape))
        shift = of_pixel(self._random(-30, 30, *shape))
        colours = [of_pixel(gain * torch.exp(self._random(-.12, .12, *shape))) for _ in range(3)]
        image = image * torch.stack(colours, 1) + shift[:, None]
        return image.view(shape[0], 3, *pieces.shape[1:])

    def _sampled(self, start: Tensor, side: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Return colours (B, 3, H W) between the four pixels around each position."""
        left, top = x.floor(), y.floor()
        across, down = x - left, y - top
        right, bottom = torch.minimum(left + 1, side - 1), torch.minimum(top + 1, side - 1)
        image = torch.zeros(len(x), 3, x.shape[1], device=self._device)
        for row, high in ((top, 1 - down), (bottom, down)):
            for column, wide in ((left, 1 - across), (right, across)):
                colour = self._tiles.pixels[start + (row * side + column).long()]
                parts = torch.stack([colour & 255, colour >> 8 & 255, colour >> 16 & 255], 1)
                image += parts * (wide * high)[:, None]
        return image

    def _faces(self, tile: Tensor, matrix: Tensor, source: Tensor,
               middle: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return centres, half sides (B, P, F, 2) and landmarks of all labels on the canvas."""
        box, points = self._tiles.box[tile], self._tiles.landmarks[tile]
        centre = (box[..., :2] + box[..., 2:]) / 2 - source[:, :, None]
        centre = torch.einsum('bpij,bpfj->bpfi', matrix, centre) + middle[:, :, None]
        # The box around the face's ellipse, turned.
        half = (box[..., 2:] - box[..., :2]) / 2
        half = torch.einsum('bpij,bpfj->bpfi', matrix ** 2, half ** 2).sqrt()
        points = torch.einsum('bpij,bpfkj->bpfki', matrix, points - source[:, :, None, None]) \
            + middle[:, :, None, None]
        mirrored = torch.linalg.det(matrix) < 0
        return centre, half, torch.where(mirrored[..., None, None, None],
                                         points[..., [1, 0, 2, 4, 3], :], points)

    def _visible(self, pieces: Tensor, centre: Tensor, half: Tensor) -> Tensor:
        """Return how much of each face's ellipse lies on its own piece (B, P, F)."""
        _, height, width = self._size
        at = (torch.arange(8, device=self._device).float() + .5) / 4 - 1
        y, x = torch.meshgrid(at, at, indexing='ij')
        round_ = x ** 2 + y ** 2 < 1
        px = (centre[..., :1] + half[..., :1] * x[round_]).floor().long()
        py = (centre[..., 1:] + half[..., 1:] * y[round_]).floor().long()
        inside = (px >= 0) & (px < width) & (py >= 0) & (py < height)
        pixel = py.clamp(0, height - 1) * width + px.clamp(0, width - 1)
        there = pieces.flatten(1).gather(1, pixel.flatten(1)).view_as(pixel)
        own = torch.arange(PIECES, device=self._device)[None, :, None, None]
        return ((there == own) & inside).float().mean(-1)

    def _truth(self, box: Tensor, points: Tensor, face: Tensor,
               ignore: Tensor) -> dict[str, Tensor]:
        """Return a fixed number of faces and of regions to ignore, drawn where there are more."""
        def drawn(which: Tensor, most: int) -> Tensor:
            value = which.float() + self._random(0, .5, *which.shape)
            return value.topk(min(most, which.shape[1]), 1).indices

        def of(value: Tensor, rows: Tensor) -> Tensor:
            return value.gather(1, rows[..., None].expand(-1, -1, value.shape[-1]))
        rows = drawn(face, _MOST_FACES)
        ignore = ignore | face.scatter(1, rows, torch.zeros_like(rows, dtype=torch.bool))
        others = drawn(ignore, _MOST_IGNORED)
        return {'box': of(box, rows), 'on': face.gather(1, rows), 'ignore': of(box, others),
                'landmarks': of(points.flatten(2), rows).unflatten(-1, (5, 2)),
                'ignore_on': ignore.gather(1, others)}
