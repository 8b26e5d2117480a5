# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""No import and no command looks up a name, connects, or writes where it was not asked to."""
from __future__ import annotations

from pathlib import Path
import signal
import subprocess
import sys

import cv2
from networks import onnx_network
import numpy as np
import pytest
from traced import Traced

IMPORT_ALL = """
import importlib, pkgutil, sys, face_tracker_ros
for module in pkgutil.walk_packages(face_tracker_ros.__path__, 'face_tracker_ros.'):
    if not module.name.startswith(('face_tracker_ros.ros', 'face_tracker_ros.__main__')):
        importlib.import_module(module.name)
from face_tracker_ros.models.openvino_runtime import ov
ov.convert_model(sys.argv[1])
"""


@pytest.fixture(params=[False, True], ids=['first use', 'user agreed to statistics'])
def traced(request: pytest.FixtureRequest, tmp_path: Path) -> Traced:
    """Return a watched environment, of a user who did or did not agree to usage statistics."""
    return Traced(tmp_path / 'traced', request.param)


def run(traced: Traced, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder of its own."""
    folder = traced.home.parent / 'here'
    folder.mkdir(exist_ok=True)
    return subprocess.run([sys.executable, *arguments], env=traced.environment, cwd=folder,
                          capture_output=True, text=True, timeout=120)


def test_track_uses_no_network_and_writes_its_outputs_only(traced: Traced, tmp_path: Path,
                                                           two_portraits: np.ndarray) -> None:
    image, output = tmp_path / 'two.png', tmp_path / 'outputs'
    output.mkdir()
    cv2.imwrite(str(image), two_portraits)
    done = run(traced, '-m', 'face_tracker_ros', 'track', str(image), '--tracks',
               str(output / 'tracks.txt'), '--output', str(output / 'two.mp4'))
    assert done.returncode == 0, done.stderr
    assert traced.faults(str(output)) == []
    assert list((traced.home / '.cache/face_tracker_ros/compiled').iterdir())
    assert {path.name for path in output.iterdir()} == {'tracks.txt', 'two.mp4'}


@pytest.mark.parametrize('arguments', [
    ('-m', 'face_tracker_ros', 'models', 'info', 'face-detector'),
    ('-m', 'face_tracker_ros', 'models', 'verify', 'face-detector'),
    ('-m', 'face_tracker_ros', 'models', 'benchmark', 'face-detector')],
    ids=['info', 'verify', 'benchmark'])
def test_commands_use_no_network(traced: Traced, arguments: tuple[str, ...]) -> None:
    done = run(traced, *arguments)
    assert done.returncode == 0, done.stderr
    assert traced.faults() == []


def test_imports_and_conversion_use_no_network(traced: Traced, tmp_path: Path) -> None:
    done = run(traced, '-c', IMPORT_ALL, str(onnx_network(tmp_path / 'scaled.onnx', 2.0)))
    assert done.returncode == 0, done.stderr
    assert traced.faults() == []


@pytest.mark.parametrize('code, returncode, fault', [
    ('import socket; socket.getaddrinfo("localhost", 1, type=socket.SOCK_DGRAM)', None,
     "look-up 'localhost'"),
    ('import _socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).connect(("127.0.0.1", 9))',
     -signal.SIGSYS, "connection ('127.0.0.1', 9)"),
    ('import pathlib; (pathlib.Path.home() / "x").write_text("y")', 0, 'write {home}/x'),
    ('import subprocess as s, sys; s.run([sys.executable, "-c", "import pathlib;'
     ' (pathlib.Path.home() / \\"x\\").write_text(\\"y\\")"])', 0, 'file {home}/x')])
def test_tracer_sees(code: str, returncode: int | None, fault: str, tmp_path: Path) -> None:
    traced = Traced(tmp_path / 'traced', False)
    done = run(traced, '-c', code)
    assert returncode in (None, done.returncode), done.stderr
    assert fault.format(home=traced.home) in traced.faults()
