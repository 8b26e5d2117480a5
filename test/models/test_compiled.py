# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Compiled networks on disk: shared by processes, verified before use, private, never fatal."""
from __future__ import annotations

from collections.abc import Callable
import contextlib
import fcntl
import os
from pathlib import Path
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.models import compiled as compiled_cache
from face_tracker_ros.models.network import Network
from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.models.spec import InputSpec
from networks import constant_network, onnx_network
import numpy as np
import pytest

PROCESSES, ROUNDS = 8, 3
RAW = InputSpec('NCHW', 'BGR')
SMALL = {'detection.width': 320, 'inference.threads': 1}
# Says 'ready', then looks for faces with each cache folder that it reads a line of.
DETECT = """
import os, sys
import numpy as np
from face_tracker_ros import Config
from face_tracker_ros.detection import FaceDetector
image, config = np.load(sys.argv[1]), Config.load({'detection.width': 320})
print('ready', flush=True)
for line in sys.stdin:
    os.environ['FACE_TRACKER_CACHE'] = line.strip()
    print(len(FaceDetector.from_config(config).detect(image, 0.5, 0.4)), flush=True)
"""
HOLD = """
import fcntl, sys, time
lock = open(sys.argv[1], 'w')
fcntl.flock(lock, fcntl.LOCK_EX)
print('held', flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return where the compiled networks of an empty cache will lie."""
    monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'compiled'


