# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Bags, whole and damaged, become a page: of what was published, or of their images."""
from __future__ import annotations

from collections.abc import Callable
import json
import os
from pathlib import Path
import re
import shutil
import sqlite3
import subprocess
import sys
from typing import Any

import cv2
from face_tracker_ros.__main__ import main
from face_tracker_ros.bags import definitions
from face_tracker_ros.bags.bag import Bag
from mcap.writer import CompressionType
import numpy as np
import pytest
import recordings as make
from recordings import IMAGES, NODE, START, Stored, TRACKS
from rosbags.rosbag2 import CompressionMode, StoragePlugin
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

BOXES = {'1': (30.0, 30.0, 60.0, 80.0), '2': (195.0, 30.0, 60.0, 80.0)}
SMALL = ['--set', 'detection.width=320']
MCAP, DB3 = StoragePlugin.MCAP, StoragePlugin.SQLITE3


@pytest.fixture(scope='module')
def people(two_portraits: np.ndarray) -> np.ndarray:
    return cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)


def published(people: np.ndarray, images: Callable[..., Any] | None = make.raw) -> list[Stored]:
    """Return 4 s at 10 images a second: 1 leaves for 2 s, 2 is called Ada, 9 becomes 1."""
    small = cv2.resize(people, (320, 180), interpolation=cv2.INTER_AREA)
    found: list[Stored] = []
    for step in range(40):
        stamp = START + step / 10
        boxes = {name: box for name, box in BOXES.items() if name == '2' or not 10 <= step < 30}
        if step in (30, 31):
            boxes['9'] = boxes.pop('1')
        if images:
            found.append((IMAGES, stamp + 0.005, images(stamp, small)))
        if step == 20:
            continue  # dropped by the node
        found.append((TRACKS, stamp + 0.03, make.tracks(stamp, boxes)))
        found.append((f'{NODE}/identities', stamp + 0.03, make.diagnostics(
            stamp, [(name, 'Ada' if name == '2' else '', '', {}) for name in boxes])))
        if step == 32:
            found.append((f'{NODE}/id_changes', stamp + 0.03, make.id_changes(stamp, (9, 1))))
    return found


def report(bag: Path, folder: Path, *more: str) -> dict[str, Any]:
    """Return what the page about a bag shows, as JSON, and the page as 'html'."""
    page, values = folder / 'page.html', folder / 'values.json'
    assert main(['report', str(bag), '--output', str(page), '--json', str(values),
                 '--quiet', *more]) == 0
    assert page.stat().st_mode & 0o777 == 0o600
    return {**json.loads(values.read_text()), 'html': page.read_text()}


def crops(html: str) -> int:
    return html.count('src="data:image/jpeg')


@pytest.mark.parametrize('plugin, compression', [
    (MCAP, CompressionMode.NONE), (MCAP, CompressionMode.STORAGE), (MCAP, CompressionMode.MESSAGE),
    (DB3, CompressionMode.NONE), (DB3, CompressionMode.MESSAGE), (DB3, CompressionMode.FILE)])
def test_what_was_published_is_reported(people: np.ndarray, tmp_path: Path, plugin: StoragePlugin,
                                        compression: CompressionMode) -> None:
    images = make.compressed if compression == CompressionMode.NONE else make.raw
    file = make.write(tmp_path / 'bag', published(people, images), plugin, compression)
    found = report(tmp_path / 'bag', tmp_path)
    assert [person['id'] for person in found['people']] == [1, 2]
    assert [person['names'] for person in found['people']] == [[], ['Ada']]
    assert np.allclose(found['people'][0]['visits'], [[0, 0.9], [3, 3.9]], atol=1e-3)
    assert found['frames'] == 39 and found['id_changes'] == 1 and found['returns'] == 1
    assert found['stages']['stamp to recording']['median'] == pytest.approx(0.03, abs=1e-4)
    assert found['figures'] == {'images recorded': '40'}
    (note,) = found['notes']
    assert note.startswith("1 of the 40 images of '/camera/image_raw' have no tracks")
    assert crops(found['html']) == 2 and '#2 Ada' in found['html']
    (tmp_path / 'values.json').unlink()
    again = report(file, tmp_path)
    assert {**again, 'html': 0} == {**found, 'html': 0}, 'one file of it is a bag as well'


