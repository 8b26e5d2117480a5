# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The detector's training without torch: labels, windows, tiles, export checks, evaluation."""
from __future__ import annotations

from pathlib import Path
import random
import re

import cv2
from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import ModelError, SourceError
import numpy as np
import pytest
from training.check import check_detector, Compiled
from training.detector import calibration, cut, evaluate, mine, pack, tile_file, windows
from training.detector.teachers import decide
from training.detector.textures import textures
from training.detector.tile_file import FACE, IGNORE, read_tiles

MODEL = Path('models/face-detector/face-detector.xml')
ENCODER = Path('models/mobilenetv3-large-face/mobilenetv3-large-face.xml')


@pytest.fixture(scope='module')
def made(shared, tmp_path_factory) -> Path:
    """Return a folder with tiles cut of portraits, a scene and a wall, and a pack of them."""
    folder = tmp_path_factory.mktemp('detector')
    held, others = [], []
    for source in sorted((shared / 'data' / 'lfw-people').iterdir()):
        (held if cut.is_held(Path(source.name, 'x.jpg')) else others).append(source)
    portraits = folder / 'images' / 'portraits'
    for source in (*held[:4], *others[:12]):
        (portraits / source.name).mkdir(parents=True)
        for path in sorted(source.iterdir())[:2]:
            (portraits / source.name / path.name).write_bytes(path.read_bytes())
    row = [cv2.imread(str(next(source.iterdir()))) for source in others[12:16]]
    for name, image in (('scenes', np.hstack(row)), ('plain', textures(1, 5)[0])):
        (folder / 'images' / name).mkdir()
        cv2.imwrite(str(folder / 'images' / name / f'{name}.png'), image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
        assert cut.main(['--images', str(folder / 'images'), '--output', str(folder / 'cut'),
                         '--first', 'yunet', '--second', 'face-detector']) == 0
    assert pack.main(['--tiles', str(folder / 'cut'), '--output', str(folder / 'pack'),
                      '--weight', 'scenes=2', '--most', 'portraits=15', '--faceless', '2']) == 0
    return folder


def rows(*given: tuple[float, float, float]) -> np.ndarray:
    """Return a teacher's rows of boxes of 50 pixels: left, top, score."""
    return np.float32([(x, y, x + 50, y + 50, score, *range(10)) for x, y, score in given]
                      ).reshape(-1, 15)


def test_faces_are_what_both_see_or_one_is_sure_of():
    first = rows((0, 0, 0.65), (60, 0, 0.65), (120, 0, 0.9), (180, 0, 0.4))
    second = rows((5, 0, 0.35), (60, 0, 0.25), (180, 0, 0.9), (0, 100, 0.5), (60, 100, 0.2))
    decided = decide(first, second)
    assert [(row[0], row[1], row[4]) for row in decided] == [
        (0, 0, FACE), (120, 0, FACE), (60, 0, IGNORE), (180, 0, IGNORE), (0, 100, IGNORE)]
    assert decided[0, 5:].tolist() == list(range(10)) and not decided[-1, 5:].any()
    assert decide(rows(), rows()).shape == (0, 15)


def test_cut_tiles_hold_faces_and_faceless_ones_none(made):
    train, held, plain = (read_tiles(made / 'cut', split) for split in (
        tile_file.TRAIN, tile_file.HELD, tile_file.FACELESS))
    assert len(train['image']) > 12 and len(held['image']) >= 2 and len(plain['image']) >= 2
    assert not plain['flag'].any()
    faces = train['flag'] == FACE
    assert faces.any(axis=1).all()
    boxes, points = train['box'][faces], train['lm'][faces]
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = (points > boxes[:, None, :2] - 0.2 * sides[:, None]) \
        & (points < boxes[:, None, 2:] + 0.2 * sides[:, None])
    assert inside.mean() > 0.98
    assert set(tile_file.read_sources(made / 'cut', tile_file.TRAIN)) == {'portraits', 'scenes'}


def test_pack_takes_so_many_of_a_source_and_weighs_them(made):
    whole, packed = (read_tiles(made / name, tile_file.TRAIN) for name in ('cut', 'pack'))
    sources = tile_file.read_sources(made / 'pack', tile_file.TRAIN)
    assert len(whole['image']) > len(packed['image']) and (sources == 'portraits').sum() == 15
    assert set(packed['weight'][sources == 'scenes']) == {2}
    assert set(packed['weight'][sources == 'portraits']) == {1}
    assert len(read_tiles(made / 'pack', tile_file.FACELESS)['image']) == 2


def test_labels_follow_their_window():
    label = np.float32([[100, 100, 150, 160, FACE, *np.tile((120, 130), 5)]])
    inside, = windows.moved(label, (50, 50, 125))
    assert inside[:5].tolist() == [100, 100, 200, 220, FACE] and inside[5:7].tolist() == [140, 160]
    cut_off, = windows.moved(label, (125, 50, 125))
    assert cut_off[0] == 0 and cut_off[4] == IGNORE
    assert not len(windows.moved(label, (200, 200, 50)))
    small, = windows.moved(label, (0, 0, 2500))
    assert small[4] == IGNORE


def test_portraits_and_scenes_are_cut_in_their_own_way():
    face = np.float32([[100, 100, 200, 220]])
    (left, top, side), = windows.with_faces((300, 300), face, random.Random(1))
    assert left < 130 and top < 130 and 150 < side <= 300
    crowd = np.float32([(x, 200, x + 40, 240) for x in range(0, 900, 60)])
    several = list(windows.with_faces((600, 900), crowd, random.Random(1)))
    assert len(several) == 9 and len({side for _, _, side in several}) > 5
    assert all(left >= 0 and top >= 0 and left + side <= 900 and top + side <= 600
               for left, top, side in several)


def test_windows_without_faces_keep_away_from_all_labels():
    labels = np.float32([[0, 0, 100, 300, IGNORE, *range(10)]])
    found = list(windows.without_faces((300, 300), labels, 40, random.Random(2)))
    assert found and all(left >= 100 + 0.1 * side for left, _, side in found)


def test_large_images_are_scaled_down_and_long_ones_left_out():
    assert cut.usable(np.zeros((2000, 3200, 3), np.uint8)).shape == (1000, 1600, 3)
    assert cut.usable(np.zeros((90, 400, 3), np.uint8)) is None
    assert cut.usable(None) is None


def test_calibration_images_show_faces_of_all_sizes(made, tmp_path):
    assert calibration.main(['--pack', str(made / 'pack'), '--output', str(tmp_path), '--count',
                             '12']) == 0
    images = [cv2.imread(str(path)) for path in sorted(tmp_path.iterdir())]
    assert [image.shape for image in images] == [(360, 640, 3)] * 12
    detector = FaceDetector.from_config(Config())
    heights = np.concatenate([np.diff(detector.detect(image, 0.66, 0.4).boxes[:, 1::2], axis=1)
                              for image in images])
    assert heights.min() < 40 and heights.max() > 180


def test_drawn_textures_are_all_kinds_and_always_the_same():
    drawn = textures(6)
    assert np.array_equal(drawn, textures(6)) and drawn.shape == (6, 250, 250, 3)
    assert all(texture.std() > 1 for texture in drawn)


def test_shipped_detector_finds_those_held_out(made, capsys):
    assert evaluate.main(['--model', str(MODEL), '--pack', str(made / 'pack')]) == 0
    recalls = [float(value) for value in re.findall(r'recall ([\d.]+) %',
                                                    capsys.readouterr().out)]
    assert len(recalls) == 3 and recalls[0] > 80


def test_another_network_is_rejected():
    image = np.zeros((96, 128, 3), np.uint8)
    assert check_detector(Compiled(MODEL), image).shape == (12 * 16 + 6 * 8 + 3 * 4, 15)
    with pytest.raises(ModelError, match='does not run on float32'):
        check_detector(Compiled(ENCODER), image)


def test_a_cut_pack_is_rejected(made, tmp_path):
    for name, cut_off in (('tiles.npz', None), ('tiles.bin', -1)):
        (tmp_path / name).write_bytes((made / 'pack' / name).read_bytes()[:cut_off])
    with pytest.raises(SourceError, match='make it again with training.detector.pack'):
        read_tiles(tmp_path, tile_file.TRAIN)


def test_errors_are_one_line(tmp_path, shared, capsys):
    pack_of = ['--output', str(tmp_path), '--tiles', str(tmp_path)]
    for main, arguments, message in (
            (cut.main, ['--images', 'nowhere', '--output', str(tmp_path)],
             "folder 'nowhere' holds no folders"),
            (pack.main, pack_of, 'make it with training.detector.cut'),
            (pack.main, [*pack_of, '--weight', 'scenes'], "--weight 'scenes': give SOURCE=NUMBER"),
            (calibration.main, ['--pack', str(tmp_path), '--output', str(tmp_path)],
             'make it with training.detector.pack'),
            (evaluate.main, ['--model', str(MODEL), '--pack', str(tmp_path)],
             'make it with training.detector.pack')):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
            assert main(arguments) == 2
        shown = capsys.readouterr().err
        assert message in shown and len(shown.splitlines()) == 1


def test_mined_windows_lie_apart_from_all_faces(shared, tmp_path):
    free, table = shared / 'data' / 'faces-free', tmp_path / 'hard.csv'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
        assert mine.main(['--pack', str(free), '--output', str(table), '--sheet',
                          str(tmp_path / 'hard.jpg'), '--limit', '8']) == 0
    rows = np.loadtxt(table, delimiter=',', skiprows=1, ndmin=2)
    assert len(rows) > 3 and (np.diff(rows[:, 4]) <= 0).all() and rows[:, 4].min() >= 0.4
    tiles = np.load(free / 'tiles.npz')
    box, flag = tiles['box'], tiles['flag']
    for tile, x, y, *_ in rows:
        known = box[int(tile)][flag[int(tile)] > 0]
        assert not ((known[:, :2] < (x, y)) & (known[:, 2:] > (x, y))).all(axis=1).any()
    assert cv2.imread(str(tmp_path / 'hard.jpg')).shape == (72, 24 * 72, 3)
    found = np.float32([(0, 0, 20, 20, .9), (60, 60, 80, 80, .8), (61, 61, 80, 80, .5)])
    assert mine.apart(found, np.float32([(5, 5, 15, 15)])).tolist() == found[1:2].tolist()
