# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The encoders on real faces: who is who, batches, colours and boxes that hold no face."""
from __future__ import annotations

from dataclasses import replace

import cv2
from face_tracker_ros import Config, FrameError, ModelError
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.models.description import description_text
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.resolve import guess_model
from networks import feature_network
import numpy as np
import pytest

ENCODERS = {'mobilenetv3-large-face': 256, 'face-reidentification-retail-0095': 256}


@pytest.fixture(scope='module')
def detector():
    return FaceDetector.from_config(Config())


@pytest.fixture(scope='module', params=ENCODERS)
def encoder(request, shared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
        return FaceEncoder.from_config(Config.load({'encoder': request.param}))


@pytest.fixture(scope='module')
def shipped():
    return FaceEncoder.from_config(Config())


@pytest.fixture(scope='module')
def faces(detector, two_portraits):
    """Return the boxes of Grace Hopper and Eileen Collins in two_portraits."""
    boxes = detector.detect(two_portraits, 0.5, 0.4).boxes[:2]
    return boxes[np.argsort(boxes[:, 0])]


@pytest.fixture(scope='module')
def photos(shared, detector):
    """Return (person, photo, box of the middle face) of two photos of each of 25 people."""
    chosen = []
    folders = sorted((shared / 'data' / 'lfw-people').iterdir())
    for folder in [folder for folder in folders if len(list(folder.iterdir())) > 1][:25]:
        for path in sorted(folder.iterdir())[:2]:
            photo = cv2.imread(str(path))
            boxes = detector.detect(photo, 0.4, 0.4).boxes
            if len(boxes):
                centers = (boxes[:, :2] + boxes[:, 2:]) / 2
                middle = np.linalg.norm(centers - 125, axis=1).argmin()
                chosen.append((folder.name, photo, boxes[middle]))
    assert len(chosen) >= 45
    return chosen


def embed(encoder, photos):
    return np.concatenate([encoder.encode(photo, box[None]) for _, photo, box in photos])


def separation(vectors, photos):
    """Return how many standard deviations same and different people's cosines lie apart."""
    names = np.array([name for name, _, _ in photos])
    same = (names[:, None] == names[None]) & ~np.eye(len(names), dtype=bool)
    different = names[:, None] != names[None]
    cosine = vectors @ vectors.T
    return (cosine[same].mean() - cosine[different].mean()) / cosine[different].std()


def test_vectors_are_unit_rows_of_the_size_promised(encoder, two_portraits, faces):
    vectors = encoder.encode(two_portraits, faces)
    assert encoder.size == ENCODERS[encoder.name]
    assert vectors.shape == (2, encoder.size) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_photos_of_one_person_are_nearest_to_each_other(encoder, photos):
    vectors = embed(encoder, photos)
    names = [name for name, _, _ in photos]
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -2)
    pairs = [row for row in range(len(names)) if names.count(names[row]) > 1]
    right = [names[cosine[row].argmax()] == names[row] for row in pairs]
    assert len(pairs) >= 40 and np.mean(right) > 0.85
    assert separation(vectors, photos) > 3.5


