# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks as vision_msgs, the names of their frames, and the time of a message."""
from __future__ import annotations

from collections.abc import Iterable

from face_tracker_ros.types import Track
from std_msgs.msg import Header
from vision_msgs.msg import (Detection2D, Detection2DArray, LabelInfo, ObjectHypothesisWithPose,
                             VisionClass)

CLASS_ID = 'face'
"""Of every detection; a class_name of the class_map in LabelInfo."""


def to_detections(tracks: Iterable[Track], header: Header) -> Detection2DArray:
    """Return one Detection2D a track, in the order given; every header is the image's."""
    return Detection2DArray(header=header,
                            detections=[_to_detection(track, header) for track in tracks])


def to_label_info(header: Header, threshold: float) -> LabelInfo:
    """Return the one class there is, and the score from which a face may start a track."""
    return LabelInfo(header=header, threshold=threshold,
                     class_map=[VisionClass(class_id=0, class_name=CLASS_ID)])


def stamp_seconds(header: Header) -> float:
    """Return the stamp of a header in seconds, whatever it holds."""
    return float(header.stamp.sec) + float(header.stamp.nanosec) * 1e-9


def face_name(track: int) -> str:
    """Return the name of a track in REP-155: f<id>, as names there begin with a letter."""
    return f'f{track}'


def frame_of(namespace: str, track: int) -> str:
    """Return the name of a track's frame: face_f<id>, after the node's namespace if any."""
    return f'{namespace}/face_{face_name(track)}'.strip('/')


def _to_detection(track: Track, header: Header) -> Detection2D:
    left, top, right, bottom = map(float, track.box)
    message = Detection2D(header=header, id=str(track.id))
    message.bbox.center.position.x = (left + right) / 2
    message.bbox.center.position.y = (top + bottom) / 2
    message.bbox.size_x = right - left
    message.bbox.size_y = bottom - top
    hypothesis = ObjectHypothesisWithPose()
    hypothesis.hypothesis.class_id = CLASS_ID
    hypothesis.hypothesis.score = float(track.score)
    message.results.append(hypothesis)
    return message
