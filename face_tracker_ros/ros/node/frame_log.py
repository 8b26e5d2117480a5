# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the log of severity debug shows of a frame: associations and embeddings."""
from __future__ import annotations

from face_tracker_ros.types import FrameResult, Track


def describe(result: FrameResult) -> str:
    """Return one line: each detection with its track, embedded how long ago, and each lost one."""
    scores = result.detections.scores.tolist()
    seen = [track for track in result.tracks if track.detection >= 0]
    parts = [f'detection {track.detection} ({scores[track.detection]:.2f}) is track {track.id}, '
             f'{_embedded(track)}' for track in seen]
    free = {*range(len(scores))} - {track.detection for track in seen}
    parts += [f'detection {row} ({scores[row]:.2f}) has no id' for row in sorted(free)]
    parts += [f'track {track.id} last seen {track.time_since_update:.2f} s ago'
              for track in (*result.tracks, *result.lost) if track.detection < 0]
    parts += [f'track {old} is {new} again' for old, new in result.id_changes]
    return (f'frame {result.stamp:.3f}: {len(scores)} detections, {result.embedded} embedded'
            f"{''.join(f'; {part}' for part in parts)}")


def _embedded(track: Track) -> str:
    if track.embedding_age == 0:
        return 'embedded now'
    if track.embedding_age == float('inf'):
        return 'not embedded'
    return f'embedded {track.embedding_age:.2f} s ago'
