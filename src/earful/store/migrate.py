"""Bring a database to this version's tables, with Alembic."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from earful.store.engine import connect

HERE = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest migration's number, from its file name."""
    return max(path.stem.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def version(conn: Connection) -> str | None:
    """The migration that a database is at; None when it is empty."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(url: str) -> None:
    """Upgrade to `head()`. A database that is already there costs one query, not Alembic's import."""
    engine = connect(url, writer=True)
    try:
        with engine.connect() as conn:
            if version(conn) == head():
                return
        upgrade(url)
    finally:
        engine.dispose()


def upgrade(url: str) -> None:
    """Run Alembic's upgrade in this process."""
    from alembic import command  # noqa: PLC0415 - slow to import, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = url
    command.upgrade(config, "head")
