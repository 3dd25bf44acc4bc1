"""The tables of a history as of `HEAD`; the migrations make them, and a test holds the two together.

Digests are of the uncompressed content. What refers to contents in bulk does so by a manifest (see packing).
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0003"
"""The newest revision of the schema; opening a history of it needs no Alembic."""
VERSION_TABLE = "history_version"
LISTS = ("workloads", "findings", "outcomes", "snapshot")
"""Columns of a run that hold the digest of a manifest."""
FACTS = ("summary", "sources", "packs", "gaps")
"""Columns of a run that hold the digest of one value."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_uq",
        "ix": "%(table_name)s_%(column_0_name)s_ix",
    }
)

contents = Table(
    "history_contents",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("base", LargeBinary(32), ForeignKey("history_contents.digest"), index=True),
    Column("data", LargeBinary, nullable=False),
)
"""Whatever is kept by content, compressed. base: what it resembles, and is kept as a difference from; that has none."""

jobs = Table(
    "history_jobs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("last_run", Integer),
    Column("clock", Text, nullable=False),
)
"""last_run: the newest run. clock: the latest time any run of it was made, so that no event goes back behind it."""


def _content(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Return a column that refers to a content; with an index, by which pruning finds whether anything does."""
    return Column(name, LargeBinary(32), ForeignKey("history_contents.digest"), nullable=nullable, index=True)


runs = Table(
    "history_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Integer, ForeignKey("history_jobs.id"), nullable=False),
    Column("at", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("tool_version", Text, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    *(_content(each) for each in FACTS),
    *(_content(each, nullable=each == "snapshot") for each in LISTS),
    sqlite_autoincrement=True,
)

lives = Table(
    "history_lives",
    metadata,
    Column("job", Integer, ForeignKey("history_jobs.id"), nullable=False),
    Column("finding", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text),
    Column("resolved_at", Text),
    Column("reopened_at", Text),
    _content("told"),
    PrimaryKeyConstraint("job", "finding"),
)
"""last_seen: None where the newest run of the job has it, so that a run writes nothing of what stays.

told: the chunk that holds the finding as it was last seen.
"""

events = Table(
    "history_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Integer, ForeignKey("history_jobs.id"), nullable=False),
    Column("finding", Text, nullable=False),
    Column("run", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index(None, "run"),
    sqlite_autoincrement=True,
)
"""run: stays when the run itself is pruned."""

deliveries = Table(
    "history_deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("event", Integer, ForeignKey("history_events.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("at", Text, nullable=False),
    UniqueConstraint("channel", "event"),
)
"""Which event was told on which channel. channel: a digest, since its address may be secret."""

channels = Table(
    "history_channels",
    metadata,
    Column("channel", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("since", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "job"),
)
"""since: the last event before a channel was first named. job: by name, since it may not have been recorded yet."""
