# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What cameras and codecs do to an image: light, blur, low resolution, noise, JPEG, colour."""
from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def uniform(device: torch.device, low: float, high: float, *shape: int) -> Tensor:
    """Return random numbers."""
    return torch.rand(*shape, device=device) * (high - low) + low


def _blurred(x: Tensor) -> Tensor:
    n, _, height, width = x.shape
    at = torch.arange(-4, 5, device=x.device).float()
    kernel = torch.exp(-at ** 2 / (2 * uniform(x.device, .4, 2.6, n, 1) ** 2))
    kernel = kernel / kernel.sum(1, keepdim=True)
    way = uniform(x.device, 0, 1, n, 1)  # half of them along one axis only, like motion
    across, down = (torch.where(sharp, (at == 0).float(), kernel).repeat_interleave(3, 0)
                    for sharp in (way < .25, way > .75))
    flat = x.reshape(1, n * 3, height, width)
    flat = functional.conv2d(flat, across[:, None, None, :], padding=(0, 4), groups=n * 3)
    flat = functional.conv2d(flat, down[:, None, :, None], padding=(4, 0), groups=n * 3)
    return flat.view_as(x)


def _coarse(x: Tensor) -> Tensor:
    share = float(torch.empty(()).uniform_(.25, .75))
    small = functional.interpolate(x, scale_factor=share, mode='bilinear', align_corners=False)
    return functional.interpolate(small, size=x.shape[2:], mode='bilinear', align_corners=False)


def _sharp(x: Tensor) -> Tensor:
    soft = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode='replicate'), 3, 1)
    return x + (x - soft) * float(torch.empty(()).uniform_(.5, 1.6))


def coded(x: Tensor) -> Tensor:
    """Return images as a codec like JPEG leaves them: 8x8 cosine terms in coarse steps."""
    n, _, height, width = x.shape
    k = torch.arange(8, device=x.device).float()
    cosine = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) * .5
    cosine[0] *= math.sqrt(.5)
    steps = 8 + 4 * (k[:, None] + k[None]) + 1.2 * (k[:, None] ** 2 + k[None] ** 2)
    steps = steps * torch.exp(uniform(x.device, -1.4, 1., n, 1, 1, 1, 1, 1))
    blocks = x.view(n, 3, height // 8, 8, width // 8, 8)
    terms = torch.einsum('ip,ncypxq,jq->ncyxij', cosine, blocks, cosine)
    terms = (terms / steps).round() * steps
    return torch.einsum('ip,ncyxij,jq->ncypxq', cosine, terms, cosine).reshape(x.shape)


def _of_each(image: Tensor, low: float, high: float) -> Tensor:
    return uniform(image.device, low, high, len(image), 1, 1, 1)


def lit(image: Tensor) -> Tensor:
    """Return images (N, 3, H, W) of 0-255 in other light and with other or no colours."""
    gamma = torch.exp(torch.randn(len(image), 1, 1, 1, device=image.device) * .25)
    light = torch.where(_of_each(image, 0, 1) < .12, _of_each(image, .2, .6),
                        _of_each(image, .85, 1.1))
    image = (image.clamp(0, 255) / 255) ** gamma * 255 * light
    grey = image.mean(1, keepdim=True)
    return grey + (image - grey) * _of_each(image, .5, 1.4) * (_of_each(image, 0, 1) >= .12)


def focused(image: Tensor) -> Tensor:
    """Change some of the images in place: blurred, coarse or sharpened; return them."""
    n, device = len(image), image.device
    order, part = torch.randperm(n, device=device), n // 4
    for change, some in ((_blurred, order[:part]), (_coarse, order[part:part + part // 2]),
                         (_sharp, order[part + part // 2:2 * part])):
        if len(some):
            image[some] = change(image[some])
    return image


def recorded(image: Tensor) -> Tensor:
    """Return images with noise, some of them coded; sides in eights."""
    n, device = len(image), image.device
    strength = torch.where(_of_each(image, 0, 1) < .5, _of_each(image, 0, 3),
                           _of_each(image, 0, 16))
    image = image + torch.randn_like(image) * strength
    some = torch.randperm(n, device=device)[:int(n * .45)]
    if len(some):
        image[some] = coded(image[some])
    return image.clamp(0, 255).round()


def augment(image: Tensor) -> Tensor:
    """Return images (N, 3, H, W) of 0-255, each degraded in its own way; sides in eights."""
    return recorded(focused(lit(image)))
