# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faces on photos, for people who are enrolled from files."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from face_tracker_ros.boxes import area
from face_tracker_ros.embedding.quality import crop_quality, sharpness
from face_tracker_ros.errors import FrameError, SourceError
from face_tracker_ros.model_set import ModelSet
from face_tracker_ros.regular_file import open_regular
from face_tracker_ros.types import Detections, FloatArray, Image
import numpy as np

SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.webp')
_CLEARLY = 2.0  # times the area of the next face, from which a face is the one that is meant


@dataclass(frozen=True)
class Face:
    """
    The face of a photo.

    Attributes:
        path: of the photo.
        vector: float32 (D,), unit length.
        quality: of the crop, 0 to 1.
    """

    path: Path
    vector: FloatArray
    quality: float


def read_photo(path: Path) -> Image:
    """Return a photo, uint8 BGR, upright by its EXIF data; SourceError where it cannot be read."""
    try:
        with open_regular(path) as file:
            image = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise SourceError(f"photo '{path}': cannot be read ({error}); give another one"
                          ) from error
    if image is None:
        raise SourceError(f"photo '{path}': is no image; give JPEG or PNG")
    return np.asarray(image, np.uint8)


def main_face(found: Detections) -> int:
    """
    Return the row of the face that a photo is of.

    Raises:
        FrameError: there is no face, or several of similar size.
    """
    sizes = area(found.boxes)
    order = np.argsort(-sizes)
    if not len(order):
        raise FrameError('no face found; give a photo with a larger or clearer face')
    alike = int((sizes[order[0]] < _CLEARLY * sizes).sum())
    if alike > 1:
        raise FrameError(f'{alike} faces of similar size; cut it down to one')
    return int(order[0])


def photos_of(paths: Iterable[Path]) -> list[Path]:
    """Return files as they are, and of folders the photos in them; SourceError without any."""
    given = list(paths)
    found = [photo for path in given for photo in (
        sorted(item for item in path.iterdir() if item.suffix.lower() in SUFFIXES)
        if path.is_dir() else [path])]
    if not found:
        raise SourceError(f"photos '{' '.join(map(str, given))}': none; give files or a folder "
                          'of JPEG or PNG')
    return found


def read_faces(paths: Sequence[Path], models: ModelSet, least_score: float
               ) -> Iterator[Face | tuple[Path, str]]:
    """
    Yield the face of each photo, or the photo and the reason why it has none.

    Args:
        paths: of the photos.
        models: detector and encoder.
        least_score: of a detection, 0 to 1.
    """
    for path in paths:
        try:
            image = read_photo(path)
            found = models.detector.detect(image, least_score, 0.4)
            row = main_face(found)
            boxes = found.boxes[row:row + 1]
            points = None if found.landmarks is None else found.landmarks[row:row + 1]
            vector = models.encoder.encode(image, boxes, points)[0]
            if not np.isfinite(vector).all():
                raise FrameError('the face cannot be embedded; give another photo')
            quality = crop_quality(boxes, (image.shape[1], image.shape[0]),
                                   sharpness(image, boxes))
        except (FrameError, SourceError) as error:
            yield path, str(error)
        else:
            yield Face(path, vector, float(quality[0]))
