# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Identity vectors at unit length."""
from __future__ import annotations

from face_tracker_ros.types import FloatArray
import numpy as np


def unit(vectors: FloatArray, otherwise: float = 0.0) -> FloatArray:
    """Return vectors (M, D) at unit length; rows without a finite one hold `otherwise`."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled = np.full_like(vectors, otherwise)
    np.divide(vectors, length, out=scaled, where=np.isfinite(length) & (length > 0))
    return scaled
