# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Forms of output: a new one is a module and a line, and nothing else names them."""
from __future__ import annotations

from pathlib import Path
import sys

from face_tracker_ros import Config, ModelError
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.models import families
from face_tracker_ros.models.description import write_description
from face_tracker_ros.models.resolve import guess_model, resolve_model
from face_tracker_ros.models.spec import TASKS
from networks import constant_network
import numpy as np
import pytest

PACKAGE = Path(families.__file__).parents[1]
# They name models, one of which is called like its format, and an extension of PostgreSQL.
_OTHERS = ('preference', 'postgres_schema')
DECODER = '''
"""Decoder for one output [1, N, 6]: centre, size, score and class, in pixels of the input."""
from face_tracker_ros.models.families import Family, last_sides
from face_tracker_ros.models.spec import InputSpec
from face_tracker_ros.types import Detections
import numpy as np


def decode(outputs, width, height, min_score):
    rows = outputs['faces'].reshape(-1, 6)
    rows = rows[rows[:, 4] >= min_score]
    half = rows[:, 2:4] / 2
    return Detections(np.hstack([rows[:, :2] - half, rows[:, :2] + half]), rows[:, 4])


FAMILY = Family(
    name='centres', task='detector', decode=decode, outputs='faces [1, N, 6]',
    recognise=lambda outputs: last_sides(outputs) == [6],
    default_input=InputSpec('NCHW', 'BGR'))
'''


@pytest.fixture
def network(tmp_path):
    """Return the file of a network whose outputs no family of the package has."""
    rows = np.array([[[20, 30, 16, 20, 0.9, 0], [50, 50, 8, 8, 0.2, 0]]])
    return constant_network(tmp_path / 'new.xml', {'faces': rows})


@pytest.fixture
def new_format(tmp_path, monkeypatch):
    """Add a format: one file, and one line in the list."""
    (tmp_path / 'centres_decoder.py').write_text(DECODER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(families, 'MODULES', (*families.MODULES, 'centres_decoder'))
    yield
    sys.modules.pop('centres_decoder', None)


def test_new_detector_format_is_one_file_and_one_line(network, new_format):
    guessed = guess_model(network, 'detector')
    assert guessed.family == 'centres' and guessed.input.width == 64
    described = write_description(guessed, network.parent)
    described.write_text(described.read_text().replace(f'name: {network}\n', 'name: new\n'))
    for path in (network, described):
        detector = FaceDetector.from_config(Config.load({'detector': str(path)}))
        found = detector.detect(np.zeros((64, 128, 3), np.uint8), 0.5, 0.4)
        np.testing.assert_allclose(found.boxes, [[24, 20, 56, 40]])
        np.testing.assert_allclose(found.scores, [0.9])


def test_error_for_unknown_outputs_lists_every_format(network, request):
    for name in ('', 'centres'):
        if name:
            request.getfixturevalue('new_format')
            network = constant_network(network.with_name('odd.xml'), {'a': np.zeros((1, 3))})
        with pytest.raises(ModelError) as caught:
            resolve_model(str(network), 'detector')
        assert '\n' not in str(caught.value)
        for family in families.families('detector'):
            assert f'{family.name} ({family.outputs})' in str(caught.value)
        assert name in str(caught.value)


def test_unknown_family_is_named_with_those_that_there_are():
    with pytest.raises(ModelError, match="'centres' of detector models is unknown; .*decoded"):
        families.find_family('centres', 'detector')


@pytest.mark.parametrize('task', TASKS)
def test_no_other_module_names_a_format(task):
    sources = {path: path.read_text() for path in PACKAGE.rglob('*.py')
               if path.stem not in _OTHERS}
    for family in families.families(task):
        quoted = (f"'{family.name}'", f'"{family.name}"')
        naming = [path.stem for path, text in sources.items()
                  if any(name in text for name in quoted)]
        assert len(naming) == 1, (family.name, naming)
