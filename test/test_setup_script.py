# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""scripts/setup reports what is wrong with a machine, and scripts/env.sh brings the command."""
from __future__ import annotations

from pathlib import Path
import shutil
import subprocess

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ('bash', 'cat', 'dirname', 'flock', 'tail', 'uname')


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """Return a copy of the script next to a bin/ with few tools and a Python that is too old."""
    tools = tmp_path / 'bin'
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f'no {tool} here'))
    python = tools / 'python3'
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.10 && exit\n'
                      'echo "ModuleNotFoundError: rclpy" >&2\nexit 1\n')
    python.chmod(0o755)
    (tmp_path / 'scripts').mkdir()
    shutil.copy(ROOT / 'scripts' / 'setup', tmp_path / 'scripts')
    return tmp_path


def run_setup(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([machine / 'scripts' / 'setup'], capture_output=True, text=True,
                          check=False, env={'PATH': str(machine / 'bin'), **environment})


def test_a_python_without_wheels_is_rejected(bare_machine: Path) -> None:
    done = run_setup(bare_machine)
    assert done.returncode == 1
    assert 'need CPython 3.11' in done.stderr or 'there are no ROS wheels' in done.stderr
    assert not (bare_machine / '.venv').exists()


def test_wheels_that_there_are_not_are_rejected(bare_machine: Path) -> None:
    done = run_setup(bare_machine, ROS_WHEELS='foxy')
    assert done.returncode == 1
    assert "ROS_WHEELS: 'foxy' is not kilted or jazzy" in done.stderr
    assert {path.name for path in bare_machine.iterdir()} == {'bin', 'scripts'}


def test_a_ros_that_python_cannot_import_is_named(bare_machine: Path) -> None:
    if Path('/usr/bin/python3').exists():
        probe = subprocess.run(['/usr/bin/python3', '-c', 'import rclpy'], capture_output=True,
                               check=False, env={})
        assert probe.returncode != 0, 'a system-wide rclpy outside of any ROS prefix'
    done = run_setup(bare_machine, ROS_DISTRO='humble')
    assert done.returncode == 1
    assert 'ROS 2 humble is sourced' in done.stderr
    assert 'cannot import rclpy: ModuleNotFoundError' in done.stderr
    assert not (bare_machine / '.venv').exists()


def test_the_command_is_on_the_path_once_however_often_env_sh_is_sourced(tmp_path: Path) -> None:
    source = f'source "{ROOT}/scripts/env.sh"'
    done = subprocess.run(
        ['bash', '-c', f'{source} && {source} && face-tracker --help && echo "$PATH"'],
        capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith('usage: face-tracker ')
    assert done.stdout.splitlines()[-1].split(':').count(f'{ROOT}/scripts/bin') == 1
