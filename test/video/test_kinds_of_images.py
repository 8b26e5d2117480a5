# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Images of a folder in every depth and number of channels, and addresses that are none."""
from __future__ import annotations

from pathlib import Path

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import open_source, VideoSink
from face_tracker_ros.video.address import unreachable
import numpy as np
import pytest


@pytest.mark.parametrize('shape, kind, suffix', [
    ((40, 60), np.uint8, '.png'), ((40, 60), np.uint16, '.png'), ((40, 60, 3), np.uint16, '.png'),
    ((40, 60, 4), np.uint8, '.png'), ((40, 60), np.uint8, '.tiff'),
    ((40, 60, 3), np.uint16, '.tiff'), ((40, 60), np.uint8, '.jpg')])
def test_any_depth_and_number_of_channels_is_read_as_bgr(
        shape: tuple[int, ...], kind: type, suffix: str, tmp_path: Path) -> None:
    top = np.iinfo(kind).max
    image = np.full(shape, top // 2, kind)
    image[:20] = top
    cv2.imwrite(str(tmp_path / f'0{suffix}'), image)
    with open_source(tmp_path, 10) as source:
        (_, frame), = source
    assert frame.shape == (40, 60, 3) and frame.dtype == np.uint8
    assert (frame[:18] >= 250).all() and (abs(frame[22:].astype(int) - 127) <= 4).all()


@pytest.mark.parametrize('address, words', [
    ('rtsp://user:pass@word@:x/', 'malformed'), ('http://', 'names no host'),
    ('http://[::1/', 'malformed'), ('http://127.0.0.1:99999/', 'malformed'),
    ('udp://127.0.0.1:5000', '')])
def test_addresses_that_are_none_are_explained(address: str, words: str) -> None:
    found = unreachable(address)
    assert words in found and bool(found) is bool(words)


def test_a_video_goes_into_no_folder_and_no_device(tmp_path: Path) -> None:
    (tmp_path / 'folder.mp4').mkdir()
    (tmp_path / 'null.mp4').symlink_to('/dev/null')
    for name, words in (('folder.mp4', 'cannot be written|is no regular file'),
                        ('null.mp4', 'is no regular file')):
        with pytest.raises(SourceError, match=words):
            with VideoSink(tmp_path / name, 30.0) as sink:
                sink.write(np.zeros((16, 16, 3), np.uint8))


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    (tmp_path / '0.png').mkdir()
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((8, 8, 3), np.uint8))
    with open_source(f'{tmp_path}/*.png', 10) as source:
        assert len(list(source)) == 1
