"""Database connections, set up the same way everywhere."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from earful.model.folding import fold

BUSY_SECONDS = 10
READ_POOL = 8
PREPARED = 1_000
"""Prepared statements that one connection to PostgreSQL keeps."""


def is_sqlite(url: str) -> bool:
    """Whether a database URL names the embedded store."""
    return url.startswith("sqlite")


def normal_url(url: str) -> str:
    """`postgres://` and `postgresql://` mean psycopg 3; a bare path means SQLite."""
    if "://" not in url:
        return f"sqlite:///{Path(url).absolute()}"
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _fold(text: str | None) -> str | None:
    return None if text is None else fold(text)


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, pool_size=READ_POOL, max_overflow=READ_POOL, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _set_up(dbapi: Any, _record: Any) -> None:
        # A page asks some forty short questions: compiling one of them takes longer than its answer.
        before, dbapi.autocommit = dbapi.autocommit, True
        dbapi.execute("SET jit = off")
        dbapi.autocommit = before
        # psycopg keeps a hundred prepared statements; the desk has more, and would prepare them again and again.
        dbapi.prepared_max = PREPARED

    return engine


def connect(url: str, *, writer: bool = False) -> Engine:
    """An engine for readers, or for the one writer."""
    if not is_sqlite(url):
        return _postgresql(url)
    name = make_url(url).database
    if name:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if writer else READ_POOL,
        max_overflow=0 if writer else READ_POOL,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @event.listens_for(engine, "connect")
    def _set_up(dbapi: sqlite3.Connection, _record: Any) -> None:
        # The driver would otherwise decide by itself when a transaction starts.
        dbapi.isolation_level = None
        dbapi.create_function("earful_fold", 1, _fold, deterministic=True)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "cache_size = -32768" if writer else "cache_size = -8192",
            "mmap_size = 268435456",
            "journal_size_limit = 67108864",
            "query_only = OFF" if writer else "query_only = ON",
        ):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Any) -> None:
        conn.exec_driver_sql(begin)

    return engine
