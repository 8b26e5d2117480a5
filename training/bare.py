# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
What training on a rented GPU machine needs: checks first, results saved every minute.

Such a machine has torch, NumPy, PyYAML, rich and an image library, and neither a network nor
OpenVINO. Nothing here imports more than that.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
import importlib.util
import json
import os
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import Any

from face_tracker_ros.errors import ConfigError, FaceTrackerError, SourceError
from face_tracker_ros.types import Image
import numpy as np

MOST_FILE = 16 * 2 ** 20  # bytes: files of this size and more may not come back from a machine
_FREE = 2 ** 28  # bytes that have to be free for results and a compiler's files


def options(step: str, description: str | None, data: str, batch: int,
            compile_limit: float) -> argparse.ArgumentParser:
    """
    Return a parser with the options that every run on such a machine has.

    Args:
        step: name of the module below `training`.
        description: what the step does.
        data: name of the option for the folder of its data.
        batch: default of the batch size.
        compile_limit: default of the seconds that compiling may take.
    """
    parser = argparse.ArgumentParser(
        prog=f'python3 -m training.{step}', description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add(f'--{data}', type=Path, required=True, metavar='FOLDER')
    add('--output', type=Path, required=True, metavar='FOLDER')
    add('--resume', type=Path, metavar='FILE', help='checkpoint.pt of an earlier call')
    add('--trial', action='store_true', help='little data, small batches, 40 seconds')
    add('--seconds', type=float, default=560, help='length of the whole run, earlier calls too')
    add('--batch', type=int, default=batch, help='canvases or faces in a step')
    add('--device', choices=('auto', 'cuda', 'cpu'), default='auto')
    add('--compile', choices=('auto', 'off', 'inductor', 'aot_eager'), default='auto',
        help='compiler of torch; auto: inductor on a GPU')
    add('--compile-limit', type=float, default=compile_limit,
        help='seconds after which it is given up')
    add('--compile-report', type=Path, help=argparse.SUPPRESS)
    add('--limit', type=int, default=0, help='tiles of each kind, or crops, to use (all)')
    add('--every', type=float, default=60, help='seconds between two reports')
    add('--least', type=int, default=0, help='steps to take, however long they take')
    add('--seed', type=int, default=1)
    return parser


def end(step: str, work: Callable[[], None]) -> int:
    """Do the work and return the exit code: 2 and one line for what is rejected."""
    try:
        work()
    except FaceTrackerError as error:
        print(f'training.{step}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f'training.{step}: interrupted', file=sys.stderr)
        return 130
    return 0


def check_machine(files: Sequence[Path], output: Path, device: str) -> str:
    """
    Return the device to train on after everything was looked for; ConfigError names the lack.

    Args:
        files: what is read later.
        output: folder of the results; it is made and written to.
        device: 'auto', 'cuda' or 'cpu'.

    Returns:
        'cuda' or 'cpu'.
    """
    for name in ('torch', 'numpy', 'yaml', 'rich'):
        if importlib.util.find_spec(name) is None:
            raise ConfigError(f"package '{name}' is not installed; install it before training")
    missing = [str(path) for path in files if not path.is_file() or not path.stat().st_size]
    if missing:
        raise SourceError(f"files missing or empty: {', '.join(missing)}; copy them there")
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / 'log.txt').open('a', encoding='utf-8').close()
    except OSError as error:
        raise SourceError(f"folder '{output}' cannot be written ({error.strerror}); give another "
                          'as --output') from error
    free = shutil.disk_usage(output).free
    if free < _FREE:
        raise SourceError(f"folder '{output}' has {free >> 20} MiB free; {_FREE >> 20} are needed")
    import torch
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if device == 'cuda' and not torch.cuda.is_available():
        raise ConfigError("device 'cuda' is not there; give --device cpu (slow)")
    return device


def _with_opencv(blob: bytes) -> Image | None:
    import cv2
    image = cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(image, np.uint8)


def _with_pillow(blob: bytes) -> Image | None:
    from io import BytesIO

    from PIL import Image as Pillow
    rgb = np.asarray(Pillow.open(BytesIO(blob)).convert('RGB'), np.uint8)
    return np.ascontiguousarray(rgb[..., ::-1])


def image_decoder(sample: bytes) -> Callable[[bytes], Image | None]:
    """
    Return the function that decodes images like `sample`, to BGR: OpenCV's, else Pillow's.

    Raises:
        ConfigError: neither is installed with support for this format.
    """
    reasons = []
    for decode in (_with_opencv, _with_pillow):
        try:
            if decode(sample) is not None:
                return decode
            reasons.append('OpenCV cannot decode it')
        except Exception as error:  # whatever a broken image library raises
            reasons.append(f'{type(error).__name__}: {error}')
    raise ConfigError(f"format of the images ({'; '.join(reasons)}): install "
                      'opencv-python-headless or Pillow with WebP')


def decode_all(blob: bytes, offsets: np.ndarray, rows: np.ndarray, side: int) -> Image:
    """
    Return images (N, side, side, 3), BGR, of one file that holds many.

    Args:
        blob: the files, one after another.
        offsets: (M + 1,), where each begins and the last one ends.
        rows: (N,), which of the M are wanted.
        side: their width and height.
    """
    parts = [blob[offsets[row]:offsets[row + 1]] for row in rows]
    images = np.empty((len(parts), side, side, 3), np.uint8)
    if not parts:
        return images
    decode = image_decoder(parts[0])

    def one(number: int) -> None:
        image = decode(parts[number])
        if image is None or image.shape != images.shape[1:]:
            raise SourceError(f'image {rows[number]} is no image of {side}x{side}; copy the '
                              'file again')
        images[number] = image
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, range(len(parts))))
    return images


