# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The connection to a PostgreSQL server: made when needed, bounded in time."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
import socket
import threading
from typing import Any, TYPE_CHECKING

from face_tracker_ros.errors import ConfigError, one_line, SourceError, without_password
from face_tracker_ros.identities.postgres_schema import check_version, EXTENSION_SCHEMA, prepare

if TYPE_CHECKING:
    import psycopg

Cursor = Any  # psycopg.Cursor: its queries must be literal strings for type checkers
_CONNECT = 3  # seconds for each address of the server
_STATEMENT = 5.0  # seconds for the statements of a usual transaction
_GRACE = 3.0  # seconds beyond that, after which a server that is silent is given up
_SETTINGS = {'connect_timeout': _CONNECT, 'application_name': 'face_tracker_ros',
             'client_encoding': 'UTF8', 'keepalives_idle': 10, 'keepalives_interval': 3,
             'keepalives_count': 3}


class PostgresServer:
    """
    A database on a server. Any thread may use it; one after the other.

    Attributes:
        address: as it may be shown, without a password.
    """

    def __init__(self, address: str) -> None:
        """
        Check the address; nothing is contacted.

        Raises:
            ConfigError: psycopg is missing, or the address is none.
        """
        self.address = without_password(address).partition('?')[0]
        try:
            from psycopg import conninfo, ProgrammingError
        except ImportError as error:
            raise ConfigError(f"people '{self.address}': need psycopg; pip install "
                              "'psycopg[binary]', or apt install python3-psycopg") from error
        authority = address.partition('://')[2].partition('?')[0].partition('/')[0]
        try:
            if address.count('@') != authority.count('@') or authority.count('@') > 1:
                raise ProgrammingError
            self._given = {**_SETTINGS, **conninfo.conninfo_to_dict(address)}
        except ProgrammingError:  # whose text may hold a part of a password
            raise ConfigError(f"people '{self.address}': is no address of a server; give "
                              'postgresql://user@host/database, with %XX for special characters '
                              'in a password') from None
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._guard = threading.Lock()  # of the descriptor, which a watchdog may shut down
        self._socket: int | None = None
        self._closed = False

    @contextmanager
    def transaction(self, seconds: float | None = None) -> Iterator[Cursor]:
        """
        Give a cursor, all of whose statements are one transaction.

        Args:
            seconds: that a statement may take; None: 5.

        Raises:
            SourceError: the server cannot be reached, does not answer, or says no.
        """
        with self._lock, self._reported():
            connection = self._connected()
            watchdog = threading.Timer((seconds or _STATEMENT) + _GRACE, self._cut)
            watchdog.start()
            try:
                with connection.transaction(), connection.cursor(binary=True) as cursor:
                    if seconds is not None:
                        cursor.execute(f'SET LOCAL statement_timeout = {round(1000 * seconds)}')
                    yield cursor
            finally:
                watchdog.cancel()
                if connection.broken:
                    self._drop()

    def close(self) -> None:
        """Close the connection; a call that waits for the server ends at once."""
        self._closed = True
        self._cut()
        with self._lock:
            self._drop()

    def _connected(self) -> psycopg.Connection[Any]:
        import psycopg
        if self._closed:
            raise SourceError(f"people '{self.address}': closed; open them again")
        if self._connection is None:
            connection = psycopg.connect(autocommit=True, prepare_threshold=None,
                                         **_resolved(self._given))
            with self._guard:
                self._connection, self._socket = connection, connection.fileno()
            watchdog = threading.Timer(_STATEMENT + _GRACE, self._cut)
            watchdog.start()
            try:
                self._prepare(connection)
            except BaseException:
                self._drop()
                raise
            finally:
                watchdog.cancel()
        assert self._connection is not None
        return self._connection

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        timeout = round(1000 * _STATEMENT)
        connection.execute(f"""SET statement_timeout = {timeout};
            SET lock_timeout = {timeout}; SET idle_in_transaction_session_timeout = {3 * timeout};
            SET search_path = face_tracker, public""".encode())
        if not check_version(connection, self.address):
            prepare(connection, self.address)
        row = connection.execute(EXTENSION_SCHEMA).fetchone()
        if row is not None:
            connection.execute("SELECT set_config('search_path', %s, false)",
                               (f'face_tracker, {row[0]}',))

    def _cut(self) -> None:
        """Shut the socket down, so that whoever waits for the server gets an error."""
        with self._guard:
            if self._socket is not None:
                try:
                    with socket.socket(fileno=os.dup(self._socket)) as own:
                        own.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # is down already

    def _drop(self) -> None:
        with self._guard:
            connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        import psycopg
        try:
            yield
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
            raise SourceError(f"people '{self.address}': the server takes too long "
                              f'({_text(error)}); look at what else it does') from error
        except (psycopg.OperationalError, OSError) as error:
            self._drop_if_broken()
            raise SourceError(f"people '{self.address}': the server cannot be used "
                              f'({_text(error)}); start it, or correct the address') from error
        except psycopg.Error as error:
            raise SourceError(f"people '{self.address}': the server says no ({_text(error)}); "
                              'look at the rights of the user and at its log') from error

    def _drop_if_broken(self) -> None:
        if self._connection is not None and (self._connection.closed or self._connection.broken):
            self._drop()


def _text(error: Exception) -> str:
    """Return what the server, or else the client library, says of an error."""
    said = getattr(getattr(error, 'diag', None), 'message_primary', None)
    return one_line(said or str(error)) or type(error).__name__


def _resolved(given: dict[str, Any]) -> dict[str, Any]:
    """
    Return the settings with the numbers of the hosts.

    Looked up here, as older versions of psycopg (3.1.7, Debian 12's) hold Python's global lock for
    as long as a name server is silent, and no frame would be tracked.
    """
    hosts = str(given.get('host') or '').split(',')
    if given.get('hostaddr') or not all(hosts) or any(name.startswith(('/', '@'))
                                                      for name in hosts):
        return given
    ports = str(given.get('port') or '').split(',')
    ports = ports * len(hosts) if len(ports) == 1 else ports
    rows = []
    for name, port in zip(hosts, ports):
        for number in dict.fromkeys(found[4][0] for found in socket.getaddrinfo(
                name, None, type=socket.SOCK_STREAM)):
            rows.append((name, str(number), port))
    names, numbers, ports = map(list, zip(*rows))
    return {**given, 'host': ','.join(names), 'hostaddr': ','.join(numbers),
            'port': ','.join(ports)}
