# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Who faces the camera, and since when: steady over frames."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math

HYSTERESIS = 0.2  # share of the angle: so much nearer begins, so much farther ends
_SMOOTHING = 0.25  # seconds over which angles are averaged
_MEMORY = 0.5  # seconds without a head pose after which somebody is no longer facing
_GAP = 1.0  # seconds without a frame after which all begins anew


@dataclass
class Attention:
    """
    Of one track.

    Attributes:
        facing: whether the face looks at the camera.
        since: stamp in seconds from which on it has been, or has not been.
        off: radians between the face's direction and that to the camera, smoothed.
        seen: stamp of the last head pose.
    """

    facing: bool
    since: float
    off: float
    seen: float


class Facing:
    """Decides for each track whether it faces the camera, with hysteresis."""

    def __init__(self) -> None:
        """Know no track."""
        self._tracks: dict[int, Attention] = {}
        self._last = -math.inf

    def reset(self) -> None:
        """Forget all tracks."""
        self._tracks.clear()

    def update(self, stamp: float, off: Mapping[int, float], alive: set[int],
               angle: float) -> Mapping[int, Attention]:
        """
        Take the angles of a frame; return the attention of all tracks that had one.

        Args:
            stamp: of the frame, seconds.
            off: radians between a face's direction and that to the camera, by track; those whose
                pose is not known are missing.
            alive: ids of all tracks that exist.
            angle: radians up to which a face faces the camera.
        """
        if not 0 <= stamp - self._last <= _GAP:
            self.reset()
        self._last = stamp
        self._tracks = {track: old for track, old in self._tracks.items() if track in alive}
        for track, value in off.items():
            old = self._tracks.get(track)
            if old is None:
                self._tracks[track] = Attention(value < angle, stamp, value, stamp)
                continue
            share = 1 - math.exp(-(stamp - old.seen) / _SMOOTHING)
            old.off += share * (value - old.off)
            old.seen = stamp
            factor = 1 + HYSTERESIS if old.facing else 1 - HYSTERESIS
            self._turn(old, old.off < factor * angle, stamp)
        for track, state in self._tracks.items():
            if stamp - state.seen > _MEMORY:
                self._turn(state, False, stamp)
        return self._tracks

    @staticmethod
    def _turn(state: Attention, facing: bool, stamp: float) -> None:
        if facing is not state.facing:
            state.facing, state.since = facing, stamp
