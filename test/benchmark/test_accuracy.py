# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The accuracy page: measured by one command, in small, and written again from its figures."""
from __future__ import annotations

import importlib
import json
from pathlib import Path
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / 'benchmark' / 'accuracy.py'

pytestmark = pytest.mark.skipif(not COMMAND.is_file(), reason='runs in the source folder')


@pytest.fixture(scope='module', autouse=True)
def no_other_models(tmp_path_factory):
    """Keep what other tests have fetched out of the page, which shows all that is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_CACHE', str(tmp_path_factory.mktemp('cache')))
        yield


def accuracy(*arguments: object, command: Path = COMMAND) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, command, *map(str, arguments)], cwd=ROOT,
                          capture_output=True, text=True, check=False)


@pytest.fixture(scope='module')
def page(shared, no_other_models, tmp_path_factory) -> Path:
    """Return a folder with a page about few images of few models, and its figures."""
    folder = tmp_path_factory.mktemp('accuracy')
    several = [entry for entry in sorted((shared / 'data' / 'lfw-people').iterdir())
               if len(list(entry.iterdir())) > 1]
    (folder / 'clips').mkdir()
    for clip in sorted((shared / 'data' / 'clips').glob('face-*.gif')):
        (folder / 'clips' / clip.name).symlink_to(clip)
    for name, sources in (('people', several[:14]),
                          ('models', [shared / 'models' / 'yunet', shared / 'models'
                                      / 'face-detection-adas-0001' / 'FP16'])):
        (folder / name).mkdir()
        for source in sources:  # folders, as links to folders are not walked
            (folder / name / source.name).mkdir()
            for path in source.iterdir():
                (folder / name / source.name / path.name).symlink_to(path)
    wild = shared / 'data' / 'wild'
    (folder / 'wild').mkdir()
    lines = (wild / 'boxes.txt').read_text(encoding='utf-8').splitlines()[11:15]
    (folder / 'wild' / 'boxes.txt').write_text('\n'.join(lines), encoding='utf-8')
    for line in lines:
        (folder / 'wild' / line.split()[0]).symlink_to(wild / line.split()[0])
    done = accuracy('--clips', folder / 'clips', '--people', folder / 'people',
                    '--models', folder / 'models', '--frames', 1, '--seeds', '100', '--seconds',
                    0.5, '--rounds', 1, '--wild', folder / 'wild', '--output', folder,
                    '--json', folder / 'figures.json')
    assert done.returncode == 0, done.stderr
    return folder


def test_page_shows_every_model_with_its_figures(page):
    text = (page / 'accuracy.md').read_text(encoding='utf-8')
    figures = json.loads((page / 'figures.json').read_text(encoding='utf-8'))
    recall = {(row['name'], row['width']): row for row in figures['clips']['rows']}
    assert {(name, width) for name in ('face-detector', 'face-detector-int8', 'yunet')
            for width in (640, 480, 320)} \
        | {('face-detection-adas-0001', 640)} == set(recall)
    reference = recall['face-detection-adas-0001', 640]
    assert (reference['recall'], reference['extra']) == (1, 0)
    assert 0.7 < recall['face-detector', 640]['recall'] <= 1
    section = text.split('## Detectors')[1]
    cells = section.split('| **`face-detector`** | 640 |')[1].split('\n')[0]
    assert f"{100 * recall['face-detector', 640]['recall']:.1f}" in cells
    assert '--seconds 0.5' in text  # the command line that wrote it
    for plot in re.findall(r'\]\((.+\.png)\)', text):
        assert (page / plot).stat().st_size > 5000


def test_encoders_know_who_is_who(page):
    figures = json.loads((page / 'figures.json').read_text(encoding='utf-8'))['encoders']
    assert figures['people'] == 14
    rows = {(row['size'], row['aligned']): row for row in figures['rows']}
    assert set(rows) == {(size, aligned) for size in (112, 48, 28) for aligned in (True, False)}
    for row in rows.values():
        assert row['accuracy'] > 85 and row['same_mean'] > row['different_mean'] + 0.3
        assert np.diff(row['curve'][1]).min() >= 0


def test_tracking_is_scored_with_each_detector(page):
    figures = json.loads((page / 'figures.json').read_text(encoding='utf-8'))
    tracking = figures['scenes']['tracking']
    assert {(row['detector'], row['camera']) for row in tracking} == {
        (name, camera) for name in ('face-detector', 'face-detector-int8', 'yunet',
                                    'face-detection-adas-0001')
        for camera in ('still', 'moving')}
    assert all(row['people'] > 0 for row in tracking)


def test_images_as_people_take_them_are_measured_with_near_and_rotated_faces(page):
    wild = json.loads((page / 'figures.json').read_text(encoding='utf-8'))['wild']
    assert wild['images'] == 4 and wild['faces']['12'] >= wild['faces']['40'] > 0
    rows = {(row['name'], row['width']): row for row in wild['rows']}
    own = rows['face-detector', 640]
    assert own['near']['0.9'] > 90 and own['rotated']['0'] > 90
    assert own['sizes']['40']['found'] > 50 and own['sizes']['40']['ap'] > 50
    found, alarms = ([point[number] for point in own['curve']] for number in (1, 2))
    assert found == sorted(found, reverse=True) and alarms == sorted(alarms, reverse=True)
    section = (page / 'accuracy.md').read_text(encoding='utf-8').split(
        '## Images as people take them')[1].split('\n## ')[0]
    ap = own['sizes']['12']['ap']
    yunet = rows['yunet', 640]
    more = yunet['sizes']['20']['ap'] - own['sizes']['20']['ap']
    default = section.split('### What the default finds and costs')[1]
    assert f"* `yunet`: {yunet['sizes']['20']['found']:.0f} % of the faces" in default
    assert f"* `face-detector`: {own['sizes']['20']['found']:.0f} % of the faces" in default
    assert re.search(rf"\n\| `yunet` \| [0-9.]+ \| {re.escape(f'{more:+.1f}')} \|", default)
    for cells in (f"| **`face-detector`** | 640 | {own['score']:g} | {ap:.1f}",
                  f"| **`face-detector`** | {own['near']['0.3']:.0f}", '| `yunet` |'):
        assert cells in section


@pytest.fixture
def module(monkeypatch):
    """Return a function that imports a module of the benchmarks."""
    monkeypatch.syspath_prepend(str(COMMAND.parent))
    return importlib.import_module


def test_detections_are_matched_to_faces_of_their_size(module):
    wild = module('accuracy_wild')
    truth = np.float32([[0, 0, 100, 100], [200, 0, 210, 10]])
    boxes = np.float32([[0, 0, 100, 90], [0, 10, 100, 100], [200, 0, 210, 10], [300, 0, 350, 50]])
    judged = wild.judge_all(boxes, np.float32([0.9, 0.8, 0.7, 0.6]), truth)
    assert judged.right.tolist() == [True, False, True, False]
    assert judged.wrong.tolist() == [False, False, False, True]  # a second box is no false alarm
    assert wild.of_size([judged], 5, 0.5) == {'ap': 100, 'found': 100, 'alarms': 1}
    assert wild.of_size([judged], 20, 0.65) == {'ap': 100, 'found': 100, 'alarms': 0}
    assert wild.of_size([judged], 20, 0.95)['found'] == 0


def test_a_rotated_face_lies_in_its_box(module):
    photo = np.zeros((300, 300, 3), np.uint8)  # what is beyond its border is mirrored
    cv2.ellipse(photo, (150, 140), (15, 20), 0, 0, 360, (255, 255, 255), -1)
    for degrees in (0, 40, 90):
        seen, box = module('accuracy_wild').view(photo, np.float32([135, 120, 165, 160]), 180,
                                                 degrees)
        y, x = np.nonzero(seen[..., 0] > 128)
        np.testing.assert_allclose((x.min(), y.min(), x.max(), y.max()), box, atol=5)


def test_results_are_kept_and_single_sections_measured_anew(page, tmp_path):
    results = json.loads((page / 'figures.json').read_text(encoding='utf-8'))
    results['terms']['yunet'] = results['clips']['clips'] = 'changed'
    (tmp_path / 'old.json').write_text(json.dumps(results), encoding='utf-8')
    done = accuracy('--from', tmp_path / 'old.json', '--clips', page / 'clips', '--people',
                    page / 'people', '--models', page / 'models', '--frames', 1, '--only',
                    'clips', '--output', tmp_path)
    assert done.returncode == 0, done.stderr
    fresh = json.loads((tmp_path / 'results' / 'accuracy.json').read_text(encoding='utf-8'))
    assert fresh['clips']['clips'] == len(list((page / 'clips').iterdir()))
    assert fresh['scenes'] == results['scenes']
    assert fresh['terms']['yunet'] == 'MIT'


def test_rows_of_a_detector_are_measured_alone(page, tmp_path):
    results = json.loads((page / 'figures.json').read_text(encoding='utf-8'))
    expected = json.loads(json.dumps(results['clips']))
    for row in results['clips']['rows']:
        if row['name'] in ('face-detector', 'yunet'):
            row['recall'] = 0.123
    results['earlier'] = {'clips': 'Clips are of another version.', 'wild': 'So are images.'}
    (tmp_path / 'old.json').write_text(json.dumps(results), encoding='utf-8')
    given = ('--from', tmp_path / 'old.json', '--clips', page / 'clips', '--people',
             page / 'people', '--models', page / 'models', '--frames', 1, '--output', tmp_path,
             '--rows')
    done = accuracy(*given, 'face-detector', '--only', 'clips')
    assert done.returncode == 0, done.stderr
    fresh = json.loads((tmp_path / 'results' / 'accuracy.json').read_text(encoding='utf-8'))
    for own, row in zip(fresh['clips']['rows'], expected['rows']):
        assert own == ({**row, 'recall': 0.123} if row['name'] == 'yunet' else row)
    text = (tmp_path / 'accuracy.md').read_text(encoding='utf-8')
    assert 'So are images.' in text and 'Clips are' not in text
    for wrong, message in ((('face-detector', '--only', 'times'), 'give both'),
                           (('nobody', '--only', 'clips'), "detector 'nobody' is not installed")):
        done = accuracy(*given, *wrong)
        assert done.returncode == 2 and message in done.stderr


def test_model_cards_get_the_results(page, module, tmp_path):
    cards = module('accuracy_wild_page')
    card = tmp_path / 'MODEL_CARD.md'
    card.write_text(f'# A\n\n{cards.BEGIN}\nold\n{cards.END}\n\nrest\n', encoding='utf-8')
    figures = json.loads((page / 'figures.json').read_text(encoding='utf-8'))
    cards.write_card(figures, card)
    text = card.read_text(encoding='utf-8')
    assert '`face-detector-int8` | 640' in text and '`yunet` | 640' in text and 'old' not in text
    cards.write_card(figures, card)
    assert card.read_text(encoding='utf-8') == text and text.endswith('\n\nrest\n')


def test_same_figures_give_the_same_page(page, tmp_path):
    done = accuracy('--from', page / 'figures.json', '--output', tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ('accuracy.md', 'accuracy-detectors.png', 'accuracy-encoders.png',
                 'accuracy-wild.png'):
        assert (tmp_path / name).read_bytes() == (page / name).read_bytes()


def test_distance_to_recommend_is_measured_on_every_second_person(page, shared):
    done = accuracy('--people', page / 'people', '--models', shared / 'models',
                    'face-reidentification-retail-0095',
                    command=COMMAND.with_name('accuracy_distance.py'))
    assert done.returncode == 0, done.stderr
    head, line = done.stdout.splitlines()
    assert 'of 7 people' in head and 'mobilenetv3-large-face at 0.7: ' in head
    assert 0.6 < float(re.findall(r'distance: ([0-9.]+)', line)[0]) < 0.85


@pytest.mark.parametrize('arguments, message', [
    ((), '--clips and --people are missing'),
    (('--from', 'nowhere.json'), "figures 'nowhere.json' cannot be read"),
    (('--clips', '.', '--people', '.', '--seeds', '3-5'), "seeds '3-5': give FIRST-LAST"),
])
def test_errors_are_one_line(arguments, message):
    done = accuracy(*arguments)
    assert done.returncode == 2
    assert message in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_page_of_the_repository_is_whole():
    text = (ROOT / 'docs' / 'accuracy.md').read_text(encoding='utf-8')
    for name in ('face-detector', 'yunet', 'centerface', 'mobilenetv3-large-face'):
        assert f'`{name}`' in text
    for target in re.findall(r'\]\((?!https:)([^)]+)\)', text):
        assert (ROOT / 'docs' / target).exists(), target
