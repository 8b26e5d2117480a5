# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Square windows of an image: around the face of a portrait, over a scene, without faces."""
from __future__ import annotations

from collections.abc import Iterator
import random

import cv2
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from training.detector.tile_file import FACE, IGNORE, SIDE

Window = tuple[int, int, int]  # left, top, side in pixels of the image
_SMALLEST = 6  # pixels of a face in a tile that can be learned
_VISIBLE = 0.6  # share of a face inside its tile that can be learned


def tile(image: Image, window: Window) -> Image:
    """Return a window scaled to 250x250 pixels."""
    left, top, side = window
    part = image[top:top + side, left:left + side]
    return np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA
                                 if side > SIDE else cv2.INTER_CUBIC), np.uint8)


def moved(rows: FloatArray, window: Window) -> FloatArray:
    """
    Return the labels (N, 15) that lie in a window, in pixels of its tile, faces first.

    A face that is cut by more than 40 %, or small, becomes a region to ignore.
    """
    scale = SIDE / window[2]
    corner, kept = np.array(window[:2], np.float32), []
    for row in rows:
        box = (row[:4] - np.tile(corner, 2)) * scale
        inside = box.clip(0, SIDE)
        sides = inside[2:] - inside[:2]
        share = float(sides.prod() / max(1e-6, (box[2:] - box[:2]).prod()))
        if (sides <= 0).any() or share < 0.05:
            continue
        learned = row[4] == FACE and share >= _VISIBLE and (box[2:] - box[:2]).min() >= _SMALLEST
        points = (row[5:].reshape(5, 2) - corner) * scale
        kept.append(np.hstack((inside, FACE if learned else IGNORE, points.ravel())))
    kept.sort(key=lambda row: (row[4], row[0] - row[2]))
    return np.array(kept, np.float32).reshape(-1, 15)


def with_faces(size: tuple[int, int], faces: FloatArray, draw: random.Random) -> Iterator[Window]:
    """
    Yield windows of an image with faces (N, 4); size: its height and width.

    Up to two faces of which one is large make a portrait: a window around that face, in large
    images also one of the whole height. Others are scenes: several windows of many sizes.
    """
    height, width = size
    short = min(size)
    sides = np.sqrt((faces[:, 2:] - faces[:, :2]).clip(1).prod(axis=1))
    if len(faces) <= 2 and sides.max() > 0.17 * short:
        face = float(sides.max())
        x, y = _middle(faces[sides.argmax()])
        side = int(min(short, face * draw.uniform(1.7, 2.8)))
        yield _inside(x - side / 2 + draw.uniform(-.2, .2) * face,
                      y - side / 2 + draw.uniform(-.25, .2) * face, side, size)
        if max(size) >= 700 and side < 0.6 * short:
            yield _inside(x - short / 2, y - short / 2, short, size)
        return
    for _ in range(min(10, 2 + len(faces) // 2)):
        chosen = draw.randrange(len(faces))
        in_tile = np.exp(draw.uniform(np.log(28), np.log(120)))  # pixels of the face
        side = int(np.clip(sides[chosen] * SIDE / in_tile, min(100, short), short))
        x, y = _middle(faces[chosen])
        yield _inside(x - side * draw.uniform(.25, .75), y - side * draw.uniform(.2, .7), side,
                      size)


def without_faces(size: tuple[int, int], rows: FloatArray, count: int,
                  draw: random.Random) -> Iterator[Window]:
    """Yield up to `count` windows that no label (N, 15) comes near."""
    height, width = size
    for _ in range(count):
        side = int(min(size) * draw.uniform(.3, 1))
        if side < 70:
            continue
        left, top = draw.randint(0, width - side), draw.randint(0, height - side)
        corner = np.array((left, top))
        apart = (rows[:, :2] > corner + 1.1 * side) | (rows[:, 2:4] < corner - .1 * side)
        if apart.any(axis=1).all():
            yield left, top, side


def _middle(box: FloatArray) -> tuple[float, float]:
    return float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2


def _inside(left: float, top: float, side: int, size: tuple[int, int]) -> Window:
    return (int(np.clip(left, 0, size[1] - side)), int(np.clip(top, 0, size[0] - side)), side)
