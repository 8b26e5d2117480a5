# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Glasses, masks, hats and hands, drawn over some faces by their landmarks."""
from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from training.detector.augment import uniform

_FACES = 6  # of a canvas, drawn among its twelve largest, may wear something
_WORN = 3  # and so many do, at most
_SMALLEST = 4.0  # area in pixels between eyes and mouth from which things are drawn
# Share of the chosen faces that get each thing, added up: glasses, mask, hat, hand; else nothing.
_GLASSES, _MASK, _HAT, _HAND = .07, .15, .22, .3


class FaceFrame:
    """
    Coordinates of one face on each canvas (B, H, W).

    u: -0.5 at the subject's right eye and 0.5 at the left; v: 0 at the eyes, 1 at the mouth.
    """

    def __init__(self, points: Tensor, x: Tensor, y: Tensor) -> None:
        """Take landmarks (B, 5, 2) and the canvas's pixels (H, W)."""
        eyes, mouth = (points[:, 0] + points[:, 1]) / 2, (points[:, 3] + points[:, 4]) / 2
        across, down = points[:, 1] - points[:, 0], mouth - eyes
        area = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
        self.valid = area.abs() > _SMALLEST
        area = torch.where(self.valid, area, torch.ones_like(area))[:, None, None]
        dx, dy = (pixels + .5 - eyes[:, axis, None, None]
                  for axis, pixels in enumerate((x, y)))
        across, down = across[..., None, None], down[..., None, None]
        self.u = (dx * down[:, 1] - dy * down[:, 0]) / area
        self.v = (dy * across[:, 0] - dx * across[:, 1]) / area


def wear(image: Tensor, truth: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Return canvases (B, 3, H, W) with things drawn over some of their large faces."""
    side = (truth['box'][..., 2:] - truth['box'][..., :2]).clamp_min(0).prod(-1).sqrt()
    ranked = truth['on'].float() * side + torch.rand_like(side)
    rows = ranked.topk(min(2 * _FACES, side.shape[1]), 1).indices
    chosen = torch.rand(rows.shape, device=image.device).topk(min(_FACES, rows.shape[1]), 1)
    rows = rows.gather(1, chosen.indices)
    kind = torch.rand(rows.shape, device=image.device)
    kind, first = kind.masked_fill(~truth['on'].gather(1, rows), 1).sort(1)
    rows = rows.gather(1, first)
    points = truth['landmarks'].gather(1, rows[..., None, None].expand(-1, -1, 5, 2))
    for number in range(min(_WORN, rows.shape[1])):
        frame = FaceFrame(points[:, number], x, y)
        image = _wear_one(image, frame, kind[:, number, None, None])
    return image


def _wear_one(image: Tensor, frame: FaceFrame, kind: Tensor) -> Tensor:
    count, device = len(image), image.device

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return uniform(device, low, high, count, *(shape or (1, 1)))
    shape = torch.where(kind < _GLASSES, _glasses(frame, draw(.3, .47), draw(.22, .5),
                                                  draw(.46, .56)),
                        kind < _HAND)
    shape = torch.where((kind >= _GLASSES) & (kind < _MASK), _mask(
        frame, draw(.3, .75), draw(1.5, 2.), draw(.95, 1.25)), shape)
    shape = torch.where((kind >= _MASK) & (kind < _HAT), _hat(
        frame, draw(-1., -.3), draw(.8, 2.), draw(1.2, 2.2)), shape)
    shape = torch.where((kind >= _HAT) & (kind < _HAND), _hand(
        frame, draw(-1.2, 1.2), draw(-1., 1.8), draw(.25, .7), draw(.3, .9), draw(-1.5, 1.5)),
        shape)
    # Glasses are dark, most hands have the colour of skin, all else has any.
    colour = draw(0, 1, 3, 1, 1) * torch.where(kind < _GLASSES, 70., 255.)[:, None]
    skin = draw(60, 230, 1, 1, 1) * torch.tensor([.62, .75, 1.], device=device)[:, None, None]
    colour = torch.where(((kind >= _HAT) & (draw(0, 1) < .6))[:, None], skin, colour)
    wave = ((frame.u * draw(2, 14) + frame.v * draw(2, 14)) * 2).sin()[:, None]
    drawn = (colour + wave * draw(0, 25, 1, 1, 1)).clamp(0, 255)
    return torch.where((shape & frame.valid[:, None, None])[:, None], drawn, image)


def _glasses(frame: FaceFrame, wide: Tensor, high: Tensor, apart: Tensor) -> Tensor:
    lens = ((frame.u.abs() - apart) / wide) ** 2 + (frame.v / high) ** 2 < 1
    return lens | ((frame.v.abs() < .08) & (frame.u.abs() < 1.2))


def _mask(frame: FaceFrame, top: Tensor, bottom: Tensor, wide: Tensor) -> Tensor:
    return (frame.v > top + .25 * (frame.u / 1.1) ** 2) & (frame.v < bottom) \
        & (frame.u.abs() < wide - .25 * (frame.v - 1).clamp_min(0))


def _hat(frame: FaceFrame, brim: Tensor, high: Tensor, wide: Tensor) -> Tensor:
    return (frame.v < brim) & (frame.v > brim - high) & (frame.u.abs() < wide)


def _hand(frame: FaceFrame, u: Tensor, v: Tensor, wide: Tensor, high: Tensor,
          angle: Tensor) -> Tensor:
    du, dv = frame.u - u, frame.v - v
    return ((du * angle.cos() + dv * angle.sin()) / wide) ** 2 \
        + ((dv * angle.cos() - du * angle.sin()) / high) ** 2 < 1
