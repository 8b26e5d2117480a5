# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Files, folders and devices of any name, and what is reported of those that are passed over."""
from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import cv2
from face_tracker_ros.errors import SourceError
from face_tracker_ros.video import open_source, VideoSink
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
LATIN_1 = os.fsdecode(b'caf\xe9')  # no UTF-8
ROUND_TRIP = """
import os, sys
from face_tracker_ros.video import open_source, VideoSink
with open_source(sys.argv[1]) as source, VideoSink(sys.argv[2], source.frame_rate) as sink:
    for stamp, frame in source:
        sink.write(frame, stamp)
    print(ascii(source.name), sink.frames)
"""


def flat(value):
    return np.full((48, 64, 3), value, np.uint8)


def make_video(path):
    with VideoSink(path, 10.0) as sink:
        for step in range(5):
            sink.write(flat(40 * step))


def greys(spec, **options):
    lines = []
    with open_source(spec, log=lines.append, **options) as source:
        return [round(float(frame.mean()) / 40) for _, frame in source], lines, source


@pytest.fixture(params=[LATIN_1, 'каме\u0301ра 1', 'line\nbreak', 'plain'])
def folder(tmp_path, request):
    """Return a folder of such a name with a video and images of such names."""
    folder = tmp_path / request.param
    folder.mkdir()
    make_video(folder / f'{request.param}.mp4')
    for step in range(3):
        content = cv2.imencode('.png', flat(40 * step))[1].tobytes()
        (folder / f'{request.param}{step}.png').write_bytes(content)
    return folder


def test_videos_and_images_of_any_name(folder):
    video = folder / f'{folder.name}.mp4'
    assert greys(video)[0] == greys(os.fsencode(video))[0] == [0, 1, 2, 3, 4]
    assert greys(folder / f'{folder.name}2.png')[0] == [2]
    assert greys(folder)[0] == greys(f'{folder}/*.png')[0] == [0, 1, 2]
    assert greys(f'{folder}/{folder.name}%d.png')[0] == [0, 1, 2]


def test_names_can_be_printed_and_stay_one_line(folder):
    with open_source(folder) as source:
        source.name.encode('utf-8')
        assert source.name.isprintable()
    with pytest.raises(SourceError) as caught:
        open_source(folder / 'missing.mp4')
    str(caught.value).encode('utf-8')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('environment', [
    {'LC_ALL': 'C', 'PYTHONUTF8': '0'}, {'LC_ALL': 'C.UTF-8'}], ids=str)
def test_names_do_not_depend_on_the_locale(folder, environment):
    video, output = folder / f'{folder.name}.mp4', folder / f'{folder.name} out.mp4'
    for spec in (video, folder, f'{folder}/*.png'):
        done = subprocess.run([sys.executable, '-c', ROUND_TRIP, spec, output], cwd=ROOT,
                              env={**os.environ, **environment}, capture_output=True, text=True)
        assert done.returncode == 0 and 'Error' not in done.stderr, done
        assert greys(output)[0] == [0, 1, 2, 3, 4][:5 if spec == video else 3]


def test_what_a_mac_leaves_and_what_is_no_image_is_passed_over_in_one_line(tmp_path):
    for step in range(2):
        cv2.imwrite(str(tmp_path / f'IMG_{step}.jpg'), flat(40 * step))
        (tmp_path / f'._IMG_{step}.jpg').write_bytes(b'\0\5\x16\7 resource fork')
    (tmp_path / 'photo.heic').write_bytes(b'\0\0\0\x18ftypheic')
    (tmp_path / 'folder.jpg').mkdir()
    (tmp_path / '.DS_Store').write_bytes(b'')
    found, lines, _ = greys(f'{tmp_path}/*')
    assert found == [0, 1] and '2 of 4 entries passed over' in lines[0]
    found, lines, _ = greys(tmp_path)
    assert found == [0, 1] and len(lines) == 1
    assert '5 of 7 entries passed over' in lines[0]
    for part in ('2 ._* (of macOS)', '1 .heic', '1 folder', '1 .DS_Store'):
        assert part in lines[0]


