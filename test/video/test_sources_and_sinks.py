# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Frame sources and video sinks on real files."""
import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import open_source, VideoSink
from face_tracker_ros.video.images import natural_sort
import numpy as np
import pytest


def flat(value, width=64, height=48):
    return np.full((height, width, 3), value, np.uint8)


@pytest.fixture
def images(tmp_path):
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f'frame{number}.png'), flat(20 * number))
    (tmp_path / 'notes.txt').write_text('no image')
    return tmp_path


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / 'clip.mp4'
    with VideoSink(path, 25.0) as sink:
        for step in range(10):
            sink.write(flat(20 * step))
    with open_source(path) as source:
        assert (source.frame_rate, source.size, source.length) == (25.0, (64, 48), 10)
        frames = list(source)
    assert [stamp for stamp, _ in frames] == pytest.approx([step / 25 for step in range(10)])
    for step, (_, frame) in enumerate(frames):
        assert frame.shape == (48, 64, 3) and frame.dtype == np.uint8
        assert abs(frame.mean() - 20 * step) < 8


def test_real_clips(shared):
    for path in sorted((shared / 'data' / 'clips').iterdir()):
        with open_source(path) as source:
            stamps, frames = zip(*source)
        assert len(frames) == source.length or source.length is None
        assert np.diff(stamps).min() > 0
        assert frames[0].shape[1::-1] == source.size
        assert not np.array_equal(frames[0], frames[-1])


def test_folder_and_glob_in_natural_order(images):
    for spec in (images, f'{images}/*.png'):
        with open_source(spec, frame_rate=10.0) as source:
            means = [(stamp, round(frame.mean())) for stamp, frame in source]
        assert means == [(0.0, 20), (0.1, 180), (0.2, 200)]
        assert source.length == 3


def test_natural_sort_counts():
    assert [str(path) for path in natural_sort(['b10', 'b9', 'a'])] == ['a', 'b9', 'b10']


@pytest.mark.parametrize('spec, message', [
    ('/nowhere/clip.mp4', "source '/nowhere/clip.mp4': no such file or folder; give"),
    ('', "source '': give a video file"),
    ('/nowhere/*.png', 'no image matches; give files ending in'),
    ('937', 'camera 937: cannot be opened; see which there are'),
])
def test_sources_that_are_none(spec, message):
    with pytest.raises(SourceError, match=message.replace('*', r'\*')) as caught:
        open_source(spec)
    assert '\n' not in str(caught.value)


def test_files_that_are_no_video_or_image(images, capfd):
    with pytest.raises(SourceError, match='notes.txt.: not a readable video'):
        open_source(images / 'notes.txt')
    (images / 'broken.png').write_bytes(b'broken')
    with pytest.raises(SourceError, match='broken.png.: cannot be decoded'):
        open_source(images / 'broken.png')
    (images / 'empty').mkdir()
    with pytest.raises(SourceError, match='the folder holds no images'):
        open_source(images / 'empty')
    assert capfd.readouterr().err == ''


def test_sinks_that_cannot_be_written_are_rejected_at_once(tmp_path):
    with pytest.raises(SourceError, match="missing/a.mp4': cannot be written"):
        VideoSink(tmp_path / 'missing' / 'a.mp4', 30.0)
    with pytest.raises(SourceError, match="a.txt': not a name of a video; end it with .mp4"):
        VideoSink(tmp_path / 'a.txt', 30.0)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_fitted_in(tmp_path):
    path = tmp_path / 'mixed.mp4'
    sink = VideoSink(path, 30.0)
    sink.write(flat(200))
    sink.write(flat(200, 30, 90))
    sink.close()
    sink.close()
    with open_source(path) as source:
        frames = [frame for _, frame in source]
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 2
    assert frames[1][:, 30:34].mean() > 180
