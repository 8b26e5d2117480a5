# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The table of tracks, out of what the tracker publishes about them."""
from __future__ import annotations

from collections.abc import Mapping
import math
import re
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.annotate import id_color
from face_tracker_ros.errors import FrameError
from face_tracker_ros.ros.messages.clouds import LOST_STATE
import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from vision_msgs.msg import Detection3DArray

_FORMATS = {PointField.UINT32: '<u4', PointField.FLOAT32: '<f4'}


def states_of(message: PointCloud2) -> list[dict[str, Any]]:
    """Return the rows of ~/track_states by the names of their fields."""
    fields = [field for field in message.fields if field.datatype in _FORMATS]
    row = np.dtype({'names': [field.name for field in fields],
                    'formats': [_FORMATS[field.datatype] for field in fields],
                    'offsets': [field.offset for field in fields],
                    'itemsize': message.point_step})
    names = row.names or ()
    if 'id' not in names:
        raise FrameError(f"track_states: has the fields {', '.join(names)}, none of them id; show "
                         'a tracker of this version')
    return [dict(zip(names, values)) for values in np.frombuffer(message.data, row).tolist()]


def names_of(message: DiagnosticArray) -> dict[int, dict[str, str]]:
    """Return who the tracks are: `name`, `state`, `likeness` and `enrolment`, by track."""
    people = {}
    for status in message.status:
        values = {item.key: item.value for item in status.values}
        if status.name.isdecimal():
            people[int(status.name)] = {'name': status.message, **{
                key: values.get(key, '') for key in ('state', 'likeness', 'enrolment')}}
    return people


def distances_of(message: Detection3DArray) -> dict[int, float]:
    """Return the metres of each track from the origin of the frame that they are in."""
    found = {}
    for detection in message.detections:
        position = detection.bbox.center.position
        distance = math.hypot(position.x, position.y, position.z)
        if detection.id.isdecimal() and math.isfinite(distance):
            found[int(detection.id)] = distance
    return found


def track_of(frame_id: str) -> int | None:
    """Return the track that a crop is of, None for another name of a frame."""
    found = re.search(r'(?:^|/)face_f(\d{1,10})$', frame_id)
    return int(found[1]) if found else None


def to_rows(states: list[dict[str, Any]], people: Mapping[int, Mapping[str, str]],
            distances: Mapping[int, float], crops: Mapping[int, int]) -> list[dict[str, Any]]:
    """
    Return what a browser shows of each track.

    Args:
        states: As `states_of` gives them.
        people: As `names_of` gives them.
        distances: Metres, by track.
        crops: How many crops came of each track, by track; 0: none.
    """
    rows = []
    for state in states:
        track = int(state['id'])
        blue, green, red = id_color(track)
        person = people.get(track, {})
        rows.append({
            'id': track, 'color': f'#{red:02x}{green:02x}{blue:02x}',
            'lost': state.get('state') == LOST_STATE, 'score': _rounded(state.get('score'), 2),
            'age': _rounded(state.get('age'), 1),
            'missed': _rounded(state.get('time_since_update'), 1),
            'facing': bool(state.get('facing')), 'name': person.get('name', ''),
            'known': person.get('state', ''), 'enrolment': person.get('enrolment', ''),
            'distance': _rounded(distances.get(track), 2), 'crop': crops.get(track, 0)})
    return rows


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)
