# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""`detector: auto` is the best detector that is installed and can be loaded."""
from __future__ import annotations

from pathlib import Path
import shutil

from face_tracker_ros import Config, FaceTracker, ModelError
from face_tracker_ros.cli.models import main
from face_tracker_ros.model_set import ModelSet
from face_tracker_ros.models.preference import DETECTORS, first_usable, preferred
from face_tracker_ros.models.registry import known_models, load_spec
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.thresholds import named
import pytest

AUTO = Config.load({'detector': 'auto'})
FILE = 'face_detection_yunet_2026may.onnx'


@pytest.fixture
def folder(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of FACE_TRACKER_MODEL_PATH that holds YuNet."""
    shutil.copy(shared / 'models' / 'yunet' / FILE, tmp_path)
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path))
    return tmp_path


def test_the_order_names_detectors_of_the_registry_and_ends_with_a_shipped_one():
    assert all(load_spec(name, 'detector') for name in DETECTORS)
    assert resolve_model(DETECTORS[-1], 'detector')[1].is_file()
    assert Config().detector == 'auto'


def test_without_others_it_is_the_shipped_one():
    models = ModelSet.load(AUTO)
    assert models.names['detector'] == 'face-detector' == preferred('detector').name
    assert models.summary.startswith("detector 'face-detector' (auto) and encoder 'mobile")
    assert not any('auto' in line for line in models.notices)


def test_an_installed_better_one_is_taken_with_its_thresholds(folder):
    tracker, yunet = FaceTracker.from_config(), load_spec('yunet')
    assert tracker.models.names['detector'] == 'yunet'
    assert tracker.thresholds['detection_score'] == yunet.score
    assert tracker.thresholds['detection_low_score'] == yunet.low_score
    assert tracker.models.detector.path == folder / FILE
    assert tracker.config.detector == 'auto'
    assert named(AUTO)[0] == yunet == tracker.models.detector.spec
    (folder / FILE).unlink()
    tracker.reconfigure(tracker.config.updated({'detector': 'face-detector'}))
    assert tracker.models.summary.startswith("detector 'face-detector' and")
    assert tracker.thresholds['detection_score'] == load_spec('face-detector').score != yunet.score


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize('damage', [cut, flip])
def test_a_damaged_better_one_is_skipped_with_one_line(folder, damage):
    damage(folder / FILE)
    models = ModelSet.load(AUTO)
    models.check(AUTO, AUTO)
    assert models.names['detector'] == 'face-detector'
    lines = [line for line in models.notices if 'auto' in line]
    assert len(lines) == 1 and '\n' not in lines[0]
    assert "detector auto skips model 'yunet'" in lines[0] and str(folder / FILE) in lines[0]
    assert 'fetch yunet' in lines[0]
    with pytest.raises(ModelError, match='yunet'):
        ModelSet.load(Config.load({'detector': 'yunet'}))


def test_an_intact_better_one_that_cannot_be_loaded_is_skipped_too(folder):
    def load(name: str) -> str:
        if name == 'yunet':
            raise ModelError("model 'yunet': cannot be compiled")
        return name
    assert first_usable('auto', 'detector', load) == (
        'face-detector', ("detector auto skips model 'yunet': cannot be compiled",))
    with pytest.raises(ModelError, match='compiled'):
        first_usable('yunet', 'detector', load)


def test_the_list_marks_what_is_chosen(folder, capsys):
    def marked() -> list[str]:
        assert main(['list']) == 0
        lines = capsys.readouterr().out.splitlines()
        return [line.split()[0] for line in lines if '(auto)' in line]
    assert marked() == ['yunet']
    assert main(['info', 'auto']) == 0
    assert capsys.readouterr().out.split()[:2] == ['name', 'yunet']
    cut(folder / FILE)
    assert marked() == ['face-detector']


def test_the_name_is_reserved(tmp_path, monkeypatch, capsys):
    own = tmp_path / 'auto'
    shutil.copytree(Path(__file__).parents[2] / 'models' / 'face-detector', own)
    description = own / 'model.yaml'
    description.write_text(description.read_text().replace('name: face-detector\n',
                                                           'name: auto\n'))
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path))
    assert preferred('detector').name == 'face-detector'
    assert ModelSet.load(AUTO).detector.path.parent.name.startswith('face-detector')
    assert 'auto' not in known_models('detector')
    for rejected in (lambda: load_spec('auto'), lambda: resolve_model(str(description),
                                                                      'detector')):
        with pytest.raises(ModelError, match='auto.*stands for the best installed detector'):
            rejected()
    assert main(['list']) == 0
    assert 'give another name' in ' '.join(capsys.readouterr().out.split())


def test_only_detectors_have_a_best_one():
    with pytest.raises(ModelError, match="'auto' is unknown"):
        ModelSet.load(Config.load({'encoder': 'auto'}))
