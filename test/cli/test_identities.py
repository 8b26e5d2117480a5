# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The command identities on real photos."""
from __future__ import annotations

from pathlib import Path

import cv2
from face_tracker_ros.cli.identities import main
from face_tracker_ros.cli.identities_calibrate import embed_folder
from face_tracker_ros.config import Config
from face_tracker_ros.identities.calibration import calibrate
from face_tracker_ros.identities.encoder_space import space_of
from face_tracker_ros.identities.sqlite_store import SqliteStore
from face_tracker_ros.model_set import ModelSet
import numpy as np
import pytest


@pytest.fixture
def photos(tmp_path: Path, grace: np.ndarray, eileen: np.ndarray,
           two_portraits: np.ndarray) -> dict[str, str]:
    images = {'grace': grace, 'mirrored': grace[:, ::-1], 'eileen': eileen, 'both': np.hstack(
        (grace, grace[:, ::-1])),
        'small': cv2.resize(grace, None, fx=0.09, fy=0.09), 'none': np.full_like(grace, 90)}
    for name, image in images.items():
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    (tmp_path / 'text.png').write_text('no image')
    return {name: str(tmp_path / f'{name}.png') for name in (*images, 'text')}


def test_a_file_is_made_only_to_enroll(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['--store', str(tmp_path / 'people.db'), 'list']) == 2
    assert 'there is no such file; enroll somebody first' in capsys.readouterr().err
    assert main(['list', '--store', str(tmp_path / 'other.db')]) == 2
    assert 'other.db' in capsys.readouterr().err, 'the option may follow the action, too'
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('kind', ['sqlite', 'postgresql'])
def test_people_from_photos(kind: str, request: pytest.FixtureRequest, photos: dict[str, str],
                            tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = str(tmp_path / 'people.db') if kind == 'sqlite' else \
        request.getfixturevalue('postgres').address

    def run(*words: str, code: int = 0) -> str:
        assert main(['--store', address, *words]) == code
        shown = capsys.readouterr()
        return shown.out + shown.err

    text = run('enroll', 'Grace', *(photos[name] for name in (
        'grace', 'mirrored', 'small', 'none', 'both', 'text')))
    assert "'Grace': 2 of 6 photos enrolled" in text
    assert 'is below 0.5 (identities.min_quality)' in text and 'no face found' in text
    assert '2 faces of similar size; cut it down to one' in text and 'is no image' in text
    assert "known as 'Grace'" in run('enroll', 'Ada', photos['grace'], code=2)
    assert 'is another face' in run('enroll', 'grace', photos['eileen'], code=2)
    run('enroll', 'Eileen', photos['eileen'])
    listed = run('list')
    assert 'Grace' in listed and 'Eileen' in listed and '2 people in' in listed
    shown = run('show', 'grace')
    assert '2 of mobilenetv3-large-face' in shown and 'similar   Eileen' in shown
    assert 'is taken' in run('rename', 'Grace', 'eileen', code=2)
    assert "'Grace' is 'Ada' now" in run('rename', 'grace', 'Ada')
    assert 'nobody has that name' in run('forget', 'Grace', code=2)
    assert 'give names, or --all' in run('forget', code=2)
    file = str(tmp_path / 'people.json')
    assert '1 people written' in run('export', file, 'Ada')
    run('forget', 'Ada')
    assert "imported 'Ada'" in run('import', file)
    assert "'Ada' has the looks of 'Eileen' now" in run('merge', 'Ada', 'Eileen')
    assert 'cannot be merged with itself' in run('merge', 'Ada', 'Ada', code=2)
    assert 'forgotten: Ada' in run('forget', '--all')
    assert f"0 people in {address.partition('?')[0]}" in ' '.join(run('list').split())


def test_calibration_is_measured_printed_and_stored(
        shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / 'photos'
    folder.mkdir()
    people = sorted(path for path in (shared / 'data' / 'lfw-people').iterdir()
                    if len(list(path.iterdir())) >= 4)[:14]
    for person in people:
        (folder / person.name).symlink_to(person)
    store = str(tmp_path / 'people.db')
    assert main(['--store', store, 'calibrate', str(folder)]) == 0
    text = ' '.join(capsys.readouterr().out.split())
    assert 'false non-match' in text and 'chosen' in text
    assert "stored for 'mobilenetv3-large-face': distance 0." in text
    models = ModelSet.load(Config())
    opened = SqliteStore(Path(store))
    found = opened.calibration(space_of(models.encoder.spec, models.encoder.path))
    opened.close()
    vectors, who = embed_folder(folder, models, 0.5)
    assert found is not None and 0.3 < found.distance < 0.8
    assert found == calibrate(vectors, who)
    assert main(['--store', store, 'calibrate', str(tmp_path / 'missing')]) == 2
    assert 'give one with a folder a person' in capsys.readouterr().err
