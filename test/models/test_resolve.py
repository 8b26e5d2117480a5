# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Models by name, by description and by bare file: what each is taken for, what is rejected."""
from __future__ import annotations

from pathlib import Path
import shutil

from face_tracker_ros import Config, ModelError
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.models.description import description_text, read_spec, write_description
from face_tracker_ros.models.registry import find_model, known_models, load_spec
from face_tracker_ros.models.resolve import guess_model, resolve_model
from networks import constant_network, feature_network
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def rejection(text: str, task: str) -> str:
    with pytest.raises(ModelError) as caught:
        resolve_model(text, task)
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('name', [
    'centerface', 'blazeface-back', 'blazeface-full', 'blazeface-short', 'face-detection-0200',
    'face-detection-adas-0001', 'face-detection-retail-0005', 'face-detector',
    'face-reidentification-retail-0095', 'landmarks-regression-retail-0009',
    'ultra-light-rfb-320', 'ultra-light-rfb-640', 'ultra-light-slim-320-ir', 'yunet'])
def test_bare_files_are_taken_for_what_their_description_says(name, shared, monkeypatch,
                                                              wheels):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    spec = load_spec(name)
    path = find_model(name)[1]
    guessed = guess_model(path, spec.task)
    assert guessed.family == spec.family and guessed.input == spec.input
    assert guessed.embedding_size == spec.embedding_size
    assert guessed.landmarks == spec.landmarks
    assert resolve_model(str(path), spec.task)[0] == spec, 'known by content where it lies'


def test_another_build_of_a_known_model_is_fed_like_it(shared):
    folder = shared / 'models' / 'face-detection-adas-0001' / 'FP16-INT8'
    spec, path = resolve_model(str(folder / 'face-detection-adas-0001.xml'), 'detector')
    assert path.parent == folder and 'another build of face-detection-adas-0001' in spec.summary
    assert spec.licence == 'not known'


def test_name_alone_makes_no_known_model(tmp_path):
    path = tmp_path / 'face-reidentification-retail-0095.xml'
    constant_network(path, {'vector': np.ones((1, 32))})
    spec = resolve_model(str(path), 'encoder')[0]
    assert spec.alignment == () and spec.embedding_size == 32
    (tmp_path / 'sub').mkdir()
    path = tmp_path / 'sub' / path.name
    constant_network(path, {'vector': np.ones((1, 256))}, (1, 3, 128, 128))
    assert len(resolve_model(str(path), 'encoder')[0].alignment) == 5


def test_every_family_can_be_recognised(tmp_path, shared, monkeypatch):
    """Of the family nobody has a file of, a network of constant answers does."""
    path = constant_network(tmp_path / 'fcos.xml', {
        'boxes': np.array([[16, 8, 48, 40, 0.9], [0, 0, 9, 9, 0.2]]), 'labels': np.zeros(2)})
    assert guess_model(path, 'detector').family == 'omz-boxes'
    detector = FaceDetector.from_config(Config.load({'detector': str(path)}))
    found = detector.detect(np.zeros((128, 256, 3), np.uint8), 0.5, 0.4)
    np.testing.assert_allclose(found.boxes, [[64, 16, 192, 80]])
    np.testing.assert_allclose(found.scores, [0.9])


@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
def test_feature_maps_are_pooled(layout, tmp_path, two_portraits):
    path = feature_network(tmp_path / 'backbone.xml', layout=layout)
    encoder = FaceEncoder.from_config(Config.load({'encoder': str(path)}))
    boxes = np.array([[100, 100, 500, 500], [700, 100, 1200, 600], [0, 0, 90, 90]], np.float32)
    vectors = encoder.encode(two_portraits, boxes)
    assert vectors.shape == (3, encoder.size) == (3, 24)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    single = [encoder.encode(two_portraits, box[None])[0] for box in boxes]
    np.testing.assert_allclose(vectors, single, atol=1e-4)


