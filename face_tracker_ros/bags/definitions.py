# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""From the bytes of a message to its fields, by the definition of its type."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from face_tracker_ros.bags.storage import Channel
from face_tracker_ros.errors import SourceError

TRACKS = 'vision_msgs/msg/Detection2DArray'
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
TABLE = 'sensor_msgs/msg/PointCloud2'
DIAGNOSTICS = 'diagnostic_msgs/msg/DiagnosticArray'

# SQLite files before Iron hold no definitions, and rosbags does not know these types; their
# fields as documented for vision_msgs 4.
_VISION = {
    'vision_msgs/msg/Point2D': 'float64 x\nfloat64 y\n',
    'vision_msgs/msg/Pose2D': 'vision_msgs/Point2D position\nfloat64 theta\n',
    'vision_msgs/msg/BoundingBox2D':
        'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y\n',
    'vision_msgs/msg/ObjectHypothesis': 'string class_id\nfloat64 score\n',
    'vision_msgs/msg/ObjectHypothesisWithPose':
        'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose\n',
    'vision_msgs/msg/Detection2D':
        'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
        'vision_msgs/BoundingBox2D bbox\nstring id\n',
    TRACKS: 'std_msgs/Header header\nvision_msgs/Detection2D[] detections\n',
}
_SEPARATOR = 80 * '=' + '\n'


def check_installed() -> None:
    """Raise SourceError, which names the remedy, where rosbags is not installed."""
    try:
        import rosbags.typesys  # noqa: F401
    except ImportError as error:
        raise SourceError(f"package '{error.name}' is not installed, which reads bags; pip "
                          "install 'rosbags>=0.11'") from error


class Decoder:
    """Knows the types of a bag."""

    def __init__(self) -> None:
        """Start without any."""
        self._known: dict[Channel, Callable[[memoryview], Any]] = {}

    def decode(self, channel: Channel, data: memoryview) -> Any:
        """
        Return a message with the fields of its type; uint8[] is a NumPy array.

        Raises:
            ValueError: It does not fit the definition.
        """
        if channel not in self._known:
            own = channel.kind.startswith('vision_msgs/')  # which has changed; others have not
            store = (_own_types(channel) if own else None) or _usual_types()
            self._known[channel] = lambda raw: store.deserialize_cdr(raw, channel.kind)
        try:
            return self._known[channel](data)
        except Exception as error:  # of rosbags or of what it calls: any, by the bytes
            raise ValueError(str(error)) from error


def _own_types(channel: Channel) -> Any:
    """Return the types that the bag defines; None where it defines none that can be read."""
    from rosbags.typesys import get_types_from_idl, get_types_from_msg, get_typestore, Stores
    if not channel.definition:
        return None
    store = get_typestore(Stores.EMPTY)
    try:
        if channel.is_idl:
            for part in filter(None, channel.definition.split(_SEPARATOR)):
                text = part.split('\n', 1)[1] if part.startswith('IDL: ') else part
                store.register(get_types_from_idl(text))
        else:
            store.register(get_types_from_msg(channel.definition, channel.kind))
    except Exception:  # of its parsers
        return None
    return store


def _usual_types() -> Any:
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    store = get_typestore(Stores.LATEST)
    for name, text in _VISION.items():
        store.register(get_types_from_msg(text, name))
    return store
