# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Generated scenes: the same for one seed, with truth that fits the images."""
from itertools import islice

from face_tracker_ros.config import Config
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.errors import SourceError
import numpy as np
import pytest


@pytest.fixture(scope='module')
def portraits(grace, eileen):
    return [[scenes.Portrait(grace, np.array([130, 92, 284, 304], np.float32))],
            [scenes.Portrait(eileen, np.array([184, 68, 266, 173], np.float32))]]


def test_a_seed_gives_one_scene(portraits):
    options = scenes.SceneOptions(people=2, seconds=0.2, camera='moving')
    first, again, other = (list(scenes.generate(portraits, seed, options)) for seed in (1, 1, 2))
    assert len(first) == 6
    for a, b, c in zip(first, again, other):
        assert np.array_equal(a.image, b.image) and np.array_equal(a.boxes, b.boxes)
        assert not np.array_equal(a.image, c.image)


def test_faces_are_where_the_truth_says(portraits):
    detector = FaceDetector.from_config(Config())
    options = scenes.SceneOptions(people=2, seconds=6, returns=False)
    checked = 0
    for frame in islice(scenes.generate(portraits, 3, options), 0, None, 15):
        found = detector.detect(frame.image, 0.5, 0.4)
        for box, visible in zip(frame.boxes, frame.visible):
            if visible > 0.9:
                checked += 1
                middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
                off = np.abs(middle - (box[:2] + box[2:]) / 2).max(axis=1, initial=0)
                assert len(off) and off.min() < 0.25 * (box[3] - box[1])
    assert checked > 8


def test_people_leave_and_return_with_their_id(portraits):
    options = scenes.SceneOptions(people=2, seconds=11)
    gaps = 0
    for seed in (0, 2):
        seen = {1: [], 2: []}
        for frame in scenes.generate(portraits, seed, options):
            for who in frame.ids:
                seen[who].append(frame.stamp)
        gaps += sum(bool((np.diff(stamps) > 1.5).any()) for stamps in seen.values())
    assert gaps >= 2


def test_what_is_in_front_hides_what_is_behind():
    covered = np.zeros((720, 1280), np.uint8)
    covered[:, 100:] = 255
    box = np.array([80, 100, 120, 150], np.float32)
    assert scenes.visible_share(box, []) == 1
    assert scenes.visible_share(box, [covered]) == pytest.approx(0.5)
    assert scenes.visible_share(box - np.float32([100, 0, 100, 0]), []) == pytest.approx(0.5)
    assert scenes.visible_share(box - np.float32([200, 0, 200, 0]), []) == -1


def test_photos_come_from_a_folder_a_person(shared, tmp_path):
    people = scenes.read_people(shared / 'data' / 'lfw-people')
    assert len(people) == 168 and sum(map(len, people.values())) == 617
    with pytest.raises(SourceError, match='has no photos'):
        scenes.read_people(tmp_path)
