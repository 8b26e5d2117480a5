# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Box arithmetic on (N, 4) arrays of left, top, right, bottom in pixels."""
from __future__ import annotations

import cv2
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray, Image, IntArray
import numpy as np
import numpy.typing as npt

AnyFloats = npt.NDArray[np.floating]

_TINY = np.finfo(np.float64).tiny


def usable(boxes: AnyFloats) -> BoolArray:
    """Return which boxes (N, 4) are finite and have an area."""
    with np.errstate(invalid='ignore'):
        positive = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return np.asarray(np.isfinite(boxes).all(axis=1) & positive, bool)


def area(boxes: AnyFloats) -> Float64Array:
    """Return the areas (N,) of boxes (N, 4)."""
    sides = np.maximum(boxes[:, 2:].astype(np.float64) - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def common(a: AnyFloats, b: AnyFloats) -> Float64Array:
    """Return the overlap of boxes a (N, 4) and b (M, 4) along x and y (2, N, M); below 0 a gap."""
    first, second = a.T.astype(np.float64), b.T.astype(np.float64)
    shared: Float64Array = np.minimum(first[2:, :, None], second[2:, None])
    shared -= np.maximum(first[:2, :, None], second[:2, None])
    return shared


def iou(a: AnyFloats, b: AnyFloats, shared: Float64Array | None = None) -> Float64Array:
    """
    Return intersection over union (N, M) of boxes a (N, 4) and b (M, 4); 0 without area.

    shared: their `common`, where it is at hand.
    """
    sides = np.maximum(common(a, b) if shared is None else shared, 0)
    both: Float64Array = sides[0] * sides[1]
    union = area(a)[:, None] + area(b)
    union -= both
    both /= np.maximum(union, _TINY, out=union)
    return both


def nms(boxes: AnyFloats, scores: AnyFloats, max_iou: float) -> IntArray:
    """
    Return the rows to keep, best score first (greedy non-maximum suppression).

    A box goes when it overlaps a better kept one by more than `max_iou`, or has a score of 0.
    """
    rectangles = boxes.astype(np.float64)
    rectangles[:, 2:] -= rectangles[:, :2]
    rows = cv2.dnn.NMSBoxes(rectangles.tolist(), scores.tolist(), 0.0, max_iou)
    return np.array(rows, np.intp).reshape(-1)


def clip(boxes: FloatArray, width: float, height: float) -> FloatArray:
    """Return boxes (N, 4) cut at the border of an image of `width` x `height` pixels."""
    limit = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, np.float32(0), limit)


def square_crops(image: Image, boxes: FloatArray, size: int, scale: float) -> Image:
    """
    Return the crops (N, size, size, 3) around the boxes (N, 4) of an image (H, W, 3).

    Each is the square around the box centre with `scale` times the longer side; what lies
    outside the image repeats its border. Boxes must be usable (finite, with an area).
    """
    crops = np.empty((len(boxes), size, size, 3), np.uint8)
    height, width = image.shape[:2]
    for crop, (left, top, right, bottom) in zip(crops, boxes.astype(np.float64)):
        side = scale * max(right - left, bottom - top)
        x, y = (left + right - side) / 2, (top + bottom - side) / 2
        x0, y0 = round(x), round(y)
        x1, y1 = max(round(x + side), x0 + 1), max(round(y + side), y0 + 1)
        inside = image[max(y0, 0):max(y1, 1), max(x0, 0):max(x1, 1)]
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
            inside = _padded(image, x0, y0, x1, y1)
        while min(inside.shape[:2]) >= 2 * size:  # below, bilinear interpolation sees all pixels
            half = (inside.shape[1] // 2, inside.shape[0] // 2)
            inside = np.asarray(cv2.resize(inside[:2 * half[1], :2 * half[0]], half,
                                           interpolation=cv2.INTER_AREA), np.uint8)
        cv2.resize(inside, (size, size), dst=crop, interpolation=cv2.INTER_LINEAR)
    return crops


def _padded(image: Image, x0: int, y0: int, x1: int, y1: int) -> Image:
    """Return the region, its parts outside of the image repeating the border."""
    height, width = image.shape[:2]
    left, top = min(max(x0, 0), width - 1), min(max(y0, 0), height - 1)
    right, bottom = max(min(x1, width), left + 1), max(min(y1, height), top + 1)
    # A region wholly outside keeps one row or column, and may have to lose some of the repeats.
    padded = cv2.copyMakeBorder(image[top:bottom, left:right], max(top - y0, 0),
                                max(y1 - bottom, 0), max(left - x0, 0), max(x1 - right, 0),
                                cv2.BORDER_REPLICATE)
    return np.asarray(padded[:y1 - y0, :x1 - x0], np.uint8)
