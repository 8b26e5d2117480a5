# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The detector's training without torch: labels, tiles, textures, export checks, evaluation."""
from __future__ import annotations

from pathlib import Path
import re

import cv2
from face_tracker_ros.errors import ModelError, SourceError
import numpy as np
import pytest
from training.check import check_detector, Compiled
from training.detector import evaluate, label, pack
from training.detector.packed import read_tiles
from training.detector.textures import textures

MODEL = Path('models/face-detector/face-detector.xml')
ENCODER = Path('models/mobilenetv3-large-face/mobilenetv3-large-face.xml')


@pytest.fixture(scope='module')
def made(shared, tmp_path_factory) -> Path:
    """Return labels and pack of some photos and of a picture without faces."""
    folder = tmp_path_factory.mktemp('detector')
    held, others = [], []
    for source in sorted((shared / 'data' / 'lfw-people').iterdir()):
        (held if pack.is_held(source.name) else others).append(source)
    for source in (*held[:4], *others[:12]):
        (folder / 'pictures' / source.name).mkdir(parents=True)
        for path in sorted(source.iterdir())[:2]:
            (folder / 'pictures' / source.name / path.name).write_bytes(path.read_bytes())
    (folder / 'plain').mkdir()
    cv2.imwrite(str(folder / 'plain' / 'wall.png'), textures(1, 5)[0])
    teachers = ['--first', 'yunet', '--second', 'face-detector']
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
        assert label.main(['--pictures', str(folder / 'pictures'), '--output', str(folder),
                           *teachers]) == 0
        assert pack.main(['--pictures', str(folder / 'pictures'), '--labels',
                          str(folder / 'labels.npz'), '--output', str(folder), '--textures',
                          str(folder / 'plain'), '--count', '2', *teachers]) == 0
    return folder


def rows(*given: tuple[float, float, float]) -> np.ndarray:
    """Return a teacher's rows of boxes of 50 pixels: left, top, score."""
    return np.float32([(x, y, x + 50, y + 50, score, *range(10)) for x, y, score in given]
                      ).reshape(-1, 15)


def test_faces_are_what_both_see_or_one_is_sure_of():
    first = rows((0, 0, 0.65), (60, 0, 0.65), (120, 0, 0.9), (180, 0, 0.4))
    second = rows((5, 0, 0.35), (60, 0, 0.25), (180, 0, 0.9), (0, 100, 0.5), (60, 100, 0.2))
    decided = pack.decide(first, second)
    assert [(row[0], row[1], row[4]) for row in decided] == [
        (0, 0, pack.FACE), (120, 0, pack.FACE), (60, 0, pack.IGNORE), (180, 0, pack.IGNORE),
        (0, 100, pack.IGNORE)]
    assert decided[0, 5:].tolist() == list(range(10)) and not decided[-1, 5:].any()
    assert pack.decide(rows(), rows()).shape == (0, 15)


def test_pack_holds_tiles_faces_and_textures(made):
    train, held, plain = (read_tiles(made, split) for split in (pack.TRAIN, pack.HELD,
                                                                pack.TEXTURE))
    assert len(train['image']) > 12 and len(held['image']) >= 2 and len(plain['image']) == 2
    assert not plain['flag'].any()
    faces = train['flag'] == pack.FACE
    assert faces.any(axis=1).all()
    boxes, points = train['box'][faces], train['landmarks'][faces]
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = (points > boxes[:, None, :2] - 0.2 * sides[:, None]) \
        & (points < boxes[:, None, 2:] + 0.2 * sides[:, None])
    assert inside.mean() > 0.98


def test_pictures_of_any_size_become_tiles():
    wide = np.zeros((300, 600, 3), np.uint8)
    wide[:, 150:450] = 9
    assert (label.tile(wide) == 9).all() and label.tile(wide).shape == (250, 250, 3)
    own = np.arange(250 * 250 * 3, dtype=np.uint8).reshape(250, 250, 3)
    assert np.array_equal(label.tile(own), own)


def test_drawn_textures_are_all_kinds_and_always_the_same():
    drawn = textures(6)
    assert np.array_equal(drawn, textures(6)) and drawn.shape == (6, 250, 250, 3)
    assert all(texture.std() > 1 for texture in drawn)


def test_shipped_detector_finds_those_held_out(made, capsys):
    assert evaluate.main(['--model', str(MODEL), '--pack', str(made)]) == 0
    recalls = [float(value) for value in re.findall(r'recall ([\d.]+) %',
                                                    capsys.readouterr().out)]
    assert len(recalls) == 3 and recalls[0] > 80


def test_another_network_is_refused():
    picture = np.zeros((96, 128, 3), np.uint8)
    assert check_detector(Compiled(MODEL), picture).shape == (12 * 16 + 6 * 8 + 3 * 4, 15)
    with pytest.raises(ModelError, match='does not run on float32'):
        check_detector(Compiled(ENCODER), picture)


def test_a_cut_pack_is_refused(made, tmp_path):
    (tmp_path / 'tiles.npz').write_bytes((made / 'tiles.npz').read_bytes())
    (tmp_path / 'tiles.bin').write_bytes((made / 'tiles.bin').read_bytes()[:-1])
    with pytest.raises(SourceError, match='make it again with training.detector.pack'):
        read_tiles(tmp_path, pack.TRAIN)


def test_refusals_are_one_line(tmp_path, capsys):
    for main, arguments, message in (
            (label.main, ['--pictures', 'nowhere', '--output', str(tmp_path)],
             "folder 'nowhere' holds no pictures"),
            (pack.main, ['--pictures', '.', '--labels', 'nothing.npz', '--output', str(tmp_path)],
             'make it with training.detector.label'),
            (evaluate.main, ['--model', str(MODEL), '--pack', str(tmp_path)],
             'make it with training.detector.pack')):
        assert main(arguments) == 2
        shown = capsys.readouterr().err
        assert message in shown and len(shown.splitlines()) == 1
