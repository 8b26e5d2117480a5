# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracking: faces and their embeddings in, tracks with ids out. Arrays only, no images."""
from face_tracker_ros.tracking.tracker import Tracker

__all__ = ['Tracker']
