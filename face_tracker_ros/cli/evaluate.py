# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The `evaluate` command: what tracks are worth against ground truth."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
import sys

from face_tracker_ros.cli.common import finish, make_console, program, write_json
from face_tracker_ros.evaluation.metrics import score
from face_tracker_ros.evaluation.mot_text import read_labels
from rich.table import Table

_EPILOG = """
example:
  evaluate --gt gt.txt --tracks tracks.txt

Both files hold MOTChallenge lines, frame,id,left,top,width,height,..., frames from 1. Ground truth
whose seventh value is 0 does not count: tracks on it are neither right nor wrong.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 for bad input, or 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog=program('evaluate'),
        description='Score tracks: HOTA, IDF1, MOTA and what they are made of.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--gt', type=Path, required=True, metavar='FILE', help='ground truth')
    parser.add_argument('--tracks', type=Path, required=True, metavar='FILE', help='tracks')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the scores as JSON, too')
    given = parser.parse_args(argv)
    return finish('evaluate', lambda: _evaluate(given))


def _evaluate(given: argparse.Namespace) -> int:
    scores = asdict(score(read_labels(given.gt), read_labels(given.tracks)))
    if given.json is not None:
        write_json(given.json, scores)
    table = Table(box=None, header_style='bold')
    titles = {'hota': 'HOTA', 'det_a': 'DetA', 'ass_a': 'AssA', 'idf1': 'IDF1', 'mota': 'MOTA'}
    for name in scores:
        table.add_column(titles.get(name, name), justify='right')
    table.add_row(*(f'{value:.1f}' if isinstance(value, float) else str(value)
                    for value in scores.values()))
    make_console().print(table)
    return 0


if __name__ == '__main__':
    sys.exit(main())
