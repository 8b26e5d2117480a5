# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""All tiles of a pack on the device, in five sizes each, with their labels."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros.errors import SourceError
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from training.detector.textures import textures
from training.detector.tile_file import FACELESS, read_tiles, SIDE, TRAIN

SIZES = (250, 125, 62, 31, 15)
STARTS = tuple(np.cumsum([0, *(side * side for side in SIZES)]).tolist())


class Tiles:
    """
    Tiles with faces first, then the pack's faceless ones, then drawn ones.

    photos, count: tiles with faces, all tiles; pixels: all sizes of all tiles in one vector of
    int32, a byte a colour; draw: rows of tiles with faces, each as often as its weight says.
    """

    def __init__(self, folder: Path, device: str, drawn: int = 300, limit: int = 0) -> None:
        """Read a pack; SourceError when it is not one or holds no faces."""
        parts = [read_tiles(folder, split, limit) for split in (TRAIN, FACELESS)]
        self.photos = len(parts[0]['image'])
        if not self.photos:
            raise SourceError(f"pack '{folder}' has no tiles to train on; pack more")
        images = np.concatenate([*(part['image'] for part in parts), textures(drawn)])
        self.count = len(images)
        levels = [self._levels(part.to(device)) for part in torch.from_numpy(images).split(256)]
        self.pixels = torch.cat(levels).flatten()
        often = np.maximum(1, np.round(4 * parts[0]['weight'])).astype(int)
        self.draw = torch.from_numpy(np.repeat(np.arange(self.photos), often)).to(device)
        self.box, self.landmarks, self.flag = (
            self._labels([part[name] for part in parts]).to(device)
            for name in ('box', 'lm', 'flag'))

    def _labels(self, parts: list[np.ndarray]) -> Tensor:
        known = np.concatenate(parts)
        none = np.zeros((self.count - len(known), *known.shape[1:]), known.dtype)
        return torch.from_numpy(np.concatenate((known, none)))

    @staticmethod
    def _levels(images: Tensor) -> Tensor:
        x = images.permute(0, 3, 1, 2).float()
        levels = []
        for side in SIZES:
            y = x if side == SIDE else functional.interpolate(x, size=(side, side), mode='area')
            b, g, r = y.round().to(torch.int32).unbind(1)
            levels.append((b | g << 8 | r << 16).flatten(1))
        return torch.cat(levels, 1)
