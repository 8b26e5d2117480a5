# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The demo clip: 20 seconds of two people in front of a brick wall, with exact ground truth.

Grace Hopper (sample data of matplotlib) and Eileen Collins (sample data of scikit-image, as is
the wall, CC0) are cut out and moved along smooth paths. Hopper hides Collins for a second, then
Collins leaves the image for three seconds, comes back elsewhere and hides Hopper. Nothing is
left to chance: every run gives the same frames.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import os
from pathlib import Path

import cv2
from face_tracker_ros.boxes import clip
from face_tracker_ros.demo.scenes import SceneFrame, visible_share
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import FloatArray, Image
import numpy as np
from scipy.interpolate import PchipInterpolator

WIDTH, HEIGHT, RATE, FRAMES = 1280, 720, 30.0, 600
HOPPER, COLLINS = 1, 2
"""Who is who in `SceneFrame.ids`."""

_Points = tuple[tuple[int, int], ...]

# Outlines in the photos, and the boxes of the faces as a detector draws them.
_HOPPER_OUTLINE = (
    (20, 480), (40, 410), (60, 384), (85, 370), (120, 361), (152, 350), (185, 326), (197, 310),
    (190, 294), (166, 281), (158, 264), (163, 246), (158, 225), (153, 200), (156, 183), (158, 160),
    (152, 132), (154, 106), (160, 94), (173, 86), (177, 70), (191, 52), (210, 44), (222, 30),
    (240, 25), (258, 24), (278, 27), (294, 35), (300, 42), (319, 49), (339, 64), (349, 83),
    (361, 91), (369, 109), (369, 132), (366, 160), (370, 186), (372, 205), (366, 235), (360, 251),
    (360, 280), (353, 296), (340, 303), (331, 308), (335, 319), (355, 336), (380, 351), (415, 366),
    (450, 376), (478, 389), (498, 421), (505, 480), (505, 590), (20, 590))
_HOPPER_BUST = ((262, 240), (205, 232))
_HOPPER_FACE = (190, 122, 344, 334)
_COLLINS_OUTLINE = (
    (25, 500), (27, 400), (32, 350), (40, 310), (47, 286), (62, 261), (82, 241), (107, 216),
    (118, 208), (115, 195), (119, 181), (131, 164), (151, 152), (170, 151), (186, 152), (185, 140),
    (181, 131), (178, 122), (166, 112), (156, 94), (155, 73), (157, 61), (166, 47), (186, 39),
    (201, 27), (225, 19), (240, 17), (264, 24), (283, 37), (295, 56), (299, 80), (296, 95),
    (288, 114), (275, 125), (275, 133), (269, 137), (263, 155), (257, 171), (275, 186), (294, 206),
    (302, 231), (305, 239), (324, 246), (339, 261), (349, 286), (357, 316), (360, 345), (360, 500))
_COLLINS_BUST = ((212, 160), (152, 178))
_COLLINS_FACE = (184, 68, 266, 173)

# Visits: time in seconds, centre of the face (x, y) and its height in pixels; the larger one is
# nearer and hides the other.
_HOPPER_VISITS = ((
    (0, 300, 330, 150), (2.5, 360, 300, 235), (4, 470, 320, 250), (6, 640, 330, 215),
    (8, 840, 330, 170), (10, 960, 300, 120), (12, 860, 320, 130), (14, 640, 300, 105),
    (16, 560, 290, 72), (18, 600, 300, 62), (20, 720, 320, 120)),)
_COLLINS_VISITS = ((
    (0, 960, 300, 120), (2, 1000, 330, 90), (4, 800, 340, 78), (6, 640, 332, 78),
    (8, 440, 330, 92), (9.3, 280, 390, 140), (10.8, -160, 420, 150)), (
    (13.2, 1430, 250, 110), (14.5, 1080, 280, 120), (17, 720, 350, 150), (18.5, 400, 350, 160),
    (20, 330, 380, 190)))


