# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The registry: where models are found, what is rejected, and how the error reads."""
from __future__ import annotations

import os
from pathlib import Path
import shutil

from face_tracker_ros import Config, FaceTracker, ModelError
from face_tracker_ros.models.description import read_spec
from face_tracker_ros.models.files import fetched_folder, models_folder
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.preference import DETECTORS
from face_tracker_ros.models.registry import find_model, known_models, load_spec
from face_tracker_ros.models.spec import AUTO
import pytest

MODELS = Path(__file__).resolve().parents[2] / 'models'
SHIPPED = ('face-detector', 'face-detector-int8', 'mobilenetv3-large-face',
           'mobilenetv3-large-face-free', 'mobilenetv3-large-face-int8')
# Nobody offers these but PyPI, and their publisher's own server.
ELSEWHERE = {name for name in known_models() if load_spec(name).fetch is not None} | {
    'face-detection-0202', 'face-detection-0204', 'face-detection-0205', 'face-detection-0206',
    'face-detection-retail-0004'}


def rejection(name: str, task: str | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        find_model(name, task)
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Return a folder of models of one's own, with a copy of the detector named 'mine'."""
    shutil.copytree(MODELS / 'face-detector', tmp_path / 'mine')
    description = tmp_path / 'mine' / 'model.yaml'
    text = description.read_text().replace('face-detector', 'mine')
    for suffix in ('.xml', '.bin'):
        (tmp_path / 'mine' / f'face-detector{suffix}').rename(tmp_path / 'mine' / f'mine{suffix}')
    description.write_text(text)
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path))
    return tmp_path / 'mine'


@pytest.mark.parametrize('name', known_models())
def test_every_description_is_right(name):
    spec = read_spec(MODELS / name / 'model.yaml')
    assert spec.name == name and spec.source and spec.licence and spec.terms
    assert spec == load_spec(name)


@pytest.mark.parametrize('name', SHIPPED)
def test_shipped_models_are_intact_and_carry_their_notice(name):
    spec, path = find_model(name)
    assert path.parent.name == name and path.suffix == '.xml'
    card = (path.parent / 'MODEL_CARD.md').read_text()
    if spec.task == 'detector':
        assert spec.licence == 'Apache-2.0' and not spec.restricted
        assert 'any purpose' in card or 'as for the original' in card
        assert 'FairFace' in (path.parent / 'ATTRIBUTION.md').read_text()
    elif name.endswith('-free'):
        assert spec.licence == 'Apache-2.0' and not spec.restricted
        assert 'any purpose' in card and 'OpenStax' in (path.parent / 'ATTRIBUTION.md').read_text()
    else:
        assert spec.licence == 'research use only' and spec.restricted
        assert 'research use' in card


@pytest.mark.parametrize('name', ['permissive.yaml'])
def test_preset_has_only_models_that_are_free_for_all_uses(name):
    config = Config.load(MODELS.parent / 'config' / name)
    assert config != Config()
    for task in ('detector', 'encoder', 'landmarks'):
        value = getattr(config, task)
        for one in DETECTORS if value == AUTO else filter(None, [value]):
            spec = load_spec(one, task)
            assert spec.licence in ('MIT', 'Apache-2.0') and not spec.restricted


def test_free_preset_needs_nothing_fetched_and_names_the_better_encoder():
    preset = (MODELS.parent / 'config' / 'permissive.yaml').read_text()
    terms = (MODELS.parent / 'docs' / 'about' / 'terms.md').read_text()
    config = Config.load(MODELS.parent / 'config' / 'permissive.yaml')
    assert config.detector == AUTO and find_model(DETECTORS[-1])
    assert config.encoder in SHIPPED and f'`{config.encoder}`' in terms
    better = load_spec('face-reidentification-retail-0095')
    assert better.fetchable and not better.restricted
    assert f'`face-tracker models fetch {better.name}`' in terms
    assert f"'models fetch {better.name}'" in preset


