# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Image files of several frames give all of them, with their times where they have some."""
from __future__ import annotations

from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import open_source
import numpy as np
from PIL import features, Image
import pytest

MILLISECONDS = [100, 50, 200, 100, 300]


def frames(count):
    return [Image.fromarray(np.full((48, 64, 3), 5 * step, np.uint8)) for step in range(count)]


def read(path, **options):
    with open_source(path, **options) as source:
        found = list(source)
    return ([stamp for stamp, _ in found],
            [round(float(frame.mean()) / 5) for _, frame in found], source)


def save(path, count=5, milliseconds=MILLISECONDS, **options):
    first, *others = frames(count)
    timed = {} if path.suffix == '.tif' else {'duration': milliseconds}
    first.save(path, save_all=True, append_images=others, **timed, **options)


@pytest.mark.parametrize('name, options', [
    ('a.webp', {'lossless': True}), ('a.png', {}), ('a.apng', {'format': 'PNG'}),
    ('a.avif', {'quality': 100}), ('a.gif', {})])
def test_animations_have_their_own_times(tmp_path, name, options):
    if name == 'a.avif' and not features.check('avif'):
        pytest.fail('the tests need a Pillow that writes AVIF')
    save(tmp_path / name, **options)
    stamps, greys, source = read(tmp_path / name)
    assert greys == [0, 1, 2, 3, 4]
    assert stamps == pytest.approx([0, 0.1, 0.15, 0.35, 0.45], abs=0.011)
    assert source.length == 5


def test_pages_have_no_times(tmp_path):
    save(tmp_path / 'a.tif')
    stamps, greys, source = read(tmp_path / 'a.tif', frame_rate=10.0)
    assert greys == [0, 1, 2, 3, 4] and source.length == 5
    assert stamps == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    save(tmp_path / 'sixteen.tif')
    Image.fromarray(np.full((48, 64), 5 << 8, np.uint16)).save(tmp_path / 'sixteen.tif')
    assert read(tmp_path / 'sixteen.tif')[1] == [1]


@pytest.mark.parametrize('ending, options', [('tif', {}), ('webp', {'lossless': True})])
def test_long_ones_are_read_piece_by_piece(tmp_path, ending, options):
    save(tmp_path / f'a.{ending}', 50, 40, **options)
    stamps, greys, _ = read(tmp_path / f'a.{ending}', frame_rate=10.0)
    assert greys == list(range(50)) and stamps == pytest.approx(np.arange(50) / 10)


def test_in_a_folder_they_take_their_time(tmp_path):
    frames(1)[0].save(tmp_path / '1.png')
    save(tmp_path / '2.webp', lossless=True)
    frames(1)[0].save(tmp_path / '3.png')
    stamps, greys, _ = read(tmp_path)
    assert greys == [0, 0, 1, 2, 3, 4, 0]
    assert stamps[-1] == pytest.approx(1 / 30 + 0.75)


def test_truncated_ones_are_read_as_far_as_they_go_or_rejected(tmp_path):
    save(tmp_path / 'a.tif', 5)
    content = (tmp_path / 'a.tif').read_bytes()
    for share in (0.2, 0.6, 0.9):
        (tmp_path / 'b.tif').write_bytes(content[:int(len(content) * share)])
        try:
            _, greys, _ = read(tmp_path / 'b.tif')
        except SourceError as error:
            assert 'cannot be decoded' in str(error)
        else:
            assert greys == list(range(len(greys)))
