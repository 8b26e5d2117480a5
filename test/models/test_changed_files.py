# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A model file that changes under a running tracker, and files too large to be a model."""
from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import shutil

from face_tracker_ros import Config, FaceTracker, ModelError
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.models.description import read_spec
from face_tracker_ros.models.files import models_folder, MOST_BYTES, QUICK_BYTES
from face_tracker_ros.models.resolve import resolve_model
import numpy as np
import pytest


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    """Write noise into the file itself, as a copy onto it does."""
    size = path.stat().st_size
    with open(path, 'r+b') as file:
        file.write(np.random.default_rng(0).bytes(size))


def replace(path: Path) -> None:
    path.with_name('new').write_bytes(b'another model')
    path.with_name('new').replace(path)


@pytest.mark.parametrize('change', [truncate, overwrite, replace, Path.unlink])
@pytest.mark.parametrize('cache', [True, False])
def test_tracker_goes_on_with_every_image_size_when_its_model_files_change(
        change: Callable[[Path], object], cache: bool, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, two_portraits: np.ndarray) -> None:
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
    folder = tmp_path / 'face-detector'
    shutil.copytree(models_folder() / 'face-detector', folder)
    settings = {'detector': str(folder / 'model.yaml'), 'inference.cache': cache}
    tracker = FaceTracker.from_config(settings)
    for path in list(folder.iterdir()):
        change(path)
    for number, height in enumerate((720, 600, 500)):
        image = np.ascontiguousarray(two_portraits[:height])
        found = tracker.process(image, number / 10).detections.scores
        assert (found >= 0.66).sum() == 2
    with pytest.raises(ModelError):  # a new one sees what is there now
        FaceTracker.from_config(settings)


def test_what_was_compiled_of_a_former_file_is_not_taken_for_the_present_one(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_portraits: np.ndarray) -> None:
    """A network compiled after its file was replaced is that of the file as it was read."""
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
    _copy('face-detector', tmp_path)
    config = Config.load({'detector': str(tmp_path / 'model.yaml')})
    first = FaceDetector.from_config(config)
    spec = read_spec(tmp_path / 'model.yaml', registered=False)
    weights = tmp_path / spec.files[-1].name
    content = weights.read_bytes()
    overwrite(weights)
    assert len(first.detect(two_portraits[:500], 0.66, 0.4)) == 2  # compiled now
    weights.write_bytes(content)
    assert len(FaceDetector.from_config(config).detect(two_portraits[:500], 0.66, 0.4)) == 2


@pytest.mark.parametrize('name', ['huge.onnx', 'huge.xml', 'huge.tflite'])
def test_file_too_large_for_a_model_is_rejected_by_its_size(name: str, tmp_path: Path) -> None:
    with open(tmp_path / name, 'wb') as file:
        file.truncate(20 << 30)  # takes no space, and an hour to read
    with pytest.raises(ModelError, match=f'{20 << 30} bytes.*{MOST_BYTES} are the most'):
        resolve_model(str(tmp_path / name), 'detector')


def test_files_of_a_description_and_their_weights_are_limited_too(tmp_path: Path) -> None:
    _copy('face-detector', tmp_path)
    spec = read_spec(tmp_path / 'model.yaml', registered=False)
    with open(tmp_path / spec.files[-1].name, 'wb') as file:
        file.truncate(MOST_BYTES + 1)
    text = (tmp_path / 'model.yaml').read_text()
    unchecked = '\n'.join(line for line in text.splitlines()
                          if 'size:' not in line and 'sha' not in line)
    (tmp_path / 'model.yaml').write_text(unchecked)
    with pytest.raises(ModelError, match=f'{MOST_BYTES + 1} bytes'):
        resolve_model(str(tmp_path / 'model.yaml'), 'detector')
    assert QUICK_BYTES < MOST_BYTES


def _copy(name: str, folder: Path) -> None:
    for path in (models_folder() / name).iterdir():
        shutil.copy(path, folder)
