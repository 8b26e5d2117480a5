# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faceless tiles that are drawn: noise, gradients, checks, stripes, shapes and lettering."""
from __future__ import annotations

from typing import Any

import cv2
from face_tracker_ros.types import Image
import numpy as np
from training.detector.tile_file import SIDE

_AT = np.arange(SIDE)


def _noise(random: np.random.Generator) -> Any:
    """Return 1/f noise."""
    waves = np.fft.fft2(random.normal(size=(SIDE, SIDE, 3)), axes=(0, 1))
    distance = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None]) + 1 / SIDE
    value = np.fft.ifft2(waves / (distance ** random.uniform(.6, 1.8))[..., None],
                         axes=(0, 1)).real
    return (value - value.mean()) / value.std() * random.uniform(15, 60) + _colour(random)


def _gradient(random: np.random.Generator) -> Any:
    at = np.linspace(0, 1, SIDE)
    slope = at[:, None, None] * random.uniform(-1, 1) + at[None, :, None] * random.uniform(-1, 1)
    return slope * _colour(random) + _colour(random)


def _checks(random: np.random.Generator) -> Any:
    down, across = random.integers(4, 40, 2)
    mask = ((_AT[:, None] // down + _AT[None] // across) % 2)[..., None]
    return mask * _colour(random) + (1 - mask) * _colour(random)


def _stripes(random: np.random.Generator) -> Any:
    angle, period = random.uniform(0, np.pi), random.uniform(4, 40)
    phase = _AT[:, None] * np.cos(angle) + _AT[None] * np.sin(angle)
    share = (np.sin(phase * 2 * np.pi / period) / 2 + .5)[..., None]
    return share * _colour(random) + (1 - share) * _colour(random)


def _shapes(random: np.random.Generator) -> Any:
    canvas = np.full((SIDE, SIDE, 3), _colour(random)).astype(np.uint8)
    for _ in range(random.integers(4, 40)):
        x, y, u, v = (int(value) for value in random.integers(0, SIDE, 4))
        first, second = (int(value) for value in random.integers(3, 70, 2))
        colour, filled = _colour(random).tolist(), -1 if random.random() < .55 else 2
        kind = random.integers(0, 4)
        if kind == 0:
            cv2.circle(canvas, (x, y), first, colour, filled)
        elif kind == 1:
            cv2.rectangle(canvas, (x, y), (u, v), colour, filled)
        elif kind == 2:
            cv2.ellipse(canvas, (x, y), (first, second), random.uniform(0, 180), 0, 360, colour,
                        -1)
        else:
            word = ''.join(map(chr, random.integers(48, 122, 6)))
            cv2.putText(canvas, word, (x, y), 0, random.uniform(.4, 2), colour,
                        int(random.integers(1, 5)))
    return canvas


def _colour(random: np.random.Generator) -> Any:
    return random.uniform(0, 255, 3)


_KINDS = (_noise, _gradient, _checks, _stripes, _shapes, _shapes)


def textures(count: int, seed: int = 3) -> Image:
    """Return tiles (count, 250, 250, 3) uint8 without faces."""
    random = np.random.default_rng(seed)
    tiles = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for number in range(count):
        value = _KINDS[number % len(_KINDS)](random)
        grain = random.normal(0, random.uniform(0, 8), (SIDE, SIDE, 3))
        tiles[number] = np.clip(value + grain, 0, 255)
    return tiles
