"""Alembic's entry: one connection, one transaction, both databases."""

from alembic import context

from earful.store.engine import connect, is_sqlite
from earful.store.tables import metadata

url: str = context.config.attributes["url"]
engine = connect(url, writer=True)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=is_sqlite(url),
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
