"""Alembic's entry: runs the revisions on the connection that ``upgrade`` hands over."""

from alembic import context

from almoner.finance.storage import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=VERSION_TABLE, target_metadata=None
)
with context.begin_transaction():
    context.run_migrations()
