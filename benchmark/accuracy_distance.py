#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Print the `distance` to recommend for encoders: what the default encoder's own one is to it.

At the recommended distance as many pairs of different people are taken for one as the default
encoder takes at its own, on every second person of the photos: those on whom parameters are
chosen, and none of those of the scenes that the pages score. Faces are found, aligned and cropped
as the tracker does it, at several sizes.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
from pathlib import Path
import sys

from accuracy_encoders import Face, reduced, SIZES
import cv2
from face_tracker_ros import Config
from face_tracker_ros.cli.common import finish
from face_tracker_ros.demo import scenes
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation.verification import make_pairs
from face_tracker_ros.types import Float64Array
import numpy as np
from shipped import SHIPPED


def tuning_faces(folder: Path) -> list[Face]:
    """Return the faces of every second person, the first included, as `scenes` counts them."""
    detector = FaceDetector.from_config(SHIPPED)
    people: list[list[Face]] = []
    for name, paths in scenes.read_people(folder).items():
        found = [scenes.read_face(path, detector) for path in paths]
        faces = [Face(name, face[0], face[1].boxes[0], face[1].landmarks[0]) for face in found
                 if face is not None and face[1].landmarks is not None]
        people += [faces] if faces else []
    return [face for faces in people[::2] for face in faces]


def distances(encoder: FaceEncoder, faces: Sequence[Face]) -> tuple[Float64Array, Float64Array]:
    """Return the cosine distances of all pairs of one person, and of two."""
    pairs = make_pairs([face.person for face in faces], 1)
    parts = []
    for size in SIZES:
        vectors = [encoder.encode(reduced(face, size), face.box[None], face.landmarks[None])[0]
                   for face in faces]
        parts.append(1 - pairs.similarity(np.array(vectors, np.float32)))
    table = np.array(parts)
    return table[:, pairs.same].ravel(), table[:, ~pairs.same].ravel()


def run(given: argparse.Namespace) -> int:
    """Print a line for each encoder."""
    cv2.setNumThreads(1)
    if given.models:
        os.environ['FACE_TRACKER_MODEL_PATH'] = str(given.models)
    faces = tuning_faces(given.people)
    own = SHIPPED
    encoder = FaceEncoder.from_config(own)
    same, different = distances(encoder, faces)
    if not len(same) or not len(different):
        raise SourceError(f"folder '{given.people}' gives no pairs; give several photos of "
                          'several people')
    limit = encoder.spec.distance
    share = float((different <= limit).mean())
    print(f'{len(faces)} photos of {len({face.person for face in faces})} people, faces of '
          f"{', '.join(map(str, SIZES))} pixels; {own.encoder} at {limit:g}: "
          f'{100 * share:.2f} % of {len(different)} pairs of two people, '
          f'{100 * (same <= limit).mean():.1f} % of {len(same)} pairs of one')
    for name in given.encoders:
        encoder = FaceEncoder.from_config(Config.load({'encoder': name}))
        same, different = distances(encoder, faces)
        found = round(float(np.quantile(different, share)), 2)
        print(f'{name}: distance: {found:g}  # {100 * (different <= found).mean():.2f} % of pairs '
              f'of two people, {100 * (same <= found).mean():.1f} % of pairs of one')
    return 0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('encoders', nargs='+', metavar='ENCODER', help='names or paths')
    parser.add_argument('--people', type=Path, required=True, metavar='FOLDER',
                        help='photos, a folder a person')
    parser.add_argument('--models', type=Path, metavar='FOLDER', help="other publishers' models")
    given = parser.parse_args()
    return finish('accuracy_distance', lambda: run(given))


if __name__ == '__main__':
    sys.exit(main())
