"""The event log in the database itself.

On PostgreSQL a sequence number is drawn before its transaction commits, so `seq > cursor` would skip late
committers (measured: a quarter of the events with eight writers). Reading by (transaction id, seq) and only
below the snapshot's horizon skips none.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.log.contract import Batch, Event, NewEvent, Position
from earful.store import bulk
from earful.store.errors import ConflictError
from earful.store.tables import cursors, events
from earful.store.tx import Tx


class Told(NamedTuple):
    """As much of an event as open pages are told."""

    tx: int
    seq: int
    type: str
    case_id: str
    """Empty for what is told of a colleague."""
    subject: str


FOR_PEOPLE = ("notice.made", "notice.read")
"""Events of no case that open pages are told: `subject` is the user."""
COLUMNS = ("type", "subject", "case_id", "actor", "at", "data")
_EVENTS = "SELECT tx, seq, type, subject, at, case_id, actor, data FROM events"
_TOLD = (
    "SELECT tx, seq, type, COALESCE(case_id, '') AS case_id, subject FROM events\n"
    f"WHERE (case_id IS NOT NULL OR type IN {FOR_PEOPLE})"
)
_HORIZON = "events.tx < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
HORIZON = text(_HORIZON)
OWN_TX = text("SELECT pg_current_xact_id()::text::bigint")


class EmbeddedLog:
    """Rows of the `events` table."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[frozenset[str]], None]] = []

    def listen(self, call: Callable[[frozenset[str]], None]) -> None:
        """Be called with the types of what this process has appended, once it is durable."""
        self._listeners.append(call)

    def leave(self, call: Callable[[frozenset[str]], None]) -> None:
        """Be called no more."""
        self._listeners.remove(call)

    def append(self, tx: Tx, events: Sequence[NewEvent]) -> None:
        """Append in the caller's transaction."""
        if not events:
            return
        types = frozenset(event.type for event in events)
        for call in self._listeners:
            tx.after_commit(partial(call, types))
        rows = [(e.type, e.subject, e.case_id, e.actor, e.at, e.data) for e in events]
        if not tx.is_postgresql:
            bulk.insert(tx, "events", COLUMNS, rows)
            return
        own = tx.value(OWN_TX)
        bulk.insert(tx, "events", (*COLUMNS, "tx"), [(*row, own) for row in rows])

    def read(self, tx: Tx, consumer: str, limit: int, types: frozenset[str] | None = None) -> Batch | None:
        """The next events of a consumer."""
        before = self.position(tx, consumer)
        # Where the log ends is read first: what is appended meanwhile belongs to the next batch.
        end = self.end(tx)
        found = self.after(tx, before, limit, types, end) if end > before else []
        full = len(found) == limit or (types is None and found)
        after = Position(found[-1].tx, found[-1].seq) if full else end
        if not after > before:
            return None
        return Batch(consumer=consumer, before=before, after=after, events=found)

    def done(self, tx: Tx, batch: Batch, now: int) -> None:
        """Move the cursor from `batch.before` to `batch.after`, or raise ConflictError."""
        upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
        if batch.before == Position():
            start = upsert(cursors).values(consumer=batch.consumer, tx=0, seq=0, moved_at=now)
            tx.execute(start.on_conflict_do_nothing())
        moved = tx.execute(
            update(cursors)
            .where(
                cursors.c.consumer == batch.consumer,
                cursors.c.tx == batch.before.tx,
                cursors.c.seq == batch.before.seq,
            )
            .values(tx=batch.after.tx, seq=batch.after.seq, moved_at=now)
        )
        if moved.rowcount != 1:
            raise ConflictError(f"Consumer {batch.consumer} was moved by somebody else; batch dropped.")

    def position(self, tx: Tx, consumer: str) -> Position:
        """How far a consumer has come."""
        row = tx.row(select(cursors.c.tx, cursors.c.seq).where(cursors.c.consumer == consumer))
        return Position() if row is None else Position(row["tx"], row["seq"])

    def late(self, tx: Tx, consumers: Collection[str]) -> set[str]:
        """Those that do not stand at the end."""
        rows = tx.rows(select(cursors.c.consumer, cursors.c.tx, cursors.c.seq))
        places = {row["consumer"]: Position(row["tx"], row["seq"]) for row in rows}
        end = self.end(tx)
        return {one for one in consumers if end > places.get(one, Position())}

    def place(self, tx: Tx, consumer: str, at: Position, now: int) -> None:
        """Set a consumer to a place, whatever it was: for a new consumer that must not replay history."""
        tx.execute(cursors.delete().where(cursors.c.consumer == consumer))
        tx.execute(insert(cursors).values(consumer=consumer, tx=at.tx, seq=at.seq, moved_at=now))

    def after(
        self,
        tx: Tx,
        place: Position,
        limit: int,
        types: frozenset[str] | None = None,
        end: Position | None = None,
    ) -> list[Event]:
        """Up to `limit` events behind `place`, in order; only those of `types` and up to `end`, where given."""
        where, values, order = "seq > ?", [place.seq], "seq"
        if tx.is_postgresql:
            where, values, order = (
                f"(events.tx, seq) > (?, ?) AND {_HORIZON}",
                [place.tx, place.seq],
                "events.tx, seq",
            )
        if end is not None:
            where += " AND (events.tx, seq) <= (?, ?)" if tx.is_postgresql else " AND seq <= ?"
            values += [end.tx, end.seq] if tx.is_postgresql else [end.seq]
        given: list[object] = [*values]
        if types is not None:
            where += " AND type IN ??"
            given.append(sorted(types))
        rows = bulk.tuples(tx, f"{_EVENTS} WHERE {where} ORDER BY {order} LIMIT ?", [*given, limit])
        return [
            Event(
                tx=own, seq=seq, type=type_, subject=subject, at=at, case_id=case_id, actor=actor, data=data
            )
            for own, seq, type_, subject, at, case_id, actor, data in rows
        ]

    def told_after(self, tx: Tx, place: Position, limit: int) -> tuple[Position, list[Told]]:
        """Up to `limit` events of cases and for people behind `place`, and up to which place these are all."""
        end = self.end(tx)
        if tx.is_postgresql:
            between = "(events.tx, seq) > (?, ?) AND (events.tx, seq) <= (?, ?)"
            sql = f"{_TOLD} AND {between} ORDER BY events.tx, seq LIMIT ?"
            rows = bulk.tuples(tx, sql, (place.tx, place.seq, end.tx, end.seq, limit))
        else:
            sql = f"{_TOLD} AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
            rows = bulk.tuples(tx, sql, (place.seq, end.seq, limit))
        found = [Told(*row) for row in rows]
        return (Position(found[-1].tx, found[-1].seq) if len(found) == limit else end), found

    def end(self, tx: Tx) -> Position:
        """The newest place that a reader may already stand at."""
        if tx.is_postgresql:
            query = (
                select(events.c.tx, events.c.seq)
                .where(HORIZON)
                .order_by(events.c.tx.desc(), events.c.seq.desc())
                .limit(1)
            )
        else:
            query = select(events.c.tx, events.c.seq).order_by(events.c.seq.desc()).limit(1)
        row = tx.row(query)
        return Position() if row is None else Position(row["tx"], row["seq"])

    def behind(self, tx: Tx, consumer: str, limit: int = 10_000) -> int:
        """How many events a consumer has still to take, counted up to `limit`."""
        return len(self.after(tx, self.position(tx, consumer), limit))
