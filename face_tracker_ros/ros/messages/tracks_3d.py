# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Located tracks as vision_msgs and as transforms."""
from __future__ import annotations

from collections.abc import Sequence

from face_tracker_ros.ros.messages.tracks import CLASS_ID, frame_of
from face_tracker_ros.spatial import Located, quaternions
from face_tracker_ros.spatial.heads import HeadsOfFrame
from face_tracker_ros.types import Float64Array, Track
from geometry_msgs.msg import Pose, Quaternion, TransformStamped
import numpy as np
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose


def to_detections_3d(tracks: Sequence[Track], found: Located, header: Header,
                     axes: Float64Array, heads: HeadsOfFrame | None = None) -> Detection3DArray:
    """
    Return a Detection3D for each track, in the order given; row n of `found` is of track n.

    The orientation is the head's where it is known (x out of the face); elsewhere it is that of
    the camera's axes, with the covariance of an unknown one. The box has the camera's axes.

    Args:
        tracks: (N,).
        found: in the header's frame.
        header: of the message.
        axes: quaternion (4,) x, y, z, w of the camera's axes in the header's frame.
        heads: in the header's frame.
    """
    return Detection3DArray(header=header, detections=[
        _to_detection(track, found, row, header, axes, heads)
        for row, track in enumerate(tracks)])


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


def orientation(heads: HeadsOfFrame, track: int) -> Quaternion:
    """Return the orientation of the head of a track, from the head's frame to that of `heads`."""
    row = heads.rows[track]
    x, y, z, w = quaternions(heads.poses.rotations[row:row + 1])[0].tolist()
    return Quaternion(x=x, y=y, z=z, w=w)


def _to_detection(track: Track, found: Located, row: int, header: Header,
                  axes: Float64Array, heads: HeadsOfFrame | None) -> Detection3D:
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = CLASS_ID
    result.hypothesis.score = float(track.score)
    pose = result.pose.pose
    pose.position.x, pose.position.y, pose.position.z = found.points[row].tolist()
    detection = Detection3D(header=header, id=str(track.id), results=[result])
    x, y, z, w = axes.tolist()
    pose.orientation = Quaternion(x=x, y=y, z=z, w=w)
    detection.bbox.center = Pose(position=pose.position, orientation=pose.orientation)
    # Rows and columns of the covariance: x, y, z, then rotations, which are unknown.
    covariance = np.diag([0, 0, 0, np.pi ** 2, np.pi ** 2, np.pi ** 2]).astype(np.float64)
    covariance[:3, :3] = found.covariances[row]
    if heads is not None and track.id in heads.rows:
        pose.orientation = orientation(heads, track.id)
        covariance[3:, 3:] = heads.poses.covariances[heads.rows[track.id]]
    result.pose.covariance = covariance.ravel()
    size = detection.bbox.size
    size.x, size.y, size.z = found.sizes[row].tolist()
    return detection
