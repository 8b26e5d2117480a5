#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Association compared: every tracker on the same detections and embeddings, scored alike.

Where a tracker associates a detection with an id, that detection is scored, so that no smoothing
of boxes counts; where it shows a face that was not detected, its own box is.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import statistics
import time

from baselines import BASELINES, Moment, ours, Step
from cases import Case, clip_cases, cut, ltft_cases, PERFECT, perfect, scene_cases, stall
from face_tracker_ros import Config, Detections
from face_tracker_ros.evaluation.metrics import Labels, score
import numpy as np
from returns import count_returns
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table
from update_time import compare_times
import yaml

Result = dict[str, 'str | float']

_ABLATIONS: tuple[dict[str, object], ...] = (
    {'tracker.camera_motion': False},
    {'tracker.low_score_pass': False},
    {'tracker.score_weighted_noise': False},
    {'tracker.motion_share': 0.0},
    {'tracker.gallery_size': 1},
    {'tracker.min_quality': 0.0},
    {'tracker.coast': 0.0},
    {'tracker.suppress_duplicates': False},
    {'tracker.reid_window': 0.0},
    {'tracker.reid_margin': 0.0},
    {'embedding.policy': 'always'},
)


@dataclass(frozen=True)
class Entry:
    """One row of the table: a name and how to make its tracker."""

    name: str
    make: Callable[[Case], Step]


def run(case: Case, entry: Entry) -> Result:
    """Return the scores of a tracker on a case, and its median milliseconds a frame."""
    step, seconds = entry.make(case), []
    frames, ids, boxes = [], [], []
    order = np.argsort(case.seen.frames, kind='stable')
    begins = np.searchsorted(case.seen.frames[order], case.frames)
    ends = np.searchsorted(case.seen.frames[order], case.frames, 'right')
    for frame, first, last in zip(case.frames, begins, ends):
        rows = order[first:last]
        camera = case.camera[frame]
        now = Moment(frame / case.frame_rate, case.size,
                     Detections(case.seen.boxes[rows], case.scores[rows]),
                     case.embeddings[rows], case.sharpness[rows],
                     camera if np.isfinite(camera).all() else None)
        begin = time.perf_counter()
        found, shown = step(now)
        seconds.append(time.perf_counter() - begin)
        frames.append(np.full(len(found), frame))
        ids.append(found)
        boxes.append(shown)
    tracks = Labels(np.concatenate(frames), np.concatenate(ids), np.concatenate(boxes),
                    np.ones(sum(map(len, ids)), bool))
    back = count_returns(case.truth, tracks, case.frame_rate)
    return {'case': case.name, 'tracker': entry.name, **asdict(score(case.truth, tracks)),
            **asdict(back), 'ms': 1000 * statistics.median(seconds)}


def show(results: Sequence[Result], every: bool, console: Console) -> None:
    """Print the mean and the median over all cases of each tracker, and each case if `every`."""
    table = Table(title='Association')
    columns = ('hota', 'ass_a', 'idf1', 'mota', 'switches', 'ids', 'people', 'regained',
               'merged', 'ms')
    table.add_column('tracker', no_wrap=True)
    table.add_column('case', no_wrap=True)
    for column in columns:
        table.add_column(column, justify='right', no_wrap=True)
    for tracker in dict.fromkeys(result['tracker'] for result in results):
        own = [result for result in results if result['tracker'] == tracker]
        for result in own if every else []:
            table.add_row(str(tracker), str(result['case']), *(_cell(result, name)
                                                               for name in columns))
        for kind, middle in (('mean', statistics.fmean), ('median', statistics.median)):
            summary: Result = {name: middle(float(result[name]) for result in own)
                               for name in columns}
            for name in ('returns', 'regained', 'begun', 'merged'):
                summary[name] = sum(float(result[name]) for result in own)
            table.add_row(str(tracker), f'{kind} of {len(own)}', *(_cell(summary, name)
                                                                   for name in columns))
        table.add_section()
    console.print(table)


