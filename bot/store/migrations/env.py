"""Run by Alembic for each command; the connection, inside the caller's transaction, comes from `bot.store.database`."""

from alembic import context

from bot.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