def test_diagnostics_name_the_images_and_what_was_lost(people: np.ndarray, tmp_path: Path) -> None:
    def status(stamp: float, name: str, topic: str, replaced: int) -> Stored:
        return '/diagnostics', stamp, make.diagnostics(stamp, [(
            f'{name}: tracking', '', topic, {
                'replaced': str(replaced), 'lost_images': '4', 'bad_frames': 'x',
                'detect_p50_ms': '3.5', 'detect_p95_ms': '7'})])
    messages = published(people)
    messages += [('/other/image_raw', START, make.raw(START, people)),
                 ('/depth/image_raw', START, make.raw(START, people[:, :, 0].copy(), 'mono8')),
                 status(START + 1, 'face_tracker', IMAGES, 3),
                 status(START + 2, 'other', '/other/image_raw', 90),
                 status(START + 3, 'face_tracker', IMAGES, 8)]
    make.write(tmp_path / 'bag', messages)
    found = report(tmp_path / 'bag', tmp_path)
    assert found['figures'] == {'replaced by newer': '5', 'lost on the way': '0',
                                'bad images': '0', 'images recorded': '40'}
    assert found['stages']['detect'] == {'median': 0.0035, 'p95': 0.007}
    make.write(tmp_path / 'unknown', [each for each in messages if each[0] != '/diagnostics'])
    assert main(['report', str(tmp_path / 'unknown')]) == 2


def test_published_crops_are_taken_before_images(people: np.ndarray, tmp_path: Path) -> None:
    messages = published(people, None)
    messages.insert(0, (f'{NODE}/crops', START, make.compressed(
        START, np.full((50, 50, 3), 200, np.uint8), 'robot/face_f2')))
    make.write(tmp_path / 'bag', messages)
    found = report(tmp_path / 'bag', tmp_path)
    assert crops(found['html']) == 1 and found['notes'] == []
    make.write(tmp_path / 'none', published(people, None))
    assert report(tmp_path / 'none', tmp_path)['notes'] == [
        'The bag holds no images, so that there are no crops']


def test_images_alone_are_tracked(people: np.ndarray, tmp_path: Path,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    moving = [np.roll(people, 2 * step, axis=1) for step in range(12)]
    pictures: list[Stored] = [(IMAGES, START + step / 10, make.raw(START + step / 10, image))
                              for step, image in enumerate(moving)]
    pictures.insert(5, (IMAGES, START + 0.45, make.raw(START + 0.45, people, 'unheard-of')))
    make.write(tmp_path / 'bag', pictures, DB3)
    found = report(tmp_path / 'bag', tmp_path, *SMALL)
    assert "no tracks; tracking the images of '/camera/image_raw'" in capsys.readouterr().err
    assert found['frames'] == 12 and [each['id'] for each in found['people']] == [1, 2]
    assert found['duration'] == pytest.approx(1.1, abs=1e-4) and crops(found['html']) == 2
    (note,) = found['notes']
    assert note.startswith("1 images of '/camera/image_raw' cannot be decoded: image encoding "
                           "'unheard-of'")
    both = [*pictures, *published(people, None)]
    make.write(tmp_path / 'both', both)
    assert report(tmp_path / 'both', tmp_path, '--track', *SMALL)['frames'] == 12
    assert report(tmp_path / 'both', tmp_path)['frames'] == 39


def test_stamps_of_zero_and_of_a_loop(tmp_path: Path, people: np.ndarray) -> None:
    stamps = [0.0, 0.0, 0.0, 5.0, 5.1, 5.05, 5.2, 5.0, 5.1, 5.2, 3.0, 3.1]
    make.write(tmp_path / 'bag', [(TRACKS, 3.0 + step / 10, make.tracks(stamp, BOXES))
                                  for step, stamp in enumerate(stamps)])
    found = report(tmp_path / 'bag', tmp_path)
    assert found['frames'] == 8 and found['duration'] < 3
    assert found['notes'][:2] == [
        f"4 messages of '{TRACKS}' were skipped: their stamps are not after the ones before",
        f"stamps of '{TRACKS}' jumped 1 times; time goes on there"]


def test_what_is_no_track_is_left_out(tmp_path: Path, people: np.ndarray) -> None:
    boxes = {**BOXES, '': (0.0, 0.0, 5.0, 5.0), 'x': (0.0, 0.0, 5.0, 5.0),
             '3': (float('nan'), 0.0, 5.0, 5.0), '4': (0.0, 1e300, 5.0, 5.0)}
    make.write(tmp_path / 'bag', [(TRACKS, START + 90, make.tracks(START, boxes))])
    found = report(tmp_path / 'bag', tmp_path)
    assert [person['id'] for person in found['people']] == [1, 2]
    assert found['notes'][0].startswith(f"4 detections of '{TRACKS}' were left out")
    assert found['notes'][1].startswith('The stamps are of another clock')


def cut(file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:int(share * len(content))])