@pytest.fixture(scope='module')
def detector_entry(tmp_path_factory: pytest.TempPathFactory, two_portraits: np.ndarray) -> Path:
    """Return the entry that a detector makes."""
    cache = tmp_path_factory.mktemp('cache')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_CACHE', str(cache))
        assert faces(two_portraits) == 2
    entry, = entries(cache / 'compiled')
    return entry


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return the file of a network that gives 7 and compiles at once."""
    return constant_network(tmp_path / 'seven.xml', {'seven': np.array([7.0])})


def faces(image: np.ndarray) -> int:
    return len(FaceDetector.from_config(Config.load(SMALL)).detect(image, 0.5, 0.4))


def answer(path: Path, spec: InputSpec = RAW, **settings: object) -> float:
    """Return the number that a network gives for grey of brightness 100."""
    config = Config.load({f'inference.{name}': value for name, value in settings.items()})
    network = Network(path, spec, config.inference)
    return float(next(iter(network.infer(np.full((1, 64, 64, 3), 100, np.uint8)).values())).max())


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob('*.network'))


@contextlib.contextmanager
def children(code: str, *arguments: object, count: int = 1):
    """Give processes that run the code; end them."""
    started = [subprocess.Popen([sys.executable, '-c', code, *map(str, arguments)], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
               for _ in range(count)]
    try:
        yield started
    finally:
        for child in started:
            with child:
                child.kill()


def test_processes_that_start_together_on_an_empty_cache_all_work(tmp_path, two_portraits):
    image = tmp_path / 'image.npy'
    np.save(image, two_portraits)
    with children(DETECT, image, count=PROCESSES) as started:
        assert [child.stdout.readline() for child in started] == ['ready\n'] * PROCESSES
        for number in range(int(os.environ.get('FACE_TRACKER_ROUNDS', ROUNDS))):
            cache = tmp_path / f'cache{number}'
            for child in started:
                child.stdin.write(f'{cache}\n')
                child.stdin.flush()
            assert [child.stdout.readline() for child in started] == ['2\n'] * PROCESSES
            assert [path.suffix for path in (cache / 'compiled').iterdir()] == ['.network']
        for child in started:
            child.stdin.close()
        assert [child.wait(60) for child in started] == [0] * PROCESSES


def test_one_compiles_and_the_others_wait(folder, small):
    core, options, compiled = ov.Core(), {'INFERENCE_NUM_THREADS': 1}, []

    def compile_network():
        compiled.append(threading.get_ident())
        time.sleep(0.3)  # so that the others come meanwhile
        return core.compile_model(core.read_model(str(small)), 'CPU', options)

    answers = []
    threads = [threading.Thread(target=lambda: answers.append(compiled_cache.compiled(
        core, 'CPU', options, [str(small)], compile_network))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compiled) == 1 and len(entries(folder)) == 1
    blank = np.zeros((1, 3, 64, 64), np.float32)
    assert [float(network([blank])[0][0]) for network in answers] == [7.0] * 4


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGSTOP])
def test_lock_of_a_process_that_died_or_stopped_does_not_hang(number, folder, small, monkeypatch):
    monkeypatch.setattr(compiled_cache, '_WAIT', 0.2)
    assert answer(small) == 7.0
    lock = entries(folder)[0].with_suffix('.lock')
    entries(folder)[0].unlink()
    with children(HOLD, lock) as (holder,):
        assert holder.stdout.readline() == 'held\n'
        holder.send_signal(number)
        if number == signal.SIGKILL:
            holder.wait()
        assert answer(small) == 7.0
        assert len(entries(folder)) == 1
        assert lock.exists() is (number == signal.SIGSTOP), 'locks of others stay'


def test_file_system_without_locks_is_done_with(folder, small, monkeypatch):
    def reject(*_: object) -> None:
        raise OSError(95, 'Operation not supported')

    monkeypatch.setattr(fcntl, 'flock', reject)
    assert answer(small) == answer(small) == 7.0
    assert len(entries(folder)) == 1


def noise(start: float, size: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        first = int(start * (len(content) - size))
        content[first:first + size] = np.random.default_rng(1).bytes(size)
        path.write_bytes(content)
    return change


def cut(part: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(part * path.stat().st_size))


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)
    return change


def other_entry(path: Path) -> None:
    """Put a good entry of another network instead."""
    answer(constant_network(path.parents[2] / 'other.xml', {'other': np.array([1.0])}))
    other, = set(entries(path.parent)) - {path}
    other.replace(path)


def bind(path: Path) -> None:
    with contextlib.chdir(path.parent) if sys.version_info >= (3, 11) else _at(path.parent):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name[:90])
    Path(path.parent, path.name[:90]).rename(path)


@contextlib.contextmanager
def _at(folder: Path):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


DAMAGES = {
    **{f'50 kB of noise at {part:.0%}': noise(part, 50000) for part in (0, 0.1, 0.5, 0.9, 1)},
    'one byte at the end': noise(1, 1), 'one byte in the middle': noise(0.5, 1),
    **{f'cut to {part:.0%}': cut(part) for part in (0, 0.00001, 0.00006, 0.5, 0.999)},
    'longer': lambda path: path.write_bytes(path.read_bytes() + b'x'),
    'zeros': lambda path: path.write_bytes(bytes(path.stat().st_size)),
    'another network': other_entry,
    'folder': instead(Path.mkdir), 'pipe': instead(os.mkfifo), 'socket': instead(bind),
    'link to nothing': instead(lambda path: path.symlink_to('nothing')),
    'link to itself': instead(lambda path: path.symlink_to(path.name)),
    'unreadable': lambda path: path.chmod(0)}


@pytest.mark.parametrize('damage', DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_entry_is_compiled_anew(damage, folder, detector_entry, two_portraits, caplog):
    folder.mkdir(0o700, parents=True)
    path = Path(shutil.copy(detector_entry, folder))
    damage(path)
    caplog.set_level('DEBUG')
    assert faces(two_portraits) == 2
    assert entries(folder) == [path] and path.is_file() and not path.is_symlink()
    caplog.clear()
    assert faces(two_portraits) == 2
    assert caplog.messages == [], 'the new entry is good'


def test_damage_is_logged_with_the_file(folder, small, caplog):
    answer(small)
    path, = entries(folder)
    noise(0.5, 5)(path)
    caplog.set_level('DEBUG')
    answer(small)
    message, = caplog.messages
    assert str(path) in message and 'wrong checksum' in message and '\n' not in message


def test_folder_with_content_in_the_place_of_an_entry_is_left_alone(folder, small):
    answer(small)
    path, = entries(folder)
    path.unlink()
    (path / 'mine').mkdir(parents=True)
    assert answer(small) == 7.0
    assert (path / 'mine').is_dir() and [*folder.iterdir()] == [path]


def test_file_cut_or_replaced_under_a_running_network_does_not_matter(folder, two_portraits):
    faces(two_portraits)
    detector = FaceDetector.from_config(Config.load(SMALL))
    assert len(detector.detect(two_portraits, 0.5, 0.4)) == 2
    path, = entries(folder)
    os.truncate(path, 0)
    assert len(detector.detect(two_portraits, 0.5, 0.4)) == 2
    shutil.rmtree(folder)
    assert len(detector.detect(two_portraits, 0.5, 0.4)) == 2


def test_whatever_changes_the_network_makes_another_entry(folder, small, tmp_path):
    assert answer(small) == answer(small) == 7.0
    assert len(entries(folder)) == 1
    changes = [{'threads': 1}, {'spec': InputSpec('NCHW', 'RGB')},
               {'spec': InputSpec('NCHW', 'BGR', mean=(1.0, 2.0, 3.0))}]
    for number, change in enumerate(changes, 2):
        assert answer(small, **change) == 7.0
        assert len(entries(folder)) == number
    network = Network(small, RAW, Config().inference)
    for number, shape in enumerate([(2, 64, 64, 3), (1, 32, 64, 3)], len(changes) + 2):
        network.infer(np.zeros(shape, np.uint8))
        assert len(entries(folder)) == number


def test_changed_model_file_is_compiled_anew(folder, small, tmp_path):
    assert answer(small) == 7.0
    constant_network(small, {'seven': np.array([8.0])})
    assert answer(small) == 8.0


@pytest.mark.parametrize('name', ['values.data', 'j' * 100])
def test_changed_values_next_to_an_onnx_file_are_compiled_anew(name, folder, tmp_path):
    path, values = tmp_path / 'scaled.onnx', tmp_path / name
    for factor in (2.0, 3.0):
        onnx_network(path, factor, values)
        assert answer(path) == pytest.approx(100 * factor)
    assert len(entries(folder)) == 2


def test_only_this_user_reads_the_cache(folder, small):
    before = os.umask(0)
    try:
        answer(small)
        folder.chmod(0o755)  # as releases before this one made it
        answer(small)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder)}
    assert modes == {0o700}
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_cache_of_another_user_is_not_used(folder, small, monkeypatch):
    answer(small)
    path, = entries(folder)
    before, user = path.stat(), os.geteuid()
    monkeypatch.setattr(os, 'geteuid', lambda: user + 1)
    assert answer(small) == 7.0
    assert path.stat().st_atime_ns == before.st_atime_ns
    assert path.stat().st_mtime_ns == before.st_mtime_ns and len(entries(folder)) == 1


def test_linked_folder_is_not_used(folder, small, tmp_path):
    (tmp_path / 'elsewhere').mkdir()
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / 'elsewhere')
    assert answer(small) == 7.0
    assert [*(tmp_path / 'elsewhere').iterdir()] == []


def test_full_disk_is_done_with(folder, small, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'replace', full)
    assert answer(small) == answer(small) == 7.0
    assert [*folder.iterdir()] == []


def test_cache_is_bounded(folder, small, monkeypatch):
    folder.mkdir(parents=True)
    for name in ('123.blob', 'old.part', 'old.lock', 'new.part', 'notes.txt'):
        (folder / name).write_text('x')
        if name.startswith('old'):
            os.utime(folder / name, (1e9, 1e9))
    answer(small, threads=1)
    assert {path.name for path in folder.iterdir()} == {'new.part', 'notes.txt',
                                                        *(p.name for p in entries(folder))}
    first, = entries(folder)
    answer(small, threads=2)
    second, = set(entries(folder)) - {first}
    os.utime(first, (2e9, 2e9))
    os.utime(second, (1e9, 1e9))
    monkeypatch.setattr(compiled_cache, '_MOST_BYTES', int(2.5 * first.stat().st_size))
    answer(small, threads=3)
    assert len(entries(folder)) == 2 and first.exists(), 'what was used longest ago goes'


def test_use_is_noted_for_the_bound(folder, small):
    answer(small)
    path, = entries(folder)
    os.utime(path, (1e9, 1e9))
    answer(small)
    assert path.stat().st_mtime > 1.5e9


def test_switched_off_cache_leaves_no_files(folder, small):
    assert answer(small, cache=False) == 7.0
    assert not folder.parent.exists()
