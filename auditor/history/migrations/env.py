"""What Alembic runs: the revisions, on the connection and in the transaction of who asked for them."""

from alembic import context

from auditor.history.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
