# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Small worlds of boxes and identity vectors for the tracker's tests."""
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.types import Detections
import numpy as np

RATE = 30.0
NOBODY = Detections.empty()
NO_EMBEDDINGS = np.zeros((0, 16), np.float32)


def face(person, noise=0.0, seed=0):
    """Return a unit vector (16,) of a person: all pairwise orthogonal without noise."""
    vector = np.eye(16)[person]
    if noise:
        vector = vector + noise * np.random.default_rng(seed).standard_normal(16)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def box(x, y, size=80.0):
    """Return a box (4,) around a centre."""
    return np.array([x - size * 0.4, y - size / 2, x + size * 0.4, y + size / 2], np.float32)


def frame(*people, score=0.9):
    """Return detections and embeddings of (person, x, y) or (person, x, y, size) entries."""
    if not people:
        return NOBODY, NO_EMBEDDINGS
    boxes = np.array([box(*person[1:]) for person in people])
    return (Detections(boxes, np.full(len(people), score, np.float32)),
            np.array([face(person[0]) for person in people]))


class Follower:
    """Feeds a tracker frame by frame and keeps what it says."""

    def __init__(self, config, rate=RATE):
        """Begin at stamp 100 s."""
        self.tracker = Tracker(config)
        self.stamp = 100.0
        self.step = 1 / rate

    def see(self, *people, frames=1, score=0.9):
        """Show people who do not move for some frames; return the last {id: track}."""
        for _ in range(frames):
            detections, embeddings = frame(*people, score=score)
            tracks, self.lost = self.tracker.update(detections, embeddings, self.stamp)
            self.stamp += self.step
        return {track.id: track for track in tracks}
