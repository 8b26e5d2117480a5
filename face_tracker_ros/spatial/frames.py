# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Coordinate frames over time: how points of one frame are given in another."""
from __future__ import annotations

from bisect import bisect_left
import threading

from face_tracker_ros.types import Float64Array
import numpy as np

_KEPT = 10.0  # seconds of each moving transform
_HELD = 0.2  # seconds for which the newest transform still holds
_MOST = 1000  # frames; the moving one that was renewed longest ago is forgotten


class FrameTree:
    """
    Transforms between frames, each to its parent, as /tf and /tf_static carry them.

    Between two stamps a transform is interpolated. Safe to use from several threads.
    """

    def __init__(self) -> None:
        """Know no frame."""
        self._lock = threading.Lock()
        self._parents: dict[str, str] = {}
        self._stamps: dict[str, list[float]] = {}  # empty: static
        self._poses: dict[str, list[Float64Array]] = {}  # x, y, z and quaternion x, y, z, w

    def add(self, parent: str, child: str, pose: Float64Array, stamp: float | None) -> None:
        """
        Take a transform.

        Args:
            parent, child: names of the frames.
            pose: (7,), of the child in the parent: x, y, z in metres, quaternion x, y, z, w;
                skipped when it is not finite or no rotation.
            stamp: seconds; None for a static one.
        """
        parent, child = parent.lstrip('/'), child.lstrip('/')
        length = np.linalg.norm(pose[3:])
        if not np.isfinite(pose).all() or length < 1e-6 or parent == child:
            return
        pose = np.concatenate((pose[:3], pose[3:] / length))
        with self._lock:
            stamps, poses = self._stamps.get(child, []), self._poses.get(child, [])
            if stamp is None or self._parents.get(child) != parent \
                    or (stamps and abs(stamp - stamps[-1]) > _KEPT):
                stamps, poses = [], []  # static, another tree, or a bag that loops
            if stamp is not None:
                index = bisect_left(stamps, stamp)
                stamps.insert(index, stamp)
                poses.insert(index, pose)
                old = bisect_left(stamps, stamps[-1] - _KEPT)
                del stamps[:old], poses[:old]
            else:
                poses.append(pose)
            self._parents.pop(child, None)  # to the end of the dict
            self._parents[child], self._stamps[child], self._poses[child] = parent, stamps, poses
            if len(self._parents) > _MOST:
                oldest = next((name for name in self._parents if self._stamps[name]), child)
                for table in (self._parents, self._stamps, self._poses):
                    table.pop(oldest)

    def lookup(self, target: str, source: str, stamp: float) -> tuple[Float64Array, Float64Array]:
        """
        Return rotation (3, 3) and shift (3,) that give points of `source` in `target`.

        Args:
            target, source: names of the frames.
            stamp: seconds; 0 for the newest of all transforms.

        Raises:
            LookupError: there is no such transform; the message is one line with the reason.
        """
        target, source = target.lstrip('/'), source.lstrip('/')
        with self._lock:
            known = {*self._parents, *self._parents.values()}
            for name in (target, source):
                if name not in known:
                    raise LookupError(f"no transform to or from frame '{name}'")
            up, down = self._ancestors(source), self._ancestors(target)
            common = next((name for name in up if name in down), None)
            if common is None:
                raise LookupError(f"frames '{source}' and '{target}' are in two trees, below "
                                  f"'{up[-1]}' and '{down[-1]}'")
            rotation, shift = self._chain(up[:up.index(common)], stamp)
            back, offset = self._chain(down[:down.index(common)], stamp)
        return back.T @ rotation, back.T @ (shift - offset)

    def _ancestors(self, name: str) -> list[str]:
        """Return the frame, its parent and so on, to the root."""
        names = [name]
        while names[-1] in self._parents and self._parents[names[-1]] not in names:
            names.append(self._parents[names[-1]])
        return names

    def _chain(self, names: list[str], stamp: float) -> tuple[Float64Array, Float64Array]:
        """Return the transform from the first of these frames to the parent of the last."""
        rotation, shift = np.eye(3), np.zeros(3)
        for name in names:
            pose = self._at(name, stamp)
            step = matrix_of(pose[3:])
            rotation, shift = step @ rotation, step @ shift + pose[:3]
        return rotation, shift

    def _at(self, name: str, stamp: float) -> Float64Array:
        """Return the pose (7,) of a frame in its parent at a time."""
        stamps, poses = self._stamps[name], self._poses[name]
        if not stamps or stamp == 0:
            return poses[-1]
        edge = f"transform from '{name}' to '{self._parents[name]}'"
        if stamp > stamps[-1] + _HELD:
            raise LookupError(f'{edge}: its newest is {stamp - stamps[-1]:.1f} s older than the '
                              'image')
        if stamp < stamps[0] - _HELD:
            raise LookupError(f'{edge}: its oldest is {stamps[0] - stamp:.1f} s newer than the '
                              'image')
        index = bisect_left(stamps, stamp)
        if index in (0, len(stamps)):
            return poses[min(index, len(stamps) - 1)]
        before, after = poses[index - 1], poses[index]
        share = (stamp - stamps[index - 1]) / (stamps[index] - stamps[index - 1])
        if before[3:] @ after[3:] < 0:  # the same rotation has two quaternions
            after = np.concatenate((after[:3], -after[3:]))
        pose = (1 - share) * before + share * after
        pose[3:] /= np.linalg.norm(pose[3:])
        return np.asarray(pose)


def matrix_of(quaternion: Float64Array) -> Float64Array:
    """Return the rotation matrix of a unit quaternion x, y, z, w."""
    x, y, z, w = quaternion.tolist()
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def quaternions(rotations: Float64Array) -> Float64Array:
    """Return x, y, z, w (N, 4), w not negative, of rotations (N, 3, 3)."""
    # the largest of the four is computed from the diagonal, the others by division (Shepperd 1978)
    m = np.asarray(rotations, np.float64)
    xx, yy, zz = m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]
    four = np.stack([
        np.stack([1 + xx - yy - zz, m[:, 0, 1] + m[:, 1, 0], m[:, 0, 2] + m[:, 2, 0],
                  m[:, 2, 1] - m[:, 1, 2]], -1),
        np.stack([m[:, 0, 1] + m[:, 1, 0], 1 - xx + yy - zz, m[:, 1, 2] + m[:, 2, 1],
                  m[:, 0, 2] - m[:, 2, 0]], -1),
        np.stack([m[:, 0, 2] + m[:, 2, 0], m[:, 1, 2] + m[:, 2, 1], 1 - xx - yy + zz,
                  m[:, 1, 0] - m[:, 0, 1]], -1),
        np.stack([m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1],
                  1 + xx + yy + zz], -1)], 1)
    best = np.argmax(np.einsum('nii->ni', four), axis=1)
    found = four[np.arange(len(m)), best]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(np.where(found[:, 3:] < 0, -found, found), np.float64)
