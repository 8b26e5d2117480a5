# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Encoders made of other networks give what these give.

The tests with PyTorch and NNCF run where the two are installed; docs/models.md says how.
"""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros import Config, ModelError
from face_tracker_ros.boxes import iou
from face_tracker_ros.cli.models import main
from face_tracker_ros.conversion import convert_file, convert_module, load_module, save_encoder
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.model_spec import InputSpec, ModelFile, ModelSpec
from networks import constant_network, feature_network
import numpy as np
import openvino as ov
import pytest

FEEDING = InputSpec('NCHW', 'RGB', (123.675, 116.28, 103.53), (58.395, 57.12, 57.375), 64, 64)


def spec(feeding: InputSpec = FEEDING) -> ModelSpec:
    return ModelSpec('made', 'encoder', 'vector', '', (ModelFile(''),), 'MIT', '', '', feeding,
                     embedding_size=1)


def crops(number: int, side: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (number, side, side, 3), np.uint8)


def by_hand(pictures: np.ndarray, feeding: InputSpec = FEEDING) -> np.ndarray:
    """Return what a network with this input is fed, RGB planes."""
    values = (pictures[..., ::-1] - np.array(feeding.mean)) / np.array(feeding.scale)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), np.float32)


@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
def test_feature_map_of_a_file_is_pooled_and_fed_in_the_graph(layout, tmp_path):
    source = feature_network(tmp_path / 'source.xml', layout=layout)
    feeding = InputSpec(layout, 'RGB', FEEDING.mean, FEEDING.scale, 64, 64)
    made, difference = save_encoder(*convert_file(source, feeding), spec(feeding),
                                    tmp_path / 'made')
    assert made.embedding_size == 24 and difference < 1e-2
    pictures = crops(3, 64)
    fed = by_hand(pictures) if layout == 'NCHW' else by_hand(pictures).transpose(0, 2, 3, 1)
    expected = ov.compile_model(str(source), 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})(fed)[0]
    expected = expected.mean(axis=(2, 3) if layout == 'NCHW' else (1, 2))
    encoder = FaceEncoder.from_config(Config.load(
        {'encoder': str(tmp_path / 'made' / 'model.yaml')}))
    found = encoder._infer(pictures)
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
def test_what_cannot_be_converted_is_said_in_one_line(arguments, words, tmp_path, capsys):
    files = {'none': str(tmp_path / 'none.onnx'),
             'good': str(feature_network(tmp_path / 'good.xml')),
             'five': str(constant_network(tmp_path / 'five.xml',
                                          {'a': np.zeros((1, 2, 3, 4, 5))}))}
    assert main(['convert', *(word.format(**files) for word in arguments)]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    for word in words:
        assert word in error


def test_conversion_that_differs_is_refused(tmp_path):
    model, run = convert_file(feature_network(tmp_path / 'source.xml'), FEEDING)
    with pytest.raises(ModelError, match='differs by .* it cannot be used'):
        save_encoder(model, lambda pictures: run(pictures[::-1]), spec(), tmp_path / 'made')
    assert not (tmp_path / 'made').exists()


def mobilenet(torch):
    """Return a MobileNetV3-Large of plain layers, with random weights and running means."""
    nn = torch.nn

    def layer(inside, outside, kernel, stride=1, groups=1, act=nn.Hardswish):
        return nn.Sequential(
            nn.Conv2d(inside, outside, kernel, stride, (kernel - 1) // 2, groups=groups,
                      bias=False), nn.BatchNorm2d(outside, eps=1e-3),
            act(inplace=True) if act else nn.Identity())

    class Squeeze(nn.Module):

        def __init__(self, width):
            super().__init__()
            self.down, self.up = nn.Conv2d(width, width // 4, 1), nn.Conv2d(width // 4, width, 1)

        def forward(self, x):
            weight = torch.relu(self.down(torch.nn.functional.adaptive_avg_pool2d(x, 1)))
            return x * torch.nn.functional.hardsigmoid(self.up(weight))

    class Block(nn.Module):

        def __init__(self, inside, kernel, width, outside, squeeze, act, stride):
            super().__init__()
            self.same = stride == 1 and inside == outside
            layers = [layer(inside, width, 1, act=act)] if width != inside else []
            layers.append(layer(width, width, kernel, stride, width, act))
            layers += [Squeeze(width)] if squeeze else []
            self.body = nn.Sequential(*layers, layer(width, outside, 1, act=None))

        def forward(self, x):
            return x + self.body(x) if self.same else self.body(x)

    relu, swish = nn.ReLU, nn.Hardswish
    rows = [(3, 16, 16, 0, relu, 1), (3, 64, 24, 0, relu, 2), (3, 72, 24, 0, relu, 1),
            (5, 72, 40, 1, relu, 2), (5, 120, 40, 1, relu, 1), (5, 120, 40, 1, relu, 1),
            (3, 240, 80, 0, swish, 2), (3, 200, 80, 0, swish, 1), (3, 184, 80, 0, swish, 1),
            (3, 184, 80, 0, swish, 1), (3, 480, 112, 1, swish, 1), (3, 672, 112, 1, swish, 1),
            (5, 672, 160, 1, swish, 2), (5, 960, 160, 1, swish, 1), (5, 960, 160, 1, swish, 1)]
    layers, inside = [layer(3, 16, 3, 2)], 16
    for kernel, width, outside, squeeze, act, stride in rows:
        layers.append(Block(inside, kernel, width, outside, squeeze, act, stride))
        inside = outside
    torch.manual_seed(0)
    network = nn.Sequential(*layers, layer(160, 960, 1))
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    return network


def test_mobilenet_of_random_weights_agrees_with_pytorch(tmp_path):
    torch = pytest.importorskip('torch')
    module = mobilenet(torch)
    feeding = InputSpec('NCHW', 'RGB', FEEDING.mean, FEEDING.scale, 112, 112)
    made, _ = save_encoder(*convert_module(module, feeding), spec(feeding), tmp_path / 'made',
                           half=False)
    pictures = crops(4, 112)
    with torch.no_grad():
        expected = module(torch.from_numpy(by_hand(pictures))).mean(dim=(2, 3)).numpy()
    encoder = FaceEncoder.from_config(Config.load(
        {'encoder': str(tmp_path / 'made' / 'model.yaml')}))
    assert made.embedding_size == encoder.size == 960
    np.testing.assert_allclose(encoder._infer(pictures), expected,
                               atol=1e-3 * np.abs(expected).max())
    half, difference = save_encoder(*convert_module(module, feeding), spec(feeding),
                                    tmp_path / 'half')
    assert difference < 2e-2
    assert (tmp_path / 'half' / 'made.bin').stat().st_size < 0.6 * (
        tmp_path / 'made' / 'made.bin').stat().st_size


def test_weights_file_is_read_without_running_anything(tmp_path):
    torch = pytest.importorskip('torch')
    pytest.importorskip('torchvision')
    import pickle

    class Evil:

        def __reduce__(self):
            return Path.touch, (tmp_path / 'pwned',)
    (tmp_path / 'evil.pth').write_bytes(pickle.dumps({'state_dict': Evil()}))
    with pytest.raises(ModelError, match='evil.pth'):
        load_module('torchvision:resnet18', str(tmp_path / 'evil.pth'))
    assert not (tmp_path / 'pwned').exists()
    import torchvision
    state = torchvision.models.mobilenet_v3_small().state_dict()
    torch.save(state, tmp_path / 'good.pth')
    features = load_module('torchvision:mobilenet_v3_small', str(tmp_path / 'good.pth'))
    assert torch.equal(features.state_dict()['0.0.weight'], state['features.0.0.weight'])


@pytest.mark.parametrize('name, size', [('resnet18', 512), ('mobilenet_v3_small', 576),
                                        ('convnext_tiny', 768)])
def test_networks_of_torchvision_lose_their_classifier(name, size, tmp_path):
    pytest.importorskip('torchvision')
    assert main(['convert', f'torchvision:{name}', '--name', 'made', '--size', '64',
                 '--output', str(tmp_path / 'made')]) == 0
    encoder = FaceEncoder.from_config(Config.load(
        {'encoder': str(tmp_path / 'made' / 'model.yaml')}))
    assert encoder.size == size


def test_eight_bits_find_the_same_faces(tmp_path, shared, clip_frames):
    pytest.importorskip('nncf')
    clip = shared / 'data' / 'clips' / 'face-demographics-walking-and-pause.gif'
    assert main(['quantize', 'detector', 'face-detector', '--pictures', str(clip), '--name',
                 'small', '--most', '20', '--output', str(tmp_path / 'small')]) == 0
    small = FaceDetector.from_config(Config.load(
        {'detector': str(tmp_path / 'small' / 'model.yaml')}))
    frame = clip_frames[clip.name]
    found = FaceDetector.from_config(Config()).detect(frame, 0.5, 0.4).boxes
    assert len(found) == 3
    assert (iou(found, small.detect(frame, 0.5, 0.4).boxes).max(axis=1) > 0.7).all()
    assert small.spec.restricted, 'the terms of the weights go along'
    assert main(['quantize', 'encoder', 'mobilenetv3-large-face', '--pictures', str(clip),
                 '--name', 'small', '--most', '20', '--output', str(tmp_path / 'encoder')]) == 0
    both = [FaceEncoder.from_config(Config.load({'encoder': encoder})).encode(frame, found)
            for encoder in ('mobilenetv3-large-face', str(tmp_path / 'encoder' / 'model.yaml'))]
    assert ((both[0] * both[1]).sum(axis=1) > 0.9).all()


def test_extras_that_are_missing_are_named(tmp_path, capsys, monkeypatch):
    import sys
    for name in ('torch', 'nncf'):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(['convert', 'torchvision:resnet18', '--name', 'a']) == 2
    assert "torch is not installed; install it with pip (the extra 'convert')" in \
        capsys.readouterr().err
    assert main(['quantize', 'encoder', 'mobilenetv3-large-face', '--pictures', str(tmp_path),
                 '--name', 'a']) == 2
    assert "nncf is not installed; install it with pip (the extra 'quantize')" in \
        capsys.readouterr().err
