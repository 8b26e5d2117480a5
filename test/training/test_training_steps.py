# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""All steps: their descriptions, and without torch; test/with_torch runs them."""
from __future__ import annotations

import importlib
from pathlib import Path
import re
import sys

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = ('encoder.prepare', 'encoder.train', 'encoder.export', 'encoder.evaluate',
         'encoder.run', 'detector.run', 'detector.mine', 'detector.average',
         'detector.cut', 'detector.pack', 'detector.train', 'detector.export',
         'detector.evaluate', 'detector.calibration')


def run(step: str, *arguments: object) -> int:
    return importlib.import_module(f'training.{step}').main([str(value) for value in arguments])


@pytest.mark.parametrize('step', STEPS)
def test_every_step_explains_itself(step, capsys):
    with pytest.raises(SystemExit, match='0'):
        run(step, '--help')
    shown = capsys.readouterr().out
    assert f'python3 -m training.{step}' in shown and 'Step' in shown


def test_readme_names_every_step_and_only_arguments_that_exist(capsys):
    text = (ROOT / 'training' / 'README.md').read_text(encoding='utf-8')
    commands = re.findall(r'^python3 -m training\.(\S+) (.*)$', text.replace('\\\n', ''), re.M)
    assert {step for step, _ in commands} == set(STEPS)
    for step, line in commands:
        with pytest.raises(SystemExit):
            run(step, '--help')
        known = set(re.findall(r'--[\w-]+', capsys.readouterr().out))
        assert set(re.findall(r'--[\w-]+', line)) <= known, step


@pytest.mark.parametrize('step, arguments', [
    ('encoder.train', ['--data', 'data', '--output', 'out']),
    ('encoder.export', ['--weights', 'encoder.pt', '--output', 'out.xml']),
    ('detector.train', ['--pack', 'pack', '--output', 'out']),
    ('detector.export', ['--weights', 'detector.pt', '--output', 'out.xml']),
    ('detector.average', ['--first', 'a.xml', '--second', 'b.xml', '--output', 'out.pt']),
])
def test_missing_torch_is_named(step, arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, 'torch', None)
    assert run(step, *arguments) == 2
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1
    assert "package 'torch' is not installed" in shown
