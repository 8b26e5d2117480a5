# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The scripts for a bare GPU machine, in a tiny run on the CPU, and their compiled parts."""
from __future__ import annotations

import importlib
import json
from pathlib import Path
import shutil
import subprocess
import sys
from zlib import crc32

from face_tracker_ros.errors import ModelError
import numpy as np
import pytest
import torch
from training.check import Compiled
from training.compiled import Compiling, Part, try_parts
from training.detector.layout import GRID, Layout
from training.detector.network import Exported, FaceNet, MEAN, SCALE
from training.detector.start import settle, start
from training.detector.tile_file import read_tiles
from training.detector.tiles import Tiles

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / 'models' / 'face-detector' / 'face-detector.xml'
TINY = ('--device', 'cpu', '--seconds', '0.1', '--least', '2', '--batch', '4')


def cut(source: Path, target: Path, name: str, offsets: str, rows: np.ndarray) -> None:
    """Write some images of a file of many, with their rows of the table."""
    blob = (source / f'{name}.bin').read_bytes()
    with np.load(source / f'{name}.npz') as table:
        content = {key: table[key] for key in table}
    begin = content.pop(offsets)
    parts = [blob[begin[row]:begin[row + 1]] for row in rows]
    (target / f'{name}.bin').write_bytes(b''.join(parts))
    np.savez(target / f'{name}.npz', **{offsets: np.cumsum([0, *map(len, parts)])},
             **{key: value[rows] for key, value in content.items()})


@pytest.fixture(scope='module')
def data(shared, tmp_path_factory) -> Path:
    """Return a folder as both scripts take it: 26 crops, the teacher, 16 tiles, a window."""
    folder = tmp_path_factory.mktemp('data')
    free = shared / 'data' / 'faces-free'
    names = np.load(free / 'crops.npz')['name']
    held = np.array([crc32(str(name).encode()) % 20 == 0 for name in names])
    cut(free, folder, 'crops', 'offset', np.concatenate([np.flatnonzero(~held)[:20],
                                                         np.flatnonzero(held)[:6]]))
    split = np.load(free / 'tiles.npz')['split']
    cut(free, folder, 'tiles', 'off', np.concatenate([np.flatnonzero(split == kind)[:8]
                                                      for kind in (0, 2)]))
    (folder / 'hard.csv').write_text('tile,x,y,side,score\n9,120,130,40,0.7\n')
    teacher = shared / 'models' / 'face-reidentification-retail-0095' / 'FP16'
    for path in teacher.iterdir():
        shutil.copy(path, folder)
    return folder


def arguments(step: str, data: Path, output: Path) -> list[str]:
    size = ['--width', '96', '--height', '64', '--drawn', '6'] if step == 'detector' else []
    return [{'encoder': '--data', 'detector': '--pack'}[step], str(data), '--output',
            str(output), *TINY, *size]


def run(step: str, *given: object) -> int:
    return importlib.import_module(f'training.{step}').main([str(value) for value in given])


def log(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / 'log.txt').read_text().splitlines()]


@pytest.mark.filterwarnings('ignore::FutureWarning')
@pytest.mark.parametrize('step, figure', [('encoder', '48 px, cosine'), ('detector', 'recall')])
def test_a_run_is_resumed_and_exported(step, figure, data, tmp_path, capsys):
    first, second = tmp_path / '1', tmp_path / '2'
    assert run(f'{step}.run', *arguments(step, data, first), '--every', '0') == 0
    assert log(first)[-1]['steps'] == 2 and figure in log(first)[-1]
    assert run(f'{step}.run', *arguments(step, data, second), '--resume',
               first / 'checkpoint.pt', '--least', '3') == 0
    assert log(second)[0]['steps'] == 2 and log(second)[-1]['steps'] == 3
    sizes = [path.stat().st_size for path in second.iterdir()]
    assert len(sizes) <= 8 and max(sizes) < 2 ** 24, 'what a machine gives back'
    capsys.readouterr()
    assert run(f'{step}.export', '--weights', second / f'{step}.pt', '--output',
               tmp_path / 'made.xml') == 0
    assert 'agrees with torch' in capsys.readouterr().out


