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
from training.detector.tile_file import FACE, FACELESS, read_tiles, SIDE, TRAIN

SIZES = (250, 125, 62, 31, 15)
_SMALL = 64  # pixels of a face
STARTS = tuple(np.cumsum([0, *(side * side for side in SIZES)]).tolist())


class Tiles:
    """
    Tiles with faces first, then the pack's faceless ones, then drawn ones.

    photos, count: tiles with faces, all tiles; pixels: all sizes of all tiles in one vector of
    int32, a byte a colour; draw, faceless: rows of tiles with and without faces, each as often as
    its weight says; hard (W, 3): tile, x and y of windows that an earlier version took for faces.
    """

    def __init__(self, folder: Path, device: str, drawn: int = 300, limit: int = 0,
                 weigh_faceless: bool = False, hard: Path | None = None,
                 small: float = 1.0) -> None:
        """
        Read a pack; SourceError when it is not one or holds no faces.

        Args:
            folder: with tiles.bin and tiles.npz.
            device: 'cuda' or 'cpu'.
            drawn: number of faceless tiles that are drawn.
            limit: most tiles of each kind (0: all).
            weigh_faceless: draw the pack's faceless tiles by their weights, too.
            hard: table that detector.mine wrote.
            small: how much more often tiles are drawn whose median face is below 64 pixels.
        """
        parts = [read_tiles(folder, split, limit) for split in (TRAIN, FACELESS)]
        self.photos = len(parts[0]['image'])
        if not self.photos:
            raise SourceError(f"pack '{folder}' has no tiles to train on; pack more")
        images = np.concatenate([*(part['image'] for part in parts), textures(drawn)])
        self.count = len(images)
        levels = [self._levels(part.to(device)) for part in torch.from_numpy(images).split(256)]
        self.pixels = torch.cat(levels).flatten()
        weight = parts[1]['weight'] if weigh_faceless else np.ones(len(parts[1]['weight']))
        self.draw = _repeated(0, parts[0]['weight'] * np.where(
            _median_side(parts[0]) < _SMALL, small, 1)).to(device)
        weight = np.concatenate((weight, np.ones(drawn)))
        self.faceless = _repeated(self.photos, weight).to(device) if len(weight) \
            else torch.zeros(1, dtype=torch.long, device=device)
        rows = np.concatenate([part['row'] for part in parts])
        windows = read_windows(hard, rows) if hard else np.zeros((0, 3), np.int64)
        self.hard = torch.from_numpy(windows).to(device)
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


def _median_side(part: dict[str, np.ndarray]) -> np.ndarray:
    """Return the median side (T,) of each tile's faces, in pixels of the tile."""
    sides = np.sqrt(np.prod(part['box'][..., 2:] - part['box'][..., :2], axis=-1))
    return np.array([np.median(own[on]) if on.any() else SIDE
                     for own, on in zip(sides, part['flag'] == FACE)])


def _repeated(first: int, weight: np.ndarray) -> Tensor:
    """Return rows from `first` on, each 4 times at weight 1."""
    often = np.maximum(1, np.round(4 * weight)).astype(int)
    return torch.from_numpy(np.repeat(np.arange(first, first + len(weight)), often))


def read_windows(path: Path, rows: np.ndarray) -> np.ndarray:
    """
    Return tile, x and y (W, 3) of the windows of a table, as far as their tiles are in use.

    rows: (T,), the rows in tiles.npz of the tiles in use. SourceError for another file.
    """
    try:
        table = np.loadtxt(path, delimiter=',', skiprows=1, ndmin=2, usecols=(0, 1, 2))
    except (OSError, ValueError) as error:
        raise SourceError(f"table '{path}' cannot be used ({error}); make it with "
                          'training.detector.mine') from error
    number = {int(row): position for position, row in enumerate(rows)}
    return np.array([(number[int(row)], x, y) for row, x, y in table if int(row) in number],
                    np.int64).reshape(-1, 3)
