# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The report of a clip: one file, and complete."""
from __future__ import annotations

import base64
from html.parser import HTMLParser
from pathlib import Path
import re

from browser import Browser, DESK, PHONE
import cv2
from face_tracker_ros.cli.track import main
from face_tracker_ros.report.page import page
from face_tracker_ros.report.record import Person, Record
import numpy as np
import pytest


class Outline(HTMLParser):
    """Collects tags, their addresses and the text of table cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or '' for name, value in attrs if name in ('src', 'href')]


def test_a_clip_becomes_one_page(shared: Path, tmp_path: Path) -> None:
    file, tracks = tmp_path / 'report.html', tmp_path / 'tracks.txt'
    clip = shared / 'data' / 'clips' / 'face-demographics-walking.gif'
    assert main([str(clip), '--report', str(file), '--tracks', str(tracks), '--quiet']) == 0
    assert file.stat().st_mode & 0o777 == 0o600, 'it shows faces'
    text = file.read_text(encoding='utf-8')
    outline = Outline(text)
    ids = set(np.loadtxt(tracks, delimiter=',')[:, 1].astype(int).tolist())
    assert {int(number) for number in re.findall(r'</span>#(\d+)</td>', text)} == ids
    assert outline.tags.count('svg') == 1 and text.count('<div class="lane"><i') == len(ids)
    assert len(outline.addresses) == len(ids)
    for address in outline.addresses:
        assert address.startswith('data:image/jpeg;base64,'), 'nothing comes from elsewhere'
        crop = cv2.imdecode(np.frombuffer(base64.b64decode(address.split(',')[1]), np.uint8), 1)
        assert crop.shape == (128, 128, 3)
    assert 'http' not in text and 'prefers-color-scheme:dark' in text
    assert main([str(clip), '--report', str(clip)]) == 2
    assert main([str(clip), '--report', str(tracks), '--tracks', str(tracks)]) == 2
    assert main([str(clip), '--report', str(tmp_path / 'no' / 'where.html')]) == 2


def test_visits_returns_and_names(capsys: pytest.CaptureFixture[str]) -> None:
    record = Record()
    record.stamps, record.counts = [0.0, 10.0], [1, 1]
    record.people[3] = person = Person(names=['Ada', '<b>Grace</b>'])
    for stamp in (0.0, 0.5, 1.0, 5.0, 5.5):
        person.see(stamp)
    assert person.visits == [[0, 1], [5, 5.5]] and person.seconds == 1.5
    text = page(record, 'a & b')
    assert 'a &amp; b' in text and '<b>' not in text
    assert 'Ada, then &lt;b&gt;Grace&lt;/b&gt;' in text
    assert '<dt>returns</dt><dd>1</dd>' in text and '<dt>names changed</dt><dd>1</dd>' in text
    assert 'Who was there' not in page(Record(), 'empty')
    nobody = Record()
    nobody.see(1.0, [], {}, ())
    assert 'No face was tracked.' in page(nobody, 'nobody')


def test_an_id_that_becomes_another_is_one_person() -> None:
    record = Record()
    for step in range(30):
        record.see(step / 10, [7 if 12 <= step < 16 else 4] if step < 5 or step > 11 else [],
                   {7: 'Ada'}, [(7, 4)] if step == 16 else [])
    assert list(record.people) == [4] and record.people[4].names == ['Ada']
    assert record.id_changes == 1 and record.people[4].frames == 23
    assert [round(first, 1) for first, _ in record.people[4].visits] == [0.0]
    record.keep(7, np.zeros((40, 40, 3), np.uint8))
    assert record.people[4].crop


def test_times_without_an_image_are_named() -> None:
    record = Record()
    for stamp in [*np.arange(0, 2, 0.1), *np.arange(5, 6, 0.1), *np.arange(7, 8, 0.1)]:
        record.see(float(stamp), [], {}, ())
    assert [[round(end, 1) for end in gap] for gap in record.gaps()] == [[1.9, 5.0], [5.9, 7.0]]
    assert '2 gaps without a tracked image, the longest of 3.1 s from 1.9 s on' in page(
        record, 'gaps')


@pytest.mark.parametrize('seconds, text', [(0.05, '0.02 s'), (40, '5 s'), (500, '2:00'),
                                           (90000, '6:00:00'), (9e6, '-')])
def test_axes_of_any_length_have_few_ticks(seconds: float, text: str) -> None:
    record = Record()
    for stamp in (0.0, seconds):
        record.see(stamp, [], {}, ())
    found = page(record, 'axis')
    assert f'<span>{text}</span>' in found or text == '-'
    assert 2 < found.count('class="tick') <= 20


def test_a_browser_shows_it_on_a_desk_and_on_a_phone(browser: Browser, shared: Path,
                                                     tmp_path: Path) -> None:
    file = tmp_path / 'report.html'
    clip = shared / 'data' / 'clips' / 'face-demographics-walking.gif'
    assert main([str(clip), '--report', str(file), '--quiet']) == 0
    shades = set()
    for size in (DESK, PHONE):
        for dark in (False, True):
            browser.look(size, dark)
            browser.open(f'file://{file}')
            assert browser.run("[...document.querySelectorAll('td img')].every(image => "
                               'image.complete && image.naturalWidth === 128)')
            assert browser.run("[...document.querySelectorAll('path.curve')].map(curve => "
                               'curve.getBoundingClientRect().width)')[0] > 200
            assert not browser.is_wider_than_window()
            colors = browser.run('[getComputedStyle(document.body).backgroundColor, '
                                 'getComputedStyle(document.body).color]')
            page, ink = (int(color[4:].split(',')[0]) for color in colors)
            assert (page < ink) is dark
            shades.add((page, ink))
    assert len(shades) == 2 and browser.errors == []
