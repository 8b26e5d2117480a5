# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Vectors that stand for faces: near each other for one person, far for different ones."""
from __future__ import annotations

from face_tracker_ros.identities.records import Space
import numpy as np

SPACE = Space('encoder', 'a' * 64)
GOOD = 0.9


def looks_of(person: int, count: int = 4, noise: float = 0.02, size: int = 64) -> np.ndarray:
    """Return looks (count, size) of a person by number, always the same."""
    centre = np.random.default_rng(person).normal(size=size)
    looks = centre / np.linalg.norm(centre) + noise * np.random.default_rng(
        1000 + person).normal(size=(count, size))
    return np.asarray(looks / np.linalg.norm(looks, axis=1, keepdims=True), np.float32)


def uid_of(person: int) -> str:
    return f'{person:032x}'
