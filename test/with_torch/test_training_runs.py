# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The training's steps, each in a tiny run on the CPU."""
from __future__ import annotations

import importlib
from pathlib import Path
import shutil

from face_tracker_ros import Config
from face_tracker_ros.boxes import iou
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.models.registry import find_model
import numpy as np
import pytest
import torch
from training.detector.compose import Composer
from training.detector.loss import face_weights
from training.detector.tiles import Tiles
from training.detector.wear import wear
from training.encoder.teacher import Teacher

TINY = ('--seconds', 0.1, '--batch', 4, '--device', 'cpu')


def run(step: str, *arguments: object) -> int:
    return importlib.import_module(f'training.{step}').main([str(value) for value in arguments])


@pytest.fixture(scope='module')
def models(shared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
        yield shared


@pytest.fixture(scope='module')
def people(shared, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('people')
    several = [entry for entry in sorted((shared / 'data' / 'lfw-people').iterdir())
               if len(list(entry.iterdir())) > 2]
    for source in several[:12]:
        shutil.copytree(source, folder / source.name)
    return folder


@pytest.mark.filterwarnings('ignore::FutureWarning')
def test_encoder_from_images_to_figures(people, models, tmp_path, capsys):
    assert run('encoder.prepare', '--set', f'own={people}', '--hold-out', 'own', '--share',
               0.7, '--output', tmp_path) == 0
    assert run('encoder.train', '--data', tmp_path, '--output', tmp_path / '1', '--stage',
               'first', *TINY) == 0
    first = tmp_path / '1' / 'encoder.pt'
    assert run('encoder.train', '--data', tmp_path, '--output', tmp_path / '2', '--stage',
               'second', '--init', first, '--weight', 'own=0.5', *TINY) == 0
    made = tmp_path / 'encoder.xml'
    assert run('encoder.export', '--weights', tmp_path / '2' / 'encoder.pt', '--output',
               made) == 0
    assert run('encoder.evaluate', '--model', made, '--data', tmp_path) == 0
    assert 'faces of 28 pixels: accuracy' in capsys.readouterr().out
    assert run('detector.export', '--weights', first, '--output', tmp_path / 'x.xml') == 2
    assert "are not this network's" in capsys.readouterr().err


@pytest.fixture(scope='module')
def pack(people, models, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('pack')
    (folder / 'images').mkdir()
    (folder / 'images' / 'people').symlink_to(people)
    assert run('detector.cut', '--images', folder / 'images', '--output', folder / 'cut',
               '--first', 'yunet', '--second', 'face-detector') == 0
    assert run('detector.pack', '--tiles', folder / 'cut', '--output', folder) == 0
    return folder


@pytest.mark.filterwarnings('ignore::FutureWarning')
def test_detector_from_tiles_to_a_network(pack, tmp_path, capsys):
    assert run('detector.train', '--pack', pack, '--output', tmp_path / '1', '--width',
               160, '--height', 128, '--drawn', 6, *TINY) == 0
    assert (tmp_path / '1' / 'canvases.png').stat().st_size > 10000
    assert run('detector.export', '--weights', tmp_path / '1' / 'detector.pt', '--output',
               tmp_path / 'detector.xml') == 0
    assert 'agrees with torch' in capsys.readouterr().out
    shipped = Path('models/face-detector/face-detector.bin').stat().st_size
    assert (tmp_path / 'detector.bin').stat().st_size == pytest.approx(shipped, rel=0.01)


def test_composed_labels_lie_on_the_faces(pack):
    torch.manual_seed(3)
    composer = Composer(Tiles(pack, 'cpu', 6), 8, 256, 320)
    detector, overlaps, eyes = FaceDetector.from_config(Config.load(
        {'detector': 'yunet'})), [], []
    images, truth = composer()
    for image, boxes, points, on in zip(images, truth['box'], truth['landmarks'],
                                        truth['on']):
        pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy().astype(np.uint8))
        found = detector.detect(pixels, 0.7, 0.4)
        overlap = iou(boxes[on].numpy(), found.boxes)
        if overlap.size:
            overlaps += overlap.max(axis=0).tolist()
            near = overlap.argmax(axis=0)[overlap.max(axis=0) > 0.5]
            off = points[on].numpy()[near] - found.landmarks[overlap.max(axis=0) > 0.5]
            eyes += np.abs(off[:, :2]).max(axis=(1, 2)).tolist()
    assert len(overlaps) > 10
    assert np.mean(np.array(overlaps) > 0.5) > 0.7  # the rest are regions to ignore
    assert np.median(eyes) < 6


def test_tiles_are_drawn_as_often_as_they_weigh(pack, tmp_path):
    for path in pack.glob('tiles.*'):
        shutil.copy(path, tmp_path)
    arrays = dict(np.load(tmp_path / 'tiles.npz'))
    arrays['weight'][np.flatnonzero(arrays['split'] == 0)[0]] = 3
    np.savez(tmp_path / 'tiles.npz', **arrays)
    counts = torch.bincount(Tiles(tmp_path, 'cpu', 6).draw)
    assert counts.tolist() == [12, *[4] * (len(counts) - 1)]


def test_things_are_worn_on_faces_and_nowhere_else():
    torch.manual_seed(2)
    y, x = torch.meshgrid(torch.arange(96), torch.arange(96), indexing='ij')
    plain = torch.full((64, 3, 96, 96), 128.)
    points = torch.tensor([(40., 40.), (56., 40.), (48., 48.), (42., 56.), (54., 56.)])
    truth = {'box': torch.tensor([32., 28., 64., 68.]).expand(64, 1, 4),
             'landmarks': points.expand(64, 1, 5, 2), 'on': torch.ones(64, 1, dtype=bool)}
    changed = (wear(plain, truth, x, y) != plain).any(1)
    worn = changed.flatten(1).any(1)
    assert 8 < worn.sum() < 32  # 30 of 100 faces wear something
    assert changed.any(0)[36:60, 36:60].float().mean() > 0.9
    truth['on'][:] = False
    assert torch.equal(wear(plain, truth, x, y), plain)


def test_near_faces_and_few_faces_weigh_more():
    sides, on = torch.tensor([10., 40., 160., 640.]), torch.ones(1, 4, dtype=bool)
    boxes = torch.stack((*[torch.zeros(4)] * 2, sides, sides), -1)[None]
    several = face_weights({'box': boxes, 'on': on})[0]
    assert (several.diff() > 0).all()
    alone = face_weights({'box': boxes, 'on': on & (sides == 40)})[0]
    assert alone[1] > several[1]
    assert face_weights({'box': boxes, 'on': on}, even=1)[0].tolist() == [1] * 4


def test_teacher_is_the_network_that_openvino_runs(models):
    path = find_model('face-reidentification-retail-0095', 'encoder')[1]
    faces = 255 * torch.rand(2, 3, 128, 128)
    model = ov.Core().read_model(str(path))
    model.reshape([2, 3, 128, 128])
    expected = ov.Core().compile_model(model, 'CPU', {
        'INFERENCE_PRECISION_HINT': 'f32'})([faces.numpy()])[0].reshape(2, -1)
    assert np.abs(Teacher(path).eval()(faces).numpy() - expected).max() < 1e-3


@pytest.mark.parametrize('step, arguments', [
    ('encoder.train', ['--data', 'data', '--output', 'out']),
    ('encoder.export', ['--weights', 'encoder.pt', '--output', 'out.xml']),
    ('detector.train', ['--pack', 'pack', '--output', 'out']),
    ('detector.export', ['--weights', 'detector.pt', '--output', 'out.xml']),
])
def test_missing_data_names_the_step_that_makes_it(step, arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(step, *arguments) == 2
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1 and ('make it' in shown or 'make them with' in shown)