def test_encoder_of_one_image_at_a_time_is_fed_one_by_one(tmp_path, two_portraits):
    path = constant_network(tmp_path / 'single.xml', {'vector': np.ones((1, 32))})
    encoder = FaceEncoder.from_config(Config.load({'encoder': str(path)}))
    vectors = encoder.encode(two_portraits, np.full((5, 4), [10, 10, 90, 90], np.float32))
    np.testing.assert_allclose(vectors, np.full((5, 32), 32 ** -0.5), rtol=1e-5)


@pytest.mark.parametrize('outputs, shape, task, words', [
    ({'a': np.zeros((1, 5))}, (1, 3, 64, 64), 'detector', ['a [1, 5]', 'detector', 'model.yaml']),
    ({'a': np.zeros((1, 5))}, (1, 3, 64, 64), 'encoder', ['a [1, 5]', 'a vector per image']),
    ({'a': np.zeros((1, 5))}, (1, 3, 64, 64), 'landmarks', ['[N, 10], five points']),
    ({'a': np.zeros((1, 64)), 'b': np.zeros((1, 64))}, (1, 3, 64, 64), 'encoder',
     ['a [1, 64], b']),
    ({'a': np.zeros(1), 'b': np.zeros(16)}, (1, 3, 64, 64), 'detector', ['a [1], b [16]']),
    ({'a': np.zeros(16), 'b': np.zeros(1)}, (1, 3, 64, 64), 'detector', ['a [16], b [1]']),
    ({'a': np.zeros(64)}, (1, 3, 64, 64), 'encoder', ['a [64]']),
    ({'a': np.zeros(())}, (1, 3, 64, 64), 'detector', ['a []']),
    ({'a': np.zeros((1, 64))}, (1, 4, 64, 64), 'encoder', ['its input is image [1, 4, 64, 64]']),
])
def test_what_is_not_recognised_is_shown_with_what_is_needed(outputs, shape, task, words,
                                                             tmp_path):
    message = rejection(str(constant_network(tmp_path / 'odd.xml', outputs, shape)), task)
    for word in (*words, '/guides/models/', 'odd.xml'):
        assert word in message


def test_wrong_family_in_a_description_is_rejected_when_the_network_runs(tmp_path):
    path = constant_network(tmp_path / 'odd.xml', {'a': np.zeros((1, 5))})
    spec = guess_model(constant_network(tmp_path / 'ssd.xml', {'a': np.zeros((1, 1, 9, 7))}),
                       'detector')
    text = description_text(spec).replace('ssd.xml', 'odd.xml').replace('ssd.bin', 'odd.bin')
    (tmp_path / 'model.yaml').write_text(
        text.replace(f'name: {tmp_path}/odd.xml\ntask', 'name: odd\ntask'))
    assert path.is_file()
    with pytest.raises(ModelError, match="not those of the family 'omz-ssd'"):
        FaceDetector.from_config(Config.load({'detector': str(tmp_path / 'model.yaml')}))


@pytest.fixture
def own(tmp_path, shared):
    """Return the path of a description that lies next to a copy of YuNet, without checksums."""
    shutil.copy(shared / 'models/yunet/face_detection_yunet_2026may.onnx', tmp_path / 'mine.onnx')
    text = (ROOT / 'models/yunet/model.yaml').read_text()
    lines = [line for line in text.splitlines() if 'sha256' not in line and 'size:' not in line]
    path = tmp_path / 'own.yaml'
    path.write_text('\n'.join(lines).replace('face_detection_yunet_2026may.onnx', 'mine.onnx'))
    return path


def test_description_by_path_needs_no_registry_and_no_checksum(own, two_portraits):
    detector = FaceDetector.from_config(Config.load({'detector': str(own)}))
    assert len(detector.detect(two_portraits, 0.5, 0.4)) == 2
    own.write_text(own.read_text().replace('mine.onnx', f"mine.onnx\n    sha256: {'a' * 64}"))
    assert "mine.onnx' is not the right file" in rejection(str(own), 'detector')


