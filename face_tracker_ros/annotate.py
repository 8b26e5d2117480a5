# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks drawn into images: a box in the colour of the id, and a label with id and score."""
from __future__ import annotations

import colorsys
from functools import lru_cache
from itertools import product
import unicodedata

import cv2
from face_tracker_ros.types import FloatArray, FrameResult, Image
import numpy as np
import numpy.typing as npt

Color = tuple[int, int, int]
Corners = tuple[int, int, int, int]  # left, top, right, bottom

_FONT = cv2.FONT_HERSHEY_DUPLEX
_GOLDEN_ANGLE = 0.61803398875  # of the hue circle; consecutive ids get hues far apart
_REFERENCE_HEIGHT = 720  # pixels; lines and text grow with the image from here
_FADE = 0.55  # share of its colour that a lost track keeps
_LARGEST = 30000  # pixels; OpenCV draws nothing right beyond
_WHITE, _BLACK = (255, 255, 255), (20, 20, 20)


def draw(image: Image, result: FrameResult) -> Image:
    """
    Draw the tracks of a frame into its image.

    Shown tracks get a box and a tag with id, name if known, and score, lost ones a faint dashed
    box at their predicted position. Sizes follow the height of the image.

    Args:
        image: uint8 BGR (H, W, 3), drawn into.
        result: what `FaceTracker.process` returned for it.

    Returns:
        The same image.
    """
    scale = max(image.shape[0] / _REFERENCE_HEIGHT, 0.4)
    for corners, track in zip(_corners(result.lost.boxes), result.lost.ids.tolist()):
        _draw_lost(image, corners, track, scale)
    tracks = result.tracks[::-1]  # worst first, so that the best is on top
    boxes, ids = _corners(tracks.boxes), tracks.ids.tolist()
    for corners, track in zip(boxes, ids):
        _draw_box(image, corners, track, scale)
    for corners, track, score in zip(boxes, ids, tracks.scores.tolist()):  # over all boxes
        person = result.people.get(track)
        _draw_tag(image, corners, track, score, scale, person.name if person else '')
    return image


@lru_cache(maxsize=4096)
def id_color(track_id: int) -> Color:
    """Return the colour (BGR) of an id: always the same, and far from those of its neighbours."""
    hue = (0.36 + track_id * _GOLDEN_ANGLE) % 1
    # Every seven ids the hues come near again: another lightness distinguishes them.
    saturation, value = ((0.75, 1.0), (0.55, 0.9), (0.9, 0.8))[track_id // 7 % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(255 * blue), round(255 * green), round(255 * red)


def _draw_box(image: Image, corners: Corners, track: int, scale: float) -> None:
    left, top, right, bottom = corners
    color = id_color(track)
    line = max(1, round(2 * scale))
    cv2.rectangle(image, (left, top), (right, bottom), color, line)
    arm = int(min(right - left, bottom - top, 160 * scale) * 0.22)
    angles = [np.array([(x + right_of * arm, y), (x, y), (x, y + below * arm)], np.int32)
              for (x, right_of), (y, below)
              in product(((left, 1), (right, -1)), ((top, 1), (bottom, -1)))]
    cv2.polylines(image, angles, False, color, line + max(1, round(2.5 * scale)))


def _draw_tag(image: Image, corners: Corners, track: int, confidence: float,
              scale: float, person: str = '') -> None:
    """Draw id, name and score on a filled tag over the box, or in it where there is no room."""
    color = id_color(track)
    left, top, _, _ = corners
    name, score = f'#{track} {_drawable(person)}'.strip(), f'{confidence:.2f}'
    size, small = _text_size(scale), 0.72 * _text_size(scale)
    weight = 1 if size < 0.9 else round(1.6 * size)
    pad = round(9 * size)
    (name_width, name_height), _ = cv2.getTextSize(name, _FONT, size, weight)
    (score_width, _), _ = cv2.getTextSize(score, _FONT, small, 1)
    width, height = name_width + score_width + 3 * pad, name_height + 2 * pad
    border = max(1, round(2 * scale))
    left = max(0, min(left - border, image.shape[1] - width))
    top = max(0, min(top - height if top >= height else top, image.shape[0] - height))
    ink = _ink(color)
    cv2.rectangle(image, (left, top), (left + width, top + height), color, cv2.FILLED)
    base = top + height - pad
    cv2.putText(image, name, (left + pad, base), _FONT, size, ink, weight, cv2.LINE_AA)
    cv2.putText(image, score, (left + name_width + 2 * pad, base), _FONT, small, ink, 1,
                cv2.LINE_AA)


def _draw_lost(image: Image, corners: Corners, track: int, scale: float) -> None:
    left, top, right, bottom = corners
    color = _faded(id_color(track))
    dash = max(4, round(9 * scale))
    x = _starts(left, right, dash, image.shape[1])
    y = _starts(top, bottom, dash, image.shape[0])
    x_ends, y_ends = np.minimum(x + dash, right), np.minimum(y + dash, bottom)
    dashes = [_segments(x, top, x_ends, top), _segments(x, bottom, x_ends, bottom),
              _segments(left, y, left, y_ends), _segments(right, y, right, y_ends)]
    cv2.polylines(image, list(np.concatenate(dashes)), False, color, max(1, round(scale)))
    size = 0.8 * _text_size(scale)
    position = (max(left, 0) + dash // 2, max(top, 0) + round(32 * size))
    # a thick line is smooth enough, and much quicker drawn, without anti-aliasing
    for ink, weight, kind in ((_BLACK, 3, cv2.LINE_8), (color, 1, cv2.LINE_AA)):
        cv2.putText(image, f'#{track}', position, _FONT, size, ink, weight, kind)


def _starts(begin: int, end: int, dash: int, limit: int) -> npt.NDArray[np.int32]:
    """Return the coordinates at which the dashes of a side begin, without those off the image."""
    skipped = max(0, -begin) // (2 * dash) * 2 * dash
    return np.arange(begin + skipped, min(end, limit), 2 * dash, dtype=np.int32)


def _segments(*ends: npt.NDArray[np.int32] | int) -> npt.NDArray[np.int32]:
    """Return x, y, x, y (each an array or the same for all) as lines (N, 2, 2)."""
    lines = np.empty((np.broadcast(*ends).size, 4), np.int32)
    for column, end in enumerate(ends):
        lines[:, column] = end
    return lines.reshape(-1, 2, 2)


def _corners(boxes: FloatArray) -> list[Corners]:
    """Return boxes (N, 4) in whole pixels that OpenCV can draw."""
    with np.errstate(invalid='ignore'):
        drawable = np.clip(np.nan_to_num(boxes), -_LARGEST, _LARGEST)
    return [(left, top, right, bottom)
            for left, top, right, bottom in np.rint(drawable).astype(int).tolist()]


def _drawable(text: str) -> str:
    """Return text in the letters that OpenCV can draw, without accents; others become '?'."""
    plain = ''.join(letter for letter in unicodedata.normalize('NFKD', text)
                    if not unicodedata.combining(letter))
    return plain.encode('ascii', 'replace').decode('ascii')


def _text_size(scale: float) -> float:
    return max(0.4, 0.62 * scale)


def _ink(color: Color) -> Color:
    """Return black or white, whichever is more legible on the colour."""
    blue, green, red = color
    return _BLACK if 0.114 * blue + 0.587 * green + 0.299 * red > 115 else _WHITE


def _faded(color: Color) -> Color:
    blue, green, red = (round(_FADE * part + (1 - _FADE) * 160) for part in color)
    return blue, green, red
