# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The encoder's training without torch: data, held-out people, export checks, evaluation."""
from __future__ import annotations

import json
from pathlib import Path
import re
import shutil

from face_tracker_ros.errors import ConfigError, ModelError
import numpy as np
import pytest
from training.check import check_encoder, Compiled
from training.encoder import evaluate, prepare
from training.encoder.train import read_held, training_rows

MODEL = Path('models/mobilenetv3-large-face/mobilenetv3-large-face.xml')


@pytest.fixture(scope='module')
def data(shared, tmp_path_factory) -> Path:
    """Return what encoder.prepare makes of twelve people's photos, half of them held out."""
    folder = tmp_path_factory.mktemp('encoder')
    several = [entry for entry in sorted((shared / 'data' / 'lfw-people').iterdir())
               if len(list(entry.iterdir())) > 2]
    for source in several[:24]:
        shutil.copytree(source, folder / 'people' / source.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
        assert prepare.main(['--set', f"lfw={folder / 'people'}", '--hold-out', 'lfw', '--share',
                             '0.9', '--output', str(folder / 'out')]) == 0
    return folder / 'out'


def test_faces_lie_alike_in_their_crops(data):
    content = np.load(data / 'crops.npz')
    assert content['x'].shape[1:] == (144, 144, 3) and content['x'].dtype == np.uint8
    assert len(content['x']) > 60 and set(content['set']) == {'lfw'}
    # Where the template's points lie in the crops: around the middle, eyes above the mouth.
    back = [np.linalg.inv(np.vstack((matrix, (0, 0, 1)))) for matrix in content['align']]
    points = np.array([prepare.TEMPLATE @ matrix[:2, :2].T + matrix[:2, 2] for matrix in back])
    eyes, mouth = points[:, :2].mean(axis=1), points[:, 3:].mean(axis=1)
    assert np.abs((eyes + mouth) / 2 - 72).max(axis=1).mean() < 10
    assert (mouth[:, 1] - eyes[:, 1] > 20).all()


def test_nobody_who_is_held_out_is_trained_on(data):
    content, pairs = np.load(data / 'crops.npz'), np.load(data / 'pairs.npz')
    name, held = read_held(data / 'held.json')
    assert name == 'lfw' and len(held) == 22
    assert held == prepare.hold_out(list(content['person']), 0.9)
    rows = training_rows(content['set'], content['person'], ['lfw'], name, held)
    assert not set(content['person'][rows]) & set(held) and len(rows) > 2
    assert set(content['person'][pairs['first']]) <= set(held)
    same = content['person'][pairs['first']] == content['person'][pairs['second']]
    assert (same == (pairs['same'] == 1)).all() and same.any() and not same.all()
    with pytest.raises(ConfigError, match="set 'utk' is not among the images; there are lfw"):
        training_rows(content['set'], content['person'], ['utk'], name, held)


def test_shipped_encoder_does_well_on_them(data, capsys):
    assert evaluate.main(['--model', str(MODEL), '--data', str(data)]) == 0
    shown = capsys.readouterr().out
    accuracies = [float(value) for value in re.findall(r'accuracy ([\d.]+) %', shown)]
    assert len(accuracies) == 3 and min(accuracies) > 90


def test_evaluation_crops_are_the_encoders():
    loose = np.zeros((144, 144, 3), np.uint8)
    loose[:, 72:] = 200
    crop = evaluate.box_crop(loose, 112, 1.15, 0)
    assert crop.shape == (112, 112, 3)
    assert (crop[:, :54] == 0).all() and (crop[:, 58:] == 200).all()
    blurred = evaluate.box_crop(loose, 112, 1.15, 12)
    assert 0 < blurred[56, 52, 0] < 200


def test_a_network_without_unit_vectors_is_rejected(tmp_path):
    crops = np.zeros((2, 112, 112, 3), np.uint8)
    assert check_encoder(Compiled(MODEL), crops).shape == (2, 256)
    with pytest.raises(ModelError, match='does not run on uint8'):
        check_encoder(Compiled(Path('models/face-detector/face-detector.xml')), crops)


@pytest.mark.parametrize('arguments, message', [
    (['--set', 'here'], "set 'here': give NAME=FOLDER"),
    (['--set', 'a=nowhere'], "folder 'nowhere' holds no images"),
    (['--set', 'a=docs', '--hold-out', 'b'], "set 'b' is none of those given: a"),
    (['--set', 'a=docs', '--detector', 'face-detection-0200'], 'gives no landmarks'),
    (['--set', 'a=docs', '--unnamed', 'a', '--hold-out', 'a'], "set 'a' has no names"),
])
def test_errors_are_one_line(arguments, message, tmp_path, shared, monkeypatch, capsys):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
    assert prepare.main([*arguments, '--output', str(tmp_path)]) == 2
    shown = capsys.readouterr().err
    assert message in shown and len(shown.splitlines()) == 1


def test_missing_data_names_the_step_that_makes_it(tmp_path, capsys):
    assert evaluate.main(['--model', str(MODEL), '--data', str(tmp_path)]) == 2
    assert 'make it with training.encoder.prepare' in capsys.readouterr().err
    (tmp_path / 'held.json').write_text(json.dumps(['somebody']))
    with pytest.raises(Exception, match='make it with training.encoder.prepare'):
        read_held(tmp_path / 'held.json')
