# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the scripts for a bare GPU machine share: image decoding, the clock."""
from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import cv2
from face_tracker_ros.errors import ConfigError, SourceError
import numpy as np
import pytest
from training.bare import Clock, decode_all

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def coded():
    """Return two images as WebP in one file, where each begins, and the images."""
    y, x = np.mgrid[:32, :32] * 8
    images = [np.uint8(np.dstack(planes)) for planes in ((x, y, 0 * x), (y, 255 - x, x))]
    files = [cv2.imencode('.webp', image, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
             for image in images]
    return b''.join(files), np.cumsum([0, *map(len, files)]), images


@pytest.mark.parametrize('missing', [None, 'cv2'])
def test_images_are_decoded_with_and_without_opencv(missing, coded, monkeypatch):
    blob, offsets, images = coded
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    decoded = decode_all(blob, offsets, np.array([1, 0]), 32)
    assert np.array_equal(decoded, np.stack(images[::-1]))
    assert decode_all(blob, offsets, np.array([], int), 32).shape == (0, 32, 32, 3)
    with pytest.raises(SourceError, match='image 0 is no image of 16x16'):
        decode_all(blob, offsets, np.array([0]), 16)


def test_no_library_for_the_format_is_named(coded, monkeypatch):
    for name in ('cv2', 'PIL'):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match='install opencv-python-headless or Pillow'):
        decode_all(coded[0], coded[1], np.array([0]), 32)


def test_clock_counts_earlier_calls():
    assert Clock(10.0).done < 0.5 <= Clock(10.0, before=5.0).done
    assert Clock(10.0, before=10.0).over() and Clock(10.0, before=20.0).done == 1
    clock = Clock(1000.0)
    assert not clock.minute() and clock.minute(every=0.0)


def test_clock_ends_at_a_signal():
    """In a process of its own: pytest's stack for signals is too small for AMX registers."""
    code = ('import os, signal\nfrom training.bare import Clock\nclock = Clock(1000.0)\n'
            'clock.stop_at_signal()\nassert not clock.over()\n'
            'os.kill(os.getpid(), signal.SIGTERM)\nassert clock.over()\nprint("saved")')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (0, 'saved\n'), done.stderr
