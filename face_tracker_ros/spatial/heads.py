# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The heads of a frame: their orientation, and who faces the camera since when."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from face_tracker_ros.spatial.camera import CameraModel
from face_tracker_ros.spatial.facing import Attention, Facing
from face_tracker_ros.spatial.frames import matrix_of
from face_tracker_ros.spatial.head_pose import head_poses, HeadPoses
from face_tracker_ros.types import Float64Array, FrameResult
import numpy as np


@dataclass(frozen=True)
class HeadsOfFrame:
    """
    Head poses of the tracks of one frame.

    Attributes:
        rows: row in `poses` by track; tracks whose pose is not known are missing.
        poses: of the faces with landmarks.
        attention: by track; those that never had a pose are missing.
    """

    rows: Mapping[int, int]
    poses: HeadPoses
    attention: Mapping[int, Attention]

    def seen_from(self, axes: Float64Array) -> HeadsOfFrame:
        """Return the same heads in a frame where the optical axes have this quaternion (4,)."""
        rotation = matrix_of(axes)
        poses = replace(self.poses, rotations=rotation @ self.poses.rotations,
                        covariances=rotation @ self.poses.covariances @ rotation.T)
        return replace(self, poses=poses)


class Heads:
    """Head poses of one stream; `update` is called once a frame while somebody needs them."""

    def __init__(self) -> None:
        """Know no track."""
        self._facing = Facing()

    def reset(self) -> None:
        """Forget since when anybody faced the camera."""
        self._facing.reset()

    def update(self, result: FrameResult, camera: CameraModel, angle: float) -> HeadsOfFrame:
        """
        Return the heads of a frame.

        Args:
            result: with landmarks, where the detector gives any.
            camera: fitted to the size of the image.
            angle: radians up to which a face faces the camera.
        """
        landmarks, tracks = result.detections.landmarks, result.tracks
        seen = np.flatnonzero(tracks.detection_rows >= 0 if landmarks is not None
                              else np.zeros(len(tracks), bool))
        faces = tracks.detection_rows[seen]
        poses = head_poses(np.zeros((0, 5, 2), np.float32) if landmarks is None
                           else landmarks[faces], result.detections.boxes[faces], camera,
                           result.image_rotation)
        rows = {int(tracks.ids[track]): row for row, track in enumerate(seen) if poses.known[row]}
        attention = self._facing.update(
            result.stamp, {track: float(poses.off[row]) for track, row in rows.items()},
            {*tracks.ids.tolist(), *result.lost.ids.tolist()}, angle)
        return HeadsOfFrame(rows, poses, dict(attention))
