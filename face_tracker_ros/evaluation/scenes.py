# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Generated scenes: real faces on made-up paths, with exact ground truth.

People walk on random smooth paths over a textured background, at changing size, in front of each
other (the larger is nearer and hides the smaller), leave the picture and come back, under
changing light, blur, tilt and squeeze; the camera stands still or pans and shakes. Everything
follows from the seed.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import FloatArray, Image, IntArray
import numpy as np

WIDTH, HEIGHT, RATE = 1280, 720, 30.0
VISIBLE = 0.4  # share of a face that must show for it to count as there

_MARGIN = 160  # pixels of background around the picture, for the camera to move in


@dataclass(frozen=True)
class Portrait:
    """A photo (H, W, 3) uint8 BGR and the box (4,) of the face in it."""

    photo: Image
    box: FloatArray


@dataclass(frozen=True)
class SceneFrame:
    """
    One frame with its truth.

    image: uint8 BGR (720, 1280, 3). ids (N,), boxes (N, 4), visible (N,): share of each face that
    shows, for all faces inside the picture, hidden ones included.
    """

    stamp: float
    image: Image
    ids: IntArray
    boxes: FloatArray
    visible: FloatArray


@dataclass(frozen=True)
class SceneOptions:
    """
    What a scene is like.

    people: how many; seconds: how long; camera: 'still' or 'moving'; returns: whether people
    leave the picture and come back; other_photo: how often a return shows another photo of the
    same person (0 to 1).
    """

    people: int = 6
    seconds: float = 20.0
    camera: str = 'still'
    returns: bool = True
    other_photo: float = 0.5


def read_people(folder: Path) -> dict[str, list[Path]]:
    """Return photos by person from one folder a person; SourceError where there is none."""
    people = {entry.name: sorted(path for path in entry.iterdir()
                                 if path.suffix.lower() in ('.jpg', '.png'))
              for entry in sorted(folder.iterdir()) if entry.is_dir()} if folder.is_dir() else {}
    people = {name: photos for name, photos in people.items() if photos}
    if not people:
        raise SourceError(f"folder '{folder}' has no photos; give one with a folder a person")
    return people


