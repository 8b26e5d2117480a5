# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Who the tracks are and where they look, as standard messages."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
import math

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from face_tracker_ros.ros.messages.tracks import to_detections
from face_tracker_ros.spatial.facing import Attention
from face_tracker_ros.types import Identity, Track
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

FACING = 'facing'
_UID_DIGITS = 8  # that numbers and names of persons are made of


def to_identities(people: Mapping[int, Identity], header: Header) -> DiagnosticArray:
    """
    Return a status for each track: `name` its id, `message` the person's name or empty.

    `hardware_id` is the uid of the person, `values` hold the rest.
    """
    statuses = []
    for track, person in people.items():
        values = {'state': person.state, 'anonymous': str(person.anonymous).lower(),
                  'distance': _number(person.distance), 'margin': _number(person.margin),
                  'likeness': _number(person.likeness), 'since': f'{person.since:.3f}',
                  'enrolment': person.enrolment}
        statuses.append(DiagnosticStatus(
            level=DiagnosticStatus.OK, name=str(track), message=person.name,
            hardware_id=person.uid,
            values=[KeyValue(key=key, value=value) for key, value in values.items()]))
    return DiagnosticArray(header=header, status=statuses)


def to_attention(tracks: Iterable[Track], attention: Mapping[int, Attention],
                 header: Header) -> Detection2DArray:
    """
    Return the tracks that face the camera, the longest first.

    The header of each one carries the stamp since when it has.
    """
    looking = sorted((track for track in tracks
                      if track.id in attention and attention[track.id].facing),
                     key=lambda track: attention[track.id].since)
    message = to_detections(looking, header)
    for detection, track in zip(message.detections, looking):
        detection.header = Header(stamp=to_time(attention[track.id].since),
                                  frame_id=header.frame_id)
        hypothesis = detection.results[0].hypothesis
        hypothesis.class_id = FACING
        hypothesis.score = max(0.0, math.cos(attention[track.id].off))
    return message


def to_time(seconds: float) -> Time:
    """Return seconds as a stamp."""
    whole = math.floor(seconds)
    return Time(sec=int(whole), nanosec=min(int((seconds - whole) * 1e9), 999_999_999))


def person_number(uid: str) -> int:
    """Return the first 8 digits of a uid as a number, 0 for nobody."""
    return int(uid[:_UID_DIGITS], 16) if uid else 0


def person_name(uid: str) -> str:
    """Return the name of a person in REP-155, where names begin with a letter."""
    return f'p{uid[:_UID_DIGITS]}'


def names_of(people: Mapping[int, Identity]) -> dict[int, str]:
    """Return the names of the tracks that have one."""
    return {track: person.name for track, person in people.items() if person.name}


def _number(value: float) -> str:
    return f'{value:.3f}' if math.isfinite(value) else ''
