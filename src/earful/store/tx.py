"""A transaction as verbs see it: they execute, they never commit."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Executable, RowMapping

Row = RowMapping | dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")


class Tx:
    """One open transaction on either database."""

    __slots__ = ("_after_commit", "conn", "dialect", "known")

    def __init__(self, conn: Connection, *, reading: bool = False) -> None:
        self.conn = conn
        self.known: dict[Any, Any] | None = {} if reading else None
        """What `read_once` has read already; None where something may be written."""
        self.dialect: str = conn.dialect.name
        self._after_commit: list[Callable[[], None]] = []

    @property
    def is_postgresql(self) -> bool:
        """True on PostgreSQL, False on SQLite: there is no third."""
        return self.dialect == "postgresql"

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement."""
        return self.conn.execute(statement, parameters)

    def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows as mappings."""
        return [cast(Row, row._mapping) for row in self.conn.execute(statement, parameters)]

    def row(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Row | None:
        """The first row as a mapping, or None."""
        found = self.conn.execute(statement, parameters).first()
        return None if found is None else cast(Row, found._mapping)

    def value(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return self.conn.execute(statement, parameters).scalar()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run `call` once the transaction is durable; never when it is rolled back."""
        self._after_commit.append(call)

    def run_after_commit(self) -> None:
        """For the store only: run what was registered, in order."""
        for call in self._after_commit:
            call()


def read_once(
    query: Callable[Concatenate[Tx, P], T],
) -> Callable[Concatenate[Tx, P], T]:
    """A query of hashable values that several parts of a page ask: a transaction that only reads asks it once.

    The answer is shared, so nobody may change it. Where something may be written, it is asked anew each time.
    """

    @wraps(query)
    def reading(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if tx.known is None:
            return query(tx, *args, **kwargs)
        key = (query, args, tuple(kwargs.items()))
        if key not in tx.known:
            tx.known[key] = query(tx, *args, **kwargs)
        return cast(T, tx.known[key])

    return reading
