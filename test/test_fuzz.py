# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Any input to the public entries: it is used, or rejected in one line; what fuzzing found."""
from __future__ import annotations

import math
from pathlib import Path
import random
import subprocess
import sys

from face_tracker_ros import (Config, ConfigError, Detections, FaceTracker, FrameError,
                              ModelError, Tracker)
from face_tracker_ros.__main__ import main
from face_tracker_ros.models.families import families
from face_tracker_ros.models.files import models_folder
from face_tracker_ros.types import FrameResult
import fuzz_targets
from hypothesis import given, HealthCheck, settings, strategies as st
from hypothesis.extra import numpy as arrays
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
some = settings(max_examples=60, deadline=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture])
any_float = st.floats(width=32)


@pytest.mark.parametrize('name, content', [
    ('det_txt', b'1,-\0,\x1b[2J'), ('det_txt', b'\x1b]0;x\x07,1\n1,-1,2'),
    ('det_txt', b'1,-1,10,20,30,40,1e300\n')], ids=repr)
def test_what_fuzzing_found(name: str, content: bytes) -> None:
    fuzz_targets.attempt(name, content)


def test_targets_accept_what_is_good() -> None:
    for name in fuzz_targets.TARGETS:
        assert all(fuzz_targets.attempt(name, content) for content in fuzz_targets.seeds(name))


def test_a_short_run_of_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(ROOT / 'scripts' / 'fuzz'), '--seconds', '0.7'],
                          cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count('none failed') == len(fuzz_targets.TARGETS)


@pytest.fixture(scope='module')
def tracker() -> FaceTracker:
    return FaceTracker.from_config({'detection.width': 320, 'inference.threads': 1})


@some
@given(frame=st.one_of(
    st.none(), st.text(max_size=3),
    arrays.arrays(st.sampled_from([np.uint8, np.int8, np.float32, bool]),
                  arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)),
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))),
    stamp=st.floats())
def test_process_takes_any_array_and_stamp(tracker: FaceTracker, frame: object,
                                           stamp: float) -> None:
    try:
        result = tracker.process(frame, stamp)  # type: ignore[arg-type]
    except FrameError as error:
        assert '\n' not in str(error)
    else:
        assert isinstance(result, FrameResult) and math.isfinite(stamp)
    tracker.reset()


