# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Rules for every source file that no linter knows of."""
from __future__ import annotations

import ast
from pathlib import Path
import re

ROOT = Path(__file__).resolve().parents[1]
NOTICE = '# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License'
SOURCES = sorted(
    path for folder in ('.ci', 'benchmark', 'bin', 'examples', 'face_tracker_ros', 'launch',
                        'scripts', 'test')
    for path in (ROOT / folder).rglob('*')
    if path.is_file() and '__pycache__' not in path.parts
    and (path.suffix in ('.py', '.sh') or not path.suffix and folder in ('.ci', 'bin', 'scripts')))
PYTHON_SOURCES = [path for path in SOURCES if path.suffix == '.py']


def test_every_source_names_its_licence() -> None:
    assert len(SOURCES) > 30
    missing = [str(path.relative_to(ROOT)) for path in SOURCES
               if NOTICE not in ''.join(path.read_text(encoding='utf-8').splitlines()[:2])]
    assert missing == []


def test_every_module_is_python_3_10() -> None:
    for path in PYTHON_SOURCES:
        ast.parse(path.read_text(encoding='utf-8'), str(path), feature_version=(3, 10))


def test_openvino_is_imported_in_one_place() -> None:
    """Where its usage statistics are switched off."""
    direct = re.compile(r'^ *(import|from) openvino\b', re.MULTILINE)
    folders = ('benchmark', 'examples', 'face_tracker_ros', 'launch', 'scripts', 'test',
               'training')
    found = [path.relative_to(ROOT).as_posix() for folder in folders
             for path in (ROOT / folder).rglob('*.py')
             if direct.search(path.read_text(encoding='utf-8'))]
    assert found == ['face_tracker_ros/models/openvino_runtime.py']
    for path in (ROOT / 'face_tracker_ros').rglob('*.py'):
        text = path.read_text(encoding='utf-8')
        nncf = re.search(r'^ +import nncf$', text, re.MULTILINE)
        assert nncf is None or 'models.openvino_runtime' in text[:nncf.start()], path


def test_annotations_are_not_evaluated() -> None:
    """Types such as `int | None` need the future import on Python 3.10."""
    for path in PYTHON_SOURCES:
        text = path.read_text(encoding='utf-8')
        annotated = any(getattr(node, 'annotation', None) or getattr(node, 'returns', None)
                        for node in ast.walk(ast.parse(text)))
        assert not annotated or 'from __future__ import annotations' in text, path
