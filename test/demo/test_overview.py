# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The page that shows a run, drawn from what was recorded."""
from __future__ import annotations

from pathlib import Path

import cv2
from face_tracker_ros import SourceError
from face_tracker_ros.annotate import id_color
from face_tracker_ros.demo.overview import draw_overview, History
import numpy as np
import pytest


def colored(page: np.ndarray, track: int) -> np.ndarray:
    return np.abs(page.astype(int) - id_color(track)).max(axis=2) < 3


def test_bars_break_where_a_track_was_not_seen_and_paths_lie_where_it_went(
        tmp_path: Path, grace: np.ndarray) -> None:
    times = np.arange(0, 10, 0.1)
    seen = [(second, 1) for second in times] + [(s, 2) for s in times if s < 3 or s > 7]
    positions = [(s, 1, -0.5, 1.0) for s in times] + [(s, 2, 0.5, 2.0 + s / 10) for s in times]
    history = History(seen, positions, grace, 9.9)
    draw_overview(history, tmp_path / 'page.png', 'a note')
    page = cv2.imread(str(tmp_path / 'page.png'))
    bars, top = page[420:, :740], page[:560, 760:]
    first, second = (colored(bars, track).any(axis=0).sum() for track in (1, 2))
    assert 0.5 * first < second < 0.7 * first
    centres = [np.argwhere(colored(top, track)).mean(axis=0) for track in (1, 2)]
    assert centres[0][0] > centres[1][0] + 50, 'who is nearer is lower'
    assert centres[0][1] < centres[1][1] - 50, 'who is at the left is left'


def test_run_without_faces_is_drawn_too(tmp_path: Path) -> None:
    draw_overview(History(), tmp_path / 'page.png')
    assert cv2.imread(str(tmp_path / 'page.png')) is not None


def test_page_that_cannot_be_written_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='cannot be written'):
        draw_overview(History(), tmp_path / 'none' / 'page.png')
