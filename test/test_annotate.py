# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What is drawn, and where."""
from face_tracker_ros.annotate import draw, id_color
from face_tracker_ros.types import Detections, FrameResult, Track, Tracks
import numpy as np
import pytest

GREY = np.full((720, 1280, 3), 90, np.uint8)


def track(number, box, state='confirmed', score=0.87):
    return Track(number, np.array(box, np.float32), score, state, 1.0, 0.0,
                 np.zeros(2, np.float32), 0.0)


def drawn(tracks=(), lost=(), background=GREY):
    image = background.copy()
    result = FrameResult(0.0, Tracks.of(tracks), Tracks.of(lost), Detections.empty())
    assert draw(image, result) is image
    return image


def test_box_and_tag_are_in_the_colour_of_the_id_and_nothing_else_changes():
    image = drawn([track(3, (400, 300, 500, 420))])
    changed = np.argwhere((image != GREY).any(axis=2))
    assert (changed.min(axis=0) > (240, 380)).all() and (changed.max(axis=0) < (440, 620)).all()
    for y, x in ((360, 400), (360, 500), (420, 450)):
        assert image[y, x].tolist() == pytest.approx(list(id_color(3)), abs=3)
    assert (image[320:400, 430:470] == 90).all()  # the face itself stays free


def test_another_id_has_another_label_and_colour():
    one, two = (drawn([track(number, (400, 300, 500, 420))]) for number in (1, 2))
    assert (one != two).any(axis=2).sum() > 500


def test_lost_tracks_are_drawn_fainter():
    box = (400, 300, 500, 420)
    seen, lost = drawn([track(1, box)]), drawn(lost=[track(1, box, 'lost')])
    strong, faint = (np.abs(image.astype(int) - 90).sum() for image in (seen, lost))
    assert 0 < faint < 0.5 * strong


def test_nothing_to_draw_changes_nothing():
    assert np.array_equal(drawn(), GREY)


@pytest.mark.parametrize('box', [(-50, -50, 30, 40), (1250, 700, 1400, 900),
                                 (-1e6, -1e6, 1e6, 1e6), (3000, 3000, 3100, 3100),
                                 (5, 5, 5.2, 5.2)])
def test_boxes_anywhere_are_drawn_without_error(box):
    drawn([track(1, box)], [track(2, box, 'lost')])
    drawn([track(1, box)], [track(2, box, 'lost')], GREY[:24, :32])


def test_colours_of_neighbouring_ids_are_far_apart():
    colours = np.array([id_color(number) for number in range(1, 13)], float)
    for a, b in zip(colours, colours[1:]):
        assert np.abs(a - b).sum() > 150
    assert id_color(5) == id_color(5)
