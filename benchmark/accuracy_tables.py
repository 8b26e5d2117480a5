# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tables and names of the accuracy page."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from shipped import SHIPPED

OURS = (SHIPPED.detector, SHIPPED.encoder)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table; numbers with a decimal."""
    def line(cells: Iterable[object]) -> str:
        return '| ' + ' | '.join(f'{cell:.1f}' if isinstance(cell, float) else str(cell)
                                 for cell in cells) + ' |'
    return [line(header), '|' + '---|' * len(header), *map(line, rows), '']


def label(name: str) -> str:
    """Return a model's name, ours in bold."""
    return f'**`{name}`**' if name in OURS else f'`{name}`'