@pytest.mark.parametrize('step', ['encoder', 'detector'])
def test_a_run_needs_no_more_than_its_docstring_says(step, data, tmp_path):
    code = ('import sys\n'
            "for name in ('openvino', 'scipy', 'rclpy', 'trackeval', 'skimage', 'nncf'):\n"
            '    sys.modules[name] = None\n'
            f'from training.{step}.run import main\n'
            'sys.exit(main(sys.argv[1:]))')
    done = subprocess.run([sys.executable, '-c', code, *arguments(step, data, tmp_path)],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f'{step}.pt').exists()


@pytest.fixture(scope='module')
def tiles(data) -> torch.Tensor:
    """Return tiles as images (8, 3, 256, 256) of 0-255."""
    images = torch.zeros(8, 3, 256, 256)
    images[:, :, :250, :250] = torch.from_numpy(read_tiles(data, 0)['image']).permute(0, 3, 1, 2)
    return images


def test_a_training_starts_from_what_the_shipped_detector_computes(tiles):
    net, shipped = FaceNet(), Compiled(SHIPPED)
    expected = np.stack([shipped.run(image[None].numpy())[0] for image in tiles])
    assert expected[..., 4].max() > 0.8

    def off() -> float:
        with torch.no_grad():
            return float(np.abs(Exported(net).eval()(tiles).numpy() - expected).max())
    start(net, SHIPPED)
    assert off() < 1e-2
    settle(net, ((tiles - MEAN) / SCALE).split(4))
    assert off() < 1e-2, 'in pixels and scores'
    # In training, too, where batch norms take their statistics from the images.
    with torch.no_grad():
        scores = torch.cat([x[:, 0].flatten() for x in net.train()((tiles - MEAN) / SCALE)])
        usual = torch.cat([x[:, 0].flatten() for x in net.eval()((tiles - MEAN) / SCALE)])
    assert np.corrcoef(scores, usual)[0, 1] > 0.95


def test_networks_are_averaged_by_their_weights(tiles, tmp_path, capsys):
    """Two thirds of a network whose biases are raised by 0.3 raise them by 0.2."""
    net, other = FaceNet(), FaceNet()
    start(net, SHIPPED)
    start(other, SHIPPED)
    with torch.no_grad():
        for module in other.modules():
            if getattr(module, 'bias', None) is not None:
                module.bias += 0.3
    torch.save(other.state_dict(), tmp_path / 'other.pt')
    made, averaged = tmp_path / 'other.xml', tmp_path / 'averaged.pt'
    assert run('detector.export', '--weights', tmp_path / 'other.pt', '--output', made) == 0
    given = ('--first', SHIPPED, '--second', made, '--output', averaged, '--share')
    assert run('detector.average', *given, 2 / 3) == 0
    expected, found = FaceNet(), FaceNet()
    start(expected, SHIPPED)
    with torch.no_grad():
        for module in expected.modules():
            if getattr(module, 'bias', None) is not None:
                module.bias += 0.2
        found.load_state_dict(torch.load(averaged, weights_only=True))
        outputs = [Exported(one).eval()(tiles)[..., 4] for one in (expected, found, net)]
    assert (outputs[1] - outputs[0]).abs().max() < 1e-2
    assert (outputs[2] - outputs[0]).abs().max() > 0.05, 'it is another network'
    assert run('detector.average', *given, 1.5) == 2
    assert '--share is 1.5; give a number, 0 to 1' in capsys.readouterr().err


def test_a_run_from_the_shipped_detector_begins_with_its_loss(data, tmp_path):
    losses = {}
    for name, more in (('random', ()), ('started', ('--start', SHIPPED, '--rate', '1e-3'))):
        assert run('detector.run', *arguments('detector', data, tmp_path / name), *more) == 0
        losses[name] = log(tmp_path / name)[-1]
    assert losses['started']['score'] < 0.5 * losses['random']['score']
    assert losses['started']['box'] < losses['random']['box']
    assert log(tmp_path / 'started')[0]['recall'] > 0.3


def test_other_networks_are_no_start(tmp_path):
    with pytest.raises(ModelError, match='give one of training.detector.export'):
        start(FaceNet(), tmp_path / 'none.xml')
    other = SHIPPED.parents[1] / 'mobilenetv3-large-face-free'
    with pytest.raises(ModelError, match='cannot be started from|is not this one'):
        start(FaceNet(), next(other.glob('*.xml')))


