# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Encoders on pairs of photos: who is who, at several sizes of faces, aligned and not."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
from face_tracker_ros import Config
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.alignment import aligned_crops
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.errors import ModelError, SourceError
from face_tracker_ros.evaluation.verification import curve, make_pairs, verify
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.types import FloatArray, Image
import numpy as np

SIZES = (112, 48, 28)  # longer side of the face in pixels


@dataclass(frozen=True)
class Face:
    """Somebody on a photo."""

    person: str
    photo: Image
    box: FloatArray
    landmarks: FloatArray


def read_faces(folder: Path, detector_name: str) -> tuple[list[Face], int]:
    """Return the face in the middle of every photo, and the number of photos without one."""
    if not load_spec(detector_name, 'detector').landmarks:
        raise ModelError(f"model '{detector_name}' gives no landmarks; give --boxes one that "
                         'does, such as yunet')
    detector = FaceDetector.from_config(Config.load({'detector': detector_name}))
    faces, without = [], 0
    for person, paths in scenes.read_people(folder).items():
        for path in paths:
            photo = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if photo is None:
                raise SourceError(f"photo '{path}' cannot be read; remove or replace it")
            found = detector.detect(np.asarray(photo, np.uint8), 0.5, 0.4)
            middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2 / photo.shape[1::-1] - 0.5
            if len(found) == 0 or np.abs(middle).max(axis=1).min() > 0.14 \
                    or found.landmarks is None:
                without += 1
                continue
            row = int(np.abs(middle).max(axis=1).argmin())
            faces.append(Face(person, np.asarray(photo, np.uint8), found.boxes[row],
                              found.landmarks[row]))
    return faces, without


def reduced(face: Face, size: int) -> Image:
    """Return the photo with no more detail than a face of so many pixels has, at its old size."""
    scale = size / float((face.box[2:] - face.box[:2]).max())
    if scale >= 1:
        return face.photo
    small = cv2.resize(face.photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.photo.shape[1::-1],
                                 interpolation=cv2.INTER_LINEAR), np.uint8)


def in_crop(box: FloatArray, points: FloatArray, scale: float) -> FloatArray:
    """Return where points (5, 2) lie in the box's square crop of side 1."""
    side = scale * float((box[2:] - box[:2]).max())
    return np.asarray((points - (box[:2] + box[2:]) / 2) / side + 0.5, np.float32)


def embed(encoder: FaceEncoder, faces: Sequence[Face], size: int,
          template: FloatArray | None) -> FloatArray:
    """
    Return a vector a face (N, D): of the box's crop, or rotated upright to a template (5, 2).

    Encoders whose description gives an alignment use that instead.
    """
    spec = encoder.spec
    side, rows = spec.input.width, []
    half = side / spec.crop_scale / 2
    whole = np.float32([[side / 2 - half, side / 2 - half, side / 2 + half, side / 2 + half]])
    for face in faces:
        photo, box = reduced(face, size), face.box[None]
        points = face.landmarks[None] if spec.alignment and template is not None else None
        if template is not None and points is None:
            crops, made = aligned_crops(photo, face.landmarks[None], template, 1.0, side)
            photo, box = (crops[0], whole) if made[0] else (photo, box)
        rows.append(encoder.encode(photo, box, points)[0])
    return np.array(rows, np.float32)


def measure_encoders(folder: Path, names: Sequence[str], detector: str) -> dict[str, Any]:
    """Return the verification figures of each encoder, and the curves for the plot."""
    faces, without = read_faces(folder, detector)
    pairs = make_pairs([face.person for face in faces])
    if not 0 < pairs.same.sum() < len(pairs):
        raise SourceError(f"folder '{folder}' gives no pairs; give several photos of several "
                          'people')
    rows = []
    for name in names:
        encoder = FaceEncoder.from_config(Config.load({
            'encoder': name, 'inference.threads': 1, 'inference.int8': False}))
        scale = load_spec(name).crop_scale
        mean = np.mean([in_crop(face.box, face.landmarks, scale) for face in faces], axis=0)
        for aligned in (False, True):
            template = mean if aligned else None
            for size in SIZES:
                similarity = pairs.similarity(embed(encoder, faces, size, template))
                _, false, true = curve(similarity, pairs.same)
                at = np.logspace(-4, 0, 81)
                reached = true[np.searchsorted(false, at, 'right') - 1]
                rows.append({'name': name, 'aligned': aligned, 'size': size,
                             **asdict(verify(similarity, pairs.same, pairs.fold)),
                             'same_mean': float(similarity[pairs.same].mean()),
                             'different_mean': float(similarity[~pairs.same].mean()),
                             'curve': [at.round(6).tolist(), reached.round(4).tolist()]})
    sides = [float(np.ptp(face.box.reshape(2, 2), axis=0).max()) for face in faces]
    return {'people': len({face.person for face in faces}), 'photos': len(faces),
            'without': without, 'same': int(pairs.same.sum()),
            'different': int((~pairs.same).sum()), 'boxes': detector, 'rows': rows,
            'own_size': float(np.median(sides))}
