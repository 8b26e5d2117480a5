# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Thresholds that are left to the models, and those that are not."""
from __future__ import annotations

from pathlib import Path
import shutil

from face_tracker_ros import Config, FaceTracker
from face_tracker_ros.config import PARAMETERS
from face_tracker_ros.models import load_spec
import pytest

NAMES = ('detection.score', 'detection.low_score', 'tracker.max_cosine_distance',
         'tracker.reid_max_distance')
OURS = (0.68, 0.5, 0.7, 0.7)


def in_force(config):
    detection, tracker = config.detection, config.tracker
    return (detection.score, detection.low_score, tracker.max_cosine_distance,
            tracker.reid_max_distance)


def test_defaults_are_left_to_our_models_whose_numbers_hold():
    for config in (Config(), Config.load({}), Config.load(dict.fromkeys(NAMES, 0.0))):
        assert config == Config() and in_force(config) == OURS
    assert [config.values()[name] for name in NAMES] == [0, 0, 0, 0]
    assert {item.name for item in PARAMETERS if 'description recommends' in item.description} \
        == set(NAMES)


def test_other_models_bring_their_own_numbers_and_take_them_away_again():
    detector, encoder = 'ultra-light-rfb-320', 'face-reidentification-retail-0095'
    config = Config.load({'detector': detector, 'encoder': encoder})
    distance = load_spec(encoder).distance
    assert in_force(config) == (0.7, 0.35, distance, distance) and distance != 0.7
    assert Config.load(config.values()) == config
    assert config.updated({'detector': 'face-detector',
                           'encoder': 'mobilenetv3-large-face'}) == Config()


def test_a_number_that_is_given_wins_over_every_model():
    config = Config.load(dict(zip(NAMES, (0.6, 0.3, 0.5, 0.4))))
    for detector in ('yunet', 'ultra-light-rfb-320', 'nothing'):
        config = config.updated({'detector': detector})
        assert in_force(config) == (0.6, 0.3, 0.5, 0.4)
    assert in_force(config.updated({'detection.score': 0})) == (0.68, 0.3, 0.5, 0.4)


def test_what_is_left_to_the_model_gives_way_to_the_number_beside_it():
    assert in_force(Config.load({'detection.score': 0.2}))[:2] == (0.2, 0.2)
    config = Config.load({'detector': 'ultra-light-rfb-320', 'detection.low_score': 0.6})
    assert in_force(config)[:2] == (0.7, 0.6)
    assert in_force(config.updated({'detector': 'yunet'}))[:2] == (0.6, 0.6)


def test_files_bring_the_numbers_of_what_they_are(shared, tmp_path):
    source = shared / 'models' / 'ultra-light' / 'version-RFB-320.onnx'
    assert in_force(Config.load({'detector': str(source)})) == (0.7, 0.35, 0.7, 0.7)
    shutil.copy(source, tmp_path / 'mine.onnx')
    text = (Path(__file__).parents[1] / 'models' / 'ultra-light-rfb-320'
            / 'model.yaml').read_text().replace('version-RFB-320', 'mine')
    (tmp_path / 'model.yaml').write_text(f'{text}low_score: 0.25\n')
    config = Config.load({'detector': str(tmp_path / 'model.yaml')})
    assert in_force(config) == (0.7, 0.25, 0.7, 0.7)
    assert in_force(Config.load({'detector': str(tmp_path / 'none.onnx')})) == OURS


def test_running_tracker_takes_the_numbers_of_another_detector(shared, monkeypatch, clip_frames):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    frame = clip_frames['head-pose-face-detection-female-and-male.gif']
    tracker = FaceTracker.from_config()
    tracker.reconfigure(tracker.config.updated({'detector': 'ultra-light-rfb-320'}))
    assert tracker.config.detection.score == 0.7
    scores = tracker.process(frame, 0.0).detections.scores
    assert len(scores) and scores.min() >= 0.35


@pytest.mark.parametrize('low_score', [0.4, 0.55])
def test_low_score_of_a_description_is_no_higher_than_its_score(low_score, tmp_path):
    from face_tracker_ros import ModelError
    from face_tracker_ros.model_description import read_spec
    text = (Path(__file__).parents[1] / 'models' / 'yunet' / 'model.yaml').read_text()
    (tmp_path / 'model.yaml').write_text(f'{text}low_score: {low_score}\n')
    if low_score > 0.5:
        with pytest.raises(ModelError, match='low_score is 0.55; give a number, 0 to 0.5'):
            read_spec(tmp_path / 'model.yaml', registered=False)
    else:
        assert read_spec(tmp_path / 'model.yaml', registered=False).low_score == low_score
