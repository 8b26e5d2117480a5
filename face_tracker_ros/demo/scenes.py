# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Generated scenes: real faces on made-up paths, with exact ground truth.

People walk on random smooth paths over a textured background, at changing size, in front of each
other (the larger is nearer and hides the smaller), leave the image and come back, under
changing light, blur, tilt and squeeze; the camera is static or pans and shakes. Everything
follows from the seed.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from face_tracker_ros.boxes import area, clip
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import ModelError, SourceError
from face_tracker_ros.evaluation.face_geometry import face_box
from face_tracker_ros.types import Detections, FloatArray, Image, IntArray
import numpy as np

WIDTH, HEIGHT, RATE = 1280, 720, 30.0
VISIBLE = 0.4  # share of a face that must show for it to count as there

_MARGIN = 160  # pixels of background around the image, for the camera to move in


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
    shows, for all faces inside the image, hidden ones included.
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
    leave the image and come back; other_photo: how often a return shows another photo of the
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


def read_face(path: Path, detector: FaceDetector) -> tuple[Image, Detections] | None:
    """Return a photo and the face in its middle, None without one; SourceError if unreadable."""
    photo = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if photo is None:
        raise SourceError(f"photo '{path}' cannot be read; remove or replace it")
    image = np.asarray(photo, np.uint8)
    found = detector.detect(image, 0.5, 0.4)
    middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    size = np.array(image.shape[1::-1])
    near = np.flatnonzero((np.abs(middle / size - 0.5) < 0.14).all(axis=1))
    return (image, found[near[:1]]) if len(near) else None


def read_portraits(folder: Path, detector: FaceDetector) -> list[list[Portrait]]:
    """
    Return the portraits of everybody in `folder` whose face is found in the photo's middle.

    The box is that of the landmarks (`face_box`), so that it follows no detector's habit; a
    detector without landmarks raises ModelError.
    """
    people = []
    for paths in read_people(folder).values():
        portraits = []
        for path in paths:
            found = read_face(path, detector)
            if found is not None:
                if found[1].landmarks is None:
                    raise ModelError(f"detector '{detector.spec.name}' gives no landmarks; give "
                                     'face-detector, yunet or centerface')
                portraits.append(Portrait(found[0], face_box(found[1].landmarks[0])))
        if portraits:
            people.append(portraits)
    return people


def background(random: np.random.Generator, width: int, height: int) -> Image:
    """Return a textured image (height, width, 3): soft noise of all sizes, and boards."""
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
    """One person's time in the image: a photo on a path, from entering to leaving."""

    def __init__(self, random: np.random.Generator, portrait: Portrait, begin: float, end: float,
                 open_ended: bool) -> None:
        self.begin, self.end = begin, end
        self._portrait = portrait
        self._size = random.uniform(45, 150)
        self._swell = random.uniform(0.05, 0.35)
        self._phase = random.uniform(0, 2 * np.pi, 4)
        self._period = random.uniform(4, 11, 4)
        self._centre = np.array([WIDTH, HEIGHT]) * random.uniform((0.25, 0.35), (0.75, 0.65))
        self._reach = np.array([WIDTH, HEIGHT]) * random.uniform((0.1, 0.05), (0.3, 0.2))
        self._enters = not open_ended or begin > 0
        self._leaves = not open_ended
        self._sides = random.choice([-1, 1], 2)
        soft = cv2.GaussianBlur(portrait.photo, (0, 0), max(0.01, random.normal(0, 0.8)))
        self._head = np.dstack((soft, head_mask(portrait)))
        self._light = random.uniform(0.75, 1.2)
        self._tilt = random.uniform(2, 9)

    def pose(self, time: float) -> tuple[FloatArray, FloatArray]:
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
        squeeze = 1 - 0.12 * abs(wave[3])  # the head rotates a little
        angle = np.deg2rad(self._tilt * wave[3])
        rotation = scale * np.array([[squeeze * np.cos(angle), -np.sin(angle)],
                                     [squeeze * np.sin(angle), np.cos(angle)]])
        middle = np.array([left + right, top + bottom]) / 2
        matrix = np.column_stack((rotation, centre - rotation @ middle))
        half = np.array([squeeze * (right - left), bottom - top]) * scale / 2
        return matrix.astype(np.float32), np.hstack((centre - half, centre + half)).astype(
            np.float32)

    def paste(self, canvas: Image, time: float, shift: FloatArray) -> tuple[FloatArray, Image]:
        """Draw onto `canvas`; return the box and how much of it is covered (H, W) uint8."""
        matrix, box = self.pose(time)
        matrix[:, 2] += shift
        covered = np.zeros(canvas.shape[:2], np.uint8)
        x0, y0, x1, y1 = _region(matrix, self._head.shape, canvas.shape)
        if x1 > x0 and y1 > y0:
            matrix[:, 2] -= x0, y0
            light = self._light * (1 + 0.15 * np.sin(time * 1.3 + self._phase[0]))
            placed = np.asarray(cv2.warpAffine(self._head, matrix, (x1 - x0, y1 - y0),
                                               flags=cv2.INTER_AREA), np.float32)
            share = placed[..., 3:] / 255
            region = canvas[y0:y1, x0:x1]
            region[:] = np.clip(share * placed[..., :3] * light + (1 - share) * region, 0, 255)
            covered[y0:y1, x0:x1] = placed[..., 3]
        return box + np.tile(shift, 2), covered


