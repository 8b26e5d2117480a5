# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks as vision_msgs, and the time of a message."""
from __future__ import annotations

from collections.abc import Iterable

from face_tracker_ros.types import Track
from rclpy.node import Node
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

CLASS_ID = 'face'


def to_detections(tracks: Iterable[Track], header: Header) -> Detection2DArray:
    """Return one Detection2D a track, in the order given; every header is the image's."""
    return Detection2DArray(header=header,
                            detections=[_to_detection(track, header) for track in tracks])


def stamp_seconds(header: Header) -> float:
    """Return the stamp of a header, whatever it holds."""
    return float(header.stamp.sec) + header.stamp.nanosec * 1e-9


def face_name(track: int) -> str:
    """Return what REP-155 calls a track: f<id>, as names there begin with a letter."""
    return f'f{track}'


def frame_of(node: Node, track: int) -> str:
    """Return the name of a track's frame: face_f<id>, after the node's namespace if it has one."""
    return f'{node.get_namespace()}/face_{face_name(track)}'.strip('/')


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
