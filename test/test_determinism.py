# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The same images and stamps give the same ids and boxes, however they are computed."""
from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import cv2
from face_tracker_ros import FaceTracker, open_source
from face_tracker_ros.__main__ import main
from face_tracker_ros.types import Tracks
import numpy as np
import pytest

USUAL = {'detection.width': 480, 'inference.threads': 1, 'embedding.policy': 'always'}


def tracked(images: Path, batches: tuple[int, ...] = (), **settings: object) -> list[Tracks]:
    """Return the tracks of each frame."""
    tracker = FaceTracker.from_config({**USUAL, **settings})
    if batches:
        tracker.models.encoder._batches = batches
    with open_source(images, 30) as source:
        return [result.tracks for result in tracker.run(source)]


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
def first(images: Path) -> list[Tracks]:
    found = tracked(images)
    assert sum(map(len, found)) > 60
    assert len(set(np.concatenate([tracks.ids for tracks in found]).tolist())) >= 4
    return found


@pytest.mark.parametrize('changed, batches', [
    ({}, ()), ({'inference.threads': 2}, ()), ({'inference.threads': 0}, ()),
    ({'inference.cache': False}, ()), ({}, (1,)), ({}, (1, 2, 8))],
    ids=['again', '2 threads', 'all threads', 'compiled anew', 'batches of 1', 'of up to 8'])
def test_ids_and_boxes_are_the_same(images: Path, first: list[Tracks], changed: dict[str, object],
                                    batches: tuple[int, ...]) -> None:
    for tracks, former in zip(tracked(images, batches, **changed), first, strict=True):
        assert tracks.ids.tolist() == former.ids.tolist()
        np.testing.assert_allclose(tracks.boxes, former.boxes, atol=1e-3)


def test_files_of_two_processes_are_the_same(images: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ('here.txt', 'there.txt')]
    words = ['track', str(images), '--quiet', *(
        word for name, value in USUAL.items() for word in ('--set', f'{name}={value}'))]
    assert main([*words, '--tracks', str(files[0])]) == 0
    subprocess.run([sys.executable, '-m', 'face_tracker_ros', *words, '--tracks', str(files[1])],
                   check=True, timeout=120)
    assert files[0].read_bytes() == files[1].read_bytes() != b''