@pytest.mark.parametrize('plugin', [MCAP, DB3])
def test_recordings_that_were_cut_off_give_what_they_hold(
        people: np.ndarray, tmp_path: Path, plugin: StoragePlugin) -> None:
    file = make.write(tmp_path / 'bag', published(people), plugin)
    (tmp_path / 'bag' / 'metadata.yaml').unlink()
    whole = report(tmp_path / 'bag', tmp_path)
    assert whole['frames'] == 39 and 'metadata.yaml is missing' in whole['notes'][-1]
    cut(file, 0.5)
    found = report(tmp_path / 'bag', tmp_path)
    assert 5 < found['frames'] < 35 and crops(found['html']) == 2
    (note,) = [note for note in found['notes'] if file.name in note]
    assert 'was cut off' in note
    cut(file, 0.01)
    assert main(['report', str(file)]) == 2


@pytest.mark.parametrize('compression', [CompressionType.NONE, CompressionType.LZ4,
                                         CompressionType.ZSTD])
def test_a_damaged_chunk_is_skipped(people: np.ndarray, tmp_path: Path,
                                    compression: CompressionType) -> None:
    file = make.write_chunks(tmp_path / 'bag.mcap', published(people), compression)
    whole = report(file, tmp_path)
    assert whole['frames'] == 39 and len(whole['notes']) == 1
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 3] = b'???'
    file.write_bytes(content)
    found = report(file, tmp_path)
    assert 10 < found['frames'] < 39
    assert "'bag.mcap': 1 damaged parts were skipped" in found['notes']


def test_what_sqlite_had_not_finished_is_read(people: np.ndarray, tmp_path: Path) -> None:
    file = make.write(tmp_path / 'bag', published(people), DB3)
    database = sqlite3.connect(file)
    database.execute('PRAGMA journal_mode=WAL')
    database.execute('PRAGMA wal_autocheckpoint=0')
    database.execute('DELETE FROM messages WHERE id > 60')
    database.commit()
    shutil.copytree(tmp_path / 'bag', tmp_path / 'killed')
    database.close()
    before = sorted((each.name, each.read_bytes()) for each in (tmp_path / 'killed').iterdir())
    assert 5 < report(tmp_path / 'killed', tmp_path)['frames'] < 39
    after = sorted((each.name, each.read_bytes()) for each in (tmp_path / 'killed').iterdir())
    assert before == after, 'a recording is only read'


def test_split_bags_and_missing_parts(people: np.ndarray, tmp_path: Path) -> None:
    messages = published(people)
    folder = tmp_path / 'bag'
    folder.mkdir()
    for number, part in enumerate((messages[:60], messages[60:])):
        file = make.write(tmp_path / f'part{number}', part)
        shutil.move(file, folder / f'bag_{number + 9}.mcap')
    (folder / 'metadata.yaml').write_text(
        'rosbag2_bagfile_information:\n  relative_file_paths: [bag_9.mcap, bag_10.mcap]\n')
    found = report(folder, tmp_path)
    assert found['frames'] == 39 and len(found['notes']) == 1
    (folder / 'bag_10.mcap').unlink()
    found = report(folder, tmp_path)
    assert found['frames'] < 39
    assert "'bag_10.mcap': is named by metadata.yaml and missing" in found['notes']


def test_files_without_definitions_are_read(people: np.ndarray, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b'caf\xe9 #1?')  # as names from elsewhere may be
    make.write(tmp_path / 'bag', published(people), DB3).parent.rename(folder)
    file = folder / 'bag.db3'
    database = sqlite3.connect(os.fsencode(file))
    database.execute('DROP TABLE message_definitions')  # as before Iron
    database.commit()
    database.close()
    assert len(report(folder, tmp_path)['people']) == 2


@pytest.mark.parametrize('centre, people', [
    ('geometry_msgs/Pose2D center\n', 2),  # vision_msgs 3
    ('geometry_msgs/Point middle\n', 0)])
def test_definitions_of_the_bag_count(tmp_path: Path, centre: str, people: int) -> None:
    store = get_typestore(Stores.ROS2_HUMBLE)
    for name, text in definitions._VISION.items():
        text = text.replace('vision_msgs/Pose2D center\n', centre)
        store.register(get_types_from_msg(text, name))
    pose = store.types[centre.split()[0].replace('/', '/msg/')]
    message = make.tracks(START, BOXES)
    for detection in message.detections:
        box = detection.bbox
        place = pose(box.center.position.x, box.center.position.y, 0.0)
        detection.bbox = store.types['vision_msgs/msg/BoundingBox2D'](place, box.size_x,
                                                                      box.size_y)
    file = make.write_chunks(tmp_path / 'bag.mcap', [(TRACKS, START, message)], store=store)
    found = report(file, tmp_path)
    assert len(found['people']) == people
    assert any('their fields are not those' in note for note in found['notes']) == (not people)


