# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The track command with every model there is."""
from __future__ import annotations

from pathlib import Path

import cv2
from face_tracker_ros.__main__ import main
from face_tracker_ros.boxes import iou
from face_tracker_ros.models.registry import known_models
import numpy as np
import pytest

CONFIG = Path(__file__).resolve().parents[2] / 'config'
CLIP = 'head-pose-face-detection-female-and-male.gif'
# Nobody offers these but their publisher's own server.
ELSEWHERE = {'face-detection-0202', 'face-detection-0204', 'face-detection-0205',
             'face-detection-0206', 'face-detection-retail-0004'}


@pytest.fixture(scope='module')
def images(shared, tmp_path_factory):
    """Return a folder of six images of two people."""
    folder = tmp_path_factory.mktemp('images')
    capture = cv2.VideoCapture(str(shared / 'data' / 'clips' / CLIP))
    for number in range(12):
        frame = capture.read()[1]
        if number % 2:
            cv2.imwrite(str(folder / f'{number:02}.png'), frame)
    capture.release()
    return folder


@pytest.fixture(scope='module')
def track(images, shared, wheels):
    """Return a function that tracks with options and returns boxes (N, 4) by id."""
    def run(*options):
        path = images / 'tracks.txt'
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
            assert main(['track', str(images), '--tracks', str(path), '--quiet', *options]) == 0
        rows = np.loadtxt(path, delimiter=',', ndmin=2)
        boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
        return {int(number): boxes[rows[:, 1] == number] for number in np.unique(rows[:, 1])}
    return run


@pytest.fixture(scope='module')
def expected(track):
    """Return what the most accurate detector finds."""
    return track('--set', 'detector=face-detection-adas-0001')


def agrees(found, expected):
    """Return whether the same people were followed at the same positions, to the last image."""
    overlap = iou(np.array([boxes[-1] for boxes in expected.values()]),
                  np.array([boxes[-1] for boxes in found.values()]))
    return len(found) == len(expected) == 2 and (overlap.max(axis=1) > 0.4).all()


@pytest.mark.parametrize('name', sorted(set(known_models('detector')) - ELSEWHERE))
def test_every_detector_follows_the_people_of_a_clip(name, track, expected):
    assert agrees(track('--set', f'detector={name}'), expected)


@pytest.mark.parametrize('options', [
    ('--set', 'encoder=mobilenetv3-large-face-int8'),
    ('--set', 'encoder=face-reidentification-retail-0095'),
    ('--set', 'encoder=face-reidentification-retail-0095', '--set', 'detector=face-detection-0200',
     '--set', 'landmarks=landmarks-regression-retail-0009'),
    ('--config', str(CONFIG / 'permissive.yaml'))])
def test_every_encoder_serves_the_track_command(options, track, expected):
    assert agrees(track(*options), expected)


def test_models_by_path_serve_the_track_command(track, shared, expected):
    models = shared / 'models'
    detector = models / 'face-detection-adas-0001' / 'FP16-INT8' / 'face-detection-adas-0001.xml'
    encoder = (models / 'face-reidentification-retail-0095' / 'FP16'
               / 'face-reidentification-retail-0095.xml')
    assert agrees(track('--set', f'detector={detector}', '--set', f'encoder={encoder}'),
                  expected)


def test_terms_and_what_a_bare_file_is_taken_for_are_told(images, shared, tmp_path, capsys):
    import shutil
    path = tmp_path / 'mine.onnx'
    shutil.copy(shared / 'models' / 'ultra-light' / 'version-slim-320.onnx', path)
    assert main(['track', str(images), '--set', f'detector={path}']) == 0
    error = capsys.readouterr().err
    assert "'mobilenetv3-large-face': weights for research use only" in error
    assert f"'{path}': recognised as 'ultra-light', input 320 x 240 pixels, RGB" in error


def test_track_names_its_models_and_takes_rotated_images(images, tmp_path, capsys):
    from face_tracker_ros.evaluation.mot_text import read_labels
    from face_tracker_ros.rotation import Rotation
    rotated, files = tmp_path / 'rotated', sorted(images.glob('*.png'))
    rotated.mkdir()
    for path in files:
        image = cv2.imread(str(path))
        cv2.imwrite(str(rotated / f'{path.stem}.png'),
                    cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE))
    found = {}
    for folder, degrees in ((images, 0), (rotated, 90)):
        text = tmp_path / f'{degrees}.txt'
        assert main(['track', str(folder), '--tracks', str(text), '--set', 'detector=auto',
                     '--set', f'image_rotation={degrees}']) == 0
        assert "track: detector 'face-detector' (auto) and encoder" in capsys.readouterr().err
        found[degrees] = read_labels(text)
    upright, came = found[0], found[90]
    assert len(upright.ids) and came.ids.tolist() == upright.ids.tolist()
    height, width = image.shape[:2]
    np.testing.assert_allclose(
        came.boxes, Rotation(90, height, width).boxes(upright.boxes), atol=0.1)
