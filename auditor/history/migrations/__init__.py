"""How the schema of a history came about, revision by revision, for Alembic."""
