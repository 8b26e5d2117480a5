#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Error of ranges on generated scenes: faces as planes of known size at known positions.

Photos of people, who look about ahead, become planes of the size that the distance of the eyes
gives them (63 mm, varied between people by 3.6 mm, as among adults), face the camera and move
through its view. They are seen through a lens with distortion; a depth image with noise, steps
and holes is rendered in addition. The tracker sees the images, and its tracks are placed by size
and by depth.
"""
from __future__ import annotations

import argparse
from dataclasses import dataclass
import json
from pathlib import Path

import cv2
from face_tracker_ros import Config, FaceTracker
from face_tracker_ros.boxes import iou
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.spatial import Calibration, CameraModel, face_depths, FacePrior, locate
import numpy as np
from shipped import SHIPPED

WIDTH, HEIGHT, RATE = 1280, 720, 15.0
CALIBRATION = Calibration((WIDTH, HEIGHT), (890.0, 0, 652.0, 0, 884.0, 348.0, 0, 0, 1),
                          (-0.31, 0.11, 0.0008, -0.0006, -0.015))
EYES, EYES_SPREAD = 0.063, 0.0036  # metres between the pupils of adults: mean and deviation
COLUMNS = ['', 'faces', 'range error, median', '90 %', 'bias', 'position error, median',
           'inside the 50 % ellipsoid']
FRONTAL = 0.2  # most that the nose may be off the middle of the eyes, in eye distances


@dataclass(frozen=True)
class Person:
    """A photo, pixels (x, y) of the middle of its face, and eye distance in pixels."""

    photo: np.ndarray
    middle: np.ndarray
    eyes: float
    mask: np.ndarray


def read(folder: Path, detector: FaceDetector, part: int) -> list[Person]:
    """Return one frontal photo of every second person."""
    people = []
    for paths in list(scenes.read_people(folder).values())[part::2]:
        for path in paths:
            found = scenes.read_face(path, detector)
            if found is None or found[1].landmarks is None:
                continue
            photo, face = found
            right, left, nose = face.landmarks[0, :3].astype(np.float64)
            eyes = float(np.linalg.norm(left - right))
            if abs((nose - (left + right) / 2) @ (left - right)) < FRONTAL * eyes ** 2:
                middle = (face.boxes[0, :2] + face.boxes[0, 2:]) / 2
                people.append(Person(photo, middle.astype(np.float64), eyes,
                                     scenes.head_mask(scenes.Portrait(photo, face.boxes[0]))))
                break
    return people


class Actor:
    """One person on a path in front of the camera."""

    def __init__(self, random: np.random.Generator, person: Person, lane: float) -> None:
        self._person = person
        self._pixel = random.normal(EYES, EYES_SPREAD) / person.eyes  # metres
        self._phase = random.uniform(0, 2 * np.pi, 3)
        self._period = random.uniform(4, 9, 3)
        self._lane = lane
        self._distance = random.uniform(0.8, 3.5)

    def position(self, time: float) -> np.ndarray:
        """Return the middle of the face (3,) in metres."""
        wave = np.sin(2 * np.pi * time / self._period + self._phase)
        z = self._distance * (1 + 0.3 * wave[2])
        return np.array([(self._lane + 0.08 * wave[0]) * z, 0.1 * wave[1] * z, z])

    def axes(self, time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return position, and the plane's right and down (3,), facing the camera."""
        position = self.position(time)
        ray = position / np.linalg.norm(position)
        right = np.cross([0.0, 1.0, 0.0], ray)
        right /= np.linalg.norm(right)
        return position, right, np.cross(ray, right)

    def paste(self, image: np.ndarray, depth: np.ndarray, rays: np.ndarray, time: float,
              light: float) -> None:
        """Draw into image (H, W, 3) and depth (H, W): every pixel's ray meets the plane."""
        position, right, down = self.axes(time)
        normal = np.cross(right, down)
        reach = 0.5 * max(self._person.photo.shape) * self._pixel
        corners = np.array([position + reach * (a * right + b * down)
                            for a in (-1, 0, 1) for b in (-1, 0, 1)])
        seen = CAMERA.pixels(corners)
        x0, y0 = np.clip(np.floor(seen.min(axis=0)), 0, (WIDTH, HEIGHT)).astype(int)
        x1, y1 = np.clip(np.ceil(seen.max(axis=0)), 0, (WIDTH, HEIGHT)).astype(int)
        if x1 <= x0 or y1 <= y0:
            return
        part = rays[y0:y1, x0:x1]
        scale = (position @ normal) / np.maximum(part @ normal, 1e-6)
        offset = part * scale[..., None] - position
        u = (offset @ right / self._pixel + self._person.middle[0]).astype(np.float32)
        v = (offset @ down / self._pixel + self._person.middle[1]).astype(np.float32)
        shrink = max(1.0, float(np.linalg.norm(position)) / CAMERA.focal / self._pixel)
        soft = cv2.GaussianBlur(self._person.photo, (0, 0), max(0.01, 0.4 * (shrink - 1)))
        photo = cv2.remap(soft, u, v, cv2.INTER_LINEAR)
        share = cv2.remap(self._person.mask, u, v, cv2.INTER_LINEAR)[..., None] / 255
        region = image[y0:y1, x0:x1]
        region[:] = np.clip(share * photo * light + (1 - share) * region, 0, 255)
        solid = share[..., 0] > 0.5
        depth[y0:y1, x0:x1][solid] = (part[..., 2] * scale)[solid]


