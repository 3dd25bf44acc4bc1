"""Opening a history: its schema is made, migrated or refused."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from auditor.errors import HistoryError
from auditor.history.places import BEGIN, MIGRATING, Place, engine_of, place_of, prepare, told
from auditor.history.store import Store
from auditor.history.tables import HEAD, VERSION_TABLE

REVISIONS = ("0001", "0002", HEAD)
"""All there are, oldest first."""


def opened(url: str, *, create: bool) -> Store:
    """Return the history at a path or URL, with the schema of `HEAD`. Raises HistoryError."""
    place = place_of(url)
    prepare(place, create=create)
    with told(place):
        engine = engine_of(place)
    try:
        with told(place):
            _bring_up_to_date(engine, place, create=create)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, place)


def _bring_up_to_date(engine: Engine, place: Place, *, create: bool) -> None:
    with engine.connect() as connection:
        if _revision(connection, place) == HEAD:
            return
    with engine.connect().execution_options(**{BEGIN: "IMMEDIATE"}) as connection, connection.begin():
        if place.file is None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        revision = _revision(connection, place)  # again: another may just have done it
        if revision is None and not create:
            raise HistoryError(f"{place.shown}: there is no history; record one with auditor audit --record")
        if revision != HEAD:
            migrate(connection)


def _revision(connection: Connection, place: Place) -> str | None:
    """Return the revision of the schema; None where there is none yet. Raises HistoryError for what is no history."""
    tables = _tables(connection, place)
    if VERSION_TABLE not in tables:
        if tables and place.file is not None:
            raise HistoryError(f"{place.shown}: is a database of another program; name another file")
        return None
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    if revision is not None and revision not in REVISIONS:
        newer = f"was written by a newer auditor (schema {revision}, and this one knows {HEAD})"
        raise HistoryError(f"{place.shown}: {newer}; install that one, or name another history")
    return str(revision) if revision is not None else None


def _tables(connection: Connection, place: Place) -> set[str]:
    if place.file is not None:
        return set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    found = connection.execute(text("SELECT to_regclass(:name)"), {"name": VERSION_TABLE}).scalar()
    return {VERSION_TABLE} if found is not None else set()


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, within the transaction of a connection."""
    from alembic import command  # noqa: PLC0415 - only where there is something to migrate
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, revision)