def head_mask(portrait: Portrait) -> Image:
    """Return how much of each pixel of the photo is head (H, W), 0 to 255: a soft ellipse."""
    left, top, right, bottom = portrait.box
    mask = np.zeros(portrait.photo.shape[:2], np.uint8)
    centre = (round((left + right) / 2), round((top + bottom) / 2 - 0.06 * (bottom - top)))
    axes = (round(0.72 * (right - left)), round(0.78 * (bottom - top)))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.04 * (bottom - top)), np.uint8)


def _region(matrix: FloatArray, photo: tuple[int, ...],
            canvas: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of where a photo comes to lie on the canvas."""
    height, width = photo[:2]
    corners = matrix @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
    limits = np.array([[canvas[1]], [canvas[0]]])
    low = np.clip(np.floor(corners.min(axis=1, keepdims=True)), 0, limits).astype(int)
    high = np.clip(np.ceil(corners.max(axis=1, keepdims=True)), 0, limits).astype(int)
    return int(low[0, 0]), int(low[1, 0]), int(high[0, 0]), int(high[1, 0])


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
    grain = random.normal(0, 4, (2 * HEIGHT, 2 * WIDTH, 1)).astype(np.int16)
    for step in range(round(options.seconds * RATE)):
        time = step / RATE
        shift = _camera(random, options, time, phase)
        x, y = shift - _MARGIN
        image = np.asarray(cv2.warpAffine(wall, np.array([[1, 0, x], [0, 1, y]]),
                                          (WIDTH, HEIGHT)), np.uint8)
        present = [(visit, identity) for identity, several in enumerate(visits, 1)
                   for visit in several if visit.begin <= time < visit.end]
        present.sort(key=lambda entry: float(np.ptp(entry[0].pose(time)[1][1::2])))
        pasted = [visit.paste(image, time, shift) for visit, _ in present]
        u, v = random.integers(0, WIDTH), random.integers(0, HEIGHT)
        noisy = np.clip(image + grain[v:v + HEIGHT, u:u + WIDTH], 0, 255).astype(np.uint8)
        boxes = np.array([box for box, _ in pasted], np.float32).reshape(-1, 4)
        visible = np.array([visible_share(box, [mask for _, mask in pasted[row + 1:]])
                            for row, box in enumerate(boxes)], np.float32)
        inside = visible >= 0
        yield SceneFrame(time, noisy, np.array([who for _, who in present], np.intp)[inside],
                         boxes[inside], visible[inside])


def visible_share(box: FloatArray, nearer: Sequence[Image]) -> float:
    """
    Return how much of a face box (4,) is inside the image and behind nobody.

    nearer: (720, 1280) uint8 each, how much of the image somebody in front covers. From 0 to
    1, and -1 for a box wholly outside.
    """
    x0, y0, x1, y1 = clip(box[None], WIDTH, HEIGHT)[0].astype(int)
    if x1 <= x0 or y1 <= y0:
        return -1.0
    free = np.ones((y1 - y0, x1 - x0), bool)
    for mask in nearer:
        free &= mask[y0:y1, x0:x1] < 128
    return min(1.0, float(free.sum()) / float(area(box[None])[0]))
