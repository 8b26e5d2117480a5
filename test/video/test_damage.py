# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Files with frames that cannot be decoded are read to their end, and it is said how many."""
from __future__ import annotations

import struct

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import open_source, VideoSink
import numpy as np
import pytest


def read(path, **options):
    lines = []
    with open_source(path, log=lines.append, **options) as source:
        frames = list(source)
    return source, [stamp for stamp, _ in frames], lines


@pytest.fixture
def clip(tmp_path):
    """Return a video of 60 frames of noise, 2 s."""
    noise = np.random.default_rng(0)
    with VideoSink(tmp_path / 'clip.mp4', 30.0) as sink:
        for _ in range(60):
            sink.write(noise.integers(0, 255, (90, 160, 3), np.uint8))
    return tmp_path / 'clip.mp4'


def with_edit(path, begin, length):
    """Make an MP4 show `length` ms from the second `begin` on."""
    content = bytearray(path.read_bytes())
    offset = content.index(b'elst') + 12
    ticks = struct.unpack_from('>I', content, content.index(b'mdhd') + 16)[0]
    struct.pack_into('>Ii', content, offset, length, round(begin * ticks))
    path.write_bytes(content)


def test_reading_goes_on_behind_what_cannot_be_decoded(shared):
    source, stamps, lines = read(shared / 'data' / 'odd' / 'damaged_middle.mp4')
    assert len(stamps) == 15 and source.lost == 41
    assert stamps[4] == pytest.approx(0.133) and stamps[-1] == pytest.approx(1.833)
    assert len(lines) == 1
    assert '41 of 56 frames could not be decoded, 15 were used' in lines[0]


def test_a_rate_counts_lost_frames(shared):
    _, stamps, _ = read(shared / 'data' / 'odd' / 'damaged_middle.mp4', frame_rate=10.0)
    assert stamps[0] == 0 and stamps[-1] == pytest.approx(5.5)


def test_intact_files_are_not_called_damaged(shared, clip):
    for path in [*(shared / 'data' / 'clips').iterdir(), clip,
                 *(shared / 'data' / 'odd' / name for name in
                   ('browser.webm', 'variable_rate.mp4', 'slow_motion.mp4'))]:
        source, stamps, lines = read(path)
        assert lines == [] and source.lost == 0 and len(stamps) == source.length


@pytest.mark.parametrize('begin, part', [(0, 0.5), (0, 0.1), (1.2, 0.4)])
def test_files_with_edit_lists_are_not_called_damaged(clip, begin, part):
    """As telephones and editors write them: a part of the frames is shown."""
    with_edit(clip, begin, round(2000 * part))
    source, stamps, lines = read(clip)
    assert len(stamps) == pytest.approx(60 * part, abs=2)
    assert source.length == pytest.approx(60 * part, abs=1)
    assert lines == [] and source.lost == 0 and stamps[0] < 0.1


def test_a_file_that_breaks_off_is_called_incomplete(tmp_path):
    noise = np.random.default_rng(0)
    with VideoSink(tmp_path / 'half.avi', 30.0) as sink:
        for _ in range(60):
            sink.write(noise.integers(0, 255, (90, 160, 3), np.uint8))
    content = (tmp_path / 'half.avi').read_bytes()
    (tmp_path / 'half.avi').write_bytes(content[:len(content) // 2])
    source, stamps, lines = read(tmp_path / 'half.avi')
    assert 5 < len(stamps) < 40
    assert f'{60 - len(stamps)} of 60 frames could not be decoded, {len(stamps)} were' in lines[0]
    assert len(lines) == 1


def test_broken_images_of_a_folder_are_passed_over_and_named(tmp_path):
    for number in range(6):
        cv2.imwrite(str(tmp_path / f'{number}.png'), np.full((48, 64, 3), 40 * number, np.uint8))
    (tmp_path / '0.png').write_bytes(b'')
    (tmp_path / '3.png').write_bytes(b'broken')
    source, stamps, lines = read(tmp_path, frame_rate=10.0)
    assert stamps == pytest.approx([0.1, 0.2, 0.4, 0.5])
    assert source.lost == 2 and len(lines) == 1
    assert '2 of 6 images could not be decoded' in lines[0] and '0.png' in lines[0]


def test_nothing_but_broken_images_is_an_error(tmp_path):
    for number in range(2):
        (tmp_path / f'{number}.png').write_bytes(b'broken')
    with pytest.raises(SourceError, match="1.png': cannot be decoded; remove or replace"):
        open_source(tmp_path)
