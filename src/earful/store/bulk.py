"""Insert if absent, many rows at once, straight through the driver: the hot path of intake.

The SQL of each batch size is built once. SQLAlchemy would cost half as much again for the same statement.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from earful.store.tx import Tx

CHUNK = 256
"""Rows in one statement at most: 256 rows of 25 columns stay below SQLite's 32,766 parameters."""


@lru_cache(maxsize=1024)
def _statement(
    table: str, columns: tuple[str, ...], conflict: tuple[str, ...], returning: str, rows: int, mark: str
) -> str:
    values = "(" + ", ".join([mark] * len(columns)) + ")"
    unless = f"\nON CONFLICT ({', '.join(conflict)}) DO NOTHING" if conflict else ""
    give = f"\nRETURNING {returning}" if returning else ""
    return f"INSERT INTO {table} ({', '.join(columns)})\nVALUES {', '.join([values] * rows)}{unless}{give}"


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
    mark = "%s" if tx.is_postgresql else "?"
    driver: Any = tx.conn.connection.driver_connection
    inserted: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        sql = _statement(table, columns, conflict, returning, len(chunk), mark)
        done = driver.execute(sql, [value for row in chunk for value in row])
        if returning:
            inserted.extend(done.fetchall())
    return inserted
