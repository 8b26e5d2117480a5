# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Encoders made of other networks give what these give."""
from __future__ import annotations

from face_tracker_ros import Config, ModelError
from face_tracker_ros.cli.models import main
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.models.spec import InputSpec
from face_tracker_ros.models.tools.convert import convert_file, Origin, save_encoder
from networks import by_hand, constant_network, crops, feature_network, FEEDING
import numpy as np
import pytest


@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
def test_feature_map_of_a_file_is_pooled_and_fed_in_the_graph(layout, tmp_path):
    source = feature_network(tmp_path / 'source.xml', layout=layout)
    feeding = InputSpec(layout, 'RGB', FEEDING.mean, FEEDING.scale, 64, 64)
    made, difference = save_encoder(*convert_file(source, feeding), Origin('made'),
                                    feeding, tmp_path / 'made')
    assert made.embedding_size == 24 and difference < 1e-2
    images = crops(3, 64)
    fed = by_hand(images) if layout == 'NCHW' else by_hand(images).transpose(0, 2, 3, 1)
    expected = ov.compile_model(str(source), 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})(fed)[0]
    expected = expected.mean(axis=(2, 3) if layout == 'NCHW' else (1, 2))
    encoder = FaceEncoder.from_config(Config.load(
        {'encoder': str(tmp_path / 'made' / 'model.yaml')}))
    found = encoder._infer(images)
    np.testing.assert_allclose(found, expected, atol=1e-2 * np.abs(expected).max())


def test_command_makes_an_encoder_of_a_file(tmp_path, capsys, two_portraits):
    source = feature_network(tmp_path / 'source.xml')
    folder = tmp_path / 'made'
    assert main(['convert', str(source), '--size', '64', '--name', 'made', '--licence', 'MIT',
                 '--output', str(folder)]) == 0
    out = capsys.readouterr().out
    assert 'vectors of 24 numbers' in out and str(folder / 'model.yaml') in out
    assert sorted(path.name for path in folder.iterdir()) == ['made.bin', 'made.xml', 'model.yaml']
    encoder = FaceEncoder.from_config(Config.load({'encoder': str(folder / 'model.yaml')}))
    boxes = np.array([[100, 100, 500, 500]], np.float32)
    assert encoder.encode(two_portraits, boxes).shape == (1, 24)
    assert encoder.spec.licence == 'MIT'


@pytest.mark.parametrize('arguments, words', [
    (['{none}', '--name', 'a'], ['none.onnx', 'cannot be read']),
    (['{good}', '--name', '../a'], ["name '../a'", 'plain name']),
    (['{good}', '--name', 'a', '--size', '4'], ['--size 4', '16 to 1024']),
    (['{good}', '--name', 'a', '--mean', '1', '2'], ['--mean 1.0 2.0', 'one number or three']),
    (['{good}', '--name', 'a', '--scale', '0'], ['--scale 0']),
    (['{good}', '--name', 'a', '--size', '64', '--output', '/dev/null/a'], ['/dev/null/a']),
    (['{five}', '--name', 'a', '--size', '64'], ['5 dimensions', '[N, D, h, w]']),
    (['nothing:resnet18', '--name', 'a'], ['nothing:resnet18']),
    (['timm:resnet18', '--name', 'a', '--weights', '{none}'], ['timm:resnet18'])])
def test_what_cannot_be_converted_is_reported_in_one_line(arguments, words, tmp_path, capsys):
    files = {'none': str(tmp_path / 'none.onnx'),
             'good': str(feature_network(tmp_path / 'good.xml')),
             'five': str(constant_network(tmp_path / 'five.xml',
                                          {'a': np.zeros((1, 2, 3, 4, 5))}))}
    assert main(['convert', *(word.format(**files) for word in arguments)]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    for word in words:
        assert word in error


def test_conversion_that_differs_is_rejected(tmp_path):
    model, run = convert_file(feature_network(tmp_path / 'source.xml'), FEEDING)
    with pytest.raises(ModelError, match='differs by .* it cannot be used'):
        save_encoder(model, lambda images: run(images[::-1]), Origin('made'), FEEDING,
                     tmp_path / 'made')
    assert not (tmp_path / 'made').exists()


def test_extras_that_are_missing_are_named(tmp_path, capsys, monkeypatch):
    import sys
    for name in ('torch', 'nncf'):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(['convert', 'torchvision:resnet18', '--name', 'a']) == 2
    assert "torch is not installed; install it with pip (the extra 'convert')" in \
        capsys.readouterr().err
    assert main(['quantize', 'encoder', 'mobilenetv3-large-face', '--images', str(tmp_path),
                 '--name', 'a']) == 2
    assert "nncf is not installed; install it with pip (the extra 'quantize')" in \
        capsys.readouterr().err
