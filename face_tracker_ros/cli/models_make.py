# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""`models benchmark`, `convert` and `quantize`: the commands that run or make models."""
from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import functools
from pathlib import Path
import time
from typing import Any

from face_tracker_ros.cli.common import make_console, write_json
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.registry import known_models, load_spec
from face_tracker_ros.models.spec import InputSpec, is_path, SUFFIXES
from face_tracker_ros.models.tools.speed import measured
import numpy as np
from rich.table import Table

_BOX = np.array([[400, 200, 520, 360]], np.float32)
_IMAGENET_MEAN, _IMAGENET_SCALE = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def add_parsers(commands: Any) -> None:
    """Add the three subcommands."""
    timing = commands.add_parser('benchmark', help='measure models on this machine')
    timing.add_argument('names', metavar='NAME', nargs='*',
                        help='names or paths (default: all that are installed)')
    timing.add_argument('--width', type=int, default=640, help='detection.width (default 640)')
    timing.add_argument('--threads', type=int, default=2, help='inference.threads (default 2)')
    timing.add_argument('--rounds', type=int, default=20, help='runs of each (default 20)')
    timing.add_argument('--json', type=Path, metavar='FILE', help='write the times as JSON, too')
    timing.set_defaults(run=_benchmark)
    convert = commands.add_parser(
        'convert', help='make an encoder of a classifier or re-identification network')
    convert.add_argument('source', metavar='SOURCE', help='torchvision:NAME, timm:NAME or an '
                         f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file")
    convert.add_argument('--weights', default='none', help="file with a state_dict, 'pretrained' "
                         "or 'none' (default; of use to measure speed only)")
    convert.add_argument('--size', type=int, default=112, help='side of a crop (default 112)')
    convert.add_argument('--color', choices=['RGB', 'BGR'], default='RGB',
                         help='order the network was trained with (default RGB)')
    convert.add_argument('--layout', choices=['NCHW', 'NHWC'], default='NCHW')
    convert.add_argument('--mean', type=float, nargs='+', default=_IMAGENET_MEAN, metavar='M',
                         help='of pixels 0 to 255: one number or three (default: ImageNet)')
    convert.add_argument('--scale', type=float, nargs='+', default=_IMAGENET_SCALE, metavar='S',
                         help='what pixels are divided by (default: ImageNet)')
    convert.add_argument('--crop-scale', type=float, default=1.0,
                         help='side of the crop by the longer side of a box (default 1)')
    convert.add_argument('--licence', default='not known', help='of the weights, for the record')
    convert.add_argument('--full', action='store_true', help='keep FP32 weights')
    convert.set_defaults(run=_convert)
    quantize = commands.add_parser('quantize', help='quantize a model to INT8')
    quantize.add_argument('task', choices=['detector', 'encoder'])
    quantize.add_argument('model', metavar='MODEL', help='name or path')
    quantize.add_argument('--images', '--pictures', required=True, metavar='FOLDER',
                          help='images or a video with faces as the camera will see them')
    quantize.add_argument('--most', type=int, default=300, help='samples used (default 300)')
    quantize.set_defaults(run=_quantize)
    for parser in (convert, quantize):
        parser.add_argument('--name', required=True, help='of the new model')
        parser.add_argument('--output', type=Path, metavar='FOLDER',
                            help='folder to write to (default: a folder of its name)')


def _benchmark(arguments: argparse.Namespace) -> int:
    from face_tracker_ros.models.resolve import resolve_model
    if arguments.rounds < 1:
        raise ModelError(f'--rounds {arguments.rounds}: give at least 1')
    config = Config.load({'detection.width': arguments.width,
                          'inference.threads': arguments.threads})
    names = arguments.names or [name for task in ('detector', 'encoder')
                                for name in known_models(task) if locate(load_spec(name))[0]]
    table = Table(box=None, pad_edge=False, header_style='bold')
    for title in ('model', 'task', 'median ms', '90 % ms', 'of'):
        table.add_column(title, no_wrap=True, justify='right' if 'ms' in title else 'left')
    rows = []
    for name in names:
        faults = []
        for task in ('detector', 'encoder'):
            try:
                resolve_model(name, task)
            except ModelError as error:
                faults.append(error)
                continue
            if not is_path(name):
                measured(load_spec(name))  # for the list
            for what, run in _runs(config.updated({task: name}), task):
                times = _times(run, arguments.rounds)
                rows.append({'model': name, 'task': task, 'input': what,
                             'median': float(np.median(times)),
                             'p90': float(np.percentile(times, 90))})
                table.add_row(name, task, f"{rows[-1]['median']:.1f}", f"{rows[-1]['p90']:.1f}",
                              what)
        if len(faults) == 2:
            raise faults[0]
    make_console().print(table)
    if arguments.json is not None:
        write_json(arguments.json, rows)
    return 0


def _runs(config: Config, task: str) -> list[tuple[str, Callable[[], object]]]:
    image = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    if task == 'detector':
        from face_tracker_ros.detection import FaceDetector
        detector = FaceDetector.from_config(config)
        return [('an image of 1280 x 720', lambda: detector.detect(image, 0.5, 0.4))]
    from face_tracker_ros.embedding.encoder import FaceEncoder
    encoder = FaceEncoder.from_config(config)
    return [(f"{count} face{'s' if count > 1 else ''}",
             functools.partial(encoder.encode, image, _BOX.repeat(count, 0)))
            for count in (1, 4)]


def _times(run: Callable[[], object], rounds: int) -> list[float]:
    run()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def _convert(arguments: argparse.Namespace) -> int:
    from face_tracker_ros.models.tools import convert as conversion
    if not 16 <= arguments.size <= 1024:
        raise ModelError(f'--size {arguments.size}: give 16 to 1024 pixels')
    given = InputSpec(
        arguments.layout, arguments.color, _three('--mean', arguments.mean),
        _three('--scale', arguments.scale), arguments.size, arguments.size)
    if 0 in given.scale:
        raise ModelError('--scale 0: give what pixels are divided by')
    if arguments.source.endswith(SUFFIXES):
        model, run = conversion.convert_file(Path(arguments.source), given)
    else:
        model, run = conversion.convert_module(
            conversion.load_module(arguments.source, arguments.weights), given)
    origin = conversion.Origin(
        name=arguments.name, summary=f'converted from {arguments.source}',
        source=f'{arguments.source}, weights {arguments.weights}', licence=arguments.licence,
        terms='those of the weights that it was converted from', crop_scale=arguments.crop_scale)
    folder = arguments.output or Path(arguments.name)
    spec, difference = conversion.save_encoder(model, run, origin, given, folder,
                                               not arguments.full)
    print(f'{spec.name}: vectors of {spec.embedding_size} numbers, within {difference:.1g} of '
          f"the source; use it with encoder: {folder / 'model.yaml'}")
    return 0


def _quantize(arguments: argparse.Namespace) -> int:
    from face_tracker_ros.models.tools.quantize import quantize
    folder = arguments.output or Path(arguments.name)
    spec, samples = quantize(arguments.task, arguments.model, arguments.name, arguments.images,
                             folder, arguments.most)
    print(f'{spec.name}: calibrated on {samples} samples; use it with {spec.task}: '
          f"{folder / 'model.yaml'}, and see first what it costs in accuracy")
    return 0


def _three(option: str, values: Sequence[float]) -> tuple[float, float, float]:
    given = list(values) * (3 if len(values) == 1 else 1)
    if len(given) != 3:
        raise ModelError(f"{option} {' '.join(map(str, values))}: give one number or three")
    return given[0], given[1], given[2]
