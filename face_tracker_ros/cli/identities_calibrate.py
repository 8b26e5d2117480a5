# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""face-tracker identities calibrate: the distance and margin of an encoder, from photos."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros.cli.common import log, make_console
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.identities.calibration import calibrate, probe_distances
from face_tracker_ros.identities.photos import Face, photos_of, read_faces
from face_tracker_ros.identities.space import space_of
from face_tracker_ros.identities.sqlite_store import SqliteStore
from face_tracker_ros.model_set import ModelSet
from face_tracker_ros.types import FloatArray
import numpy as np
from rich.table import Table


def calibrate_store(store: SqliteStore, folder: Path, strangers: float, config: Config) -> int:
    """Measure on a folder of people, print the error rates, and store the result."""
    if not 0 <= strangers < 1:
        raise ConfigError(f'--strangers {strangers:g}: give a share, 0 to 1')
    models = ModelSet.load(config)
    vectors, people = embed_folder(folder, models, models.effective(config).detection.score)
    found = calibrate(vectors, people, strangers)
    console = make_console()
    console.print(_table(vectors, people, found.distance))
    store.calibrate(space_of(models.encoder.spec, models.encoder.path), found)
    console.print(f'{found.photos} photos of {found.people} people; stored for '
                  f"'{models.encoder.name}': distance {found.distance:g}, margin "
                  f'{found.margin:g} (false matches {found.false_match:.3%} of pairs, false '
                  f'non-matches {found.false_non_match:.1%} of photos)')
    return 0


def embed_folder(folder: Path, models: ModelSet, score: float) -> tuple[FloatArray, list[str]]:
    """Return the vectors (N, D) of photos, and who is on each; SourceError without people."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not folders:
        raise SourceError(f"folder '{folder}': holds no folders; give one with a folder a person")
    vectors, people, skipped = [], [], 0
    for person in folders:
        paths = photos_of([person]) if any(person.iterdir()) else []
        for face in read_faces(paths, models, score):
            if isinstance(face, Face):
                vectors.append(face.vector)
                people.append(person.name)
            else:
                skipped += 1
    if skipped:
        log('identities', f'{skipped} photos without one clear face skipped')
    return np.array(vectors, np.float32), people


def _table(vectors: FloatArray, people: list[str], chosen: float) -> Table:
    distances, own = probe_distances(vectors, people)
    rows = np.arange(len(own))
    genuine = distances[rows, own]
    others = distances.copy()
    others[rows, own] = np.nan
    table = Table(box=None, header_style='bold')
    for title in ('distance', 'false match', 'false non-match', ''):
        table.add_column(title, justify='right')
    pairs = others[np.isfinite(others)]
    for limit in sorted({*np.round(np.arange(0.3, 0.75, 0.05), 2).tolist(), chosen}):
        table.add_row(f'{limit:.2f}', f'{(pairs <= limit).mean():.3%}',
                      f'{(genuine > limit).mean():.1%}', 'chosen' if limit == chosen else '')
    return table