@pytest.mark.parametrize('name', ['../mine.onnx', '/etc/passwd', 'sub/mine.onnx', '..'])
def test_description_by_path_reaches_no_other_folder(own, name):
    own.write_text(own.read_text().replace('mine.onnx', name))
    assert 'give a plain name without folders' in rejection(str(own), 'detector')


@pytest.mark.parametrize('text', [
    '!!python/object/apply:os.system [touch pwned]', 'a: !!python/name:os.system',
    'x: &x [*x]', '[' * 5000])
def test_description_runs_nothing(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'evil.yaml').write_text(text)
    assert 'evil.yaml' in rejection(str(tmp_path / 'evil.yaml'), 'detector')
    assert [path.name for path in tmp_path.iterdir()] == ['evil.yaml']


def test_huge_description_is_not_read(tmp_path):
    (tmp_path / 'huge.yaml').write_bytes(b'#' * (2 << 20))
    assert '1048576 are the most' in rejection(str(tmp_path / 'huge.yaml'), 'encoder')


def test_description_for_the_other_task_is_rejected(own):
    assert 'is not the encoder but the detector kind' in rejection(str(own), 'encoder')


@pytest.mark.parametrize('name', ['none.onnx', 'none.xml', 'none.tflite', 'none.yaml'])
def test_missing_file_is_named(name, tmp_path):
    message = rejection(str(tmp_path / name), 'detector')
    assert f"{name}' is missing" in message and 'models list' in message


@pytest.mark.parametrize('name', known_models())
def test_written_description_reads_as_it_was(name, tmp_path):
    spec = load_spec(name)
    folder = tmp_path / name
    folder.mkdir()
    assert read_spec(write_description(spec, folder), registered=True).input == spec.input
    again = read_spec(folder / 'model.yaml')
    assert (again.files[0].checksum, again.alignment, again.family, again.score) == (
        spec.files[0].checksum, spec.alignment, spec.family, spec.score)


def taken(name: str, task: str, **options: bool) -> str:
    config = Config.load({f'inference.{key}': value for key, value in options.items()})
    spec, path = resolve_model(name, task, config.inference)
    assert spec.name == name
    return path.stem


def test_models_take_the_form_that_suits_the_processor(monkeypatch):
    for numbers, half, detector, encoder in (
            ({'FP32'}, True, False, False), ({'FP32', 'INT8'}, True, True, True),
            ({'FP32', 'INT8', 'BF16'}, True, True, False),
            ({'FP32', 'INT8', 'BF16'}, False, True, True),
            ({'FP32', 'INT8', 'BF16', 'FP16'}, True, False, False),
            ({'FP32', 'INT8', 'BF16', 'FP16'}, False, True, True),
            ({'FP32', 'INT8', 'FP16'}, True, True, True)):
        monkeypatch.setattr('face_tracker_ros.models.resolve.capabilities', lambda device: numbers)
        suffix = {True: '-int8', False: ''}
        assert taken('face-detector', 'detector', half=half) == f'face-detector{suffix[detector]}'
        assert taken('mobilenetv3-large-face', 'encoder', half=half) == \
            f'mobilenetv3-large-face{suffix[encoder]}'
        assert taken('face-detector', 'detector', int8=False) == 'face-detector'
    assert resolve_model('face-detector', 'detector')[1].stem == 'face-detector'


def test_8_bits_find_the_same_faces_and_people(two_portraits):
    """On any processor: where INT8 is not quick it is right all the same."""
    exact = Config.load({'inference.int8': False, 'inference.half': False})
    rounded = exact.updated({'detector': 'face-detector-int8',
                             'encoder': 'mobilenetv3-large-face-int8'})
    faces, others = (FaceDetector.from_config(config).detect(two_portraits, 0.66, 0.4)
                     for config in (exact, rounded))
    assert len(faces) == len(others) == 2
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    assert (np.abs(faces.boxes - others.boxes).max(axis=1) < 0.05 * sides.max(axis=1)).all()
    vectors, near = (FaceEncoder.from_config(config).encode(two_portraits, faces.boxes)
                     for config in (exact, rounded))
    assert ((vectors * near).sum(axis=1) > 0.95).all()
