# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the association benchmark keeps of scenes holds for the models that saw them only."""
from __future__ import annotations

from pathlib import Path
from typing import Any

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
    from cases import cut
    both = cut(_case(8), _case(8), 1.0)
    order = np.argsort(both.truth.frames)
    assert both.truth.ids[order].tolist() == [1, 1, 3, 3, 1, 1, 3, 3]
    assert np.isnan(both.camera).any(axis=(1, 2)).nonzero()[0].tolist() == [2, 4, 6]


def test_a_stall_leaves_out_the_end_of_every_three_seconds(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    from cases import stall
    stalled = stall(_case(14), 1.0)
    assert list(stalled.frames) == [0, 1, 2, 3, 6, 7, 8, 9, 12, 13]
    assert stalled.truth.frames.tolist() == stalled.seen.frames.tolist() == list(stalled.frames)
    assert len(stalled.scores) == len(stalled.embeddings) == len(stalled.sharpness) == 10
    assert np.isnan(stalled.camera).any(axis=(1, 2)).nonzero()[0].tolist() == [6, 12]
    assert stalled.update_rate == 2.0


def _case(count: int) -> Any:
    """Return a case of one person, two frames a second."""
    from cases import Case
    frames = np.arange(count)
    labels = Labels(frames, np.full(count, 1), np.tile(np.float32([0, 0, 9, 9]), (count, 1)),
                    np.ones(count, bool))
    return Case('scene', 2.0, (9, 9), range(count), labels, np.ones(count, np.float32),
                np.zeros((count, 2), np.float32), np.ones(count, np.float32),
                np.zeros((count, 2, 3)), labels)
