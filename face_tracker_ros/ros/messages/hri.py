# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Boxes as the regions of REP-155."""
from __future__ import annotations

from typing import Any

from face_tracker_ros.boxes import clip
from face_tracker_ros.types import FloatArray
import numpy as np
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header


def to_region(kind: type, header: Header, box: FloatArray, width: int, height: int) -> Any:
    """
    Return a box as the message that hri_msgs has for it in ROS 2, or as that of ROS 1.

    Args:
        kind: hri_msgs' NormalizedRegionOfInterest2D (0 to 1), or sensor_msgs' RegionOfInterest
            (pixels).
        header: Of the image; RegionOfInterest has none.
        box: (4,) left, top, right, bottom in pixels.
        width: Of the image in pixels.
        height: Of the image in pixels.
    """
    box = clip(box[None], width, height)[0]
    if kind is RegionOfInterest:
        left, top, right, bottom = np.rint(box).astype(int).tolist()
        return RegionOfInterest(x_offset=left, y_offset=top, width=right - left,
                                height=bottom - top)
    left, top, right, bottom = (box / (width, height, width, height)).tolist()
    return kind(header=header, xmin=left, ymin=top, xmax=right, ymax=bottom)