def test_checksum_may_be_sha_384(copied):
    import hashlib
    path = copied / 'mine.bin'
    description = copied / 'model.yaml'
    text = description.read_text()
    digest = hashlib.sha384(path.read_bytes()).hexdigest()
    text = text.replace(f'sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}',
                        f'sha384: {digest}')
    description.write_text(text)
    assert find_model('mine')[0].files[1].algorithm == 'sha384'
    description.write_text(text.replace(digest, 'a' * 96))
    assert f'SHA-384 {digest[:12]}..., expected aaaaaaaaaaaa' in rejection('mine')


def test_only_our_own_models_are_shipped():
    files = {path.parent.name for path in MODELS.rglob('*') if path.suffix in ('.bin', '.onnx')}
    assert files == set(SHIPPED)


@pytest.mark.parametrize('name', [name for name in known_models() if name not in ELSEWHERE])
def test_models_are_found_by_name_and_content_in_the_folders_given(name, shared, monkeypatch,
                                                                   tmp_path):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH',
                       os.pathsep.join([str(tmp_path / 'none'), str(shared / 'models')]))
    spec, path = find_model(name)
    assert path.is_file() and path.name == spec.files[0].name
    if name not in SHIPPED:
        assert shared in path.parents


def test_of_two_variants_the_right_one_is_taken(shared, monkeypatch):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    assert find_model('face-detection-adas-0001')[1].parent.name == 'FP16'
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH',
                       str(shared / 'models' / 'face-detection-adas-0001' / 'FP16-INT8'))
    assert 'is not the right file' in rejection('face-detection-adas-0001')


def test_both_files_of_a_model_must_lie_side_by_side(shared, monkeypatch, tmp_path):
    source = shared / 'models' / 'face-detection-0200' / 'FP16-INT8'
    for suffix, folder in (('.xml', 'a'), ('.bin', 'b')):
        (tmp_path / folder).mkdir()
        shutil.copy(source / f'face-detection-0200{suffix}', tmp_path / folder)
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path))
    assert "face-detection-0200.bin' is missing" in rejection('face-detection-0200')
    shutil.copy(tmp_path / 'b' / 'face-detection-0200.bin', tmp_path / 'a')
    assert find_model('face-detection-0200')[1].parent == tmp_path / 'a'


def test_a_model_of_ones_own_needs_a_folder_and_a_description(copied):
    assert 'mine' in known_models('detector')
    spec, path = find_model('mine')
    assert path == copied / 'mine.xml' and spec.family == 'decoded'


def test_missing_model_reports_where_it_was_looked_for_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path / 'mine'))
    message = rejection('centerface')
    assert message.endswith("models fetch centerface'")
    for words in ('centerface.onnx', str(MODELS / 'centerface'), str(tmp_path / 'cache'),
                  str(tmp_path / 'mine')):
        assert words in message
    message = rejection('ultra-light-slim-320-ir')
    assert 'open_model_zoo' in message and 'FACE_TRACKER_MODEL_PATH' in message


@pytest.mark.parametrize('given', [{'detector': 'centerface'}, {'encoder': 'centerface'},
                                   {'detector': 'nothing-like-it'}])
def test_tracker_rejects_models_it_cannot_have(given, monkeypatch, tmp_path):
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path))
    with pytest.raises(ModelError):
        FaceTracker.from_config(given)


@pytest.mark.parametrize('damage', [
    lambda data: data[:-1], lambda data: data[:1000] + b'?' + data[1001:], lambda data: b''])
def test_damaged_file_is_noticed(damage, copied):
    find_model('mine')
    path = copied / 'mine.bin'
    path.write_bytes(damage(path.read_bytes()))
    message = rejection('mine')
    assert "mine.bin' is not the right file" in message and 'expected' in message


def test_damage_of_the_same_size_names_both_checksums(copied):
    path = copied / 'mine.bin'
    path.write_bytes(bytes(path.stat().st_size))
    assert 'expected 9844aaa50bb4...' in rejection('mine')


def test_folder_in_the_place_of_a_file_is_no_model(copied):
    (copied / 'mine.bin').unlink()
    (copied / 'mine.bin').mkdir()
    assert "mine.bin' is missing" in rejection('mine')


def test_unknown_name_gets_the_nearest_and_all_known():
    message = rejection('face-detektor', 'detector')
    assert "did you mean 'face-detector'?" in message and 'yunet' in message
    assert 'mobilenetv3-large-face' not in message