@dataclass(frozen=True)
class _Person:
    """A cut-out in ever smaller copies, and its visits: face centre and height over time."""

    identity: int
    levels: tuple[Image, ...]
    face: FloatArray
    visits: tuple[PchipInterpolator, ...]

    def there(self, time: float) -> bool:
        """Return whether the time is within a visit."""
        return any(visit.x[0] <= time <= visit.x[-1] for visit in self.visits)

    def box(self, time: float) -> FloatArray:
        """Return the box (4,) of the face."""
        visit = next(visit for visit in self.visits if time <= visit.x[-1])
        x, y, height = visit(time)
        width = height * (self.face[2] - self.face[0]) / (self.face[3] - self.face[1])
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2],
                        np.float32)

    def paste(self, canvas: Image, time: float) -> Image:
        """Draw onto `canvas` with a soft shadow; return how much of it is covered (H, W)."""
        box = self.box(time)
        scale = (box[3] - box[1]) / (self.face[3] - self.face[1])
        level = min(int(max(0.0, -np.log2(scale))), len(self.levels) - 1)
        corner = box[:2] - scale * self.face[:2]
        size = scale * np.array(self.levels[0].shape[1::-1])
        x0, y0 = np.clip(np.floor(corner), 0, (WIDTH, HEIGHT)).astype(int)
        x1, y1 = np.clip(np.ceil(corner + size), 0, (WIDTH, HEIGHT)).astype(int)
        covered = np.zeros((HEIGHT, WIDTH), np.uint8)
        if x1 <= x0 or y1 <= y0:
            return covered
        factor = float(scale) * 2 ** level
        matrix = np.array([[factor, 0, corner[0] - x0], [0, factor, corner[1] - y0]])
        placed = np.asarray(cv2.warpAffine(
            self.levels[level], matrix, (int(x1 - x0), int(y1 - y0))), np.uint8)
        _blend(canvas[y0:y1, x0:x1], placed, 0.07 * float(box[3] - box[1]))
        covered[y0:y1, x0:x1] = placed[..., 3]
        return covered


def images() -> tuple[Image, Image, Image]:
    """
    Return photos of Grace Hopper, of Eileen Collins, and of bricks, BGR.

    Raises SourceError when the packages that hold them are not installed.
    """
    try:
        from matplotlib import cbook
        import skimage
    except ModuleNotFoundError as error:
        raise SourceError(f"demo clip: Python package '{error.name}' is not installed; "
                          'run scripts/setup') from error
    folder = Path(skimage.__file__).parent / 'data'
    paths = (str(cbook.get_sample_data('grace_hopper.jpg', asfileobj=False)),
             str(folder / 'astronaut.png'), str(folder / 'brick.png'))
    hopper, collins, bricks = (_read(path) for path in paths)
    return hopper, collins, bricks


def _read(path: str) -> Image:
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError(f"demo clip: image '{path}' cannot be read; run scripts/setup, or "
                          'install matplotlib and scikit-image with pip')
    return np.asarray(image, np.uint8)


def frames() -> Iterator[SceneFrame]:
    """Yield the clip with its truth: boxes cut at the border, and how much of each face shows."""
    hopper, collins, bricks = images()
    people = [
        _person(HOPPER, hopper, _HOPPER_OUTLINE, _HOPPER_BUST, _HOPPER_FACE, _HOPPER_VISITS),
        _person(COLLINS, collins, _COLLINS_OUTLINE, _COLLINS_BUST, _COLLINS_FACE, _COLLINS_VISITS)]
    wall = _wall(bricks)
    for step in range(FRAMES):
        yield _frame(people, wall, step / RATE)


def write(path: str | os.PathLike[str], meanwhile: Callable[[], object] = lambda: None) -> None:
    """
    Write the clip as a video; SourceError when it cannot be written.

    meanwhile: called after each frame; what it raises ends the writing.
    """
    from face_tracker_ros.video import VideoSink
    with VideoSink(path, RATE) as sink:
        for frame in frames():
            sink.write(frame.image)
            meanwhile()


