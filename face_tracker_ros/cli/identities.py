# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""face-tracker identities: the people who are known by name."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
import sys
import time
import uuid

from face_tracker_ros.cli.common import configuration, finish, log, make_console, program
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ConfigError, SourceError
from face_tracker_ros.identities.records import checked_name, Person
from face_tracker_ros.identities.sqlite_store import SqliteStore
from rich.markup import escape
from rich.table import Table

DEFAULT = '~/.ros/people.db'
_EPILOG = f"""
examples:
  identities enroll Ada ada1.jpg ada2.jpg ada3.jpg
  identities list
  identities rename person-3f9a12 Grace
  identities merge Ada 'Ada L'                 Ada gets the looks of the other one
  identities forget Grace                      erased, for good
  identities export people.json                for a backup or another robot
  identities calibrate photos/                 one folder a person, two photos or more in each

The file is that of --store, else identities.store of --config, else {DEFAULT}.
A person is named by name or uid. Only vectors, names and times are stored, never an image.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 for what is rejected."""
    return finish('identities', lambda: _identities(argv))


def _identities(argv: Sequence[str] | None) -> int:
    given = _parser().parse_args(argv)
    config = configuration(given.config, given.set)
    address = str(given.store or config.identities.store or DEFAULT)
    path = Path(address).expanduser()
    if given.action not in ('enroll', 'import', 'calibrate') and not path.exists():
        raise SourceError(f"people '{path}': there is no such file; enroll somebody first, or "
                          'give --store')
    with closing(SqliteStore(path)) as store:
        return int(_ACTIONS[given.action](store, given, config))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program('identities'), description='List and change the people known by name.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    store = argparse.ArgumentParser(add_help=False)  # before or after the action
    for options, default in ((parser, None), (store, argparse.SUPPRESS)):
        options.add_argument('--store', metavar='FILE', default=default,
                             help='the SQLite file of the people')
    parser.add_argument('--config', type=Path, metavar='YAML',
                        help='parameters, as in config/tracker.yaml')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                        help='one parameter; may be repeated, wins over --config')
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')

    def action(name: str, text: str, *words: str, **counts: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text, parents=[store])
        for word in words:
            sub.add_argument(word, metavar=word.upper(), nargs=counts.get(word))
        return sub
    action('list', 'list everybody')
    action('show', 'show one person: looks by encoder, and who is similar', 'name')
    action('rename', 'give a person another name', 'name', 'new')
    action('merge', 'give the looks of others to a person', 'name', 'others', others='+')
    action('forget', 'erase people and their looks', 'names', names='*').add_argument(
        '--all', action='store_true', help='erase everybody')
    action('export', 'write people to a JSON file', 'file', 'names', names='*')
    action('import', 'add the people of such a file', 'file')
    action('enroll', 'add a person, or looks of one, from photos', 'name', 'images',
           images='+')
    calibrate = action('calibrate', 'measure the distance from which a face is somebody, on a '
                       'folder of photos with a folder a person', 'folder')
    calibrate.add_argument('--strangers', type=float, default=0.02, metavar='SHARE',
                           help='share of strangers who may be taken for somebody (%(default)s)')
    return parser


