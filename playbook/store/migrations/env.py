"""Alembic's environment: migrates over the connection that `playbook.store.schema` hands in."""

from alembic import context

from playbook.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