def _frame(people: list[_Person], wall: Image, time: float) -> SceneFrame:
    pan = 150 - 150 * np.cos(2 * np.pi * time / 20), 30 + 25 * np.sin(2 * np.pi * time / 10)
    camera = np.array([[1, 0, -pan[0]], [0, 1, -pan[1]]])
    image = np.asarray(cv2.warpAffine(wall, camera, (WIDTH, HEIGHT)), np.uint8)
    order = sorted((person for person in people if person.there(time)),
                   key=lambda person: float(np.ptp(person.box(time)[1::2])))
    boxes = np.array([person.box(time) for person in order])
    masks = [person.paste(image, time) for person in order]
    visible = np.array([visible_share(box, masks[row + 1:]) for row, box in enumerate(boxes)],
                       np.float32)
    inside = visible >= 0
    return SceneFrame(time, image, np.array([person.identity for person in order])[inside],
                      clip(boxes, WIDTH, HEIGHT)[inside], visible[inside])


def _person(identity: int, photo: Image, outline: _Points, bust: _Points, face: tuple[int, ...],
            visits: tuple[tuple[tuple[float, ...], ...], ...]) -> _Person:
    image = _cut_out(photo, outline, bust)
    levels = [image]
    while min(image.shape[:2]) > 64:
        image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5,
                                      interpolation=cv2.INTER_AREA), np.uint8)
        levels.append(image)
    return _Person(identity, tuple(levels), np.array(face, np.float32),
                   tuple(PchipInterpolator([key[0] for key in keys], [key[1:] for key in keys])
                         for keys in visits))


def _cut_out(photo: Image, outline: _Points, bust: _Points) -> Image:
    """Return the part inside the outline and above the bust's curve, colours times alpha."""
    inside = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.array(outline, np.int32)], 255, cv2.LINE_AA)
    round_off = np.zeros_like(inside)
    (x, y), (half_width, half_height) = bust
    cv2.ellipse(round_off, (x, y), (half_width, half_height), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.rectangle(round_off, (x - half_width, 0), (x + half_width, y), 255, -1)
    soft = cv2.GaussianBlur(inside, (0, 0), 2).astype(np.float32)
    alpha = np.clip((soft - 100) / 140, 0, 1) * cv2.GaussianBlur(round_off, (0, 0), 6) / 255
    return np.round(np.dstack((photo * alpha[..., None], 255 * alpha))).astype(np.uint8)


def _blend(canvas: Image, placed: Image, softness: float) -> None:
    alpha = placed[..., 3]
    small = cv2.resize(alpha, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    shadow = cv2.GaussianBlur(small, (0, 0), max(softness / 4, 0.5))
    light = cv2.resize(cv2.convertScaleAbs(shadow, alpha=-0.35, beta=255), alpha.shape[::-1])
    share = cv2.multiply(light, 255 - alpha, scale=1 / 255)
    behind = cv2.multiply(canvas, cv2.merge((share, share, share)), scale=1 / 255)
    cv2.add(placed[..., :3], behind, dst=canvas)


def _wall(bricks: Image) -> Image:
    """Return a brick wall, larger than the image, out of focus and lit from the top left."""
    brick = cv2.GaussianBlur(np.rot90(bricks), (0, 0), 1.0)
    brick = np.hstack((brick, brick[:, ::-1], brick))[:480]
    wall = cv2.resize(brick, (1640, 800), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    y, x = np.mgrid[0:1:800j, 0:1:1640j].astype(np.float32)
    light = 1.45 - 0.65 * np.hypot(x - 0.3, y - 0.2)
    tint = np.array([150, 185, 235], np.float32)
    return np.asarray(np.clip(wall * light[..., None] * tint, 0, 255), np.uint8)
