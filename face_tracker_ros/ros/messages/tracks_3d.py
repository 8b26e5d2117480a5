# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Located tracks as vision_msgs and as transforms."""
from __future__ import annotations

from collections.abc import Sequence

from face_tracker_ros.ros.messages.tracks import CLASS_ID, frame_of
from face_tracker_ros.spatial import Located
from face_tracker_ros.types import Float64Array, Track
from geometry_msgs.msg import TransformStamped
import numpy as np
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose


def to_detections_3d(tracks: Sequence[Track], found: Located, header: Header,
                     axes: Float64Array) -> Detection3DArray:
    """
    Return a Detection3D for each track, in the order given; row n of `found` is of track n.

    axes: quaternion (4,) x, y, z, w of the camera's axes in the header's frame.
    """
    return Detection3DArray(header=header, detections=[
        _to_detection(track, found, row, header, axes) for row, track in enumerate(tracks)])


def to_transforms(tracks: Sequence[Track], found: Located, header: Header,
                  namespace: str) -> list[TransformStamped]:
    """Return the frame of each track, named in a node's namespace and not rotated."""
    transforms = []
    for track, (x, y, z) in zip(tracks, found.points.tolist()):
        transform = TransformStamped(header=header, child_frame_id=frame_of(namespace, track.id))
        translation = transform.transform.translation
        translation.x, translation.y, translation.z = x, y, z
        transform.transform.rotation.w = 1.0
        transforms.append(transform)
    return transforms


def _to_detection(track: Track, found: Located, row: int, header: Header,
                  axes: Float64Array) -> Detection3D:
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = CLASS_ID
    result.hypothesis.score = float(track.score)
    pose = result.pose.pose
    pose.position.x, pose.position.y, pose.position.z = found.points[row].tolist()
    turn = pose.orientation
    turn.x, turn.y, turn.z, turn.w = axes.tolist()
    # Rows and columns of the covariance: x, y, z, then rotations, which are unknown.
    covariance = np.diag([0, 0, 0, np.pi ** 2, np.pi ** 2, np.pi ** 2]).astype(np.float64)
    covariance[:3, :3] = found.covariances[row]
    result.pose.covariance = covariance.ravel()
    detection = Detection3D(header=header, id=str(track.id), results=[result])
    detection.bbox.center = pose
    size = detection.bbox.size
    size.x, size.y, size.z = found.sizes[row].tolist()
    return detection