def test_light_flip_and_distance_do_not_make_another_person(encoder, two_portraits, faces):
    grace, eileen = encoder.encode(two_portraits, faces)
    height, width = two_portraits.shape[:2]
    dark = cv2.convertScaleAbs(two_portraits, alpha=0.6, beta=10)
    flipped = two_portraits[:, ::-1]
    small = cv2.resize(two_portraits, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    for image, box in ((dark, faces[0]), (small, faces[0] / 4), (
            flipped, np.array([width, 0, width, 0]) - faces[0][[2, 1, 0, 3]] * [1, -1, 1, -1])):
        vector = encoder.encode(image, box[None])[0]
        assert vector @ grace > 0.5 > 0.3 > vector @ eileen


@pytest.mark.parametrize('angle', [-60, -40, 40, 60])
def test_a_tilted_head_is_embedded_as_an_upright_one(angle, shipped, detector, grace):
    """Without its landmarks the face looks like somebody else's."""
    rotation = cv2.getRotationMatrix2D((200, 200), angle, 1)
    tilted = cv2.warpAffine(grace, rotation, (400, 400), borderMode=cv2.BORDER_REPLICATE)
    found = [detector.detect(image, 0.5, 0.4) for image in (grace, tilted)]
    upright, aligned = (shipped.encode(image, face.boxes, face.landmarks)[0]
                        for image, face in zip((grace, tilted), found))
    assert 1 - upright @ aligned < 0.15
    plain = shipped.encode(tilted, found[1].boxes)[0]
    assert 1 - upright @ plain > 0.3


def test_landmarks_that_fit_no_face_leave_the_crop_as_it_is(shipped, two_portraits, faces):
    plain = shipped.encode(two_portraits, faces)
    for points in (np.full((2, 5, 2), np.nan, np.float32), np.ones((2, 5, 2), np.float32)):
        np.testing.assert_array_equal(shipped.encode(two_portraits, faces, points), plain)


def test_batch_gives_what_one_by_one_gives(encoder, photos):
    _, photo, box = photos[0]
    shifts = np.arange(15, dtype=np.float32)[:, None]
    boxes = box + shifts
    together = encoder.encode(photo, boxes)
    single = np.concatenate([encoder.encode(photo, row[None]) for row in boxes])
    np.testing.assert_allclose(together, single, atol=1e-3)
    np.testing.assert_allclose(encoder.encode(photo, boxes[::-1]), together[::-1], atol=1e-3)


def test_blue_comes_first(shipped, photos):
    """Images with red first are distinguished less well: the order of colours is the right one."""
    right = embed(shipped, photos)
    swapped = embed(shipped, [(name, photo[..., ::-1], box) for name, photo, box in photos])
    assert (right * swapped).sum(axis=1).mean() < 0.97
    assert separation(right, photos) > separation(swapped, photos)


def test_crop_scale_is_that_of_the_model_card(shipped, photos):
    """Crops of another scale than the network was made for are distinguished less well."""
    def scaled(factor):
        resized = []
        for name, photo, box in photos:
            center, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * factor
            resized.append((name, photo, np.concatenate([center - half, center + half])))
        return separation(embed(shipped, resized), resized)
    right = scaled(1.0)
    assert right > scaled(0.6) and right > scaled(1.8)


@pytest.mark.parametrize('unusable', [
    [np.nan, 0, 50, 50], [10, 10, np.inf, 50], [50, 50, 50, 90], [90, 90, 50, 50],
    [-90, -90, -10, -10], [1300, 100, 1400, 200], [0, -1e30, 1e30, 1e30], [-1e4, -1e4, 1e4, 1e4]])
def test_boxes_without_a_face_to_look_at_give_nan_in_their_own_row(unusable, shipped, faces,
                                                                   two_portraits):
    boxes = np.array([faces[0], unusable, faces[1]], np.float32)
    vectors = shipped.encode(two_portraits, boxes)
    assert np.isnan(vectors[1]).all()
    np.testing.assert_allclose(vectors[[0, 2]], shipped.encode(two_portraits, faces), atol=1e-3)


def test_face_at_the_border_is_embedded(shipped, two_portraits, faces):
    left, top, right, bottom = faces[0].astype(int)
    whole = shipped.encode(two_portraits, faces[:1])[0]
    cut = two_portraits[top:, left + (right - left) // 10:]
    hidden = (right - left) // 10
    box = np.array([[-hidden, 0, right - left - hidden, bottom - top]], np.float32)
    assert shipped.encode(cut, box)[0] @ whole > 0.5


@pytest.mark.parametrize('boxes', [
    np.zeros((0, 4), np.float32), np.full((3, 4), np.nan, np.float32)])
def test_no_face_needs_no_network(boxes, shipped, two_portraits, monkeypatch):
    def fail(*_, **__):
        raise AssertionError('the network was asked')
    monkeypatch.setattr(Network, 'infer', fail)
    vectors = shipped.encode(two_portraits, boxes)
    assert vectors.shape == (len(boxes), 256) and np.isnan(vectors).all()


def test_vectors_do_not_change_when_the_encoder_goes_on(shipped, two_portraits, faces):
    first = shipped.encode(two_portraits, faces)
    kept = first.copy()
    shipped.encode(two_portraits, faces[::-1])
    np.testing.assert_array_equal(first, kept)


def test_a_detector_is_no_encoder():
    with pytest.raises(ModelError, match="'face-detector'.*mobilenetv3-large-face"):
        FaceEncoder.from_config(Config.load({'encoder': 'face-detector'}))


@pytest.mark.parametrize('image, words', [
    (np.zeros((480, 640), np.uint8), 'uint8 (480, 640)'),
    (np.zeros((480, 640, 4), np.uint8), 'uint8 (480, 640, 4)'),
    (np.zeros((480, 640, 3), np.float32), 'float32 (480, 640, 3)'),
    (np.zeros((0, 640, 3), np.uint8), 'uint8 (0, 640, 3)')])
def test_other_images_are_rejected_with_what_came(image, words, shipped):
    with pytest.raises(FrameError) as rejection:
        shipped.encode(image, np.array([[10, 10, 60, 60]], np.float32))
    assert words in str(rejection.value) and 'uint8 BGR array (H, W, 3)' in str(rejection.value)


def test_only_vectors_of_the_same_files_used_alike_can_be_compared(tmp_path, shipped):
    """Two encoders of one's own may bear one name and have no checksums."""
    spaces = []
    for folder, size in (('a', 24), ('b', 24), ('c', 32)):
        (tmp_path / folder).mkdir()
        path = feature_network(tmp_path / folder / 'mine.xml', size, seed=len(spaces))
        text = description_text(replace(guess_model(path, 'encoder'), name='mine'))
        path = tmp_path / folder / 'model.yaml'
        path.write_text(text)
        spaces.append(FaceEncoder.from_config(Config.load({'encoder': str(path)})).space)
    assert len(set(spaces)) == 3
    link = tmp_path / 'link'
    link.symlink_to(tmp_path / 'a')
    path = link / 'model.yaml'
    assert FaceEncoder.from_config(Config.load({'encoder': str(path)})).space == spaces[0]
    path.write_text(f'{text}\naspect: 0.8\n'.replace('size: 32', 'size: 24'))
    assert FaceEncoder.from_config(Config.load({'encoder': str(path)})).space != spaces[0]
    by_path = FaceEncoder.from_config(Config.load({'encoder': str(shipped.path)}))
    assert by_path.space == shipped.space