CAMERA = CameraModel(CALIBRATION, WIDTH, HEIGHT)


def all_rays() -> np.ndarray:
    """Return the ray (H, W, 3) of every pixel."""
    x, y = np.meshgrid(np.arange(float(WIDTH)), np.arange(float(HEIGHT)))
    return CAMERA.rays(np.column_stack((x.ravel(), y.ravel()))).reshape(HEIGHT, WIDTH, 3)


def sensed(random: np.random.Generator, depth: np.ndarray, scale: float) -> np.ndarray:
    """
    Return depth as a stereo camera gives it: millimetres, noise that grows, holes.

    scale: what the sensor's own calibration makes of one metre.
    """
    patches = cv2.resize(random.standard_normal((HEIGHT // 24, WIDTH // 24)), (WIDTH, HEIGHT))
    fine = random.standard_normal(depth.shape)
    noisy = scale * depth + 0.004 * depth ** 2 * (patches + fine)
    noisy[random.random(depth.shape) < 0.15] = 0
    edges = np.abs(cv2.Laplacian(depth.astype(np.float32), cv2.CV_32F)) > 0.1
    noisy[cv2.dilate(edges.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 0
    return np.clip(np.round(noisy * 1000), 0, 65535).astype(np.uint16)


def run(config: Config, people: list[Person], seed: int, seconds: float, rays: np.ndarray,
        prior: FacePrior) -> list[dict[str, float]]:
    """Return a row for each face of each frame: truth, errors, deviations."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(people), 4, replace=False)
    actors = [Actor(random, people[who], lane)
              for who, lane in zip(chosen, (-0.48, -0.16, 0.16, 0.48))]
    wall = scenes.background(random, WIDTH, HEIGHT)
    tracker = FaceTracker.from_config(config)
    rows = []
    scale = random.normal(1, 0.01)
    for step in range(round(seconds * RATE)):
        time = step / RATE
        image, depth = wall.copy(), np.full((HEIGHT, WIDTH), 5.0)
        for actor in sorted(actors, key=lambda actor: -actor.position(time)[2]):
            actor.paste(image, depth, rays, time, random.uniform(0.85, 1.1))
        noise = random.integers(-6, 7, image.shape, np.int16)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
        result = tracker.process(image, time)
        boxes = np.array([track.box for track in result.tracks], np.float32).reshape(-1, 4)
        by_size = locate(boxes, CAMERA, prior)
        depths = face_depths(boxes, sensed(random, depth, scale), (WIDTH, HEIGHT), 0.001)
        by_depth = locate(boxes, CAMERA, prior, depths)
        positions = np.array([actor.position(time) for actor in actors])
        seen = CAMERA.pixels(positions)
        size = 0.14 * CAMERA.focal / np.linalg.norm(positions, axis=1)[:, None]
        overlap = iou(np.hstack((seen - size / 2, seen + size / 2)), boxes[by_size.rows])
        for who, position in enumerate(positions):
            if not len(boxes) or overlap[who].max() < 0.3:
                continue
            track = int(overlap[who].argmax())
            true = float(np.linalg.norm(position))
            row = {'seed': seed, 'who': who, 'range': true}
            for name, found in (('size', by_size), ('depth', by_depth)):
                error = found.points[track] - position
                row[name] = float(np.linalg.norm(found.points[track])) / true - 1
                row[f'{name}_metres'] = float(np.linalg.norm(error))
                row[f'{name}_nees'] = float(
                    error @ np.linalg.solve(found.covariances[track], error))
            row['measured'] = float(by_depth.from_depth[track])
            rows.append(row)
    return rows


def report(rows: list[dict[str, float]]) -> dict[str, float]:
    """Print and return the medians of the scenes."""
    def column(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows])

    people = len({(row['seed'], row['who']) for row in rows})
    figures: dict[str, float] = {'faces': len(rows), 'people': people,
                                 'nearest': column('range').min(),
                                 'farthest': column('range').max(),
                                 'measured by depth': column('measured').mean()}
    for name in ('size', 'depth'):
        error = 100 * column(name)
        figures[f'{name}: median range error %'] = float(np.median(np.abs(error)))
        figures[f'{name}: 90 % range error %'] = float(np.percentile(np.abs(error), 90))
        figures[f'{name}: bias %'] = float(np.median(error))
        figures[f'{name}: median position error mm'] = float(
            1000 * np.median(column(f'{name}_metres')))
        # of a right covariance half of the faces lie inside the ellipsoid of 2.37 (3 dof)
        figures[f'{name}: share inside the 50 % ellipsoid'] = float(
            (column(f'{name}_nees') < 2.366).mean())
    for name, value in figures.items():
        print(f'{name:38} {value:10.2f}')
    return figures


def table_row(name: str, figures: dict[str, float]) -> list[str]:
    """Return a row of the table of the documentation; name: 'size' or 'depth'."""
    return [f"{figures[f'{name}: median range error %']:.1f} %",
            f"{figures[f'{name}: 90 % range error %']:.1f} %",
            f"{figures[f'{name}: bias %']:.1f} %",
            f"{figures[f'{name}: median place error mm']:.0f} mm",
            f"{100 * figures[f'{name}: share inside the 50 % ellipsoid']:.0f} %"]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--people', type=Path, required=True, metavar='FOLDER',
                        help='photos, a folder a person')
    parser.add_argument('--seeds', default='100-109',
                        help='FIRST-LAST; below 100 other people are shown, for tuning')
    parser.add_argument('--seconds', type=float, default=4.0, help='length of a scene')
    parser.add_argument('--detector', nargs='+', default=[SHIPPED.detector], metavar='NAME',
                        help='the first one is also measured with depth')
    parser.add_argument('--face-size', type=float, default=FacePrior.size)
    parser.add_argument('--face-spread', type=float, default=FacePrior.spread)
    parser.add_argument('--json', type=Path, help='file for the documentation')
    parser.add_argument('--image', type=Path, help='write a frame of the first scene')
    given = parser.parse_args()
    first, _, last = given.seeds.partition('-')
    seeds = range(int(first), int(last or first) + 1)
    rays, prior = all_rays(), FacePrior(given.face_size, given.face_spread)
    table: list[list[str]] = []
    for name in given.detector:
        config = SHIPPED.updated({'detector': name, 'detection.max_pause': 0.0})
        detector = FaceDetector.from_config(config)
        halves = {part: read(given.people, detector, part)
                  for part in {int(seed >= 100) for seed in seeds}}
        if given.image and not table:
            show(halves[int(seeds[0] >= 100)], seeds[0], rays, given.image)
        print(name)
        figures = report([row for seed in seeds for row in run(
            config, halves[int(seed >= 100)], seed, given.seconds, rays, prior)])
        for way in ('size', 'depth') if not table else ('size',):
            table.append([f'from {way}, `{name}`', f"{figures['faces']:.0f}",
                          *table_row(way, figures)])
    if given.json:
        content = {'seeds': given.seeds, 'seconds': given.seconds, 'tables': {'range': {
            'columns': COLUMNS, 'rows': table}}}
        given.json.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')


def show(people: list[Person], seed: int, rays: np.ndarray, path: Path) -> None:
    """Write the first frame of a scene, to be looked at."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(people), 4, replace=False)
    actors = [Actor(random, people[who], lane)
              for who, lane in zip(chosen, (-0.48, -0.16, 0.16, 0.48))]
    image = scenes.background(random, WIDTH, HEIGHT)
    depth = np.full((HEIGHT, WIDTH), 5.0)
    for actor in sorted(actors, key=lambda actor: -actor.position(0)[2]):
        actor.paste(image, depth, rays, 0.0, 1.0)
    both = np.hstack((image, cv2.cvtColor(cv2.convertScaleAbs(
        sensed(random, depth, 1.0), alpha=0.05), cv2.COLOR_GRAY2BGR)))
    cv2.imwrite(str(path), both)


if __name__ == '__main__':
    main()
