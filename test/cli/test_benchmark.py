# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The benchmark command: it measures what ran, and reports what it cannot do."""
import json

import cv2
from face_tracker_ros.cli.benchmark import main
from face_tracker_ros.evaluation.speed import STAGES
import pytest


@pytest.fixture(scope='module')
def images(tmp_path_factory, two_portraits):
    folder = tmp_path_factory.mktemp('images')
    small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
    for number in range(12):
        cv2.imwrite(str(folder / f'{number:02}.png'), small[:, number:600 + number])
    return folder


def test_every_stage_is_measured_and_they_add_up(images, tmp_path, capsys):
    path = tmp_path / 'speed.json'
    assert main([str(images), '--threads', '1', '--clock', 'cpu', '--set',
                 'detection.width=320', '--set', 'detection.low_score=0.6', '--set',
                 'embedding.policy=always', '--json', str(path)]) == 0
    found, = json.loads(path.read_text())
    assert found['frames'] == 7 and found['faces'] == 2
    assert found['embedded'] == 2 and found['reasons'] == {'always': 2}
    assert all(found['median'][stage] > 0 for stage in STAGES if stage != 'follow')
    assert found['searched'] == 1 and found['mean']['follow'] == 0
    assert found['median']['detect'] < found['median']['total']
    assert found['ratio'] == pytest.approx(
        found['median']['total'] / found['median']['bare'], rel=0.5)
    for start in ('cold', 'warm'):
        assert found['start'][start]['load'] > 0 and 100 < found['start'][start]['peak MiB'] < 900
    printed = capsys.readouterr().out
    for word in (*STAGES, 'frames a second', '2.0 embeddings a frame (always 2.00)',
                 'bare inference', 'cold cache'):
        assert word in printed


@pytest.mark.parametrize('words, message', [
    (['nowhere.mp4'], 'nowhere.mp4'),
    (['{images}', '--frames', '3'], 'at least 6'),
    (['{images}', '--set', 'detection.width=8'], '64'),
])
def test_what_cannot_be_measured_is_rejected_in_one_line(words, message, images, capsys):
    assert main([word.format(images=images) for word in words]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1 and error.startswith('benchmark: ')
