# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""YAML from anybody: bombs of aliases, merge keys, depth and numbers end in one line, at once."""
from __future__ import annotations

from pathlib import Path
import subprocess
import sys
import tempfile

from face_tracker_ros import Config, ConfigError, ModelError
from face_tracker_ros.config.plain_yaml import parse_yaml
from face_tracker_ros.models.description import read_spec
from hypothesis import given, settings, strategies as st
import pytest
import yaml

# 13 mappings, each of which merges the one before it nine times: 9 ** 12 values in 400 bytes.
MERGES = 'a: &a {x: 1}\n' + ''.join(
    f'{name}: &{name} {{<<: [{", ".join(["*" + before] * 9)}]}}\n'
    for before, name in zip('abcdefghijkl', 'bcdefghijklm'))
BOMBS = {
    'merges': MERGES,
    'aliases': MERGES.replace('{<<: ', '{z: '),
    'list in itself': 'a: &a [*a]',
    'mapping in itself': 'a: &a {<<: *a}',
    'depth': '[' * 100000,
    'lists of lists': '- ' * 100000,
    'depth by aliases': 'a: &x0 [1]\n' + ''.join(
        f'b{n}: &x{n} [*x{n - 1}]\n' for n in range(1, 200)),
    'many values': '[' + '1,' * 100000 + ']',
    'number to base 60': '1:' * 500000 + '1',
}
# Reads the file that is its argument as each command that takes one does.
READ = """
import sys
from pathlib import Path
from face_tracker_ros import Config, FaceTrackerError
from face_tracker_ros.models.description import read_spec
for read in (Config.load, lambda path: read_spec(path, registered=False)):
    try:
        read(Path(sys.argv[1]))
    except FaceTrackerError as error:
        print(error)
"""


@pytest.mark.parametrize('name', BOMBS)
def test_bomb_is_rejected_in_one_line_before_it_grows(name, tmp_path):
    """In a process of its own, with 60 s of processor time and 4 GB, so that none can hang us."""
    path = tmp_path / 'bomb.yaml'
    path.write_text(BOMBS[name])
    limits = 'ulimit -t 60 -v 4000000; exec "$@"'
    done = subprocess.run(['bash', '-c', limits, 'bash', sys.executable, '-c', READ, str(path)],
                          capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr[-1000:]
    assert len(lines) == 2 and all(str(path) in line for line in lines), lines


def test_aliases_and_merge_keys_of_sensible_size_are_taken(tmp_path):
    assert parse_yaml('base: &base {x: 1, y: [1, 2]}\nother: {<<: *base, x: 3}\nsame: *base') == {
        'base': {'x': 1, 'y': [1, 2]}, 'other': {'x': 3, 'y': [1, 2]},
        'same': {'x': 1, 'y': [1, 2]}}
    path = tmp_path / 'settings.yaml'
    path.write_text('detection: &d {width: 320}\n/**:\n  ros__parameters: {detection: *d}\n')
    assert Config.load(path).detection.width == 320


@settings(max_examples=300, deadline=None)
@given(st.text('a:-?&*[]{}<>!|#%@,\'"\n\t 01.~e', max_size=60) | st.text(max_size=30))
def test_any_text_is_plain_data_or_one_line(text):
    try:
        parse_yaml(text)
    except ValueError as error:
        assert '\n' not in str(error) and len(str(error)) < 400


@settings(max_examples=150, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(['name', 'task', 'family', 'files', 'input', 'width', 'layout', 'size']),
        inner, max_size=6), max_leaves=12))
def test_any_content_of_a_description_or_configuration_ends_in_an_error_of_ours(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'model.yaml'
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding='utf-8')
        with pytest.raises(ModelError) as caught:
            read_spec(path, registered=False)
        assert '\n' not in str(caught.value)
        try:
            Config.load(path)
        except ConfigError as error:
            assert '\n' not in str(error)