def _cell(result: Result, name: str) -> str:
    if name in ('regained', 'merged'):
        whole = result['returns' if name == 'regained' else 'begun']
        return f'{float(result[name]):.0f}/{float(whole):.0f}'
    value = float(result[name])
    return f'{value:.2f}' if name == 'ms' else f'{value:.0f}' if value == int(value) and name in (
        'switches', 'ids', 'people') else f'{value:.1f}'


def entries(names: Sequence[str], ablation: bool, variants: Sequence[str]) -> list[Entry]:
    """Return the rows: trackers by name, the default without each part, and given variants."""
    rows = [Entry(name, BASELINES[name]) for name in names]
    changes = [*(_ABLATIONS if ablation else ()), *map(_parse, variants)]
    for change in changes:
        Config.load(change)
        title = ', '.join(f'{key} {value}' for key, value in change.items())
        rows.append(Entry(title, lambda case, change=change: ours(case, **change)))
    return rows


def _parse(text: str) -> dict[str, object]:
    return {key: yaml.safe_load(value) for key, value in
            (part.split('=', 1) for part in text.split(','))}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--ltft', type=Path, nargs='+', default=[], metavar='FILE',
                        help='LTFT annotation files')
    parser.add_argument('--drop', type=float, default=0.0, help='share of LTFT boxes left out')
    parser.add_argument('--every', type=int, default=1, help='take every n-th LTFT frame only')
    parser.add_argument('--jitter', type=float, default=0.0,
                        help='deviation of LTFT box corners, in box sides')
    parser.add_argument('--people', type=Path, metavar='FOLDER',
                        help='photos for generated scenes, a folder a person')
    parser.add_argument('--seeds', default='100-109', help='seeds of the scenes: FIRST-LAST')
    parser.add_argument('--count', type=int, default=6, help='people in a scene')
    parser.add_argument('--camera', choices=('still', 'moving'), default='still')
    parser.add_argument('--cut', type=float, metavar='SECONDS',
                        help='cut from each case to the next and back every SECONDS')
    parser.add_argument('--stall', type=float, metavar='SECONDS',
                        help='leave out the last SECONDS of every three, as a stream that stalls')
    parser.add_argument('--cache', type=Path, metavar='FOLDER',
                        help='keep what detector and encoder found in the scenes here')
    parser.add_argument('--clips', type=Path, metavar='FOLDER',
                        help='clips whose people benchmark/labels names')
    parser.add_argument('--trackers', nargs='*', choices=BASELINES,
                        default=['robust', 'deepsort'])
    parser.add_argument('--ablation', action='store_true',
                        help='add rows: the default without each of its parts')
    parser.add_argument('--variant', action='append', default=[], metavar='NAME=VALUE[,...]',
                        help='add a row: the default with these parameters (repeatable)')
    parser.add_argument('--perfect', nargs='+', choices=PERFECT, default=[],
                        help='replace these parts by the truth')
    parser.add_argument('--time', type=int, nargs='+', metavar='TRACKS',
                        help='compare the time of one update with so many tracks instead')
    parser.add_argument('--each', action='store_true', help='print every case, too')
    parser.add_argument('--json', type=Path, help='write the rows to this file, too')
    given = parser.parse_args()
    console = Console(width=160)
    if given.time:
        console.print(compare_times(given.time))
        return
    first, _, last = given.seeds.partition('-')
    cases = list(ltft_cases(given.ltft, given.drop, given.every, given.jitter))
    if given.people:
        cases += scene_cases(given.people, range(int(first), int(last or first) + 1), given.count,
                             given.camera, given.cache)
    if given.clips:
        cases += clip_cases(given.clips, Path(__file__).parent / 'labels')
    if given.cut:
        cases = [cut(case, then, given.cut) for case, then in zip(cases, cases[1:] + cases[:1])]
    if given.stall:
        cases = [stall(case, given.stall) for case in cases]
    cases = [perfect(case, given.perfect) for case in cases]
    rows = entries(given.trackers, given.ablation, given.variant)
    results = [run(case, row) for case, row in progress(
        [(case, row) for row in rows for case in cases], 'tracking', transient=True)]
    show(results, given.each, console)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
