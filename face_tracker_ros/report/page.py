# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The page: HTML with inline SVG and images, nothing loaded from elsewhere."""
from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
import os
from pathlib import Path

from face_tracker_ros.annotate import id_color
from face_tracker_ros.errors import SourceError
from face_tracker_ros.report.record import Person, Record
import numpy as np

_WIDTH, _LABEL, _ROW, _PLOT = 960, 150, 26, 110  # pixels of the plots
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2330;--soft:#687386;--line:#d9dee7;--page:#f6f7f9;
--card:#fff;--bar:#4054b2}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--line:#353c4a;
--page:#14171d;--card:#1d212a;--bar:#8c9cf0}}
*{box-sizing:border-box}body{margin:0;padding:24px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}main{max-width:1040px;margin:auto}h1{font-size:24px;
margin:0 0 4px}h2{font-size:17px;margin:0 0 12px}p{margin:0 0 20px;color:var(--soft)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;
margin:0 0 18px;overflow-x:auto}dl{display:grid;gap:14px;margin:0;
grid-template-columns:repeat(auto-fit,minmax(120px,1fr))}dt{color:var(--soft);font-size:13px}
dd{margin:0;font-size:22px;font-weight:600}table{border-collapse:collapse;width:100%}
th{color:var(--soft);font-size:13px;font-weight:500}th,td{padding:6px 10px;text-align:right;
border-bottom:1px solid var(--line)}th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}
td img{display:block;border-radius:6px;width:64px;height:64px}svg{display:block;width:100%;
min-width:560px;height:auto}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
.grid{stroke:var(--line)}.curve{fill:none;stroke:var(--bar);stroke-width:2}
.dot{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px}
"""


def write_page(record: Record, title: str, path: Path) -> None:
    """
    Write the page to a file that only its owner can read.

    Raises:
        SourceError: it cannot be written.
    """
    try:
        path.unlink(missing_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, 'w', encoding='utf-8') as file:
            file.write(page(record, title))
    except OSError as error:
        raise SourceError(f"output '{path}': cannot be written ({error.strerror}); give another "
                          'name') from error


def page(record: Record, title: str) -> str:
    """Return the HTML of a record."""
    people = sorted(record.people.items())
    total = record.timings.get('total', [])
    returns = sum(len(person.visits) - 1 for _, person in people)
    renamed = sum(max(0, len(person.names) - 1) for _, person in people)
    figures = [
        ('duration', f'{record.duration:.1f} s'), ('images', f'{len(record.stamps)}'),
        ('ids', f'{len(people)}'),
        ('known by name', str(len({name for _, person in people for name in person.names[-1:]}))),
        ('returns', f'{returns}'), ('names changed', f'{renamed}'),
        ('images a second', f'{len(total) / max(sum(total), 1e-9):.0f}' if total else '-')]
    cards = ''.join(f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in figures)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><style>{_STYLE}</style><main>'
        f'<h1>{escape(title)}</h1><p>Faces tracked by face_tracker_ros. This page shows faces: '
        f'keep it as safe as the recording.</p><section><dl>{cards}</dl></section>'
        f'<section><h2>Who was there when</h2>{_timeline(people, record)}</section>'
        f'<section><h2>Faces in view</h2>{_curve(*record.in_view())}</section>'
        f'<section><h2>People</h2>{_table(people, record)}</section>'
        f'<section><h2>Time an image takes</h2>{_latency(record)}</section></main></html>\n')


def _timeline(people: Sequence[tuple[int, Person]], record: Record) -> str:
    start, duration = (record.stamps or [0.0])[0], max(record.duration, 1e-6)
    height = _ROW * len(people)
    parts = [_axis(duration, height)]
    for row, (track, person) in enumerate(people):
        y = row * _ROW
        parts.append(f'<text x="{_LABEL - 8}" y="{y + 17}" text-anchor="end">'
                     f'{escape(_title(track, person))}</text>')
        for first, last in person.visits:
            left = _LABEL + (first - start) / duration * (_WIDTH - _LABEL)
            width = max(2.0, (last - first) / duration * (_WIDTH - _LABEL))
            parts.append(f'<rect x="{left:.1f}" y="{y + 5}" width="{width:.1f}" height="16" '
                         f'rx="3" fill="{_color(track)}"><title>{escape(_title(track, person))}: '
                         f'{first - start:.1f} to {last - start:.1f} s</title></rect>')
    return _svg(height + 22, parts)


def _curve(times: Sequence[float], counts: Sequence[float]) -> str:
    if not times:
        return '<p>No images.</p>'
    duration, most = max(times[-1], 1e-6), max(1.0, *counts)
    points = ' '.join(f'{_LABEL + time / duration * (_WIDTH - _LABEL):.1f},'
                      f'{_PLOT - count / most * (_PLOT - 10):.1f}'
                      for time, count in zip(times, counts))
    return _svg(_PLOT + 22, [
        _axis(duration, _PLOT), f'<text x="{_LABEL - 8}" y="14" text-anchor="end">{most:.0f}'
        f'</text><text x="{_LABEL - 8}" y="{_PLOT}" text-anchor="end">0</text>',
        f'<polyline class="curve" points="{points}"/>'])


def _table(people: Sequence[tuple[int, Person]], record: Record) -> str:
    start = (record.stamps or [0.0])[0]
    rows = []
    for track, person in people:
        image = ('<img alt="" src="data:image/jpeg;base64,'
                 f'{base64.b64encode(person.crop).decode("ascii")}">') if person.crop else ''
        rows.append(
            f'<tr><td>{image}</td><td><span class="dot" style="background:{_color(track)}"></span>'
            f'#{track}</td><td>{escape(", then ".join(person.names)) or "-"}</td>'
            f'<td>{person.visits[0][0] - start:.1f}</td>'
            f'<td>{person.visits[-1][1] - start:.1f}</td>'
            f'<td>{person.seconds:.1f}</td><td>{len(person.visits) - 1}</td></tr>')
    return ('<table><tr><th>best crop<th>id<th>name<th>first [s]<th>last [s]<th>in view [s]'
            f'<th>returns</tr>{"".join(rows)}</table>')


def _latency(record: Record) -> str:
    rows = []
    for stage, seconds in record.timings.items():
        middle, high = np.percentile(1000 * np.array(seconds), (50, 95))
        rows.append(f'<tr><td>{escape(stage)}</td><td>{middle:.1f}</td><td>{high:.1f}</td></tr>')
    return ('<table><tr><th>stage<th>median [ms]<th>95 % [ms]</tr>'
            f'{"".join(rows)}</table><p></p><p>{record.embedded} embeddings.</p>')


def _axis(duration: float, height: int) -> str:
    steps = [step * 10 ** power for power in range(-2, 7) for step in (1, 2, 5)]
    step = next(step for step in steps if duration / step <= 8)
    parts = []
    for number in range(int(duration / step) + 1):
        x = _LABEL + number * step / duration * (_WIDTH - _LABEL)
        anchor = 'end' if x > _WIDTH - 20 else 'middle'
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>'
                     f'<text x="{x:.1f}" y="{height + 16}" text-anchor="{anchor}">'
                     f'{number * step:g} s</text>')
    return ''.join(parts)


def _svg(height: int, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">{"".join(parts)}</svg>'


def _title(track: int, person: Person) -> str:
    name = person.names[-1] if person.names else ''
    return f'#{track} {name if len(name) < 16 else name[:14] + "…"}'.strip()


def _color(track: int) -> str:
    blue, green, red = id_color(track)
    return f'#{red:02x}{green:02x}{blue:02x}'
