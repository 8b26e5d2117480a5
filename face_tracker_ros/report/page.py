# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The page: HTML with plots and images in it, nothing loaded from elsewhere."""
from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
import os
from pathlib import Path

from face_tracker_ros.errors import SourceError
from face_tracker_ros.report.plots import clock, color, curve, timeline
from face_tracker_ros.report.record import Person, Record
from face_tracker_ros.report.style import STYLE

_MOST_PEOPLE = 300  # rows; those longest in view are shown
_TITLES = {'latency': 'stamp to publication', 'stamp to recording': 'stamp to recording',
           'total': 'all of it', 'process': 'processing', 'extras': 'other topics'}


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
    longest = sorted(record.people.items(), key=lambda each: -each[1].frames)
    people = sorted(longest[:_MOST_PEOPLE])
    more = len(longest) - len(people)
    cards = ''.join(f'<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>'
                    for name, value in _figures(record))
    body = [f'<section><dl>{cards}</dl></section>', _notes(record.notes)]
    if record.stamps:
        lanes = timeline(people, record) if people else '<p>No face was tracked.</p>'
        body += [f'<section><h2>Who was there when</h2>{lanes}{_gaps(record)}</section>',
                 f'<section><h2>Faces in view</h2>{curve(record)}</section>']
    if people:
        rest = f'<p>And {more} ids that were in view for less.</p>' if more else ''
        body.append(f'<section><h2>People</h2>{_table(people, record)}{rest}</section>')
    if record.stages():
        body.append(f'<section><h2>Time an image takes</h2>{_stages(record)}</section>')
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><style>{STYLE}</style><main>'
        f'<header><h1>{escape(title)}</h1><p>{escape(record.origin)} This page shows faces: keep '
        f'it as safe as the recording.</p></header>{"".join(body)}</main></html>\n')


def _figures(record: Record) -> list[tuple[str, str]]:
    people = record.people.values()
    total = record.timings.get('total', [])
    found = [
        ('duration', clock(record.duration)),
        ('images tracked', f'{len(record.stamps)}'),
        ('images a second', f'{record.rate:.1f}' if record.rate else '-'),
        ('ids', f'{len(people)}'),
        ('known by name', f'{len({name for person in people for name in person.names[-1:]})}'),
        ('returns', f'{record.returns}'), ('ids corrected', f'{record.id_changes}'),
        ('names changed', f'{sum(max(0, len(person.names) - 1) for person in people)}')]
    if total:
        found.append(('processed a second', f'{len(total) / max(sum(total), 1e-9):.0f}'))
    return found + record.figures


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ''
    rows = ''.join(f'<li>{escape(note)}.</li>' for note in notes)
    return f'<section><h2>To note</h2><ul>{rows}</ul></section>'


def _gaps(record: Record) -> str:
    gaps = record.gaps()
    if not gaps:
        return ''
    first, last = max(gaps, key=lambda gap: gap[1] - gap[0])
    count, longest = ('1 gap', '') if len(gaps) == 1 else (f'{len(gaps)} gaps', 'the longest ')
    return (f'<p><span class="key"></span>{count} without a tracked image, {longest}of '
            f'{last - first:.1f} s from {clock(first - record.stamps[0])} on.</p>')


def _table(people: Sequence[tuple[int, Person]], record: Record) -> str:
    start = record.stamps[0] if record.stamps else 0.0
    rows = []
    for track, person in people:
        image = ('<img alt="" src="data:image/jpeg;base64,'
                 f'{base64.b64encode(person.crop).decode("ascii")}">'
                 ) if person.crop else '<div class="none"></div>'
        rows.append(
            f'<tr><td>{image}</td><td class="text"><span class="dot" '
            f'style="background:{color(track)}"></span>#{track}</td>'
            f'<td class="text name">{escape(", then ".join(person.names)) or "-"}</td>'
            f'<td class="less">{clock(person.visits[0][0] - start)}</td>'
            f'<td class="less">{clock(person.visits[-1][1] - start)}</td>'
            f'<td>{clock(person.seconds)}</td><td>{len(person.visits) - 1}</td></tr>')
    return ('<div class="wide"><table><tr><th class="text">best crop<th class="text">id'
            '<th class="text">name<th class="less">first<th class="less">last<th>in view'
            '<th>returns</tr>'
            f'{"".join(rows)}</table></div>')


def _stages(record: Record) -> str:
    stages = record.stages()
    most = max(high for _, high in stages.values()) or 1.0
    rows = []
    for stage, (middle, high) in stages.items():
        bars = ''.join(f'<i style="width:{100 * max(0.0, value) / most:.1f}%"></i>'
                       for value in (high, middle))
        rows.append(f'<tr><td class="text">{escape(_TITLES.get(stage, stage))}</td>'
                    f'<td>{1000 * middle:.1f}</td><td>{1000 * high:.1f}</td>'
                    f'<td class="meter"><div>{bars}</div></td></tr>')
    embedded = '' if record.embedded is None else f'<p>{record.embedded} embeddings.</p>'
    return ('<div class="wide"><table><tr><th class="text">stage<th>median [ms]<th>95 % [ms]'
            f'<th class="meter"></tr>{"".join(rows)}</table></div>{embedded}')