@pytest.mark.parametrize('topics, options, message', [
    ([], [], 'holds neither tracks'),
    ([IMAGES, '/left/image_raw'], [],
     'several topics could be the images; give one of them with --image-topic: /camera/image_raw, '
     '/left/image_raw'),
    ([TRACKS, '/other/tracks', f'{NODE}/attention'], [],
     'several topics could be the tracks; give one of them with --tracks-topic: '
     '/face_tracker/tracks, /other/tracks'),
    ([IMAGES], ['--image-topic', '/missing'], "'/missing': is not in the bag; it holds "
     '/camera/image_raw (sensor_msgs/msg/Image)'),
    ([IMAGES, TRACKS], ['--tracks-topic', IMAGES], 'is of the type sensor_msgs/msg/Image; give '
     'one of vision_msgs/msg/Detection2DArray'),
    ([IMAGES, TRACKS], ['--track', '--set', 'tracker.max_age=-1'], 'tracker.max_age'),
    ([IMAGES, TRACKS], SMALL, '--set: the bag holds tracks; give --track')])
def test_topics_that_do_not_fit_are_named(topics: list[str], options: list[str], message: str,
                                          tmp_path: Path,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    blank = np.zeros((20, 20, 3), np.uint8)
    make.write(tmp_path / 'bag', [(topic, START, make.raw(START, blank) if 'image' in topic
                                   else make.tracks(START, BOXES)) for topic in topics]
               or [('/rosout', START, make.header(START))])
    assert main(['report', str(tmp_path / 'bag'), '--quiet', *options]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1


def test_what_is_no_bag_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'empty.mcap').touch()
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n')
    (tmp_path / 'folder').mkdir()
    for name, message in (('empty.mcap', 'is empty'), ('old.bag', 'rosbags-convert'),
                          ('folder', 'holds no .mcap or .db3 file'), ('no', 'no such file')):
        assert main(['report', str(tmp_path / name)]) == 2
        error = capsys.readouterr().err
        assert message in error and error.count('\n') == 1
    file = make.write(tmp_path / 'bag', [(TRACKS, START, make.tracks(START, BOXES))])
    for output in (file, tmp_path / 'no' / 'page.html'):
        assert main(['report', str(file), '--output', str(output)]) == 2
    with Bag(file) as bag:
        assert bag.topics[TRACKS].count == 1, 'it is as it was'


def test_a_signal_ends_it_and_leaves_nothing_of_the_bag(people: np.ndarray,
                                                        tmp_path: Path) -> None:
    file = make.write(tmp_path / 'bag', published(people), DB3, CompressionMode.FILE)
    work = tmp_path / 'work'
    work.mkdir()
    program = ('import os, signal, sys\n'
               'from face_tracker_ros.bags.definitions import Decoder\n'
               'from face_tracker_ros.__main__ import main\n'
               'def decode(*given, own=Decoder.decode):\n'
               '    os.kill(os.getpid(), signal.SIGTERM)\n'
               '    return own(*given)\n'
               'Decoder.decode = decode\n'
               'sys.exit(main(sys.argv[1:]))')
    done = subprocess.run([sys.executable, '-c', program, 'report', str(file)], cwd=work,
                          env={**os.environ, 'TMPDIR': str(work)}, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 143 and done.stderr == 'report: interrupted\n'
    assert list(work.iterdir()) == []


def test_the_command_runs_without_ros_and_names_a_missing_package(tmp_path: Path) -> None:
    file = make.write(tmp_path / 'bag', [(TRACKS, START, make.tracks(START, BOXES))])
    block = ('import sys\n'
             'for name in sys.argv.pop().split(","): sys.modules[name] = None\n'
             'from face_tracker_ros.__main__ import main\n'
             'sys.exit(main(sys.argv[1:]))')
    for blocked, code, text in (('rclpy,vision_msgs,sensor_msgs', 0, "wrote 'bag.html'"),
                                ('rosbags', 2, "pip install 'rosbags>=0.11'")):
        done = subprocess.run([sys.executable, '-c', block, 'report', str(file), blocked],
                              cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code and text in done.stdout + done.stderr
    assert re.search('<h1>bag.mcap</h1>', (tmp_path / 'bag.html').read_text())