def save_image(path: Path, image: Image) -> None:
    """Write an image (H, W, 3), BGR, by the library that is there."""
    try:
        import cv2
        cv2.imwrite(str(path), image)
    except ImportError:
        from PIL import Image as Pillow
        Pillow.fromarray(image[..., ::-1]).save(path)


class Clock:
    """How much of a run is done; also over several calls, and ended early by SIGTERM."""

    def __init__(self, seconds: float, before: float = 0.0) -> None:
        """Take the length of the whole run, and how much of it earlier calls did (seconds)."""
        self._seconds, self._before = seconds, before
        self._begin = self._saved = time.monotonic()
        self.stopped = False

    def stop_at_signal(self) -> None:
        """Let SIGTERM end the run as its time does, with everything saved."""
        def stop(*_: object) -> None:
            self.stopped = True
        signal.signal(signal.SIGTERM, stop)

    @property
    def used(self) -> float:
        """Return the seconds of the run so far, those of earlier calls included."""
        return self._before + time.monotonic() - self._begin

    @property
    def done(self) -> float:
        """Return the share of the run that is done, 0 to 1."""
        return min(1.0, self.used / self._seconds)

    def over(self) -> bool:
        """Return whether the run ends here."""
        return self.stopped or self.done >= 1

    def minute(self, every: float = 60.0) -> bool:
        """Return whether it is time to save again, once for each minute."""
        if time.monotonic() - self._saved < every:
            return False
        self._saved = time.monotonic()
        return True


class Output:
    """The folder of the results: each file is complete or the one before; a log of lines."""

    def __init__(self, folder: Path) -> None:
        """Take a folder that exists."""
        self.folder = folder

    def log(self, **values: Any) -> None:
        """Print values as a line of JSON, and add it to log.txt."""
        line = json.dumps({name: round(value, 5) if isinstance(value, float) else value
                           for name, value in values.items()})
        print(line, flush=True)
        with (self.folder / 'log.txt').open('a', encoding='utf-8') as file:
            file.write(line + '\n')

    def save(self, name: str, content: Any) -> None:
        """Write what torch.load reads with weights_only; SourceError where it gets too large."""
        import torch
        path = self.folder / (name + '.part')
        torch.save(content, path)
        size = path.stat().st_size
        if size >= MOST_FILE:
            path.unlink()
            raise SourceError(f"file '{name}' of {size >> 20} MiB is over {MOST_FILE >> 20} MiB, "
                              'and would not come back; save less')
        path.replace(self.folder / name)


def read_checkpoint(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return what an earlier call saved; SourceError where it cannot be used."""
    import pickle

    import torch
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
        return {name: content[name] for name in names}
    except (OSError, RuntimeError, EOFError, KeyError, TypeError,
            pickle.UnpicklingError) as error:
        raise SourceError(f"checkpoint '{path}' cannot be used "
                          f"({' '.join(str(error).split())[:200]}); give checkpoint.pt of an "
                          'earlier call') from error


def halved(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state_dict on the CPU in half precision, except the running statistics."""
    import torch
    return {name: value.detach().cpu().to(torch.float16)
            if value.is_floating_point() and 'running' not in name
            else value.detach().cpu().clone() for name, value in state.items()}
