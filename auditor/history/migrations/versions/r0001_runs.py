"""Jobs, runs, findings with their lives, and contents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "history_contents",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("base", sa.LargeBinary(32)),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="history_contents_pk"),
        sa.ForeignKeyConstraint(["base"], ["history_contents.digest"], name="history_contents_base_fk"),
    )
    op.create_index("history_contents_base_ix", "history_contents", ["base"])
    op.create_table(
        "history_jobs",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("last_run", sa.Integer),
        sa.Column("clock", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="history_jobs_pk"),
        sa.UniqueConstraint("name", name="history_jobs_name_uq"),
    )
    _runs()
    _lives()


def _content(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(32), nullable=nullable)


def _runs() -> None:
    facts = ("summary", "sources", "packs", "gaps", "workloads", "findings", "outcomes", "snapshot")
    op.create_table(
        "history_runs",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("job", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("tool_version", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("is_complete", sa.Boolean, nullable=False),
        *(_content(each, nullable=each == "snapshot") for each in facts),
        sa.PrimaryKeyConstraint("id", name="history_runs_pk"),
        sa.ForeignKeyConstraint(["job"], ["history_jobs.id"], name="history_runs_job_fk"),
        *(
            sa.ForeignKeyConstraint([each], ["history_contents.digest"], name=f"history_runs_{each}_fk")
            for each in facts
        ),
        sqlite_autoincrement=True,
    )
    for each in facts:
        op.create_index(f"history_runs_{each}_ix", "history_runs", [each])


def _lives() -> None:
    op.create_table(
        "history_lives",
        sa.Column("job", sa.Integer, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("first_seen", sa.Text, nullable=False),
        sa.Column("last_seen", sa.Text),
        sa.Column("resolved_at", sa.Text),
        sa.Column("reopened_at", sa.Text),
        _content("told"),
        sa.PrimaryKeyConstraint("job", "finding", name="history_lives_pk"),
        sa.ForeignKeyConstraint(["job"], ["history_jobs.id"], name="history_lives_job_fk"),
        sa.ForeignKeyConstraint(["told"], ["history_contents.digest"], name="history_lives_told_fk"),
    )
    op.create_index("history_lives_told_ix", "history_lives", ["told"])
    op.create_table(
        "history_events",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("job", sa.Integer, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="history_events_pk"),
        sa.ForeignKeyConstraint(["job"], ["history_jobs.id"], name="history_events_job_fk"),
        sqlite_autoincrement=True,
    )
    op.create_index("history_events_run_ix", "history_events", ["run"])


def downgrade() -> None:
    """Take the tables away."""
    for table in ("events", "lives", "runs", "jobs", "contents"):
        op.drop_table(f"history_{table}")
