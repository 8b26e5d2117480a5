# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A short run of scripts/soak: every fault once, and nothing grows or stays away."""
from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys

import cv2

SOAK = Path(__file__).parents[2] / 'benchmark' / 'soak.py'


def test_one_round_of_all_faults_is_survived(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(SOAK), '--minutes', '0', '--pause', '0.5',
                           '--output', str(tmp_path)], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads((tmp_path / 'soak.json').read_text())
    assert len(seen['faults']) == 11 and seen['wrong'] == []
    assert seen['figures']['bad_frames'] > 0 and seen['figures']['processed'] > 100
    assert cv2.imread(str(tmp_path / 'soak.png')).shape == (900, 900, 3)
    log = (tmp_path / 'node.log').read_text()
    assert 'Traceback' not in log and len(log.splitlines()) < 100
