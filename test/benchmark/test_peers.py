# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The comparison with other pipelines: what is compared, and its tables, in small."""
from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from face_tracker_ros.boxes import iou
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.evaluation.speed import STAGES
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK = ROOT / 'benchmark'
CLIP = 'face-demographics-walking.gif'

pytestmark = pytest.mark.skipif(not BENCHMARK.is_dir(), reason='runs in the source folder')


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARK))


def command(name: str, *given: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, BENCHMARK / name, *map(str, given)], cwd=ROOT,
                          env={**os.environ, **environment}, capture_output=True, text=True,
                          check=False)


def test_pipelines_are_timed_and_scored_in_one_run(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / 'peers.json'
    done = command('peers.py', '--clips', shared / 'data' / 'clips' / CLIP, '--frames', 12,
                   '--rounds', 1, '--pipelines', 'default', 'fast', '--json', path)
    assert done.returncode == 0, done.stderr
    content = json.loads(path.read_text(encoding='utf-8'))
    default, fast = content['figures']['films'][Path(CLIP).stem].values()
    for own in (default, fast):  # the detector is a part of the whole
        assert 0 < own['detecting'][0] < own['ms'][0]
    assert default['found'] > 80 and default['idf1'] > 80 and default['people'] == 2
    mean = content['figures']['parts'][Path(CLIP).stem]['mean']
    assert sum(mean[stage] for stage in STAGES) == pytest.approx(mean['total'])
    assert [row[0] for row in content['tables'][f'peers-{Path(CLIP).stem}']['rows']] == [
        '**face_tracker_ros**, default', '**face_tracker_ros**, `fast.yaml`']


def test_a_missing_package_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / 'deep_sort_realtime').mkdir()
    (tmp_path / 'deep_sort_realtime' / '__init__.py').write_text(
        "raise ModuleNotFoundError('gone', name='deep_sort_realtime')", encoding='utf-8')
    paths = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get('PYTHONPATH'))))
    done = command('peers.py', '--clips', 'any', '--pipelines', 'deep_sort_realtime',
                   PYTHONPATH=paths)
    assert done.returncode == 2
    assert done.stderr.startswith("peers: package 'deep_sort_realtime' is not installed; pip")


def test_speed_takes_clips(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / 'speed.json'
    done = command('speed.py', '--clip', shared / 'data' / 'clips' / CLIP, '--heights', 270,
                   '--no-original', '--json', path)
    assert done.returncode == 0, done.stderr
    row = json.loads(path.read_text(encoding='utf-8'))[0]
    assert (row['clip'], row['height'], row['frames']) == (Path(CLIP).stem, 270, 35 - 8)
    assert row['mean']['total'] > row['mean']['detect'] > 0


def test_a_clip_is_shown_twice_with_its_truth_scaled_and_nobody_between(shared: Path) -> None:
    from footage import clip
    from shipped import SHIPPED
    film = clip(shared / 'data' / 'clips' / CLIP, 540, 12)
    shots = list(film.shots())
    assert film.scored and len(shots) == 12 + round(3 * film.rate) + 12
    assert [shot.timed for shot in shots] == [bool(len(shot.ids)) for shot in shots]
    assert np.diff([shot.stamp for shot in shots]) == pytest.approx(1 / film.rate)
    last = shots[-1]
    assert last.image.shape == (540, 960, 3) and (last.image == shots[11].image).all()
    found = FaceDetector.from_config(SHIPPED).detect(last.image, 0.5, 0.4)
    assert (iou(last.boxes, found.boxes).max(axis=1) > 0.5).all()


def test_ids_come_back_by_appearance_to_those_who_are_not_there() -> None:
    from baselines import Regained
    asked: list[int] = []
    looks = {1: [1, 0], 2: [0, 1], 3: [0.98, 0.2], 4: [0.98, 0.2], 5: [-1, 0]}

    def see(stamp: float, *tracks: int) -> list[int]:
        def embed(rows: np.ndarray) -> np.ndarray:
            asked.extend(tracks[row] for row in rows)
            return np.array([looks[tracks[row]] for row in rows], np.float32)
        return regained.update(np.array(tracks, np.intp), stamp, embed).tolist()

    regained = Regained(0.3)
    assert see(0.0, 1, 2) == [1, 2]
    assert see(0.5, 2, 1) == [2, 1] and asked == [1, 2]  # once a second
    assert see(1.0, 1, 2) == [1, 2] and asked == [1, 2, 1, 2]
    assert see(1.5, 3, 2) == [1, 2]  # 1 is back as track 3
    assert see(1.6, 3, 4, 2) == [1, 4, 2]  # nobody is there twice
    assert see(1.7, 5) == [5]  # like nobody


def test_ids_by_distance_begin_late_and_bear_a_few_misses() -> None:
    from yunet_mesh import DistanceIds
    ids = DistanceIds()

    def see(*lefts: float) -> list[int]:
        boxes = np.array([(left, 0, left + 30, 40) for left in lefts], np.float32)
        who, shown = ids.update(boxes.reshape(-1, 4))
        assert len(who) == len(shown)
        return who.tolist()

    assert [see(0), see(10), see(20), see(30)] == [[], [], [], [1]]
    assert see(200, 35) == [1]  # too far away to be the same
    assert [see(), see(), see(), see(), see(40)] == [[], [], [], [], [1]]
    for _ in range(5):
        see()
    assert see(40) == []  # forgotten


def test_ratios_are_of_the_same_rounds_and_reach_the_readme() -> None:
    from peers_tables import peers_json

    def outcome(*ms: float) -> dict[str, Any]:
        return {'ms': list(ms), 'detecting': [1.0] * len(ms), 'found': 90.0, 'idf1': 80.0,
                'hota': 70.0, 'switches': 1, 'people': 2}

    films = {name: {'default': outcome(10, 20), 'fast': outcome(5, 10),
                    'original': outcome(20, 44), 'default, FP32': outcome(20, 20),
                    'fast, FP32': outcome(10, 10), 'original, FP32': outcome(60, 60)}
             for name in ('street', 'scene, 5 faces')}
    content = peers_json({'films': films, 'scenes': [], 'parts': {}})
    own, _, exact, _ = content['tables']['peers-original']['rows']
    assert own[:1] + own[2:] == ['street', '32.0', '15.0', '**2.1** (2.0 to 2.2)', '7.5',
                                 '**4.2** (4.0 to 4.4)']
    assert exact[1:] == ['FP32', '60.0', '20.0', '**3.0**', '10.0', '**6.0**']
    assert '2.1 times as fast on real clips of 2 people (`fast.yaml`: 4.2); 2.1 times' \
        in content['texts']['peers-readme']
