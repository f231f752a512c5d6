"""Alembic's way in: it runs in the transaction that ``service.store.migrate`` opened."""

from alembic import context

from service.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
