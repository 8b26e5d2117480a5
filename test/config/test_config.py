# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Parameters: what is taken, what is rejected and how the error reads."""
from __future__ import annotations

from pathlib import Path
import subprocess
import sys

from face_tracker_ros import Config, ConfigError
from face_tracker_ros.config import NODE_PARAMETERS, PARAMETERS
from face_tracker_ros.config.files import flatten
from face_tracker_ros.config.parameter_file import parameter_file, parameter_table
from hypothesis import given, strategies as st
import pytest
import yaml

FILE = Path(__file__).parents[2] / 'config' / 'tracker.yaml'


def test_nothing_given_means_the_declared_defaults():
    values = Config.load(None).values()
    assert values == {parameter.name: parameter.default for parameter in PARAMETERS}
    assert values['detector'] == 'auto'
    assert values['encoder'] == 'mobilenetv3-large-face'


@pytest.mark.parametrize('source', [
    {'detection.width': 320, 'tracker.max_age': 2},
    {'detection': {'width': 320}, 'tracker': {'max_age': 2.0}}])
def test_dotted_and_nested_names_are_the_same(source):
    config = Config.load(source)
    assert config.detection.width == 320
    assert config.tracker.max_age == 2.0 and isinstance(config.tracker.max_age, float)
    assert config.detection.nms_iou == Config().detection.nms_iou


def test_parameter_files_of_ros_are_understood(tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('face_tracker:\n  ros__parameters:\n    max_rate: 5.0\n    detector: yunet\n'
                    '    detection:\n      width: 480\n')
    config = Config.load(path)
    assert (config.detector, config.detection.width) == ('yunet', 480)
    assert Config.load(str(path)) == config


def test_empty_file_means_the_defaults(tmp_path):
    path = tmp_path / 'empty.yaml'
    path.write_text('')
    assert Config.load(path) == Config()


@pytest.mark.parametrize('values, words', [
    ({'detection.widht': 320}, ['detection.widht', 'unknown', "'detection.width'"]),
    ({'zzz': 1}, ['zzz', 'unknown', 'detection.width']),
    ({'detection.width': 'wide'}, ["'wide'", 'str', 'int']),
    ({'detection.width': True}, ['True', 'bool', 'int']),
    ({'detection.width': 8}, ['8', 'out of range', '64']),
    ({'detection.score': 1.5}, ['1.5', 'out of range', '0 to 1']),
    ({'detection.score': float('nan')}, ['nan', 'out of range']),
    ({'detection.score': 10 ** 400}, ['detection.score', 'out of range']),
    ({'tracker.low_score_pass': 1}, ['1', 'bool']),
    ({'tracker.mode': 'fast'}, ['fast', 'robust', 'deepsort']),
    ({'detection.low_score': 0.9, 'detection.score': 0.5},
     ['detection.low_score', '0.9', 'detection.score (0.5)']),
])
def test_what_is_wrong_is_rejected_with_name_value_and_remedy(values, words):
    with pytest.raises(ConfigError) as rejection:
        Config.load(values)
    assert '\n' not in str(rejection.value)
    for word in words:
        assert word in str(rejection.value)


@pytest.mark.parametrize('content', ['- 1\n- 2\n', 'a: [1\n', '\xff',
                                     '/**:\n  ros__parameters: [1, 2]\n', 'a: &x\n  b: *x\n',
                                     'a: 2024-13-45', f"tracker.n_init: {'1' * 5000}",
                                     'a: &a [1,1,1,1,1,1,1,1,1]\n' + ''.join(
                                         f'{b}: &{b} [{f"*{a}," * 9}]\n'
                                         for a, b in zip('abcdefghij', 'bcdefghijk'))])
def test_file_that_holds_no_parameters_is_rejected_by_its_name(tmp_path, content):
    path = tmp_path / 'bad.yaml'
    path.write_bytes(content.encode('latin-1'))
    with pytest.raises(ConfigError, match='bad.yaml') as rejection:
        Config.load(path)
    assert '\n' not in str(rejection.value)


def test_what_is_rejected_is_shown_in_short(tmp_path):
    path = tmp_path / 'huge.yaml'
    for value in (f"0x{'f' * 5000}", 'x' * 100000, f"[{'1,' * 9999}]"):
        path.write_text(f'tracker.n_init: {value}')
        with pytest.raises(ConfigError, match='tracker.n_init') as rejection:
            Config.load(path)
        assert len(str(rejection.value)) < 500


def test_missing_file_is_rejected_by_its_name(tmp_path):
    with pytest.raises(ConfigError, match='nowhere.yaml'):
        Config.load(tmp_path / 'nowhere.yaml')


def test_one_bad_value_changes_nothing():
    config = Config()
    with pytest.raises(ConfigError):
        config.updated({'detection.width': 320, 'tracker.n_init': 0})
    assert config == Config()


@pytest.mark.parametrize('parameter', [*PARAMETERS, *NODE_PARAMETERS],
                         ids=lambda parameter: parameter.name)
def test_every_parameter_takes_its_own_default_and_says_what_it_is(parameter):
    assert parameter.check(parameter.default) == parameter.default
    assert parameter.description.endswith(('.', ').'))
    if isinstance(parameter.default, (int, float)) and not isinstance(parameter.default, bool):
        assert parameter.choices or None not in (parameter.low, parameter.high)


@given(st.dictionaries(st.sampled_from([p.name for p in PARAMETERS if p.name[:9] == 'tracker.m']),
                       st.just(0)))
def test_flattening_flat_names_changes_nothing(values):
    assert flatten(values) == values


@given(st.floats(0, 60), st.integers(1, 100))
def test_values_in_range_come_back_as_given(seconds, count):
    config = Config().updated({'tracker.max_age': seconds, 'tracker.n_init': count})
    assert config.values()['tracker.max_age'] == seconds
    assert config.values()['tracker.n_init'] == count
    assert Config.load(config.values()) == config


def test_configuration_reads_no_file_but_its_own():
    """Whatever models are named: their descriptions are for those who load them."""
    script = ('import sys\n'
              'from face_tracker_ros.config import Config\n'
              'opened = []\n'
              'sys.addaudithook(lambda event, arguments: opened.append(arguments[0]) '
              "if event == 'open' else None)\n"
              "Config.load({'detector': 'yunet', 'detection.low_score': 0.9}).updated({})\n"
              'print(opened)')
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                          check=True)
    assert done.stdout == '[]\n'


def test_parameter_file_is_made_from_the_declarations():
    assert FILE.read_text() == parameter_file(), \
        'renew it: python -m face_tracker_ros.config.parameter_file > config/tracker.yaml'
    assert max(map(len, FILE.read_text().splitlines())) <= 99
    assert Config.load(FILE) == Config()
    assert yaml.safe_load(FILE.read_text())['/**']['ros__parameters']['autostart'] is True


def test_parameter_table_names_every_parameter_once():
    table = parameter_table()
    for parameter in (*PARAMETERS, *NODE_PARAMETERS):
        assert table.count(f'`{parameter.name}`') == 1
