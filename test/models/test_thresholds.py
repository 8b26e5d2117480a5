# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Thresholds that are left to the models, and those that are not."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
import shutil

from face_tracker_ros import Config, ConfigError, FaceTracker
from face_tracker_ros.config import PARAMETERS
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.models.thresholds import effective, named
from hypothesis import given, strategies as st
import pytest

NAMES = ('detection.score', 'detection.low_score', 'tracker.max_cosine_distance',
         'tracker.reid_max_distance')
OURS, USUAL = (0.66, 0.48, 0.7, 0.7), (0.5, 0.35, 0.7, 0.7)


def in_force(values, *specs):
    """Return the thresholds of a configuration with the models that it names."""
    config = values if isinstance(values, Config) else Config.load(values)
    config = effective(config, *(specs or named(config)))
    return (config.detection.score, config.detection.low_score,
            config.tracker.max_cosine_distance, config.tracker.reid_max_distance)


def test_thresholds_are_left_to_the_models_by_default():
    for values in ({}, dict.fromkeys(NAMES, 0.0)):
        assert in_force(values) == OURS
        assert [Config.load(values).values()[name] for name in NAMES] == [0, 0, 0, 0]
    assert {item.name for item in PARAMETERS if 'description recommends' in item.description} \
        == set(NAMES)


def test_a_track_must_become_clearer_than_the_least_score_unless_told_otherwise():
    for values, least in (({}, 0.66 + 0.2 * 0.34), ({'detection.score': 0.5}, 0.6),
                          ({'tracker.min_track_score': 0.3}, 0.3)):
        config = Config.load(values)
        assert effective(config, *named(config)).tracker.min_track_score == pytest.approx(least)


def test_other_models_bring_their_own_numbers_and_take_them_away_again():
    detector, encoder = 'ultra-light-rfb-320', 'face-reidentification-retail-0095'
    config = Config.load({'detector': detector, 'encoder': encoder})
    distance = load_spec(encoder).distance
    assert in_force(config) == (0.7, 0.35, distance, distance) and distance != 0.7
    assert in_force(config.updated({'detector': 'face-detector',
                                    'encoder': 'mobilenetv3-large-face'})) == OURS


def test_unknown_models_get_the_usual_numbers():
    assert in_force({}, None, None) == USUAL
    assert in_force({'detector': 'nothing', 'encoder': 'none.onnx'}) == USUAL


def test_a_number_that_is_given_wins_over_every_model():
    config = Config.load(dict(zip(NAMES, (0.6, 0.3, 0.5, 0.4))))
    for detector in ('yunet', 'ultra-light-rfb-320', 'nothing'):
        config = config.updated({'detector': detector})
        assert in_force(config) == (0.6, 0.3, 0.5, 0.4)
    assert in_force(config.updated({'detection.score': 0})) == (0.5, 0.3, 0.5, 0.4)


def test_what_is_left_to_the_model_gives_way_to_the_number_next_to_it():
    assert in_force({'detection.score': 0.2})[:2] == (0.2, 0.2)
    values = {'detector': 'ultra-light-rfb-320', 'detection.low_score': 0.6}
    assert in_force(values)[:2] == (0.7, 0.6)
    assert in_force({**values, 'detector': 'yunet'})[:2] == (0.6, 0.6)


@given(*[st.floats(0, 1)] * 4)
def test_thresholds_in_force_are_settled(score, low_score, own_score, own_low_score):
    """Working them out again, for no model or another, changes nothing."""
    spec = replace(load_spec('yunet'), score=own_score,
                   low_score=min(own_score, own_low_score), distance=0.0)
    config = Config.load({'detection.score': max(score, low_score) if score else 0.0,
                          'detection.low_score': low_score})
    settled = effective(config, spec, spec)
    assert 0 < settled.detection.low_score <= settled.detection.score
    assert effective(settled) == effective(settled, load_spec('centerface')) == settled


def test_files_bring_the_numbers_of_what_they_are(shared, tmp_path):
    source = shared / 'models' / 'ultra-light' / 'version-RFB-320.onnx'
    assert in_force({'detector': str(source)}) == (0.7, *USUAL[1:])
    shutil.copy(source, tmp_path / 'mine.onnx')
    text = (Path(__file__).parents[2] / 'models' / 'ultra-light-rfb-320'
            / 'model.yaml').read_text().replace('version-RFB-320', 'mine')
    (tmp_path / 'model.yaml').write_text(f'{text}low_score: 0.25\n')
    assert in_force({'detector': str(tmp_path / 'model.yaml')}) == (0.7, 0.25, 0.7, 0.7)


def test_running_tracker_takes_the_numbers_of_another_detector(shared, monkeypatch, clip_frames):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    frame = clip_frames['head-pose-face-detection-female-and-male.gif']
    tracker = FaceTracker.from_config({'detector': 'face-detector'})
    assert tuple(value for name, value in tracker.thresholds.items()
                 if name != 'min_track_score') == OURS
    assert tracker.thresholds['min_track_score'] == pytest.approx(0.728)
    tracker.reconfigure(tracker.config.updated({'detector': 'ultra-light-rfb-320'}))
    assert tracker.thresholds['detection_score'] == 0.7
    assert tracker.config.detection.score == 0, 'left to the next model, too'
    scores = tracker.process(frame, 0.0).detections.scores
    assert len(scores) and scores.min() >= 0.35
    tracker.reconfigure(tracker.config.updated({'detection.score': 0.99}))
    assert tracker.thresholds['detection_score'] == 0.99


def test_low_score_above_what_the_detector_recommends_is_rejected(shared, monkeypatch):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    words = r"'detection.low_score': 0.67 is above the detection.score .* recommends \(0.66\)"
    with pytest.raises(ConfigError, match=words):
        FaceTracker.from_config({'detector': 'face-detector', 'detection.low_score': 0.67})
    tracker = FaceTracker.from_config({'detector': 'face-detector'})
    wanted = tracker.config.updated({'detection.low_score': 0.67})
    with pytest.raises(ConfigError, match=words):
        tracker.models.check(wanted, tracker.config)
    wanted = wanted.updated({'detector': 'ultra-light-rfb-320'})
    tracker.models.check(wanted, tracker.config)
    tracker.reconfigure(wanted)
    assert tuple(tracker.thresholds.values())[:2] == (0.7, 0.67)
    back = wanted.updated({'detector': 'face-detector'})
    tracker.models.check(back, tracker.config)
    tracker.reconfigure(back)
    assert tuple(tracker.thresholds.values())[:2] == (0.67, 0.67), 'was right for another model'


@pytest.mark.parametrize('low_score', [0.4, 0.55])
def test_low_score_of_a_description_is_no_higher_than_its_score(low_score, tmp_path):
    from face_tracker_ros import ModelError
    from face_tracker_ros.models.description import read_spec
    text = (Path(__file__).parents[2] / 'models' / 'yunet' / 'model.yaml').read_text()
    (tmp_path / 'model.yaml').write_text(f'{text}low_score: {low_score}\n')
    if low_score > 0.5:
        with pytest.raises(ModelError, match='low_score is 0.55; give a number, 0 to 0.5'):
            read_spec(tmp_path / 'model.yaml', registered=False)
    else:
        assert read_spec(tmp_path / 'model.yaml', registered=False).low_score == low_score
