# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 2: choose tiles by source, weigh them, and pack them small.

Reads folders that detector.cut wrote and writes one of the same format, shuffled. A weight says
how often a tile of a source is drawn in training, relative to the others.
"""
from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
import sys

from face_tracker_ros.errors import ConfigError, SourceError
import numpy as np
from training.common import end, new_folder, parser, path_argument
from training.detector.tile_file import (FACELESS, HELD, read_sources, read_tiles, TileWriter,
                                         TRAIN)

STEP = 'detector.pack'


def by_source(option: str, values: Sequence[str]) -> dict[str, float]:
    """Return numbers by source from SOURCE=NUMBER; ConfigError for anything else."""
    found = {}
    for value in values:
        source, _, number = value.rpartition('=')
        try:
            found[source] = float(number)
        except ValueError:
            source = ''
        if not source or found[source] < 0:
            raise ConfigError(f"{option} '{value}': give SOURCE=NUMBER")
    return found


def pack(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    most, weights = by_source('--most', given.most), by_source('--weight', given.weight)
    output, tiles = new_folder(given.output), TileWriter()
    count: Counter[tuple[int, str]] = Counter()
    faceless = 0
    for split in (FACELESS, HELD, TRAIN):  # the last is what is cut off where space ends
        sources = np.concatenate([read_sources(folder, split) for folder in given.tiles])
        parts = [read_tiles(folder, split) for folder in given.tiles]
        arrays = {name: np.concatenate([part[name] for part in parts])
                  for name in ('image', 'box', 'lm', 'flag')}
        for number in np.random.default_rng(3).permutation(len(sources)):
            source = str(sources[number])
            limit = given.faceless_of_source if split == FACELESS else most.get(source, np.inf)
            if count[split, source] >= limit or tiles.bytes > given.mebibytes * 2 ** 20 \
                    or split == FACELESS and faceless >= given.faceless:
                continue
            faceless += split == FACELESS
            count[split, source] += 1
            flag = arrays['flag'][number]
            rows = np.hstack((arrays['box'][number], flag[:, None],
                              arrays['lm'][number].reshape(-1, 10)))[flag > 0]
            tiles.add(arrays['image'][number], rows, split, source, weights.get(source, 1.0),
                      given.quality)
    if not any(split == TRAIN for split, _ in count):
        raise SourceError(f"tiles '{given.tiles[0]}' hold no face to train on; cut more images")
    tiles.save(output)
    for split, title in ((TRAIN, 'to train on'), (HELD, 'held out'), (FACELESS, 'faceless')):
        own = {source: number for (kind, source), number in sorted(count.items())
               if kind == split}
        print(f'{title}: {sum(own.values())} {own}')
    print(f'{tiles.bytes / 2 ** 20:.1f} MiB', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--tiles', type=Path, required=True, nargs='+', metavar='PATH',
                           help='folders that detector.cut wrote')
    path_argument(arguments, '--output', 'folder for the pack')
    arguments.add_argument('--weight', nargs='*', default=[], metavar='SOURCE=WEIGHT',
                           help='how often tiles of a source are drawn (default 1)')
    arguments.add_argument('--most', nargs='*', default=[], metavar='SOURCE=NUMBER',
                           help='most tiles with faces of a source')
    arguments.add_argument('--faceless', type=int, default=1100, help='most faceless tiles')
    arguments.add_argument('--faceless-of-source', type=int, default=350,
                           help='most faceless tiles of one source')
    arguments.add_argument('--mebibytes', type=float, default=58, help='most to pack')
    arguments.add_argument('--quality', type=int, default=75, help='of the WebP files')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: pack(given))


if __name__ == '__main__':
    sys.exit(main())
