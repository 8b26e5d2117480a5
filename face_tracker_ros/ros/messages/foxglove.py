# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks as annotations that Foxglove draws over an image."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from face_tracker_ros.annotate import id_color
from face_tracker_ros.types import Track
from std_msgs.msg import Header


def to_annotations(messages: Any, header: Header, tracks: Iterable[Track], height: int,
                   names: Mapping[int, str] = {}) -> Any:
    """
    Return the boxes and ids of tracks as ImageAnnotations.

    Args:
        messages: The module foxglove_msgs.msg.
        header: Of the image.
        tracks: The tracks to draw.
        height: Of the image in pixels; lines and letters grow with it.
        names: Of people by track.
    """
    scale = max(height / 720, 0.4)
    annotations = messages.ImageAnnotations()
    for track in tracks:
        left, top, right, bottom = map(float, track.box)
        blue, green, red = (part / 255 for part in id_color(track.id))
        color = messages.Color(r=red, g=green, b=blue, a=1.0)
        annotations.points.append(messages.PointsAnnotation(
            timestamp=header.stamp, type=messages.PointsAnnotation.LINE_LOOP,
            points=[messages.Point2(x=x, y=y) for x, y in (
                (left, top), (right, top), (right, bottom), (left, bottom))],
            outline_color=color, thickness=3 * scale))
        annotations.texts.append(messages.TextAnnotation(
            timestamp=header.stamp, position=messages.Point2(x=left, y=top),
            text=f"#{track.id} {names.get(track.id, '')}".strip(),
            font_size=24 * scale, text_color=color))
    return annotations
