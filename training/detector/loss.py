# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which position learns which face (task-aligned: Feng et al. 2021), and how far it is off."""
from __future__ import annotations

from collections.abc import Mapping
import math

import torch
from torch import Tensor
from torch.nn import functional
from training.detector.network import decode, STRIDES

_TOP = 9  # positions that may learn a face


def positions(width: int, height: int, device: str) -> tuple[Tensor, Tensor]:
    """Return the centres (A, 2) and strides (A,) of all positions of an image."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride),
                              indexing='ij')
        centres.append((torch.stack([x, y], -1).reshape(-1, 2) + .5) * stride)
        strides.append(torch.full((len(centres[-1]),), float(stride)))
    return torch.cat(centres).to(device), torch.cat(strides).to(device)


def _sides(box: Tensor) -> Tensor:
    return box[..., 2:] - box[..., :2]


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """Return IoU of matching boxes (broadcasts)."""
    common = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    shared = common.clamp_min(0).prod(-1)
    return shared / (_sides(a).prod(-1) + _sides(b).prod(-1) - shared + 1e-6)


def complete_overlap(a: Tensor, b: Tensor) -> Tensor:
    """Return complete IoU of matching boxes (Zheng et al. 2020): distance and aspect count."""
    iou = overlap(a, b)
    around = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).pow(2).sum(-1) / 4
    (wa, ha), (wb, hb) = _sides(a).unbind(-1), _sides(b).unbind(-1)
    aspect = 4 / math.pi ** 2 * (torch.atan(wb / hb.clamp_min(1e-3))
                                 - torch.atan(wa / ha.clamp_min(1e-3))) ** 2
    with torch.no_grad():
        weight = aspect / (1 - iou + aspect + 1e-6)
    return iou - apart / (around.pow(2).sum(-1) + 1e-6) - weight * aspect


@torch.no_grad()
def assign(box: Tensor, score: Tensor, centres: Tensor, strides: Tensor,
           truth: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """
    Return for each position: whether it learns a face, which, its target score, whether to ignore.

    Places near a face's middle compete by score and overlap; the best gets 0.5 to 1 as target.
    """
    real, on = truth['box'], truth['on']
    iou = overlap(real[:, :, None], box[:, None])  # (N, faces, positions)
    middle = (real[..., :2] + real[..., 2:]) / 2
    reach = torch.maximum((_sides(real) / 2)[:, :, None], strides[:, None] * .75)
    near = ((centres - middle[:, :, None]).abs() < reach).all(-1) & on[..., None]
    value = (score[:, None].clamp_min(1e-4).sqrt() * iou ** 4 + 1e-9) * near
    best, index = value.topk(min(_TOP, value.shape[-1]), -1)
    chosen = torch.zeros_like(near).scatter_(2, index, best > 0)
    most, which = torch.where(chosen, iou + 1e-6, torch.zeros_like(iou)).max(1)
    learns = most > 0
    chosen &= torch.arange(real.shape[1], device=real.device)[None, :, None] == which[:, None]
    value = value * chosen
    peak = (iou * chosen).amax(-1, keepdim=True).clamp_min(0)
    target = (value / (value.amax(-1, keepdim=True) + 1e-12)).sqrt() * (peak.sqrt() * .5 + .5)
    target = target.gather(1, which[:, None])[:, 0] * learns
    at = centres[None, :, None]
    ignored = ((at >= truth['ignore'][:, None, :, :2]) & (at <= truth['ignore'][:, None, :, 2:])
               ).all(-1) & truth['ignore_on'][:, None]
    return learns, which, target, ignored.any(-1) & ~learns


def face_weights(truth: Mapping[str, Tensor], even: float = 0.0) -> Tensor:
    """
    Return what each face (N, F) weighs: near faces and those of canvases with few faces more.

    Near faces are few among the composed ones, and without this crowds would decide alone.
    `even` draws the weights together, up to 1, where all faces weigh the same.
    """
    side = _sides(truth['box']).clamp_min(0).prod(-1).sqrt()
    by_size = (side / 40).clamp_min(1e-3).sqrt().clamp(.7, 3)
    faces = truth['on'].sum(1, keepdim=True).clamp_min(1)
    return (by_size * (8 / faces).sqrt().clamp(.7, 2)) ** (1 - even)


def loss(maps: list[Tensor], truth: Mapping[str, Tensor], centres: Tensor,
         strides: Tensor, even: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return the loss, and its parts: score, box, landmarks, mean overlap."""
    rows = decode([found.float() for found in maps])
    logit = torch.cat([found[:, 0].flatten(1) for found in maps], 1).float()
    box, points = rows[..., :4], rows[..., 5:].unflatten(-1, (5, 2))
    learns, which, target, ignored = assign(box.detach(), rows[..., 4].detach(), centres, strides,
                                            truth)
    weight = torch.where(learns, face_weights(truth, even).gather(1, which),
                         torch.ones_like(target))
    weighted, score = target * weight, logit.sigmoid()
    total = weighted.sum().clamp_min(1)
    wrong = functional.binary_cross_entropy_with_logits(logit, target, reduction='none')
    of_score = (wrong * (score - target).abs().pow(1.5) * ~ignored
                * weight).sum() / total
    # Fixed shapes, no indexing by mask: positions that learn nothing are their own truth.
    real = truth['box'].gather(1, which[..., None].expand(-1, -1, 4))
    real = torch.where(learns[..., None], real, box.detach())
    real_points = truth['landmarks'].flatten(2).gather(1, which[..., None].expand(-1, -1, 10))
    real_points = torch.where(learns[..., None, None], real_points.unflatten(-1, (5, 2)),
                              points.detach())
    of_box = ((1 - complete_overlap(box, real)) * weighted).sum() / total
    side = _sides(real).prod(-1).clamp_min(1.).sqrt()
    off = (points - real_points).abs() / side[..., None, None]
    smooth = torch.where(off < .05, off * off * 10, off - .025).mean((-1, -2))
    of_points = (smooth * weighted * (side > 9)).sum() / total
    mean = (overlap(box, real).detach() * learns).sum() / learns.sum().clamp_min(1)
    parts = torch.stack([of_score.detach(), of_box.detach(), of_points.detach(), mean])
    return of_score * 2 + of_box * 2 + of_points * 3, parts
