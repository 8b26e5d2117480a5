# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Plots over time, which are as wide as the page is."""
from __future__ import annotations

from collections.abc import Sequence
from html import escape

from face_tracker_ros.annotate import id_color
from face_tracker_ros.report.record import Person, Record

_MOST_TICKS = 8
_STEPS = (*(step * 10 ** power for power in (-2, -1, 0) for step in (1, 2, 5)), 10, 15, 30, 60,
          120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)  # seconds
_DAY = 86400


def clock(seconds: float) -> str:
    """Return a time from the start: seconds, or from a minute on m:ss and h:mm:ss."""
    if round(seconds, 1) < 60:
        return f'{seconds:.1f} s'
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02d}:{rest:02d}' if hours else f'{minutes}:{rest:02d}'


def timeline(people: Sequence[tuple[int, Person]], record: Record) -> str:
    """Return a row for each person with a bar for each time in view."""
    start, whole = _extent(record)
    lanes = []
    for track, person in people:
        bars = []
        for first, last in person.visits:
            text = f'{title(track, person)}: {clock(first - start)} to {clock(last - start)}'
            bars.append(f'<i style="{_span(first - start, last - start, whole)};'
                        f'background:{color(track)}" title="{escape(text)}"></i>')
        lanes.append(f'<div class="lane">{"".join(bars)}</div>')
    labels = ''.join(f'<div title="{escape(title(track, person))}">'
                     f'{escape(title(track, person))}</div>' for track, person in people)
    return _plot(labels, ''.join(lanes), record)


def curve(record: Record) -> str:
    """Return the number of faces in view over time."""
    times, counts = record.in_view()
    _, whole = _extent(record)
    most = max(1.0, *counts)
    points: list[str] = []
    level = None
    for time, count in zip(times, counts):
        x, y = 1000 * time / whole, 104 - 100 * count / most
        points.append(f'{"M" if level is None else "H"}{x:.1f}'
                      + (f' {y:.1f}' if level is None else f'V{y:.1f}'))
        level = y
    svg = ('<svg viewBox="0 0 1000 104" preserveAspectRatio="none" role="img">'
           f'<path class="curve" d="{"".join(points)}H1000"/></svg>')
    labels = f'<div style="top:0">{most:.0f}</div><div style="bottom:0">0</div>'
    return _plot(labels, svg, record, ' high')


def title(track: int, person: Person) -> str:
    """Return id and last name of a person."""
    return f'#{track} {person.names[-1] if person.names else ""}'.strip()


def color(track: int) -> str:
    """Return the colour of an id, as in annotated images."""
    blue, green, red = id_color(track)
    return f'#{red:02x}{green:02x}{blue:02x}'


def _plot(labels: str, content: str, record: Record, kind: str = '') -> str:
    start, whole = _extent(record)
    gaps = ''.join(f'<b class="gap" style="{_span(first - start, last - start, whole)}"></b>'
                   for first, last in record.gaps())
    return (f'<div class="plot"><div class="labels{kind}">{labels}</div><div class="field{kind}">'
            f'{_axis(whole)}{gaps}{content}</div></div>')


def _axis(whole: float) -> str:
    step = next((step for step in _STEPS if whole / step <= _MOST_TICKS),
                _DAY * -(-whole // (_DAY * _MOST_TICKS)))
    ticks = []
    for number in range(int(whole / step + 1e-9) + 1):
        time = round(number * step, 2)
        place = 100 * time / whole
        end = ' end' if place > 97 else ''
        text = f'{time:g} s' if time < 60 else clock(time)
        ticks.append(f'<s class="tick{end}" style="left:{place:.2f}%"><span>{text}</span></s>')
    return ''.join(ticks)


def _extent(record: Record) -> tuple[float, float]:
    """Return the first stamp, and seconds until the last."""
    return (record.stamps or [0.0])[0], max(record.duration, 1e-6)


def _span(begin: float, end: float, whole: float) -> str:
    return f'left:{100 * begin / whole:.2f}%;width:{100 * (end - begin) / whole:.2f}%'
