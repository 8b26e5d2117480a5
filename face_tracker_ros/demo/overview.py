# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A run on one page: an image with its tracks, who was there when, and where from above."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from face_tracker_ros.annotate import id_color
from face_tracker_ros.errors import SourceError
from face_tracker_ros.types import Image
import numpy as np
import numpy.typing as npt

_GAP = 0.25  # seconds unseen from which a line over time is broken
_DARK, _GRID = '#22262b', '#d8dce0'
_REACH = 1.0  # metres: the top view shows at least so much to each side


@dataclass
class History:
    """
    What a run showed.

    seen: (second, id) of every track of every frame. positions: (second, id, x, z) in metres, of
    those with a position in space. image: one annotated frame, BGR, and the second it shows.
    """

    seen: list[tuple[float, int]] = field(default_factory=list)
    positions: list[tuple[float, int, float, float]] = field(default_factory=list)
    image: Image | None = None
    second: float = 0.0


def draw_overview(history: History, path: Path, note: str = '') -> None:
    """
    Write the page as an image file (PNG or JPEG by its name).

    note: a line below the top view; what is drawn there is averaged over nine frames. Raises
    SourceError when matplotlib is missing and when the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SourceError(f"image '{path}': matplotlib cannot be imported ({error}); "
                          'pip install matplotlib') from error
    figure = Figure(figsize=(12, 6.2), dpi=100, facecolor='white')
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.75, 1), height_ratios=(2.35, 1), left=0.055,
                               right=0.985, top=0.93, bottom=0.12, wspace=0.13, hspace=0.24)
    _draw_image(figure.add_subplot(grid[0, 0]), history)
    _draw_times(figure.add_subplot(grid[1, 0]), history)
    _draw_top_view(figure.add_subplot(grid[:, 1]), history, note)
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise SourceError(f"image '{path}': cannot be written ({error}); give a .png or .jpg in "
                          'a folder that is yours') from error


def _color(track: int) -> tuple[float, float, float]:
    blue, green, red = id_color(track)
    return red / 255, green / 255, blue / 255


def _draw_image(axes: Any, history: History) -> None:
    axes.set_axis_off()
    if history.image is not None:
        axes.imshow(history.image[..., ::-1], interpolation='antialiased')
        axes.set_title(f'What the tracker shows, at {history.second:.1f} s', loc='left',
                       color=_DARK, fontsize=11)
    else:
        axes.set_title('No annotated image came', loc='left', color=_DARK, fontsize=11)


def _draw_times(axes: Any, history: History) -> None:
    ids = sorted({track for _, track in history.seen})
    for row, track in enumerate(ids):
        times = np.array([second for second, other in history.seen if other == track])
        for part in _unbroken(times):
            axes.plot((part[0], part[-1]), (row, row), color=_color(track), linewidth=9,
                      solid_capstyle='butt')
    axes.axvline(history.second, color=_DARK, linewidth=0.8, linestyle=':')
    axes.set_yticks(range(len(ids)), [f'#{track}' for track in ids])
    axes.set_ylim(max(len(ids), 1) - 0.4, -0.6)
    axes.set_title('Tracks over time', loc='left', color=_DARK, fontsize=11)
    axes.set_xlabel('seconds', color=_DARK)
    axes.xaxis.grid(color=_GRID)
    _plain(axes)


def _draw_top_view(axes: Any, history: History, note: str) -> None:
    axes.set_title('Faces from above', loc='left', color=_DARK, fontsize=11)
    axes.set_xlabel('metres to the right' + (f'\n{note}' if note else ''), color=_DARK)
    axes.set_ylabel('metres ahead of the camera', color=_DARK)
    axes.plot(0, 0, marker='^', markersize=13, color=_DARK)
    reach, far = _REACH, 1.5
    for track in sorted({track for _, track, _, _ in history.positions}):
        own = np.array([(second, x, z) for second, other, x, z in history.positions
                        if other == track])
        for part in _unbroken(own[:, 0]):
            inside = (own[:, 0] >= part[0]) & (own[:, 0] <= part[-1])
            axes.plot(*_smooth(own[inside, 1:]).T, color=_color(track), linewidth=1.8)
        now = own[np.abs(own[:, 0] - history.second).argmin()]
        if abs(now[0] - history.second) < _GAP:
            axes.plot(*now[1:], marker='o', markersize=11, color=_color(track),
                      markeredgecolor=_DARK)
            axes.annotate(f'#{track}', now[1:], (9, 6), textcoords='offset points', color=_DARK,
                          weight='bold')
        reach = max(reach, float(np.abs(own[:, 1]).max()) * 1.15)
        far = max(far, float(own[:, 2].max()) * 1.1)
    reach = max(reach, 0.4 * far)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.15, far)
    axes.set_aspect('equal', adjustable='box', anchor='N')
    axes.grid(color=_GRID)
    _plain(axes)


def _plain(axes: Any) -> None:
    for side in ('top', 'right', 'left'):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=_DARK)
    axes.set_axisbelow(True)


def _unbroken(times: npt.NDArray[np.float64]) -> Sequence[npt.NDArray[np.float64]]:
    return np.split(times, np.flatnonzero(np.diff(times) > _GAP) + 1)


def _smooth(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return points (N, 2) averaged over nine: ranges by size tremble with the boxes."""
    if len(points) < 9:
        return points
    padded = np.pad(points, ((4, 4), (0, 0)), mode='edge')
    kernel = np.full(9, 1 / 9)
    return np.column_stack([np.convolve(column, kernel, 'valid') for column in padded.T])
