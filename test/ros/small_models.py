# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Networks of a few bytes in the registry's form, for tests that load models many times."""
from __future__ import annotations

import hashlib
from pathlib import Path

from face_tracker_ros.models.openvino_runtime import ov
import numpy as np
import yaml

ops = ov.opset13

DETECTOR, ENCODER, FAILING = 'two-places', 'mean-color', 'fails-on-white'
# left, top, right, bottom, score and five points: the faces of the image of two people.
ROWS = [[150, 80, 250, 220, 0.9, *[200, 150] * 5], [420, 50, 505, 150, 0.8, *[463, 100] * 5]]


def make(folder: Path) -> Path:
    """Write a detector that always sees two faces, one that can fail, and an encoder."""
    images = ops.parameter(ov.PartialShape([-1, 3, -1, -1]), np.float32)
    nothing = ops.multiply(ops.reduce_mean(images, np.array([0, 1, 2, 3])), np.float32(0))
    rows = ops.add(ops.constant(np.array([ROWS], np.float32)), nothing)
    _save(folder, DETECTOR, ov.Model([rows], [images]), {
        'task': 'detector', 'family': 'decoded', 'score': 0.5, 'landmarks': True,
        'input': {'layout': 'NCHW', 'color': 'BGR', 'multiple': 32}})
    # Rows that are to be reshaped to one more where a pixel is white: the inference then fails.
    white = ops.convert(ops.greater(ops.reduce_max(images, np.array([0, 1, 2, 3])),
                                    np.float32(250)), 'i64')
    shape = ops.concat([ops.constant(np.array([1, 2], np.int64)),
                        ops.unsqueeze(ops.add(white, np.int64(15)), np.int64(0))], 0)
    _save(folder, FAILING, ov.Model([ops.reshape(rows, shape, False)], [images]), {
        'task': 'detector', 'family': 'decoded', 'score': 0.5, 'landmarks': True,
        'input': {'layout': 'NCHW', 'color': 'BGR', 'multiple': 32}})
    crops = ops.parameter(ov.PartialShape([-1, 112, 112, 3]), np.float32)
    mean = ops.reduce_mean(crops, np.array([1, 2]))
    _save(folder, ENCODER, ov.Model([mean], [crops]), {
        'task': 'encoder', 'family': 'vector', 'embedding_size': 3, 'crop_scale': 1.15,
        'input': {'layout': 'NHWC', 'color': 'BGR', 'width': 112, 'height': 112}})
    return folder


def _save(folder: Path, name: str, model: ov.Model, spec: dict[str, object]) -> None:
    path = folder / name / f'{name}.xml'
    path.parent.mkdir(parents=True)
    ov.save_model(model, path, compress_to_fp16=False)
    files = [{'name': file.name, 'size': file.stat().st_size,
              'sha256': hashlib.sha256(file.read_bytes()).hexdigest()}
             for file in (path, path.with_suffix('.bin'))]
    spec.update(name=name, summary='made for tests', files=files, source='test/ros',
                licence='Apache-2.0', terms='none')
    (folder / name / 'model.yaml').write_text(yaml.safe_dump(spec))