def background(random: np.random.Generator, width: int, height: int) -> Image:
    """Return a textured picture (height, width, 3): soft noise of all sizes, boards and shelves."""
    canvas = np.zeros((height, width, 3), np.float32)
    for octave in range(1, 8):
        cells = 2 ** octave
        noise = random.normal(0, 26 / octave ** 0.7, (cells, cells * width // height + 1, 3))
        noise = 0.7 * noise.mean(axis=2, keepdims=True) + 0.3 * noise
        canvas += cv2.resize(noise.astype(np.float32), (width, height),
                             interpolation=cv2.INTER_CUBIC)
    canvas += random.uniform(70, 170, 3).astype(np.float32)
    for _ in range(int(random.integers(6, 14))):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        w, h = random.integers(40, 320, 2)
        patch = canvas[y:y + int(h), x:x + int(w)]
        patch *= np.float32(random.uniform(0.5, 1.2))
        patch += random.uniform(-40, 40, 3).astype(np.float32)
    return np.clip(canvas, 0, 255).astype(np.uint8)


class _Visit:
    """One person's time in the picture: a photo on a path, from entering to leaving."""

    def __init__(self, random: np.random.Generator, portrait: Portrait, begin: float, end: float,
                 open_ended: bool) -> None:
        self.begin, self.end = begin, end
        self._portrait = portrait
        self._mask = _head_mask(portrait)
        self._size = random.uniform(45, 150)
        self._swell = random.uniform(0.05, 0.35)
        self._phase = random.uniform(0, 2 * np.pi, 4)
        self._period = random.uniform(4, 11, 4)
        self._centre = np.array([WIDTH, HEIGHT]) * random.uniform((0.25, 0.35), (0.75, 0.65))
        self._reach = np.array([WIDTH, HEIGHT]) * random.uniform((0.1, 0.05), (0.3, 0.2))
        self._enters = not open_ended or begin > 0
        self._leaves = not open_ended
        self._sides = random.choice([-1, 1], 2)
        self._blur = max(0.0, random.normal(0, 0.8))
        self._light = random.uniform(0.75, 1.2)
        self._tilt = random.uniform(2, 9)

    def place(self, time: float) -> tuple[FloatArray, FloatArray]:
        """Return the photo's (2, 3) placing at `time` and the face box (4,) that it gives."""
        wave = np.sin(2 * np.pi * time / self._period + self._phase)
        centre = self._centre + self._reach * wave[:2]
        size = self._size * (1 + self._swell * wave[2])
        slide = 0.0
        if self._enters:
            slide += self._sides[0] * max(0.0, 1 - (time - self.begin) / 1.2) ** 2
        if self._leaves:
            slide += self._sides[1] * max(0.0, 1 - (self.end - time) / 1.2) ** 2
        centre = centre + np.array([slide * WIDTH, 0])
        left, top, right, bottom = self._portrait.box
        scale = size / (bottom - top)
        squeeze = 1 - 0.12 * abs(wave[3])  # the head turns a little
        angle = np.deg2rad(self._tilt * wave[3])
        turn = scale * np.array([[squeeze * np.cos(angle), -np.sin(angle)],
                                 [squeeze * np.sin(angle), np.cos(angle)]])
        middle = np.array([left + right, top + bottom]) / 2
        matrix = np.column_stack((turn, centre - turn @ middle))
        half = np.array([squeeze * (right - left), bottom - top]) * scale / 2
        return matrix.astype(np.float32), np.hstack((centre - half, centre + half)).astype(
            np.float32)

    def paste(self, canvas: Image, time: float, shift: FloatArray) -> tuple[FloatArray, Image]:
        """Draw onto `canvas`; return the box and where the head is (H, W) uint8."""
        matrix, box = self.place(time)
        matrix[:, 2] += shift
        size = (canvas.shape[1], canvas.shape[0])
        light = self._light * (1 + 0.15 * np.sin(time * 1.3 + self._phase[0]))
        shrunk = cv2.GaussianBlur(self._portrait.photo, (0, 0), self._blur + 0.01)
        head = cv2.warpAffine(cv2.convertScaleAbs(shrunk, alpha=light), matrix, size,
                              flags=cv2.INTER_AREA)
        mask = cv2.warpAffine(self._mask, matrix, size)
        x0, y0, x1, y1 = _bounds(mask)
        share = mask[y0:y1, x0:x1, None].astype(np.float32) / 255
        region = canvas[y0:y1, x0:x1]
        region[:] = (share * head[y0:y1, x0:x1] + (1 - share) * region).astype(np.uint8)
        return box + np.tile(shift, 2), mask


def _head_mask(portrait: Portrait) -> Image:
    left, top, right, bottom = portrait.box
    mask = np.zeros(portrait.photo.shape[:2], np.uint8)
    centre = (round((left + right) / 2), round((top + bottom) / 2 - 0.06 * (bottom - top)))
    axes = (round(0.72 * (right - left)), round(0.78 * (bottom - top)))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    return cv2.GaussianBlur(mask, (0, 0), 0.04 * (bottom - top))


def _bounds(mask: Image) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _visits(random: np.random.Generator, portraits: Sequence[Portrait],
            options: SceneOptions) -> list[_Visit]:
    """Return one person's visits: all the time, or parted by an absence of 2 to 5 seconds."""
    end = options.seconds
    first = portraits[int(random.integers(len(portraits)))]
    if not options.returns or random.random() < 0.25:
        return [_Visit(random, first, 0.0, end, True)]
    leaves = random.uniform(0.3, 0.6) * end
    back = leaves + random.uniform(2, 5)
    others = [portrait for portrait in portraits if portrait is not first]
    second = first
    if others and random.random() < options.other_photo:
        second = others[int(random.integers(len(others)))]
    return [_Visit(random, first, 0.0, leaves, False), _Visit(random, second, back, end, True)]


def _camera(random: np.random.Generator, options: SceneOptions, time: float,
            phase: FloatArray) -> FloatArray:
    if options.camera == 'still':
        return np.zeros(2, np.float32)
    pan = np.array([110, 45]) * np.sin(2 * np.pi * time / np.array([5.0, 3.7]) + phase)
    return (pan + random.normal(0, 3, 2)).astype(np.float32)


def generate(people: Sequence[Sequence[Portrait]], seed: int,
             options: SceneOptions) -> Iterator[SceneFrame]:
    """
    Yield the frames of one scene.

    people: the portraits of everybody there is; `options.people` of them are drawn.
    """
    random = np.random.default_rng(seed)
    chosen = random.choice(len(people), options.people, replace=False)
    visits = [_visits(random, people[person], options) for person in chosen]
    wall = background(random, WIDTH + 2 * _MARGIN, HEIGHT + 2 * _MARGIN)
    phase = random.uniform(0, 2 * np.pi, 2).astype(np.float32)
    frame_of = np.array([0, 0, WIDTH, HEIGHT], np.float32)
    for step in range(round(options.seconds * RATE)):
        time = step / RATE
        shift = _camera(random, options, time, phase)
        x, y = _MARGIN - shift
        image = cv2.warpAffine(wall, np.float32([[1, 0, -x], [0, 1, -y]]), (WIDTH, HEIGHT))
        present = [(visit, identity) for identity, several in enumerate(visits, 1)
                   for visit in several if visit.begin <= time < visit.end]
        present.sort(key=lambda entry: float(entry[0].place(time)[1][3]
                                             - entry[0].place(time)[1][1]))
        boxes, masks = [], []
        for visit, _ in present:
            box, mask = visit.paste(image, time, shift)
            boxes.append(box)
            masks.append(mask)
        image = cv2.add(image, random.normal(0, 4, image.shape[:2]).astype(np.int8)[..., None]
                        .repeat(3, 2), dtype=cv2.CV_8U)
        truth = np.array(boxes, np.float32).reshape(-1, 4)
        visible = np.array([_visible(truth[i], masks[i + 1:], frame_of)
                            for i in range(len(truth))], np.float32)
        inside = visible >= 0
        yield SceneFrame(time, image, np.array([who for _, who in present], np.intp)[inside],
                         truth[inside], visible[inside])


def _visible(box: FloatArray, nearer: Sequence[Image], picture: FloatArray) -> float:
    """Return the share of a face box inside the picture and behind nobody; -1 when outside."""
    area = float(np.prod(box[2:] - box[:2]))
    x0, y0 = np.maximum(box[:2], picture[:2]).astype(int)
    x1, y1 = np.minimum(box[2:], picture[2:]).astype(int)
    if x1 <= x0 or y1 <= y0:
        return -1.0
    covered = np.zeros((y1 - y0, x1 - x0), bool)
    for mask in nearer:
        covered |= mask[y0:y1, x0:x1] > 127
    return min(1.0, float((~covered).sum()) / area)
