# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the steps share: how they end, which images there are, files and devices."""
from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
import random
from typing import Any

import cv2
from face_tracker_ros.cli.common import finish
from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.types import Image
import numpy as np

IMAGES = ('.jpg', '.jpeg', '.png', '.pgm', '.webp')


def parser(step: str, description: str | None) -> argparse.ArgumentParser:
    """Return the argument parser of a step such as 'encoder.prepare'."""
    return argparse.ArgumentParser(prog=f'python3 -m training.{step}', description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def path_argument(arguments: argparse.ArgumentParser, option: str, text: str) -> None:
    """Add an option that must be given and is a path."""
    arguments.add_argument(option, type=Path, required=True, metavar='PATH', help=text)


def end(step: str, work: Callable[[], None]) -> int:
    """Do the work and return the exit code: 2 and one line for bad input."""
    def done() -> int:
        work()
        return 0
    return finish(f'training.{step}', done)


def image_files(folder: Path) -> list[Path]:
    """Return all images below a folder, sorted; SourceError where there are none."""
    found = sorted(path for path in folder.rglob('*') if path.suffix.lower() in IMAGES)
    if not found:
        raise SourceError(f"folder '{folder}' holds no images; give one with "
                          f"{', '.join(IMAGES)} files")
    return found


def read_image(path: Path) -> Image | None:
    """Return an image as uint8 BGR (H, W, 3), or None when it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(image, np.uint8)


def load_arrays(path: Path, names: Sequence[str], step: str) -> dict[str, Any]:
    """Return named arrays of a .npz file; SourceError says which step writes it."""
    try:
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in names}
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f"file '{path}' cannot be used ({' '.join(str(error).split())}); make "
                          f'it with training.{step}') from error


def new_folder(path: Path) -> Path:
    """Make the folder that results go to; SourceError where that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"folder '{path}' cannot be made ({error.strerror}); give another as "
                          '--output') from error
    return path


def torch_device(name: str) -> str:
    """Return 'cuda' or 'cpu', torch seeded; ConfigError when torch or the device is missing."""
    try:
        import torch
    except ImportError as error:
        raise ConfigError("package 'torch' is not installed; training needs it: pip install "
                          'torch') from error
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    if name == 'cuda' and not torch.cuda.is_available():
        raise ConfigError("device 'cuda' is not there; give --device cpu (slow)")
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    return name


def load_weights(path: Path, step: str) -> Any:
    """Return what torch.save wrote, tensors and plain values only; SourceError otherwise."""
    import pickle

    import torch
    try:
        return torch.load(path, map_location='cpu', weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise SourceError(f"weights '{path}' cannot be used ({str(error).splitlines()[0]}); make "
                          f'them with training.{step}') from error


def add_training_arguments(arguments: argparse.ArgumentParser, seconds: float, batch: int,
                           rate: float) -> None:
    """Add what both trainings take."""
    arguments.add_argument('--seconds', type=float, default=seconds,
                           help='how long to train; the learning rate falls with the clock')
    arguments.add_argument('--batch', type=int, default=batch, help='images in a step')
    arguments.add_argument('--rate', type=float, default=rate, help='highest learning rate')
    arguments.add_argument('--device', choices=('auto', 'cuda', 'cpu'), default='auto',
                           help='cuda where there is one, by default')
    arguments.add_argument('--init', type=Path, metavar='FILE', help='weights to go on from')
