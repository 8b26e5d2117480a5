# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the association benchmark keeps of scenes holds for the models that saw them only."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros import Config
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
