# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The speed measurements as tables."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from face_tracker_ros.evaluation.speed import INFERENCE, STAGES
from rich.table import Table


def stage_table(found: Mapping[str, Any], title: str) -> Table:
    """Return one row a stage of a summary: mean, 95 % and share of the whole."""
    table = Table(title=title, box=None, header_style='bold', title_justify='left',
                  min_width=len(title))
    table.add_column('stage', no_wrap=True)
    for column in ('mean ms', '95 % ms', 'share'):
        table.add_column(column, justify='right', no_wrap=True)
    total = sum(found['mean'][stage] for stage in STAGES)
    for stage in STAGES:
        mean = found['mean'][stage]
        mark = ' (network)' if stage in INFERENCE else ''
        table.add_row(stage + mark, f'{mean:.2f}', f"{found['p95'][stage]:.2f}",
                      f'{mean / total:.0%}')
    for name in ('total', 'bare'):
        table.add_row(name, f"{found['mean'][name]:.2f}", f"{found['p95'][name]:.2f}", '')
    return table


def sentence(found: Mapping[str, Any]) -> str:
    """Return a summary in one line."""
    why = ', '.join(f'{name} {count:.2f}' for name, count in found['reasons'].items())
    return (f"{1000 / found['mean']['total']:.0f} frames a second, the detector run on "
            f"{found['searched']:.0%} of them, {found['faces']:.1f} faces and "
            f"{found['embedded']:.1f} embeddings a frame{f' ({why})' if why else ''}, "
            f"{found['ratio']:.2f} times the bare inference, {found['own']:.1f} ms around it")


def start_table(found: Mapping[str, Mapping[str, float]]) -> Table:
    """Return seconds to start with and without compiled models on disk, and the memory."""
    table = Table(box=None, header_style='bold')
    table.add_column('start', no_wrap=True)
    names = list(next(iter(found.values())))
    for name in names:
        table.add_column(name if 'MiB' in name else f'{name} s', justify='right', no_wrap=True)
    for kind, values in found.items():
        table.add_row(f'{kind} cache', *(f'{values[name]:.0f}' if 'MiB' in name else
                                         f'{values[name]:.2f}' for name in names))
    return table
