# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What is installed, under which version and with which declared dependencies."""
from __future__ import annotations

import ast
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import face_tracker_ros
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_FOLDERS = ('config', 'examples', 'launch', 'models', 'rviz')
# import name -> rosdep key, where they differ; OpenVINO has no key and comes from PyPI
ROSDEP_KEYS = {'aiohttp': 'python3-aiohttp', 'cv2': 'python3-opencv', 'numpy': 'python3-numpy',
               'rich': 'python3-rich', 'scipy': 'python3-scipy', 'yaml': 'python3-yaml'}
NOT_IN_ROSDEP = {'openvino', 'psycopg'}
# For the demo clip's images, scores, making models and reading bags; nothing that runs on a robot
# needs them.
NOT_TO_RUN = {'PIL', 'backports', 'compression', 'lz4', 'matplotlib', 'nncf', 'rosbags', 'skimage',
              'torch', 'trackeval'}

pytestmark = pytest.mark.skipif(
    not (ROOT / 'package.xml').is_file(), reason='runs in the source folder')


def imports(path: Path) -> set[str]:
    """Return the top-level names of the packages that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    own = {'face_tracker_ros', *sys.stdlib_module_names}
    return {name.partition('.')[0] for name in names} - own


def files_below(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob('*')
            if path.is_file() and '__pycache__' not in path.parts and path.name[0] != '.'}


@pytest.fixture(scope='module')
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package as colcon does, from a copy, into an empty prefix."""
    folder = tmp_path_factory.mktemp('install with space')
    source, target = folder / 'source', folder / 'prefix'
    source.mkdir()
    for name in ('setup.py', 'setup.cfg', 'package.xml', 'LICENSE', 'NOTICE'):
        shutil.copy(ROOT / name, source)
    for name in ('bin', 'resource', 'face_tracker_ros', *SHARED_FOLDERS):
        shutil.copytree(ROOT / name, source / name,
                        ignore=shutil.ignore_patterns('__pycache__'))
    done = subprocess.run(
        [sys.executable, 'setup.py', 'install', '--prefix', target,
         '--single-version-externally-managed', '--record', folder / 'record'],
        cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def test_every_place_names_the_same_version() -> None:
    version = ElementTree.parse(ROOT / 'package.xml').findtext('version')
    changelog = re.findall(r'^(\d+\.\d+\.\d+) \(', (ROOT / 'CHANGELOG.rst').read_text(), re.M)
    setup = re.findall(r"version='(.+)'", (ROOT / 'setup.py').read_text())
    assert setup == [version]
    assert changelog[0] == version
    assert face_tracker_ros.__version__ == version


def test_terms_of_code_and_weights_are_installed_and_declared(prefix: Path) -> None:
    share = prefix / 'share' / 'face_tracker_ros'
    terms = {item.get('file'): item.text for item in
             ElementTree.parse(share / 'package.xml').findall('license')}
    assert terms == {'LICENSE': 'Apache-2.0', 'NOTICE': 'LicenseRef-research-use-only'}
    notice = (share / 'NOTICE').read_text(encoding='utf-8')
    assert (share / 'LICENSE').is_file()
    for card in share.glob('models/*/MODEL_CARD.md'):
        assert f'models/{card.parent.name}' in notice
    assert (share / 'models' / 'face-detector' / 'ATTRIBUTION.md').is_file()
    assert 'done. The weights of the face encoder are for research use only (NOTICE)' in (
        ROOT / 'scripts' / 'setup').read_text(encoding='utf-8')


@pytest.mark.parametrize('folder', SHARED_FOLDERS)
def test_share_folders_are_installed_whole(prefix: Path, folder: str) -> None:
    installed = files_below(prefix / 'share' / 'face_tracker_ros' / folder)
    assert installed == files_below(ROOT / folder) != set()


def test_ament_finds_the_package(prefix: Path) -> None:
    share = prefix / 'share'
    assert (share / 'ament_index/resource_index/packages/face_tracker_ros').is_file()
    assert (share / 'face_tracker_ros/package.xml').is_file()


def test_every_module_and_page_is_installed(prefix: Path) -> None:
    (package,) = prefix.glob('l*/python*/*-packages/face_tracker_ros')
    files = files_below(ROOT / 'face_tracker_ros')
    assert files_below(package) >= {path for path in files if path.suffix != '.pyc'}
    assert Path('ros/web_view/static/view.js') in files


@pytest.mark.parametrize('name', ['evaluate', 'face_tracker_node', 'models', 'track',
                                  'video_publisher', 'web_view'])
def test_executables_start_under_the_python_of_the_shell(prefix: Path, name: str) -> None:
    script = prefix / 'lib' / 'face_tracker_ros' / name
    assert script.read_text().splitlines()[0] == '#!/usr/bin/env python3'
    (packages,) = prefix.glob('l*/python*/*-packages')
    python_path = [str(packages), os.environ.get('PYTHONPATH', '')]
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, python_path)),
                   'PATH': os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])}
    done = subprocess.run([str(script), '--help'], cwd=prefix, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('usage: ')


def test_package_xml_declares_what_is_imported() -> None:
    declared = {element.text for tag in ('depend', 'exec_depend')
                for element in ElementTree.parse(ROOT / 'package.xml').iter(tag)}
    for folder in ('face_tracker_ros', 'launch'):
        for path in (ROOT / folder).rglob('*.py'):
            needed = {ROSDEP_KEYS.get(name, name) for name in imports(path)
                      - NOT_IN_ROSDEP - NOT_TO_RUN}
            assert needed <= declared, path


def test_only_the_ros_layer_imports_ros() -> None:
    allowed = {*ROSDEP_KEYS, *NOT_IN_ROSDEP, *NOT_TO_RUN}
    for path in (ROOT / 'face_tracker_ros').rglob('*.py'):
        # the demo starts nodes and records what they publish
        if path.relative_to(ROOT / 'face_tracker_ros').parts[0] not in ('ros', 'demo'):
            assert imports(path) <= allowed, path


def test_every_requirement_is_pinned() -> None:
    def names(path: Path, pattern: str) -> set[str]:
        return {re.sub('[-_.]+', '-', name).lower()
                for name in re.findall(pattern, path.read_text(), re.M)}

    pinned = names(ROOT / 'ci/constraints.txt', r'^([\w.-]+)(?:==[\w.]+$|<80 )')
    for path in (ROOT / 'ci').glob('requirements*.txt'):
        required = names(path, r'^([A-Za-z][\w.-]*)')
        assert required <= pinned, path


def test_our_vision_msgs_stay_out_of_a_workspace() -> None:
    found = subprocess.run(['colcon', 'list', '--names-only', '--base-paths', ROOT / 'ci'],
                           capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
