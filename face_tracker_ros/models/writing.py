# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Writing a model.yaml, the other way round than model_description."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from face_tracker_ros.models.registry import checksum, DESCRIPTION
from face_tracker_ros.models.spec import ModelFile, ModelSpec
import yaml


def with_checksums(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Return the description with size and SHA-256 of the files that lie in a folder."""
    files = [ModelFile(item.name, (folder / item.name).stat().st_size,
                       checksum(folder / item.name))
             for item in spec.files if (folder / item.name).is_file()]
    return replace(spec, files=tuple(files) or spec.files)


def description_text(spec: ModelSpec) -> str:
    """Return the text of the model.yaml that says what `spec` does."""
    given = spec.input
    feeding: dict[str, Any] = {'layout': given.layout, 'color': given.color}
    if not given.raw:
        feeding.update(mean=_channels(given.mean), scale=_channels(given.scale))
    if given.fixed:
        feeding.update(width=given.width, height=given.height)
    elif given.multiple > 1:
        feeding.update(multiple=given.multiple)
    if given.fit != 'stretch':
        feeding.update(fit=given.fit)
    content: dict[str, Any] = {
        'name': spec.name, 'task': spec.task, 'family': spec.family, 'summary': spec.summary,
        'files': [_file(item) for item in spec.files], 'licence': spec.licence,
        'terms': spec.terms, 'source': spec.source, 'input': feeding}
    if spec.task == 'detector':
        content.update(score=spec.score, low_score=spec.low_score, landmarks=spec.landmarks)
    else:
        if spec.task == 'encoder':
            content.update(embedding_size=spec.embedding_size, distance=spec.distance)
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
