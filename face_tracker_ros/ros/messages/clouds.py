# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tables about tracks as PointCloud2, whose fields describe themselves."""
from __future__ import annotations

import array
from collections.abc import Mapping

from face_tracker_ros.ros.messages.people import person_number
from face_tracker_ros.spatial.heads import HeadsOfFrame
from face_tracker_ros.types import FrameResult, Identity, Tracks
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

CONFIRMED_STATE, LOST_STATE = 1, 2
_INTEGERS = ('id', 'state')
_NUMBERS = ('center_x', 'center_y', 'size_x', 'size_y', 'velocity_x', 'velocity_y', 'score', 'age',
            'time_since_update', 'embedding_age')
_OF_PERSON = ('person', 'facing')
_ANGLES = ('yaw', 'pitch', 'roll')
ROW = np.dtype([(name, kind) for names, kind in (
    (_INTEGERS, '<u4'), (_NUMBERS, '<f4'), (_OF_PERSON, '<u4'), (_ANGLES, '<f4'))
    for name in names])
"""One track, in pixels of the image, pixels a second, and seconds (docs/reference/topics.md)."""

ID_CHANGE = np.dtype([('old_id', '<u4'), ('id', '<u4')])
"""A track that goes on under another id."""

_COORDINATES = tuple(f'{point}_{axis}' for point in (
    'right_eye', 'left_eye', 'nose', 'right_mouth_corner', 'left_mouth_corner') for axis in 'xy')
LANDMARKS = np.dtype([('id', '<u4'), *((name, '<f4') for name in _COORDINATES)])
"""The landmarks of one track, in pixels of the image; right and left are the person's."""

_DATATYPES = {'u': PointField.UINT32, 'f': PointField.FLOAT32}


def to_cloud(tracks: Tracks, header: Header, people: Mapping[int, Identity] = {},
             heads: HeadsOfFrame | None = None) -> PointCloud2:
    """
    Return a message with a row for each track, in the order given.

    Args:
        tracks: (N,).
        header: Of the image.
        people: Who they are, by track.
        heads: The orientation of their heads.
    """
    rows = np.zeros(len(tracks), ROW)
    left, top, right, bottom = tracks.boxes.T.astype(np.float64)
    rows['id'] = tracks.ids
    rows['state'] = np.where(tracks.are_lost, LOST_STATE, CONFIRMED_STATE)
    for name, values in zip(_NUMBERS, (
            (left + right) / 2, (top + bottom) / 2, right - left, bottom - top,
            *tracks.velocities.T, tracks.scores, tracks.ages, tracks.times_since_update,
            tracks.embedding_ages)):
        rows[name] = values
    for name in _ANGLES:
        rows[name] = np.nan
    for row, track in enumerate(tracks.ids.tolist()):
        if track in people:
            rows['person'][row] = person_number(people[track].uid)
        if heads is not None and track in heads.attention:
            rows['facing'][row] = heads.attention[track].facing
        if heads is not None and track in heads.rows:
            angles = heads.poses.angles[heads.rows[track]]
            for name, angle in zip(_ANGLES, angles):
                rows[name][row] = angle
    return to_table(rows, header)


def to_landmarks(result: FrameResult, header: Header) -> PointCloud2:
    """Return a message with a row for each track seen in the frame, if there are landmarks."""
    points, tracks = result.detections.landmarks, result.tracks
    seen = np.zeros(0, np.intp) if points is None else np.flatnonzero(tracks.detection_rows >= 0)
    rows = np.zeros(len(seen), LANDMARKS)
    rows['id'] = tracks.ids[seen]
    if points is not None:
        values = points[tracks.detection_rows[seen]].reshape(len(seen), len(_COORDINATES))
        for column, name in enumerate(_COORDINATES):
            rows[name] = values[:, column]
    return to_table(rows, header)


def to_table(rows: NDArray[np.void], header: Header) -> PointCloud2:
    """Return a message with the rows of a structured array of uint32 and float32."""
    fields = [PointField(name=name, offset=4 * column, count=1,
                         datatype=_DATATYPES[rows.dtype[name].kind])
              for column, name in enumerate(rows.dtype.names or ())]
    return PointCloud2(header=header, height=1, width=len(rows), fields=fields, is_dense=True,
                       point_step=rows.dtype.itemsize, row_step=rows.nbytes,
                       data=array.array('B', rows.tobytes()))
