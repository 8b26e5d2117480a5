# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Where the user's cache lies, and that it is private."""
from __future__ import annotations

import os
from pathlib import Path
import stat
import subprocess
import sys

from face_tracker_ros.models import cache
from face_tracker_ros.models.cache import cache_folder, make_folder
from face_tracker_ros.models.registry import fetched_folder
import pytest

VARIABLES = 'FACE_TRACKER_CACHE', 'XDG_CACHE_HOME'


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder for temporary files of a user who has no home."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('HOME', '~')
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    cache._without_home.cache_clear()
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_cache_lies_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'own'))
    assert cache_folder() == tmp_path / 'own'
    monkeypatch.delenv('FACE_TRACKER_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'xdg'))
    assert fetched_folder('yunet') == tmp_path / 'xdg' / 'face_tracker_ros' / 'models' / 'yunet'
    monkeypatch.delenv('XDG_CACHE_HOME')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert cache_folder() == tmp_path / '.cache' / 'face_tracker_ros'
    assert list(tmp_path.iterdir()) == [], 'asking makes nothing'


def test_folders_that_are_made_are_private_and_others_stay(tmp_path):
    tmp_path.chmod(0o755)
    before = os.umask(0)
    try:
        make_folder(tmp_path / 'one' / 'two')
        make_folder(tmp_path / 'one' / 'two')
    finally:
        os.umask(before)
    assert [mode(path) for path in (tmp_path, tmp_path / 'one', tmp_path / 'one' / 'two')] == [
        0o755, 0o700, 0o700]
    (tmp_path / 'file').touch()
    with pytest.raises(OSError):
        make_folder(tmp_path / 'file' / 'three')


def test_without_a_home_the_cache_is_private_and_the_same_in_each_run(homeless):
    folder = cache_folder()
    assert folder == homeless / f'face_tracker_ros-{os.geteuid()}' and mode(folder) == 0o700
    cache._without_home.cache_clear()
    assert cache_folder() == folder


@pytest.mark.parametrize('taken', ['open to others', 'of another user', 'link', 'file'])
def test_folder_that_somebody_else_has_prepared_is_not_used(taken, homeless, monkeypatch):
    if taken == 'of another user':
        user = os.geteuid()
        monkeypatch.setattr(os, 'geteuid', lambda: user + 1)
    prepared = homeless / f'face_tracker_ros-{os.geteuid()}'
    if taken == 'file':
        prepared.touch()
    elif taken == 'link':
        (homeless / 'theirs').mkdir(0o700)
        prepared.symlink_to('theirs')
    else:
        prepared.mkdir(0o700)
    if taken == 'open to others':
        prepared.chmod(0o777)
    folder = cache_folder()
    assert folder.parent == homeless and folder.resolve() != prepared.resolve()
    assert mode(folder) == 0o700 and cache_folder() == folder


def test_folder_made_in_its_stead_goes_with_the_process(tmp_path):
    code = 'from face_tracker_ros.models.cache import cache_folder; print(cache_folder())'
    (tmp_path / f'face_tracker_ros-{os.geteuid()}').touch()
    environment = {**os.environ, 'HOME': '~', 'TMPDIR': str(tmp_path)}
    for name in VARIABLES:
        environment.pop(name, None)
    done = subprocess.run([sys.executable, '-c', code], env=environment, text=True, check=True,
                          capture_output=True)
    folder = Path(done.stdout.strip())
    assert folder.parent == tmp_path and not folder.exists()


def test_where_nothing_can_be_written_there_is_no_cache(homeless, monkeypatch):
    monkeypatch.setattr('tempfile.tempdir', str(homeless / 'nowhere'))
    with pytest.raises(OSError):
        make_folder(cache_folder())
