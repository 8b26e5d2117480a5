# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The time of an inference on this machine: measured, and remembered in the user's cache."""
from __future__ import annotations

from importlib import metadata
import json
import os
from pathlib import Path
import platform
import statistics
import tempfile
import time

from face_tracker_ros.config import InferenceConfig
from face_tracker_ros.errors import FaceTrackerError
from face_tracker_ros.models.cache import cache_folder, make_folder
from face_tracker_ros.models.spec import ModelSpec

_WIDTH, _HEIGHT = 640, 384  # for detectors of any size: 16:9 at the usual width
_ROUNDS, _SECONDS = 20, 0.3
_FILE = 'speed.json'


def remembered(spec: ModelSpec) -> float | None:
    """Return the milliseconds of one inference on one thread; None when not measured here."""
    return _load().get(_key(spec))


def measured(spec: ModelSpec) -> float:
    """Measure them now, and remember them where the cache can be written; 0 if it cannot run."""
    known = _load()
    known[_key(spec)] = milliseconds = _measure(spec)
    path = _path()
    try:
        make_folder(path.parent)
        handle, part = tempfile.mkstemp('.part', f'{_FILE}-', path.parent)
        with open(handle, 'w', encoding='utf-8') as stream:
            json.dump(known, stream, indent=1)
        os.replace(part, path)
    except OSError:
        pass  # is measured again next time
    return milliseconds


def _measure(spec: ModelSpec) -> float:
    # Only here: remembered times are shown without waiting for OpenVINO.
    from face_tracker_ros.models.network import Network
    from face_tracker_ros.models.resolve import resolve_model
    import numpy as np
    config = InferenceConfig(threads=1, cache=False)
    try:
        chosen, path = resolve_model(spec.name, spec.task, config)
        given = chosen.input
        size = (given.height, given.width) if given.fixed else (_HEIGHT, _WIDTH)
        image = np.zeros((1, *size, 3), np.uint8)
        network = Network(path, given, config, chosen.half)
        network.infer(image)
        times: list[float] = []
        while len(times) < _ROUNDS and sum(times) < _SECONDS:
            begin = time.perf_counter()
            network.infer(image)
            times.append(time.perf_counter() - begin)
    except FaceTrackerError:
        return 0.0
    return round(1e3 * statistics.median(times), 2)


def _key(spec: ModelSpec) -> str:
    files = ' '.join(item.checksum[:16] for item in spec.files)
    precision = 'BF16' if spec.half else 'FP32'
    return f'{spec.name}, {files}, {_processor()}, OpenVINO {_version()}, {precision}'


def _processor() -> str:
    try:
        for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    except (OSError, UnicodeDecodeError):
        pass
    return platform.processor() or platform.machine()


def _version() -> str:
    try:
        return metadata.version('openvino')
    except metadata.PackageNotFoundError:  # built from its source
        return '?'


def _path() -> Path:
    return cache_folder() / _FILE


def _load() -> dict[str, float]:
    try:
        content = json.loads(_path().read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: value for key, value in content.items() if isinstance(value, (int, float))}
