# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 1: images become loose crops, alignments, held-out people and pairs.

Give folders as NAME=FOLDER. The folder that an image lies in names its person, except in sets
given as --unnamed (no names; close crops of faces get a border). Writes into the output folder:

crops.npz      x (N, 144, 144, 3) uint8 BGR, longer side of the face box 96 pixels, in the middle;
               align (N, 2, 3), from there to the teacher's 128x128 template; set, person
held.json      set and people that are not trained on: a fifth of those of --hold-out
pairs.npz      pairs of held-out images: first, second (rows of crops.npz), same, fold
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import json
from pathlib import Path
import random
import sys

import cv2
from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.alignment import fit_similarity
from face_tracker_ros.errors import ConfigError, ModelError, SourceError
from face_tracker_ros.evaluation.verification import make_pairs
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.types import Detections, Float64Array, Image, IntArray
import numpy as np
from training.common import end, image_files, new_folder, parser, read_image

STEP = 'encoder.prepare'
SIDE, BOX = 144, 96  # pixels of a loose crop, and of the face box's longer side in it
TEMPLATE = np.array([(0.31557, 0.46158), (0.68262, 0.45984), (0.50026, 0.64051),
                     (0.34947, 0.82469), (0.65343, 0.82325)], np.float32) * 128
_LARGEST, _SMALLEST = 800, 24  # pixels of an image's and of a face box's side


def largest_in_the_middle(found: Detections, width: int, height: int) -> int:
    """Return the row of the face that an image is of: large and central."""
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    off = (found.boxes[:, :2] + found.boxes[:, 2:] - np.array([width, height])) / 2
    distance = (off ** 2).sum(axis=1) / (0.25 * max(width, height)) ** 2
    return int(np.argmax(sides.prod(axis=1) / (1 + distance)))


def loose_crop(image: Image, detector: FaceDetector) -> tuple[Image, Float64Array] | None:
    """Return a loose crop and its (2, 3) alignment, or None where no face is sound."""
    height, width = image.shape[:2]
    shrink = _LARGEST / max(height, width)
    if shrink < 1:
        image = np.asarray(cv2.resize(image, None, fx=shrink, fy=shrink,
                                      interpolation=cv2.INTER_AREA), np.uint8)
        height, width = image.shape[:2]
    found = detector.detect(image, 0.6, 0.3)
    if len(found) == 0 or found.landmarks is None:
        return None
    row = largest_in_the_middle(found, width, height)
    box, landmarks = found.boxes[row].astype(np.float64), found.landmarks[row]
    sides = box[2:] - box[:2]
    if sides.min() < _SMALLEST:
        return None
    scale = BOX / sides.max()
    move = SIDE / 2 - scale * (box[:2] + box[2:]) / 2
    crop = cv2.warpAffine(image, np.array([[scale, 0, move[0]], [0, scale, move[1]]]),
                          (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE,
                          flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    points = (landmarks * scale + move).astype(np.float32)
    matrices, good = fit_similarity(points[None], TEMPLATE)
    return (np.asarray(crop, np.uint8), matrices[0]) if good[0] else None


def bordered(image: Image) -> Image:
    """Return an image with a quarter of its size around it, for sets of close crops."""
    edge = max(image.shape[:2]) // 4
    return np.asarray(cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_REPLICATE),
                      np.uint8)


def named_folders(values: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the sets given as NAME=FOLDER."""
    sets = []
    for value in values:
        name, equals, folder = value.partition('=')
        if not name or not equals or not folder:
            raise ConfigError(f"set '{value}': give NAME=FOLDER")
        sets.append((name, Path(folder)))
    return sets


def hold_out(people: Sequence[str], share: float) -> list[str]:
    """Return the people to hold out, the same ones for the same names."""
    names = sorted(set(people))
    random.Random(7).shuffle(names)
    return sorted(names[:round(len(names) * share)])


def _crops(sets: Sequence[tuple[str, Path]], unnamed: Sequence[str], limit: int,
           detector: FaceDetector) -> Iterator[tuple[Image, Float64Array, str, str]]:
    for name, folder in sets:
        count = 0
        for path in image_files(folder)[:limit or None]:
            image = read_image(path)
            if image is None:
                print(f"{STEP}: '{path}' cannot be read; left out", file=sys.stderr)
                continue
            made = loose_crop(bordered(image) if name in unnamed else image, detector)
            if made is not None:
                count += 1
                yield *made, name, '' if name in unnamed else path.parent.name
        print(f'{name}: {count} faces', flush=True)


def held_out_pairs(sets: Sequence[str], people: Sequence[str], of: str,
                   held: Sequence[str]) -> dict[str, IntArray]:
    """Return all pairs by the rule of face_tracker_ros.evaluation, as rows of the crops."""
    rows = np.array([row for row, (name, person) in enumerate(zip(sets, people))
                     if name == of and person in held], np.intp)
    pairs = make_pairs([people[row] for row in rows])
    return {'first': rows[pairs.first], 'second': rows[pairs.second],
            'same': pairs.same.astype(np.intp), 'fold': pairs.fold}


def prepare(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    sets = named_folders(given.set)
    names = [name for name, _ in sets]
    for name in (*given.unnamed, given.hold_out):
        if name and name not in names:
            raise ConfigError(f"set '{name}' is none of those given: {', '.join(names)}")
    if given.hold_out in given.unnamed:
        raise ConfigError(f"set '{given.hold_out}' has no names; give --hold-out one that has")
    if not load_spec(given.detector, 'detector').landmarks:
        raise ModelError(f"model '{given.detector}' gives no landmarks; give --detector yunet")
    output = new_folder(given.output)
    detector = FaceDetector.from_config(Config.load({'detector': given.detector,
                                                     'detection.width': 320}))
    made = list(_crops(sets, given.unnamed, given.limit, detector))
    if not made:
        raise SourceError(f"sets {', '.join(names)}: no face was found; give other images")
    crops, align, of, people = zip(*made)
    held = hold_out([person for name, person in zip(of, people) if name == given.hold_out],
                    given.share)
    np.savez(output / 'crops.npz', x=np.stack(crops), align=np.array(align, np.float32),
             set=np.array(of), person=np.array(people))
    (output / 'held.json').write_text(
        json.dumps({'set': given.hold_out, 'people': held}) + '\n', encoding='utf-8')
    pairs = held_out_pairs(of, people, given.hold_out, held)
    np.savez(output / 'pairs.npz', first=pairs['first'], second=pairs['second'],
             same=pairs['same'], fold=pairs['fold'])
    print(f"{len(held)} people held out, {len(pairs['first'])} pairs of them", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--set', action='append', required=True, metavar='NAME=FOLDER',
                           help='a set of images; may be given several times')
    arguments.add_argument('--unnamed', action='append', default=[], metavar='NAME',
                           help='a set whose folders name nobody')
    arguments.add_argument('--hold-out', default='', metavar='NAME',
                           help='the set of which people are kept for evaluation')
    arguments.add_argument('--share', type=float, default=0.2, help='of its people to hold out')
    arguments.add_argument('--detector', default='yunet', metavar='NAME',
                           help='detector with landmarks')
    arguments.add_argument('--limit', type=int, default=0, help='images a set, for a trial')
    arguments.add_argument('--output', type=Path, required=True, metavar='FOLDER')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: prepare(given))


if __name__ == '__main__':
    sys.exit(main())