def _list(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    people = store.people()
    table = Table(box=None, header_style='bold')
    for title in ('name', 'uid', 'looks', 'enrolled', 'changed'):
        table.add_column(title, justify='right' if title == 'looks' else 'left')
    for person in people:
        table.add_row(escape(person.title), person.uid[:12], str(sum(person.looks.values())),
                      _date(person.created), _date(person.updated))
    console = make_console()
    if people:
        console.print(table)
    console.print(f'{len(people)} people in {escape(str(store.path))}')
    return 0


def _show(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    from face_tracker_ros.identities.known import KnownPeople
    from face_tracker_ros.identities.records import title_of
    from face_tracker_ros.identities.spaces import own_space
    person = _find(store, given.name)
    console = make_console()
    console.print(f'{escape(person.title)}\nuid       {person.uid}\n'
                  f'enrolled  {_date(person.created)}\nchanged   {_date(person.updated)}')
    for encoder, count in sorted(person.looks.items()):
        console.print(f'looks     {count} of {escape(encoder)}')
    names = {other.uid: other.name for other in store.people()}
    known = KnownPeople(store.looks(own_space(config)), names)
    rows = [row for row, uid in enumerate(known.uids) if uid == person.uid]
    if rows and len(known) > 1:
        distances = known.distances(known.means[rows[:1]])[0]
        for row in [row for row in distances.argsort() if row != rows[0]][:3]:
            title = title_of(str(known.uids[row]), known.names[row])
            console.print(f'similar   {escape(title)}, distance {distances[row]:.2f}')
    return 0


def _rename(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    person = _find(store, given.name)
    store.rename(person.uid, given.new)
    print(f"'{person.title}' is '{checked_name(given.new)}' now")
    return 0


def _merge(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    person = _find(store, given.name)
    others = [_find(store, name) for name in given.others]
    if person.uid in [other.uid for other in others]:
        raise ConfigError(f"'{person.title}': cannot be merged with itself; give another person")
    store.merge(person.uid, [other.uid for other in others])
    print(f"'{person.title}' has the looks of "
          + ', '.join(f"'{other.title}'" for other in others) + ' now')
    return 0


def _forget(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    if given.all is bool(given.names):
        raise ConfigError('forget: give names, or --all')
    people = store.people() if given.all else [_find(store, name) for name in given.names]
    store.forget([person.uid for person in people])
    print('forgotten: ' + (', '.join(person.title for person in people) or 'nobody was known'))
    return 0


def _export(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    from face_tracker_ros.identities.transfer import export_people
    people = [_find(store, name) for name in given.names] or store.people()
    count = export_people(store, {person.uid for person in people}, Path(given.file))
    print(f"{count} people written to '{given.file}', which only you can read; it identifies "
          'them, keep it safe')
    return 0


def _import(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    from face_tracker_ros.identities.transfer import import_people
    lines = import_people(store, Path(given.file))
    print('\n'.join(lines) or 'nobody in it')
    return 2 if any(line.startswith('not') for line in lines) else 0


def _enroll(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    from face_tracker_ros.identities.enrolment import owner_of
    from face_tracker_ros.identities.known import KnownPeople
    from face_tracker_ros.identities.photos import Face, photos_of, read_faces
    from face_tracker_ros.identities.space import space_of
    from face_tracker_ros.identities.spaces import limit_of
    from face_tracker_ros.identities.track_looks import TrackLooks
    from face_tracker_ros.model_set import ModelSet
    import numpy as np
    name, paths = checked_name(given.name), photos_of(map(Path, given.images))
    models = ModelSet.load(config)
    score = models.effective(config).detection.score
    good: list[Face] = []
    for found in read_faces(paths, models, score):
        if not isinstance(found, Face):
            log('identities', f"photo '{found[0]}' skipped: {found[1]}")
        elif found.quality < config.identities.min_quality:
            log('identities', f"photo '{found.path}' skipped: quality {found.quality:.2f} is "
                f'below {config.identities.min_quality:g} (identities.min_quality)')
        else:
            good.append(found)
    if not good:
        raise SourceError(f"'{name}': none of {len(paths)} photos can be used; nothing is stored")
    looks = TrackLooks(np.array([face.vector for face in good], np.float32),
                       np.array([face.quality for face in good]), 0.0, 0.0, len(good))
    space = space_of(models.encoder.spec, models.encoder.path)
    names = {person.uid: person.name for person in store.people()}
    known = KnownPeople(store.looks(space), names)
    uid = owner_of(name, looks, known, limit_of(config, models.encoder.spec,
                                                store.calibration(space)))
    namesake = [other for other, known_name in names.items()
                if known_name.casefold() == name.casefold()]
    target = uid or next(iter(namesake), uuid.uuid4().hex)
    store.add(target, name, space, looks.vectors, looks.qualities)
    if uid and not names[uid]:
        store.rename(uid, name)
    print(f"'{name}': {len(good)} of {len(paths)} photos enrolled")
    return 0


def _calibrate(store: SqliteStore, given: argparse.Namespace, config: Config) -> int:
    from face_tracker_ros.cli.identities_calibrate import calibrate_store
    return calibrate_store(store, Path(given.folder), given.strangers, config)


def _find(store: SqliteStore, name: str) -> Person:
    wanted = name.strip().casefold()
    found = [person for person in store.people()
             if wanted in (person.title.casefold(), person.uid)
             or (len(wanted) >= 6 and person.uid.startswith(wanted))]
    if len(found) != 1:
        raise ConfigError(f"'{name}': {'several people have' if found else 'nobody has'} that "
                          "name; 'identities list' shows everybody")
    return found[0]


def _date(seconds: float) -> str:
    return time.strftime('%Y-%m-%d %H:%M', time.localtime(seconds))


_ACTIONS = {'list': _list, 'show': _show, 'rename': _rename, 'merge': _merge, 'forget': _forget,
            'export': _export, 'import': _import, 'enroll': _enroll, 'calibrate': _calibrate}

if __name__ == '__main__':
    sys.exit(main())