@pytest.mark.parametrize('name', ['', '.', '..', '../models/yunet', '/etc', 'yunet/', 'a\nb', '*'])
def test_name_that_is_a_path_is_unknown(name):
    with pytest.raises(ModelError, match='unknown'):
        load_spec(name)


def test_model_for_the_other_task_is_rejected_with_those_that_would_do():
    message = rejection('yunet', 'encoder')
    assert 'mobilenetv3-large-face' in message and 'centerface' not in message


@pytest.mark.parametrize('old, new, words', [
    ('name: mine.xml', 'name: ../mine.xml', "files[0].name is '../mine.xml'; give a plain name"),
    ('name: mine.xml', 'name: /etc/passwd', 'give a plain name'),
    ('name: mine.xml', 'name: mine.txt', 'give an .xml, .onnx or .tflite file first'),
    ('name: mine.bin', 'name: other.bin', "list 'mine.bin' too"),
    ('task: detector', 'task: guesser', "task is 'guesser'; give detector or encoder or land"),
    ('family: decoded', 'family: resnet', "family is 'resnet'; give decoded or omz-ssd"),
    ('family: decoded', '', 'family is missing'),
    ('size: 294976', 'size: 0', 'files[0].size is 0'),
    ('size: 294976', 'size: big', "files[0].size is 'big'; give a number"),
    ('  sha256: 8d0', '  sha256: X', 'files[0].sha256'),
    ('score: 0.66', 'score: .nan', 'score is nan'),
    ('score: 0.66', 'score: 2', 'score is 2; give a number, 0 to 1'),
    ('landmarks: true', 'landmarks: 5', 'landmarks is 5; give true or false'),
    ('landmarks: true', 'landmarks: true\nextra: 1', 'extra is 1; no such entry'),
    ('size: 294976', 'url: http://a.b/c\n    size: 294976', 'begins with https://'),
    ('size: 294976', 'url: file:///etc/passwd\n    size: 294976', 'begins with https://'),
    ('    size: 294976\n', '', 'files[0].size is missing'),
    ('color: BGR', 'color: BGR\n  mean: [1, 2]', 'one for each of three colours'),
    ('color: BGR', 'color: BGR\n  scale: 0', 'input.scale is 0'),
    ('color: BGR', 'color: BGR\n  fit: squeeze', 'give stretch or pad'),
    ('color: BGR', 'color: HSV', "input.color is 'HSV'; give BGR or RGB"),
    ('color: BGR', 'color: BGR\n  width: 300', 'input.height is 0'),
    ('name: mine\n', 'name: theirs\n', "name is 'theirs'; give the folder's name, 'mine'"),
    ('task:', 'task: [', 'is not YAML'),
    ('score: 0.66', f"score: {'9' * 400}", 'give a number, 0 to 1'),
    ('score: 0.66', f"score: {'9' * 5000}", 'is not YAML'),
    ('score: 0.66', f"score: 0x{'f' * 5000}", 'give a number, 0 to 1'),
    ('licence: ', 'licence: 2024-13-45 #', 'is not YAML'),
    ('licence: ', f"licence: [{'1,' * 9999}] #", 'licence is [1, 1'),
    ('licence: ', 'licence: &x [*x] #', 'is not YAML'),
    ('task:', '!!python/object/apply:os.system [true]: ', 'is not YAML'),
])
def test_wrong_description_is_rejected_with_entry_value_and_remedy(old, new, words, copied):
    path = copied / 'model.yaml'
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    message = rejection('mine')
    assert words in message and str(path) in message and len(message) < 700


@pytest.mark.parametrize('requirement', [
    '--index-url=https://evil.example', '-r/etc/passwd', 'uniface', 'uniface>=1', 'a==1 b==2',
    'uniface==1.0 --pre', 'uniface @ https://evil.example/a.whl', 'git+https://evil.example/a',
    './a.whl', 'uniface==1.0\\n', '==1.0', 'uniface==-r'])
def test_only_one_version_of_one_package_may_be_asked_of_pip(requirement, copied):
    path = copied / 'model.yaml'
    path.write_text(f'{path.read_text()}\nfetch:\n  requirement: "{requirement}"\n  wheel: a.whl\n'
                    f"  sha256: {'a' * 64}\n  members: {{mine.xml: a, mine.bin: b}}\n")
    assert 'fetch.requirement is' in rejection('mine') and 'name==version' in rejection('mine')


