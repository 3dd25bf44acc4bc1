"""Since when a channel is told of a job."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "history_channels",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("channel", "job", name="history_channels_pk"),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("history_channels")
