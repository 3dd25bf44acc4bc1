"""Which event was told on which channel."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "history_deliveries",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("event", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="history_deliveries_pk"),
        sa.UniqueConstraint("channel", "event", name="history_deliveries_channel_uq"),
        sa.ForeignKeyConstraint(["event"], ["history_events.id"], name="history_deliveries_event_fk"),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("history_deliveries")
