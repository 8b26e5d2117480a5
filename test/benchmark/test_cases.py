# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the association benchmark keeps of scenes holds for the models that saw them only."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros import Config
from face_tracker_ros.evaluation.metrics import Labels
import numpy as np
import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / 'benchmark'

pytestmark = pytest.mark.skipif(not BENCHMARK.is_dir(), reason='runs in the source folder')


def test_other_models_and_settings_see_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    from cases import fingerprint
    path = BENCHMARK.parent / 'models' / 'face-detector-int8' / 'face-detector-int8.xml'
    configs = ({}, {'detector': str(path)}, {'encoder': 'mobilenetv3-large-face-int8'},
               {'detection.width': 320}, {'inference.half': False})
    found = [fingerprint(Config.load({'inference.int8': False, **config})) for config in configs]
    assert len(set(found)) == len(configs)
    assert found[0] == fingerprint(Config.load({'inference.int8': False, 'tracker.max_age': 1.0}))


def test_a_cut_shows_both_cases_in_turns_with_ids_of_their_own(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    from cases import Case, cut

    def case(person: int) -> Case:
        frames = np.arange(8)
        labels = Labels(frames, np.full(8, person), np.tile(np.float32([0, 0, 9, 9]), (8, 1)),
                        np.ones(8, bool))
        return Case('scene', 2.0, (9, 9), range(8), labels, np.ones(8, np.float32),
                    np.zeros((8, 2), np.float32), np.ones(8, np.float32),
                    np.zeros((8, 2, 3)), labels)
    both = cut(case(1), case(1), 1.0)
    order = np.argsort(both.truth.frames)
    assert both.truth.ids[order].tolist() == [1, 1, 3, 3, 1, 1, 3, 3]
    assert np.isnan(both.camera).any(axis=(1, 2)).nonzero()[0].tolist() == [2, 4, 6]
