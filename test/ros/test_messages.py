# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks as Detection2DArray."""
from __future__ import annotations

from face_tracker_ros.ros.messages.markers import Markers, NAMES
from face_tracker_ros.ros.messages.tracks import to_detections
from face_tracker_ros.types import CONFIRMED, Track
import numpy as np
import pytest
from std_msgs.msg import Header


def _track(number: int, box: tuple[float, ...], score: float) -> Track:
    return Track(number, np.array(box, np.float32), score, CONFIRMED, 1.0, 0.0,
                 np.zeros(2, np.float32), 0.0)


def test_every_field_says_what_the_track_says() -> None:
    header = Header(frame_id='lens')
    header.stamp.sec = 7
    message = to_detections([_track(12, (10, 20, 40, 60), 0.75), _track(3, (0, 0, 1, 1), 0.5)],
                            header)
    assert message.header == header
    assert [detection.id for detection in message.detections] == ['12', '3']
    detection = message.detections[0]
    assert detection.header == header
    center = detection.bbox.center.position
    assert (center.x, center.y) == (25, 40)
    assert (detection.bbox.size_x, detection.bbox.size_y) == (30, 40)
    assert [(result.hypothesis.class_id, result.hypothesis.score)
            for result in detection.results] == [('face', 0.75)]


def test_no_tracks_make_an_empty_array_with_the_header() -> None:
    assert to_detections([], Header(frame_id='lens')).header.frame_id == 'lens'


@pytest.mark.parametrize('degrees, above', [
    (0, (0.0, -0.3)), (90, (-0.2, 0.0)), (180, (0.0, 0.3)), (270, (0.2, 0.0))])
def test_names_are_above_faces_of_cameras_that_are_mounted_rotated(
        degrees: int, above: tuple[float, float]) -> None:
    message = Markers().update(
        Header(frame_id='lens'), [1], np.array([[0.0, 0.0, 2.0]]), np.array([[0.2, 0.4, 0.2]]),
        np.array([0.0, 0.0, 0.0, 1.0]), [1], image_rotation=degrees)
    position = next(item for item in message.markers if item.ns == NAMES).pose.position
    assert (position.x, position.y, position.z) == pytest.approx((*above, 2.0))
