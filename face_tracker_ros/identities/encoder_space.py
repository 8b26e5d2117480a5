# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which vectors can be compared: those of one model, given the same crops."""
from __future__ import annotations

import hashlib
from pathlib import Path

from face_tracker_ros.config import Config
from face_tracker_ros.identities.records import Space
from face_tracker_ros.models.files import checksum
from face_tracker_ros.models.resolve import resolve_model
from face_tracker_ros.models.spec import ModelSpec


def space_of(spec: ModelSpec, path: Path) -> Space:
    """
    Return the space of an encoder's vectors.

    Args:
        spec: its description.
        path: its network file, hashed here where the description holds no checksums.
    """
    digest = hashlib.sha256()
    for item in spec.files:
        digest.update((item.checksum or checksum(path.with_name(item.name))).encode())
    digest.update(repr((spec.input, spec.crop_scale, spec.alignment, spec.aspect)).encode())
    return Space(spec.name, digest.hexdigest())


def own_space(config: Config) -> Space:
    """Return the space of the encoder that a configuration names, without loading it."""
    return space_of(*resolve_model(config.encoder, 'encoder', config.inference))
