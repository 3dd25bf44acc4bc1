"""Where a history is, and how one connects to it."""

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from auditor.errors import HistoryError

WAITS = 60
"""Seconds that one waits for another who writes."""
BEGIN = "auditor_begin"
"""Option of a connection: how SQLite is to begin its transactions."""
MIGRATING = 0x61756469
"""Key of the lock in PostgreSQL that who migrates has alone, and who writes shares; what it spells is "audi"."""
_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_SETTINGS = re.compile(r"(^|\s)password\s*=", re.IGNORECASE)
_HEADER = b"SQLite format 3\0"
_WRITE_ONE = "name a file, such as history.db, or postgresql://HOST/DATABASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a history is. shown: how messages call it, without passwords. file: of SQLite; None in PostgreSQL."""

    shown: str
    url: URL
    file: Path | None

    @property
    def secret(self) -> str:
        """The password in it, which no message may hold; "" where there is none."""
        return str(self.url.password or "")


def place_of(url: str) -> Place:
    """Return the place that a path or URL names. Raises HistoryError."""
    if not url.strip():
        raise HistoryError(f"the history has no name; {_WRITE_ONE}")
    scheme, colon, rest = url.partition("://")
    if not colon:
        return _file(url)
    if scheme.lower() == "sqlite":
        return _file(rest.removeprefix("/"))
    if scheme.lower() not in _POSTGRES:
        raise HistoryError(f"{scheme}://...: is no kind of history; {_WRITE_ONE}")
    if rest.count("@") > 1:  # else part of a password would be taken for the host, and shown
        raise HistoryError(
            f"{scheme}://...: has more than one @; write those of user and password as %40, and / as %2F"
        )
    try:
        parsed = make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        raise HistoryError(f"{scheme}://...: cannot be understood as a URL; {_WRITE_ONE}") from None
    port = f":{parsed.port}" if parsed.port else ""
    return Place(shown=f"postgresql://{parsed.host or ''}{port}/{parsed.database or ''}", url=parsed, file=None)


def _file(path: str) -> Place:
    if not path.strip() or path == ":memory:" or "\0" in path:
        raise HistoryError(f"the history needs the name of a file; {_WRITE_ONE}")
    if _SETTINGS.search(path):  # as libpq takes them; a message would show the password
        raise HistoryError(f"the history is given as settings, not as a place; {_WRITE_ONE}")
    return Place(shown=path, url=URL.create("sqlite", database=os.path.abspath(path)), file=Path(path))  # noqa: PTH100 - a Path would follow links


def prepare(place: Place, *, create: bool) -> None:
    """Make the folder of a new file, and refuse what cannot be a history. Raises HistoryError.

    create: whether one is made where there is none.
    """
    if place.file is None:
        return
    try:
        if place.file.is_dir():
            raise HistoryError(f"{place.shown}: is a folder; name a file in it")
        if not place.file.exists():
            if not create:
                raise HistoryError(f"{place.shown}: there is no history; record one with auditor audit --record")
            place.file.parent.mkdir(parents=True, exist_ok=True)
            return
        with place.file.open("r+b" if create else "rb") as file:  # a file that may only be read can be read
            start = file.read(len(_HEADER))
    except OSError as fault:
        raise HistoryError(f"{place.shown}: cannot be used ({fault.strerror}); check the place") from None
    if start and start != _HEADER:
        raise HistoryError(f"{place.shown}: is no history, but another kind of file; {_WRITE_ONE}")


def engine_of(place: Place) -> Engine:
    """Return what connects to a place. Raises HistoryError where the driver is not installed."""
    if place.file is not None:
        engine = create_engine(place.url, connect_args={"timeout": WAITS, "check_same_thread": False})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it says of a fault is said by us
    try:
        return create_engine(
            place.url, pool_pre_ping=True, connect_args={"connect_timeout": 10, "application_name": "auditor"}
        )
    except ModuleNotFoundError:
        install = 'pip install "azure-egress-auditor[postgres]"'
        raise HistoryError(f"{place.shown}: PostgreSQL needs psycopg, which is not installed; {install}") from None


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a connection: transactions are ours to begin; the rollback journal, which network shares bear as well.

    Pages are small in a file that is made now: most contents are, and few tables are large.
    """
    connection.isolation_level = None
    for pragma in ("page_size=1024", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(BEGIN, 'DEFERRED')}")


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn what a database says against something into a HistoryError: one line, without a password."""
    try:
        yield
    except SQLAlchemyError as fault:
        raise HistoryError(f"{place.shown}: {_why(fault, place)}") from None
    except UnicodeEncodeError:
        raise HistoryError(f"{place.shown}: a name in what is to be kept is not text; leave --record away") from None


def _why(fault: SQLAlchemyError, place: Place) -> str:
    said: Any = fault.orig if isinstance(fault, DBAPIError) else fault
    lines = str(said).strip().splitlines() or [type(said).__name__]
    line = lines[0].replace(place.secret, "***") if place.secret else lines[0]
    if place.file is not None and "locked" in line:
        return f"another job has been writing to it for {WAITS} seconds; try again later"
    if place.file is not None and ("not a database" in line or "malformed" in line):
        return "is no history, or is damaged; name another file, or restore it from a copy"
    if place.file is not None and ("readonly" in line or "unable to open" in line):
        return f"cannot be used ({line}); check the place and its permissions"
    return f"cannot be used ({line}); check the place, its space and what may be done there"
