# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""One FaceTracker that several threads use: their calls follow one another."""
from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
import itertools
import sys

from face_tracker_ros import FaceTracker
import numpy as np

FRAMES, THREADS = 120, 4


def test_four_threads_share_a_tracker_without_errors_and_keep_the_ids(
        two_portraits: np.ndarray) -> None:
    tracker = FaceTracker.from_config({'detection.width': 480, 'inference.threads': 1})
    other = np.ascontiguousarray(two_portraits[:600])  # another size, so another network input
    empty = np.full_like(other, 90)
    for step in range(5):
        before = tracker.process(two_portraits, step / 30)

    def work(numbers: Iterator[int]) -> list[int]:
        done = []
        for number in numbers:
            if number % 40 == 39:
                tracker.reconfigure(tracker.config.updated(
                    {'detection.score': 0.5 + number / 1000}))
            # The same stamp, as the threads come in any order.
            image = (two_portraits, empty, other)[number % 3]
            result = tracker.process(image, 1.0)
            done.append(len(result.detections))
        return done

    numbers = iter(range(FRAMES))  # next() of it is atomic
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads come between each other wherever they can
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(itertools.chain(*pool.map(work, [numbers] * THREADS)))
    finally:
        sys.setswitchinterval(usual)
    assert len(found) == FRAMES and set(found) == {0, 2}
    after = tracker.process(two_portraits, 1.1)
    assert {track.id for track in before.tracks} == {1, 2}
    assert {track.id for track in after.tracks} == {1, 2}