@st.composite
def frames(draw: st.DrawFn) -> list[tuple[Detections, np.ndarray | None, float]]:
    """Return frames of any boxes, scores, embeddings and stamps."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        count = draw(st.integers(0, 5))
        boxes = draw(arrays.arrays(np.float32, (count, 4), elements=any_float))
        scores = draw(arrays.arrays(np.float32, count, elements=any_float))
        vectors = draw(st.none() | arrays.arrays(np.float32, (count, 4), elements=any_float))
        found.append((Detections(boxes, scores), vectors, draw(st.floats(-1e9, 1e9))))
    return found


@some
@given(frames=frames(), mode=st.sampled_from(['robust', 'deepsort']))
def test_tracker_takes_any_boxes_scores_embeddings_and_stamps(
        frames: list[tuple[Detections, np.ndarray | None, float]], mode: str) -> None:
    tracker = Tracker(Config.load({'tracker.mode': mode, 'tracker.n_init': 1}))
    for detections, embeddings, stamp in frames:
        shown, lost = tracker.update(detections, embeddings, stamp)
        assert np.isfinite(shown.boxes).all() and np.isfinite(lost.boxes).all()
        assert len(set((shown + lost).ids.tolist())) == len(shown) + len(lost)


SHAPES = {
    'decoded': {'output0': (1, 3, 15)}, 'omz_ssd': {'output0': (1, 1, 4, 7)},
    'ultra_light': {'scores': (1, 4420, 2), 'boxes': (1, 4420, 4)},
    'yunet': {f'{part}_{stride}': (1, (320 // stride) * (240 // stride), size)
              for stride in (8, 16, 32)
              for part, size in (('cls', 1), ('obj', 1), ('bbox', 4), ('kps', 10))},
}


@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize('family', [item for item in families('detector')
                                    if item.name in SHAPES], ids=lambda item: item.name)
@given(data=st.data())
def test_decoders_take_any_numbers(family: object, data: st.DataObject) -> None:
    random_numbers = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    outputs = {}
    for name, shape in SHAPES[family.name].items():
        values = random_numbers.normal(0, data.draw(st.sampled_from([1, 100, 1e38])), shape)
        values[random_numbers.random(shape) < 0.05] = data.draw(
            st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 3e38]))
        with np.errstate(over='ignore'):
            outputs[name] = values.astype(np.float32)
    with np.errstate(all='ignore'):
        found = family.decode(outputs, 320, 240, 0.5)
    assert found.boxes.shape == (len(found), 4) and (found.scores >= 0.5).all()
    Tracker(Config()).update(found, None, 1.0)


@some
@given(text=st.text(max_size=60), extra=st.sampled_from(['', 'tracker:\n  max_age: ']))
def test_yaml_is_read_or_rejected(tmp_path: Path, text: str, extra: str) -> None:
    path = tmp_path / 'any.yaml'
    path.write_text(extra + text, encoding='utf-8', errors='surrogatepass')
    for content in (path, {'tracker.max_age': text}, {text: 1.0}):
        try:
            Config.load(content)
        except ConfigError as error:
            assert len(str(error).splitlines()) == 1


@some
@given(words=st.lists(st.one_of(
    st.sampled_from(['track', 'models', 'evaluate', 'benchmark', 'info', '--set', '--config',
                     '--detections', '--tracks', '--frame-rate', '--gt', '--json', '/dev/null',
                     'tracker.max_age=2']),
    st.text(st.characters(blacklist_characters='\0'), max_size=8)), max_size=5))
def test_arguments_are_rejected_in_few_lines(words: list[str], tmp_path: Path,
                                             capfd: pytest.CaptureFixture[str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(words)
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    output, errors = capfd.readouterr()
    assert code in (0, 1, 2) and 'Traceback' not in errors
    assert len(errors) < 6000


def test_a_damaged_model_file_is_rejected_and_never_fatal(tmp_path: Path) -> None:
    """In a process of its own for each part of the file: OpenVINO reads what we let through."""
    source = (models_folder() / 'face-detector' / 'face-detector.xml').read_bytes()
    weights = (models_folder() / 'face-detector' / 'face-detector.bin').read_bytes()
    chance, script = random.Random(1), (
        'import sys\nfrom face_tracker_ros import FaceTracker, ModelError, ConfigError\n'
        'import numpy as np\n'
        'for path in sys.argv[1:]:\n'
        '    try:\n'
        "        tracker = FaceTracker.from_config({'detector': path, 'inference.cache': False})\n"
        '        tracker.process(np.zeros((64, 64, 3), np.uint8), 0.0)\n'
        "        print('used')\n"
        '    except (ModelError, ConfigError) as error:\n'
        "        print('rejected' if len(str(error).splitlines()) == 1 else error)\n")
    paths = []
    for number in range(12):
        content = bytearray(source)
        for _ in range(1 + number):
            at = chance.randrange(len(content))
            content[at:at + chance.choice((0, 1, 3))] = bytes(
                chance.randrange(32, 127) for _ in range(chance.choice((1, 2))))
        paths.append(tmp_path / f'{number}.xml')
        paths[-1].write_bytes(content)
        paths[-1].with_suffix('.bin').write_bytes(weights)
    paths[0].with_suffix('.bin').write_bytes(weights[:-1000])
    paths[1].write_bytes(source[:-2000])
    done = subprocess.run([sys.executable, '-c', script, *map(str, paths)], cwd=ROOT,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split()
    assert len(lines) == len(paths) and set(lines) <= {'used', 'rejected'}
    assert lines[:2] == ['rejected', 'rejected']


@pytest.mark.parametrize('name', ['../outside.xml', '/etc/passwd', 'a/b.xml', '..', 'x\0.xml'])
def test_files_of_a_model_cannot_lie_outside_its_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / 'face-detector'
    folder.mkdir()
    text = (models_folder() / 'face-detector' / 'model.yaml').read_text()
    (tmp_path / 'outside.xml').write_text('<net/>')
    path = folder / 'model.yaml'
    path.write_text(text.replace('face-detector.xml', repr(name)[1:-1].join('""')))
    with pytest.raises(ModelError, match='model.yaml'):
        FaceTracker.from_config({'detector': str(path)})
