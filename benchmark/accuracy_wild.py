#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Measure detectors on images as people take them, on near faces and on faces rotated in the plane.

WILD holds images of the WIDER FACE validation set (Yang et al. 2016) and boxes.txt, a line an
image: file, true width and height, boxes as left,top,right,bottom in pixels of the true size.
Each image is scaled to its true aspect with a longer side of 640 pixels. Faces smaller than a
given size are neither right nor wrong. Near and rotated faces are made of PEOPLE's photos; there
the truth is the box that a detector of other authors gives to the whole photo.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
import statistics
import sys
import time
from typing import Any

from accuracy_scenes import Input, load_detector, LOWEST, MIN_IOU
import cv2
from face_tracker_ros.boxes import area, iou
from face_tracker_ros.cli.common import finish
from face_tracker_ros.demo.scenes import read_people
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import SourceError
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.types import FloatArray, Image
import numpy as np

SIDE = 640  # pixels of an image's longer side
SIZES = (12, 20, 40)  # faces from so many pixels (root of the box's area) count
NEAR = (0.3, 0.5, 0.7, 0.9, 1.1)  # height of the face as a share of the image's height
ROTATED = (0, 20, 40, 60, 90)  # degrees
TRUTH = 'yunet'  # detector that gives the boxes of near and rotated faces
_VIEW = (640, 360)
_ROTATED_HEIGHT = 60
_PHOTOS = 90  # of PEOPLE
_APART = 0.2  # a false alarm overlaps every face by less
_SWEEP = tuple(round(0.02 * step, 2) for step in range(5, 48))


@dataclass(frozen=True)
class Judged:
    """
    The detections of one image, best first.

    scores (M,), sizes (M,): pixels, of the face that was found or else of the detection;
    right (M,): found a face; wrong (M,): overlaps none; truth (N,): sizes of all faces.
    """

    scores: FloatArray
    sizes: FloatArray
    right: np.ndarray
    wrong: np.ndarray
    truth: FloatArray


def read_wild(folder: Path) -> Iterator[tuple[Image, FloatArray]]:
    """Yield images and their boxes (N, 4); SourceError where there are none."""
    try:
        lines = (folder / 'boxes.txt').read_text(encoding='utf-8').splitlines()
    except OSError as error:
        raise SourceError(f"folder '{folder}' has no boxes.txt ({error.strerror}); give one with "
                          'images and boxes of WIDER FACE') from error
    for line in lines:
        name, width, height, *boxes = line.split()
        image = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
        if image is None:
            raise SourceError(f"image '{folder / name}' cannot be read; remove its line from "
                              'boxes.txt')
        scale = SIDE / max(int(width), int(height))
        sides = round(int(width) * scale), round(int(height) * scale)
        values = [[float(value) for value in box.split(',')] for box in boxes]
        yield (np.asarray(cv2.resize(image, sides, interpolation=cv2.INTER_CUBIC), np.uint8),
               scale * np.array(values, np.float32).reshape(-1, 4))


def judge_all(boxes: FloatArray, scores: FloatArray, truth: FloatArray) -> Judged:
    """Match detections (M, 4) to faces (N, 4), best score first, each with its best free face."""
    order = np.argsort(-scores, kind='stable')
    boxes, scores = boxes[order], scores[order]
    overlap = iou(boxes, truth)
    right = np.zeros(len(boxes), bool)
    sizes, faces = np.sqrt(area(boxes)), np.sqrt(area(truth))
    free = np.ones(len(truth), bool)
    for row in range(len(boxes) if len(truth) else 0):
        best = int(np.where(free, overlap[row], 0).argmax())
        if free[best] and overlap[row, best] >= MIN_IOU:
            right[row], free[best], sizes[row] = True, False, faces[best]
    wrong = ~right & (overlap.max(axis=1, initial=0) < _APART)
    return Judged(scores, sizes, right, wrong, faces)


def of_size(judged: Sequence[Judged], size: int, score: float) -> dict[str, float]:
    """Return AP, share of faces found (percent) and false alarms an image, faces from `size`."""
    counts = [part.sizes >= size for part in judged]
    total = sum(int((part.truth >= size).sum()) for part in judged)
    scores, right, wrong = (np.concatenate([getattr(part, name)[own] for part, own in
                                            zip(judged, counts)])
                            for name in ('scores', 'right', 'wrong'))
    order = np.argsort(-scores[right | wrong], kind='stable')
    hits = right[right | wrong][order]
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    above = scores >= score
    return {'ap': 100 * float((hits * precision).sum()) / max(1, total),
            'found': 100 * int((right & above).sum()) / max(1, total),
            'alarms': int((wrong & above).sum()) / max(1, len(judged))}


