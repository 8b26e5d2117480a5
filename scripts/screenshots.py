#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Make the images of the web view in docs, from the demo clip, in headless Chromium.

    scripts/setup && source scripts/env.sh && python3 scripts/screenshots.py

Writes docs/web_view.webp (a desk) and docs/web_view_phone.webp (a phone, dark).
"""
from __future__ import annotations

from contextlib import ExitStack
import os
from pathlib import Path
import re
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'test'))

from browser import Browser, executable  # noqa: E402
from face_tracker_ros.demo import clip  # noqa: E402
from face_tracker_ros.demo.children import Child  # noqa: E402
from face_tracker_ros.demo.environment import installed, transport  # noqa: E402

RATE = 6.0  # images a second, so that a small machine can encode, send and show them all
DESK, PHONE = (1280, 940), (390, 844)
PATIENCE = 120.0  # seconds for a moment without problems
QUALITY, LARGEST = 80, 200_000  # of WebP; bytes


def main() -> int:
    """Start a tracker of the demo clip and its view, and photograph that."""
    if executable() is None:
        print('screenshots: no browser found; install chromium', file=sys.stderr)
        return 2
    os.environ.update(transport(installed()[0]), ROS_DOMAIN_ID='97')
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        clip.write(folder / 'people.mp4')

        def start(module: str, **parameters: object) -> Child:
            settings = [part for key, value in parameters.items()
                        for part in ('-p', f"{key.replace('__', '.')}:={value}")]
            child = Child(module, [sys.executable, '-m', f'face_tracker_ros.ros.{module}',
                                   '--ros-args', *settings], folder / f'{module}.log')
            stack.callback(child.stop)
            return child

        start('node.main', identities__store=folder / 'people.db', tracker__max_age=3.0)
        start('video_publisher.main', source=folder / 'people.mp4', loop=True, rate=RATE,
              horizontal_fov=60.0, start_delay=60.0)
        view = start('web_view.main', port=0)
        with Browser() as browser:
            browser.look(DESK)
            browser.open(_address(view))
            _enrol(browser)
            browser.run("{const find = document.getElementById('filter'); find.value = 'score'; "
                        "find.dispatchEvent(new Event('input'))}")
            _photograph(browser, ROOT / 'docs' / 'web_view.webp')
            browser.look(PHONE, dark=True)
            _photograph(browser, ROOT / 'docs' / 'web_view_phone.webp')
    return 0


def _address(view: Child) -> str:
    while not (found := re.search(r'http://\S+', view.log.read_text())):
        if view.exit_code() is not None:
            sys.exit(view.last_lines())
        time.sleep(0.1)
    return found[0]


def _enrol(browser: Browser) -> None:
    """Give the person who comes first her name."""
    browser.wait("!!document.querySelector('[data-track=\"1\"] button')")
    browser.run("document.querySelector('[data-track=\"1\"] button').click()")
    browser.type('Eileen Collins')
    browser.run("document.querySelector('#tracks form button').click()")
    browser.wait("[...document.querySelectorAll('#tracks .name')].some(name => name.textContent)")


def _photograph(browser: Browser, path: Path) -> None:
    browser.wait("document.querySelectorAll('#tracks tr:not(.lost) .crop:not([hidden])').length "
                 "=== 2 && document.querySelector('#state').dataset.level === 'good' && "
                 "!document.querySelector('.asking')", seconds=PATIENCE)
    browser.screenshot(path, QUALITY)
    size = path.stat().st_size
    print(f'{path.relative_to(ROOT)}: {size / 1000:.0f} kB')
    assert size < LARGEST, 'too large for a page: lower QUALITY'


if __name__ == '__main__':
    sys.exit(main())