def test_a_folder_of_images_alone_reports_nothing(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.jpg'), flat(40))
    assert greys(tmp_path)[1] == []


@pytest.mark.parametrize('ending', ['pgm', 'pnm', 'ppm', 'pbm', 'jpe', 'JPG', 'avif', 'jp2',
                                    'dib', 'webp', 'tif', 'apng'])
def test_endings_of_images(tmp_path, ending):
    coder = {'apng': 'png', 'pnm': 'ppm'}.get(ending, ending.lower())
    image = flat(240)[..., 0] if ending in ('pgm', 'pbm') else flat(240)
    (tmp_path / f'a.{ending}').write_bytes(cv2.imencode(f'.{coder}', image)[1].tobytes())
    for spec in (tmp_path, tmp_path / f'a.{ending}'):
        found, lines, source = greys(spec)
        assert found == [6] and lines == [] and source.size == (64, 48)


@pytest.mark.parametrize('brand', [b'heic', b'heix', b'mif1', b'msf1', b'hevc'])
def test_heic_photos_are_rejected_rather_than_shown_in_part(tmp_path, brand):
    (tmp_path / 'IMG_1.HEIC').write_bytes(b'\0\0\0\x24ftyp' + brand + bytes(100))
    with pytest.raises(SourceError, match='HEIC photo.*heif-convert'):
        open_source(tmp_path / 'IMG_1.HEIC')


def test_links_to_cameras_are_cameras(tmp_path):
    """As udev makes them in /dev/v4l/by-id, also while the camera is not there."""
    link = tmp_path / 'usb-Maker_Camera-video-index0'
    link.symlink_to('/dev/video937')
    (tmp_path / 'front').symlink_to(link)
    for spec in (link, tmp_path / 'front', '/dev/video937', '937'):
        with pytest.raises(SourceError, match=f'^camera {spec}: cannot be opened; see which'):
            open_source(spec)
    (tmp_path / 'null').symlink_to('/dev/null')  # any device; none of this computer is a camera
    with pytest.raises(SourceError, match='^camera .*null: cannot be opened'):
        open_source(tmp_path / 'null')


def test_a_file_with_the_name_of_a_camera_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / '0').mkdir()
    cv2.imwrite('0/a.png', flat(40))
    assert greys('0')[0] == [1]


def test_numbered_patterns_go_by_number(tmp_path):
    for number in (2, 10, 9, 100000):
        cv2.imwrite(str(tmp_path / f'{number:05d}.png'), flat(40 * (number % 7)))
    cv2.imwrite(str(tmp_path / '3.png'), flat(0))
    assert greys(f'{tmp_path}/%05d.png')[0] == [2, 2, 3, 5]
    assert len(greys(f'{tmp_path}/%d.png')[0]) == 5
    for pattern in ('%04d.jpg', 'x%d.png'):
        with pytest.raises(SourceError, match='no image has such a number'):
            open_source(f'{tmp_path}/{pattern}')


def test_a_glob_may_name_a_video_and_a_url_a_file(tmp_path):
    make_video(tmp_path / 'a b.mp4')
    assert greys(f'{tmp_path}/*.mp4')[0] == [0, 1, 2, 3, 4]
    assert greys(f'file://{tmp_path}/a%20b.mp4')[0] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize('spec', ['a\0b', 300 * 'long/name', 300 * 'x', '/dev/fd', '~nobody/x.mp4',
                                  '[', '%d', '/proc/self/mem'])
def test_odd_names_are_one_line(spec):
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert '\n' not in str(caught.value)


def test_pipes_are_rejected_at_once(tmp_path):
    os.mkfifo(tmp_path / 'pipe.mp4')
    with pytest.raises(SourceError, match='neither a file, a folder nor a camera'):
        open_source(tmp_path / 'pipe.mp4')
    with pytest.raises(SourceError, match='no regular file'):
        with VideoSink(tmp_path / 'pipe.mp4', 30.0) as sink:
            sink.write(flat(0))
