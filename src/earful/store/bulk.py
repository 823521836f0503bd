"""Many rows at once, straight through the driver: the hot paths of intake and of the consumers.

SQLAlchemy builds and processes the same statements at half as much cost again, and far more for long lists of
keys. SQL here is written with `?` for a value and `??` for a list of texts, as in `id IN ??`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from earful.store.tx import Tx

CHUNK = 256
"""Rows in one statement at most: 256 rows of 25 columns stay below SQLite's 32,766 parameters."""

Record = dict[str, Any]
_encode = msgspec.json.Encoder().encode
_LIST = {
    "sqlite": "(SELECT value FROM json_each(?))",
    "postgresql": "(SELECT unnest(CAST(? AS text[])))",
}


@lru_cache(maxsize=1024)
def _insert_sql(
    table: str, columns: tuple[str, ...], conflict: tuple[str, ...], returning: str, rows: int, mark: str
) -> str:
    unless = f"\nON CONFLICT ({', '.join(conflict)}) DO NOTHING" if conflict else ""
    give = f"\nRETURNING {returning}" if returning else ""
    return f"INSERT INTO {table} ({', '.join(columns)})\nVALUES {_values(len(columns), rows, mark)}{unless}{give}"


@lru_cache(maxsize=1024)
def _upsert_sql(table: str, columns: tuple[str, ...], key: tuple[str, ...], rows: int, mark: str) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return (
        f"INSERT INTO {table} ({', '.join(columns)})\nVALUES {_values(len(columns), rows, mark)}\n"
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )


@lru_cache(maxsize=1024)
def _update_sql(table: str, key: str, columns: tuple[str, ...], rows: int, mark: str) -> str:
    # Both databases name the columns of a VALUES list column1, column2, ...
    changes = ", ".join(f"{name} = new.column{at}" for at, name in enumerate(columns, 2))
    return (
        f"UPDATE {table} SET {changes}\n"
        f"FROM (VALUES {_values(len(columns) + 1, rows, mark)}) AS new\nWHERE {table}.{key} = new.column1"
    )


@lru_cache(maxsize=256)
def _said_in(dialect: str, sql: str) -> str:
    sql = sql.replace("??", _LIST[dialect])
    return sql.replace("?", "%s") if dialect == "postgresql" else sql


def _values(columns: int, rows: int, mark: str) -> str:
    return ", ".join(["(" + ", ".join([mark] * columns) + ")"] * rows)


def _mark(tx: Tx) -> str:
    return "%s" if tx.is_postgresql else "?"


def _driver(tx: Tx) -> Any:
    return tx.conn.connection.driver_connection


def insert(
    tx: Tx,
    table: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    *,
    conflict: tuple[str, ...] = (),
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert `rows`, skipping those whose `conflict` columns already exist.

    Returns the `returning` columns of the rows that were really inserted, in no particular order.
    """
    driver, mark = _driver(tx), _mark(tx)
    inserted: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        sql = _insert_sql(table, columns, conflict, returning, len(chunk), mark)
        done = driver.execute(sql, [value for row in chunk for value in row])
        if returning:
            inserted.extend(done.fetchall())
    return inserted


def insert_absent(
    tx: Tx, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], conflict: tuple[str, ...]
) -> int:
    """Insert `rows`, skipping those whose `conflict` columns already exist; returns how many were new.

    A count costs nothing, while RETURNING makes Python fetch every row, each time giving up its turn.
    """
    driver, mark = _driver(tx), _mark(tx)
    count = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        sql = _insert_sql(table, columns, conflict, "", len(chunk), mark)
        count += driver.execute(sql, [value for row in chunk for value in row]).rowcount
    return count


def upsert(
    tx: Tx, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], key: tuple[str, ...]
) -> None:
    """Insert `rows`; where the `key` exists, its other columns are replaced. No key may come twice."""
    driver, mark = _driver(tx), _mark(tx)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        sql = _upsert_sql(table, columns, key, len(chunk), mark)
        driver.execute(sql, [value for row in chunk for value in row])


def update(tx: Tx, table: str, key: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Set text `columns` of the rows with these keys; a row is (key, value of each column)."""
    driver, mark = _driver(tx), _mark(tx)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        sql = _update_sql(table, key, columns, len(chunk), mark)
        driver.execute(sql, [value for row in chunk for value in row])


def run(tx: Tx, sql: str, values: Sequence[Any] = ()) -> int:
    """Run one statement; returns how many rows it changed."""
    done: int = _driver(tx).execute(_said_in(tx.dialect, sql), _given(tx, values)).rowcount
    return done


def select(tx: Tx, sql: str, values: Sequence[Any] = ()) -> list[Record]:
    """All rows of a query."""
    done = _driver(tx).execute(_said_in(tx.dialect, sql), _given(tx, values))
    names = [column[0] for column in done.description]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def tuples(tx: Tx, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query, without names."""
    found: list[tuple[Any, ...]] = (
        _driver(tx).execute(_said_in(tx.dialect, sql), _given(tx, values)).fetchall()
    )
    return found


def _given(tx: Tx, values: Sequence[Any]) -> list[Any]:
    if tx.is_postgresql:
        return list(values)
    return [_encode(value).decode() if isinstance(value, list) else value for value in values]