def test_tiles_of_small_faces_are_drawn_more_often(data):
    plain, more = (torch.bincount(Tiles(data, 'cpu', 0, small=small).draw) for small in (1, 3))
    known = read_tiles(data, 0)
    sides = np.sqrt(np.prod(known['box'][..., 2:] - known['box'][..., :2], axis=-1))
    small = [np.median(own[flag == 1]) < 64 for own, flag in zip(sides, known['flag'])]
    assert 0 < sum(small) < 8
    assert (more / plain).tolist() == [3 if own else 1 for own in small]


def test_crowds_have_smaller_pieces():
    torch.manual_seed(1)
    cells = [Layout(16, 384, 512, torch.device('cpu'), crowds)()[2][:, :GRID].sum() / 16
             for crowds in (0, 1)]
    assert cells[1] > 1.4 * cells[0]


@pytest.mark.parametrize('step, name', [('encoder', 'crops'), ('detector', 'tiles')])
def test_incomplete_files_are_rejected_at_once(step, name, data, tmp_path, capsys):
    short = tmp_path / 'short'
    shutil.copytree(data, short)
    (short / f'{name}.bin').write_bytes((data / f'{name}.bin').read_bytes()[:-1])
    assert run(f'{step}.run', *arguments(step, short, tmp_path / 'out')) == 2
    (short / f'{name}.bin').unlink()
    assert run(f'{step}.run', *arguments(step, short, tmp_path / 'out')) == 2
    (short / f'{name}.bin').write_bytes((data / f'{name}.bin').read_bytes())
    (short / 'checkpoint.pt').write_bytes(b'nothing')
    assert run(f'{step}.run', *arguments(step, short, tmp_path / 'out'), '--resume',
               short / 'checkpoint.pt') == 2
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 3 and 'again' in shown[0] and 'missing' in shown[1]
    assert 'checkpoint.pt of an earlier call' in shown[2]


def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


def children(code: str, backend: str, limit: float) -> tuple[Part, list[dict]]:
    """Run steps of a part until a child that runs `code` is over; return the part, the log."""
    part, lines = Part('twice', twice), []
    compiling = Compiling([part], backend, lambda **values: lines.append(values))
    compiling.start([sys.executable, '-c', code], limit)
    while not lines:
        compiling.step(lambda: part(torch.ones(2)))
    compiling.step(lambda: part(torch.ones(2)))
    compiling.stop()
    return part, lines


REPORT = 'import sys; open(sys.argv[-1], "w").write("plain 1\\ntwice 0.1 {}\\n")'


def test_parts_that_were_faster_in_the_child_are_compiled():
    part, lines = children(REPORT.format('faster'), 'aot_eager', 60)
    assert part.compiled and lines[0]['compiled'] == ['twice']
    assert part(torch.ones(2)).tolist() == [2, 2]
    assert not children(REPORT.format('slower'), 'aot_eager', 60)[0].compiled


def test_a_child_that_hangs_is_ended_and_the_training_goes_on():
    part, lines = children('import time; time.sleep(1000)', 'aot_eager', 0.2)
    assert not part.compiled and lines == [{'compiled': [], 'report': []}]


def test_a_compiler_that_fails_is_given_up():
    part, lines = children(REPORT.format('faster'), 'no_such_compiler', 60)
    assert not part.compiled and 'no_such_compiler' in lines[-1]['reverted']
    with pytest.raises(ZeroDivisionError):
        Compiling([part], 'off', print).step(lambda: 1 / 0)


def test_the_child_reports_each_part(tmp_path):
    report, part = tmp_path / 'report.txt', Part('twice', twice)
    try_parts([part], lambda: part(torch.ones(2)), 'cpu', 'aot_eager', report)
    plain, line = report.read_text().splitlines()
    assert plain.startswith('plain ') and line.split()[0] == 'twice'
    assert part.compiled == line.endswith('faster')
    try_parts([part], lambda: part(torch.ones(2)), 'cpu', 'no_such_compiler', report)
    assert not part.compiled and len(report.read_text().splitlines()) == 1
