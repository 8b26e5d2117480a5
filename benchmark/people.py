#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Measures who is named right: half of each person's photos enrolled, the others met.

    python3 benchmark/people.py                 photos of ../shared/data/lfw-people
    python3 benchmark/people.py --encoder NAME

Forty people are never enrolled. The distance and margin of each fifth of the people are
calibrated on the photos of the other four, so that nobody is measured with numbers that they
took part in. Writes docs/results/people.json; `scripts/docs render` puts it into the pages.
Below the results stand the numbers for the encoder's model.yaml, calibrated on all photos.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from face_tracker_ros.cli.common import configuration
from face_tracker_ros.cli.identities_calibrate import embed_folder
from face_tracker_ros.identities.calibration import calibrate, halves
from face_tracker_ros.identities.known import KnownPeople
from face_tracker_ros.identities.matching import assign
from face_tracker_ros.identities.records import Calibration, Looks
from face_tracker_ros.model_set import ModelSet
from face_tracker_ros.spatial.head_pose import (FRONTAL, head_poses, LANDMARK_NOISE, MEAN_HEAD,
                                                nominal_camera, rotation_of, SPREAD)
from face_tracker_ros.types import BoolArray, Float64Array, FloatArray
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
STRANGERS, FOLDS = 40, 5


def study(vectors: FloatArray, people: list[str]) -> tuple[dict[str, list[float]], Calibration]:
    """Return counts of each outcome, and the calibration on all photos."""
    names = sorted(set(people))
    who = np.asarray(people)
    strangers = set(names[::max(1, len(names) // STRANGERS)][:STRANGERS])
    fold = {name: number % FOLDS for number, name in enumerate(names)}
    enrolled = halves(people) & ~np.isin(who, sorted(strangers))
    rows = np.flatnonzero(enrolled)
    order = rows[np.argsort(who[rows], kind='stable')]
    known = KnownPeople(Looks(who[order], vectors[order], np.ones(len(order)),
                              np.zeros(len(order))), {name: name for name in names})
    counts = {key: [0.0, 0.0, 0.0] for key in ('enrolled', 'strangers')}
    used = []
    for number in range(FOLDS):
        others = np.array([fold[name] != number for name in people])
        found = calibrate(vectors[others], who[others].tolist())
        used.append((found.distance, found.margin))
        probes = np.flatnonzero(~enrolled & ~others)
        probes = probes[~halves(people)[probes] | np.isin(who[probes], sorted(strangers))]
        for row in probes:  # one at a time: they are not in one view
            person = assign(known.distances(vectors[row:row + 1]), np.array([-1]),
                            found.distance, found.margin).person[0]
            stranger = who[row] in strangers
            right = person >= 0 and known.uids[person] == who[row]
            column = 2 if person < 0 else 0 if right else 1
            counts['strangers' if stranger else 'enrolled'][column] += 1
    print('calibrated by fold (distance, margin):', used)
    return counts, calibrate(vectors, people)


def head_errors() -> list[list[object]]:
    """Return mean absolute errors in degrees on projected heads, a row for each range of yaw."""
    draw, camera, count = np.random.default_rng(0), nominal_camera(1280, 720), 2000
    rows: list[list[object]] = []
    for low in range(0, 75, 15):
        angles = np.column_stack((
            draw.uniform(low, low + 15, count) * draw.choice([-1, 1], count),
            draw.uniform(-20, 20, count), draw.uniform(-20, 20, count)))
        depth = draw.uniform(0.6, 3, count)
        position = np.column_stack((draw.uniform(-0.4, 0.4, count), draw.uniform(
            -0.2, 0.2, count), np.ones(count))) * depth[:, None]
        landmarks, boxes = _projected(angles, position, draw)
        poses = head_poses(landmarks, boxes, camera)
        known: BoolArray = poses.known
        errors = np.abs(np.degrees(poses.angles) - angles)[known]
        spread = np.degrees(np.sqrt(np.trace(poses.covariances[known], axis1=1, axis2=2) / 3))
        rows.append([f'{low} to {low + 15}', *(f'{value:.1f}' for value in errors.mean(axis=0)),
                     f'{np.median(spread):.1f}', f'{100 * known.mean():.0f} %'])
    return rows


def _projected(angles: Float64Array, position: Float64Array,
               draw: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    camera = nominal_camera(1280, 720)
    z = position / np.linalg.norm(position, axis=1, keepdims=True)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    rotation = np.stack([x, np.cross(z, x), z], axis=2) @ FRONTAL @ rotation_of(
        *np.radians(angles).T)
    heads = MEAN_HEAD + SPREAD * draw.normal(size=(len(angles), 5, 3))
    points = np.einsum('nij,nkj->nki', rotation, heads) + position[:, None]
    side = 0.19 * camera.focal / np.linalg.norm(position, axis=1)
    pixels = camera.pixels(points.reshape(-1, 3)).reshape(-1, 5, 2)
    pixels += draw.normal(size=pixels.shape) * np.maximum(LANDMARK_NOISE * side, 0.5)[
        :, None, None]
    middle = pixels.mean(axis=1)
    boxes = np.hstack((middle - side[:, None] / 2, middle + side[:, None] / 2))
    return pixels.astype(np.float32), boxes.astype(np.float32)


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--photos', type=Path, metavar='FOLDER',
                        default=ROOT.parent / 'shared' / 'data' / 'lfw-people')
    parser.add_argument('--encoder', metavar='NAME', help='another encoder than the default')
    given = parser.parse_args()
    models = ModelSet.load(configuration(
        None, [f'encoder={given.encoder}'] if given.encoder else []))
    vectors, people = embed_folder(given.photos, models, 0.5)
    counts, overall = study(vectors, people)
    rows = [[f'{title} ({sum(values):.0f} photos)',
             *(f'{value:.0f} ({100 * value / sum(values):.1f} %)' for value in values)]
            for title, values in (('enrolled people', counts['enrolled']),
                                  (f'{STRANGERS} strangers', counts['strangers']))]
    tables = {
        'people-named': {'columns': ['photos of', 'named right', 'named wrong', 'unknown'],
                         'rows': rows},
        'head-pose': {'columns': ['yaw in degrees', 'error of yaw', 'pitch', 'roll',
                                  'standard deviation stated', 'found'], 'rows': head_errors()}}
    for table in tables.values():
        print(*(' | '.join(map(str, row)) for row in [table['columns'], *table['rows']]),
              sep='\n')
    print(f'model.yaml of {models.encoder.name}: identity_distance: {overall.distance:g}  '
          f'identity_margin: {overall.margin:g}')
    path = ROOT / 'docs' / 'results' / 'people.json'
    results = json.loads(path.read_text(encoding='utf-8'))  # with those of people_search.py
    results['encoder'] = models.encoder.name
    results['tables'].update(tables)
    path.write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