def portraits(folder: Path) -> list[tuple[Image, FloatArray]]:
    """Return photos, evenly taken, and the box (4,) of the widest face on each."""
    detector, found = load_detector(TRUTH, SIDE), []
    paths = sorted(path for photos in read_people(folder).values() for path in photos)
    for path in paths[::-(-len(paths) // _PHOTOS)]:
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
        boxes = detector.detect(image, 0.7, 0.4).boxes
        if len(boxes):
            found.append((image, boxes[(boxes[:, 2] - boxes[:, 0]).argmax()]))
    if not found:
        raise SourceError(f"folder '{folder}' has no photos of faces; give one folder a person")
    return found


def view(photo: Image, box: FloatArray, height: float,
         degrees: float = 0.0) -> tuple[Image, FloatArray]:
    """Return a photo with its face in the middle of 640x360 pixels, so high, and its box (4,)."""
    width_of_view, height_of_view = _VIEW
    scale = height / float(box[3] - box[1])
    centre = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    matrix = cv2.getRotationMatrix2D(centre, degrees, scale)
    matrix[:, 2] += np.array(_VIEW) / 2 - centre
    seen = cv2.warpAffine(photo, matrix, _VIEW, borderMode=cv2.BORDER_REFLECT_101)
    angle, x, y = np.deg2rad(degrees), float(box[2] - box[0]) * scale / 2, height / 2
    # The box around the rotated ellipse of the face.
    half = np.hypot([x * np.cos(angle), x * np.sin(angle)],
                    [y * np.sin(angle), y * np.cos(angle)])
    middle = np.array([width_of_view, height_of_view]) / 2
    limits = np.array([width_of_view, height_of_view] * 2)
    around = np.clip(np.hstack((middle - half, middle + half)), 0, limits)
    return np.asarray(seen, np.uint8), around.astype(np.float32)


def found_in_views(detector: FaceDetector, people: Sequence[tuple[Image, FloatArray]],
                   score: float) -> dict[str, dict[str, float]]:
    """Return the share found in percent, by share of the height and by degrees."""
    def share(height: float, degrees: float) -> float:
        hits = 0
        for photo, box in people:
            seen, truth = view(photo, box, height, degrees)
            found = detector.detect(seen, score, 0.4).boxes
            hits += bool((iou(found, truth[None]) > MIN_IOU).any())
        return 100 * hits / len(people)
    return {'near': {f'{part:g}': share(part * _VIEW[1], 0) for part in NEAR},
            'rotated': {f'{angle:g}': share(_ROTATED_HEIGHT, angle) for angle in ROTATED}}


def measure_wild(folder: Path, people: Path, inputs: Sequence[Input]) -> dict[str, Any]:
    """
    Return each detector's figures, all detectors interleaved on each image.

    Near and rotated faces are seen at width 640 only; ms is CPU time on one thread.
    """
    photos = portraits(people)
    detectors = {entry: load_detector(*entry) for entry in inputs}
    judged: dict[Input, list[Judged]] = {entry: [] for entry in inputs}
    times: dict[Input, list[float]] = {entry: [] for entry in inputs}
    for image, truth in read_wild(folder):
        for entry, detector in detectors.items():
            detector.detect(image, LOWEST, 0.4)  # compiled, and in the caches
            begin = time.process_time()
            found = detector.detect(image, LOWEST, 0.4)
            times[entry].append(1000 * (time.process_time() - begin))
            judged[entry].append(judge_all(found.boxes, found.scores, truth))
    rows = []
    for entry, parts in judged.items():
        score = load_spec(entry[0]).score
        curve = [[value, *(of_size(parts, 20, value)[name] for name in ('found', 'alarms'))]
                 for value in _SWEEP]
        rows.append({'name': entry[0], 'width': entry[1], 'score': score,
                     'ms': statistics.median(times[entry]), 'curve': curve,
                     'sizes': {str(size): of_size(parts, size, score) for size in SIZES},
                     **(found_in_views(detectors[entry], photos, score)
                        if entry[1] == SIDE else {})})
    first = next(iter(judged.values()))
    return {'images': len(first), 'photos': len(photos), 'rows': rows,
            'faces': {str(size): sum(int((part.truth >= size).sum()) for part in first)
                      for size in SIZES}}


def lowest_score(curve: Sequence[Sequence[float]], alarms: float) -> float | None:
    """Return the lowest score of a sweep with at most so many false alarms an image."""
    good = [score for score, _, rate in curve if rate <= alarms]
    return min(good) if good else None


def report(row: dict[str, Any], alarms: float) -> str:
    """Return a detector's figures as text."""
    lines = [f"{row['name']} at width {row['width']}: score {row['score']:g}, {row['ms']:.1f} ms; "
             f'{alarms:g} false alarms an image from 20 px from score '
             f"{lowest_score(row['curve'], alarms)}"]
    lines += [f"    faces from {size} px: AP {own['ap']:.1f}, found {own['found']:.1f} %, false "
              f"alarms an image {own['alarms']:.2f}" for size, own in row['sizes'].items()]
    lines += [f'    {kind}, % found: ' + ', '.join(f'{at}: {share:.0f}' for at, share in
                                                   row[kind].items())
              for kind in ('near', 'rotated') if kind in row]
    return '\n'.join(lines)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('wild', type=Path, metavar='WILD')
    parser.add_argument('names', nargs='+', metavar='NAME', help='detectors')
    parser.add_argument('--people', type=Path, required=True, metavar='FOLDER')
    parser.add_argument('--width', type=int, default=SIDE, help='detection.width')
    parser.add_argument('--alarms', type=float, default=0.25,
                        help='false alarms an image for which a score is recommended')
    given = parser.parse_args()
    cv2.setNumThreads(1)

    def run() -> int:
        inputs = [(name, given.width) for name in given.names]
        for row in measure_wild(given.wild, given.people, inputs)['rows']:
            print(report(row, given.alarms), flush=True)
        return 0
    return finish('accuracy_wild', run)


if __name__ == '__main__':
    sys.exit(main())
