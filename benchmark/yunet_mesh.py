# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The chain that hri_face_detect (ROS4HRI) runs, re-enacted to be compared with.

As its documentation and defaults say: YuNet on the image at half size, faces of a score above
0.75, MediaPipe's face mesh on the whole image where a face covers more than 2 % of it, and ids by
distance: a face is one that was there before where its middle has moved by less than half a
diagonal and its sides by less than 1.5 times; shown from the fourth frame on, and forgotten after
four frames without it. YuNet is run by OpenCV. Left out: pairing meshes with faces, poses, crops
and messages, which take little.
"""
from __future__ import annotations

from dataclasses import dataclass
import importlib
import os
from pathlib import Path

from baselines import Found
import cv2
from face_tracker_ros.evaluation.speed import Clock
from face_tracker_ros.types import FloatArray, Image
import numpy as np

_SCALE, _SCORE, _NMS_IOU = 0.5, 0.75, 0.3
_MESH_SHARE, _MESHES = 0.02, 4
_MOVED, _GROWN, _SHOWN_FROM, _FORGOTTEN_AFTER = 0.5, 1.5, 4, 4


@dataclass
class _Face:
    box: FloatArray
    seen: int = 0
    missed: int = 0


class DistanceIds:
    """Ids by how far a face has moved since it was last seen."""

    def __init__(self) -> None:
        """Know nobody."""
        self._faces: dict[int, _Face] = {}
        self._next = 1

    def update(self, boxes: FloatArray) -> Found:
        """Return the ids and boxes that are shown of a frame's faces (N, 4)."""
        shown: list[int] = []
        taken: set[int] = set()
        for box in boxes:
            who = next((who for who, face in self._faces.items()
                        if who not in taken and _same(face.box, box)), self._next)
            if who == self._next:
                self._next += 1
            face = self._faces.setdefault(who, _Face(box))
            face.box, face.seen, face.missed = box, face.seen + 1, 0
            taken.add(who)
            shown += [who] if face.seen >= _SHOWN_FROM else []
        for who in self._faces.keys() - taken:
            self._faces[who].missed += 1
        self._faces = {who: face for who, face in self._faces.items()
                       if face.missed <= _FORGOTTEN_AFTER}
        return (np.array(shown, np.intp),
                np.array([self._faces[who].box for who in shown], np.float32).reshape(-1, 4))


def _same(old: FloatArray, new: FloatArray) -> bool:
    before, now = old[2:] - old[:2], new[2:] - new[:2]
    moved = np.linalg.norm((old[:2] + old[2:] - new[:2] - new[2:]) / 2)
    grown = now / np.maximum(before, 1)
    return bool(moved < _MOVED * np.linalg.norm(before)
                and (1 / _GROWN < grown).all() and (grown < _GROWN).all())


class YuNetMesh:
    """YuNet, the face mesh where mediapipe is installed, and ids by distance."""

    def __init__(self, model: Path, tick: Clock, mesh: bool = True) -> None:
        """Load the models; model: YuNet's ONNX file."""
        self._detector = cv2.FaceDetectorYN.create(str(model), '', (320, 320), _SCORE, _NMS_IOU)
        self._tick, self._mesh = tick, _face_mesh() if mesh else None
        self._spent = 0.0
        self.begin(30.0)

    def begin(self, rate: float) -> None:
        """Forget everybody."""
        self._ids = DistanceIds()
        self._meshed = self._frames = 0

    def process(self, image: Image, stamp: float) -> Found:
        """Return the faces shown; of the mesh only its time counts."""
        begin = self._tick()
        small = cv2.resize(image, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_AREA)
        self._detector.setInputSize(small.shape[1::-1])
        rows = self._detector.detect(small)[1]
        self._spent += self._tick() - begin
        table = np.zeros((0, 4), np.float32) if rows is None else rows[:, :4] / _SCALE
        boxes = np.hstack((table[:, :2], table[:, :2] + table[:, 2:]))
        near = np.prod(table[:, 2:], axis=1) > _MESH_SHARE * image.shape[0] * image.shape[1]
        self._frames += bool(len(boxes))
        if self._mesh is not None and near.any():
            self._meshed += 1
            self._mesh.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        return self._ids.update(boxes.astype(np.float32))

    def meshed(self) -> float:
        """Return the percentage of frames with faces that had the mesh run, since `begin`."""
        return 100 * self._meshed / max(1, self._frames)

    def detecting(self) -> float:
        """Return the seconds spent in the detector since the last call."""
        spent, self._spent = self._spent, 0.0
        return spent


def _face_mesh() -> object:
    """Return MediaPipe's face mesh as hri_face_detect sets it up."""
    os.environ.setdefault('GLOG_minloglevel', '2')
    module = importlib.import_module('mediapipe.python.solutions.face_mesh')
    return module.FaceMesh(static_image_mode=False, max_num_faces=_MESHES, refine_landmarks=True)