@pytest.mark.parametrize('content', ['', '- 1', 'files: 1', '\x00'])
def test_description_that_is_none_is_rejected(content, copied):
    (copied / 'model.yaml').write_text(content)
    assert str(copied / 'model.yaml') in rejection('mine')


def test_encoder_without_input_size_is_rejected(tmp_path):
    name = 'mobilenetv3-large-face'
    folder = shutil.copytree(MODELS / name, tmp_path / name)
    path = folder / 'model.yaml'
    path.write_text(path.read_text().replace('  width: 112\n  height: 112\n', ''))
    with pytest.raises(ModelError, match='input.width'):
        read_spec(path)


@pytest.mark.parametrize('content', [b'', b'<net/>', b'nonsense', b'\x08\x07\x12\x03'])
@pytest.mark.parametrize('name', ['model.xml', 'model.onnx'])
def test_file_that_is_no_network_is_rejected_by_its_name(name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=name) as caught:
        Network(path, load_spec('yunet').input, Config().inference).prepare(64, 64)
    assert '\n' not in str(caught.value)


def test_models_in_the_cache_are_found(monkeypatch, tmp_path, shared):
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path))
    folder = fetched_folder('yunet')
    shutil.copytree(shared / 'models' / 'yunet', folder)
    assert find_model('yunet')[1].parent == folder


def test_models_of_an_installed_package_are_found(tmp_path):
    """In the layouts of colcon, of Debian packages and of a virtual environment."""
    import subprocess
    import sys
    script = ('import sys; sys.path.insert(0, sys.argv[1]); '
              'from face_tracker_ros.models.files import models_folder; print(models_folder())')
    source = MODELS.parent / 'face_tracker_ros'
    for site in ('lib/python3.10/site-packages', 'local/lib/python3.10/dist-packages'):
        prefix = tmp_path / site.replace('/', '-')
        package = prefix / site / 'face_tracker_ros'
        shutil.copytree(source, package, ignore=shutil.ignore_patterns('__pycache__'))
        share = prefix / 'share' / 'face_tracker_ros' / 'models' / 'yunet'
        share.mkdir(parents=True)
        shutil.copy(MODELS / 'yunet' / 'model.yaml', share)
        done = subprocess.run([sys.executable, '-c', script, str(package.parent)], cwd=tmp_path,
                              capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(share.parent)
    shutil.rmtree(prefix / 'share')
    other = tmp_path / 'other' / 'share' / 'face_tracker_ros' / 'models' / 'yunet'
    other.mkdir(parents=True)
    shutil.copy(MODELS / 'yunet' / 'model.yaml', other)
    done = subprocess.run([sys.executable, '-c', script, str(package.parent)], cwd=tmp_path,
                          env={**os.environ, 'AMENT_PREFIX_PATH': str(tmp_path / 'other')},
                          capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(other.parent)


def test_source_checkout_uses_its_own_models():
    assert models_folder() == MODELS


def test_folder_that_cannot_be_read_is_named_and_hides_no_other(monkeypatch, shared, tmp_path):
    folders = [tmp_path / 'nowhere', Path('~nobody-at-all/models'), Path('/tmp', 'x' * 300)]
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', os.pathsep.join(map(str, folders)))
    message = rejection('yunet')
    assert f'{folders[0]} (No such file or directory)' in message
    assert f'{folders[2]} (File name too long)' in message
    folders.append(shared / 'models')
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', os.pathsep.join(map(str, folders)))
    assert find_model('yunet')[1].is_file()


def test_broken_description_spoils_no_other_model(copied):
    (copied / 'model.yaml').write_text('name: mine\n')
    assert 'mine' in known_models() and 'mine' not in known_models('detector')
    assert "'yunett' is unknown; did you mean 'yunet'" in rejection('yunett', 'detector')


@pytest.mark.parametrize('name', ['x' * 101, 'x' * 5000])
def test_name_too_long_for_a_folder_is_unknown(name):
    assert 'is unknown' in rejection(name)
