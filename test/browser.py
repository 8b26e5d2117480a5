# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Headless Chromium, steered through the DevTools protocol over a pipe: nothing to install."""
from __future__ import annotations

import base64
from collections.abc import Callable
import fcntl
import json
import os
from pathlib import Path
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
PHONE, DESK = (375, 720), (1280, 900)
_ARGUMENTS = ('--headless', '--no-sandbox', '--remote-debugging-pipe', '--disable-gpu',
              '--disable-dev-shm-usage', '--no-first-run', '--mute-audio', '--hide-scrollbars',
              '--disable-background-networking', '--disable-component-update',
              '--disable-extensions', '--disable-sync')
_TIMEOUT = 20.0


def executable() -> str | None:
    """Return the path of a browser, None where none is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def _high(number: int) -> int:
    """Return another number of a file, out of the way of those that the browser uses."""
    high = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(number)
    return high


class Browser:
    """
    One page in a browser of its own.

    `errors` holds what the console got as an error or warning, requests that failed, and what a
    script threw.
    """

    def __init__(self) -> None:
        """Start the browser with an empty page."""
        self.errors: list[str] = []
        self._profile = tempfile.mkdtemp(prefix='browser')
        self._number, self._unread = 0, b''
        self._results: dict[int, dict[str, Any]] = {}
        (given, self._write), (self._read, taken) = map(_high, os.pipe()), map(_high, os.pipe())
        words = [str(executable()), *_ARGUMENTS, f'--user-data-dir={self._profile}', 'about:blank']
        # It reads commands from file 3 and writes answers to file 4.
        self._process = subprocess.Popen(
            ['bash', '-c', f'exec {shlex.join(words)} 3<&{given} 4>&{taken}'],
            pass_fds=(given, taken), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(given)
        os.close(taken)
        self._session: str | None = None
        pages = [page for page in self._ask('Target.getTargets')['targetInfos']
                 if page['type'] == 'page']
        target = pages[0]['targetId'] if pages else self._ask(
            'Target.createTarget', url='about:blank')['targetId']
        self._session = self._ask('Target.attachToTarget', targetId=target,
                                  flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self._ask(f'{domain}.enable')

    def __enter__(self) -> Browser:
        """Return the browser."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the browser and remove its profile."""
        os.close(self._write)
        os.close(self._read)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def look(self, size: tuple[int, int] = DESK, dark: bool = False) -> None:
        """Show the page in a window of this size, in light or dark colours."""
        self._ask('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1],
                  deviceScaleFactor=1, mobile=size[0] < 600)
        self._ask('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def open(self, address: str) -> None:
        """Load a page, and wait until that is done."""
        self._ask('Page.navigate', url=address)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """Return the value of an expression; a promise is awaited."""
        answer = self._ask('Runtime.evaluate', expression=script, awaitPromise=True,
                           returnByValue=True, userGesture=True)
        assert 'exceptionDetails' not in answer, (script, answer['exceptionDetails'])
        return answer['result'].get('value')

    def wait(self, script: str, meanwhile: Callable[[], object] = lambda: time.sleep(0.05),
             seconds: float = _TIMEOUT) -> Any:
        """Return the value of an expression as soon as it is true."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, f'waited {seconds:g} s for {script}: {self.errors}'
            meanwhile()
        return value

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._ask('Input.insertText', text=text)

    def hide(self, hidden: bool) -> None:
        """Hide the page as another tab would, or show it again."""
        self.run(f"""Object.defineProperty(document, 'hidden', {{
            configurable: true, value: {json.dumps(hidden)}}});
            document.dispatchEvent(new Event('visibilitychange'))""")

    def is_wider_than_window(self) -> bool:
        """Return whether the page has to be scrolled sideways."""
        return bool(self.run('document.documentElement.scrollWidth > innerWidth'))

    def screenshot(self, path: Path, quality: int | None = None) -> None:
        """Write an image of the window, as PNG, or as WebP of a quality."""
        options: dict[str, Any] = {'format': 'png'} if quality is None else {
            'format': 'webp', 'quality': quality}
        data = self._ask('Page.captureScreenshot', **options)['data']
        path.write_bytes(base64.b64decode(data))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {'id': self._number, 'method': method, 'params': parameters}
        if self._session is not None:
            message['sessionId'] = self._session
        os.write(self._write, json.dumps(message).encode() + b'\0')
        end = time.monotonic() + _TIMEOUT
        while self._number not in self._results:
            left = max(0.0, end - time.monotonic())
            assert select.select([self._read], [], [], left)[0], f'{method}: no answer'
            data = os.read(self._read, 1 << 20)
            assert data, f'{method}: the browser has ended'
            *whole, self._unread = (self._unread + data).split(b'\0')
            for item in whole:
                self._take(json.loads(item))
        answer = self._results.pop(self._number)
        assert 'error' not in answer, (method, answer)
        return dict(answer['result'])

    def _take(self, message: dict[str, Any]) -> None:
        if 'id' in message:
            self._results[message['id']] = message
            return
        event = message.get('params', {})
        if message['method'] == 'Runtime.exceptionThrown':
            self.errors.append(json.dumps(event['exceptionDetails'])[:600])
        elif message['method'] == 'Log.entryAdded' and event['entry']['level'] != 'verbose':
            self.errors.append(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif message['method'] == 'Runtime.consoleAPICalled' and event['type'] in (
                'error', 'warning', 'assert'):
            self.errors.append(json.dumps(event['args'])[:600])
        elif message['method'] == 'Network.loadingFailed' and not event.get('canceled'):
            self.errors.append(f"{event['type']}: {event['errorText']}")
