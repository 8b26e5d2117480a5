# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The same images and stamps give the same ids and boxes, however they are computed."""
from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys

import cv2
import face_tracker_ros
import numpy as np
import pytest

# Frames of a clip through a tracker: ids and boxes of each, as JSON.
RUN = """
import json, sys
from face_tracker_ros import FaceTracker, open_source
settings, batches = json.loads(sys.argv[2]), json.loads(sys.argv[3])
tracker = FaceTracker.from_config(settings)
if batches:
    tracker.models.encoder._batches = tuple(batches)
with open_source(sys.argv[1], 30) as source:
    results = list(tracker.run(source))
print(json.dumps([[[track.id, *map(float, track.box)] for track in result.tracks]
                  for result in results]))
"""
USUAL = {'detection.width': 480, 'inference.threads': 1, 'embedding.policy': 'always'}


def tracked(images: Path, batches: list[int] | None = None,
            **settings: object) -> list[list[list[float]]]:
    """Return ids and boxes of each frame, from a process of its own."""
    root = str(Path(face_tracker_ros.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    done = subprocess.run(
        [sys.executable, '-c', RUN, str(images), json.dumps({**USUAL, **settings}),
         json.dumps(batches or [])], capture_output=True, text=True, timeout=120,
        env={**os.environ, 'PYTHONPATH': path})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope='module')
def images(tmp_path_factory: pytest.TempPathFactory, grace: np.ndarray, eileen: np.ndarray
           ) -> Path:
    """Return a folder of images in which five faces move, cross and leave."""
    folder = tmp_path_factory.mktemp('images')
    for step in range(40):
        image = np.full((480, 800, 3), 90, np.uint8)
        for number in range(5):
            if number == 4 and 12 < step < 26:
                continue  # is away
            face = cv2.resize(eileen if number % 2 else grace, (150 + 10 * number,) * 2)
            x = (40 + 140 * number + (9 * step if number < 2 else -5 * step)) % 620
            y = (30 + 180 * (number % 2) + 2 * step) % 270
            image[y:y + face.shape[0], x:x + face.shape[1]] = face[:480 - y, :800 - x]
        cv2.imwrite(str(folder / f'{step:02}.png'), image)
    return folder


@pytest.fixture(scope='module')
def first(images: Path) -> list[list[list[float]]]:
    found = tracked(images)
    assert sum(map(len, found)) > 60 and len({row[0] for rows in found for row in rows}) >= 4
    return found


@pytest.mark.parametrize('changed, batches', [
    ({}, None), ({'inference.threads': 2}, None), ({'inference.threads': 0}, None),
    ({'inference.cache': False}, None), ({}, [1]), ({}, [1, 2, 8])],
    ids=['again', '2 threads', 'all threads', 'compiled anew', 'batches of 1', 'of up to 8'])
def test_ids_and_boxes_are_the_same(images: Path, first: list[list[list[float]]],
                                    changed: dict[str, object],
                                    batches: list[int] | None) -> None:
    found = tracked(images, batches, **changed)
    assert [[row[0] for row in rows] for rows in found] == \
        [[row[0] for row in rows] for rows in first]
    for rows, former in zip(found, first):
        np.testing.assert_allclose(np.array(rows), np.array(former), atol=1e-3)
