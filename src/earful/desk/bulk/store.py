"""The SQL of acts on many cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from earful.store import bulk
from earful.store.tables import bulk_acts, bulk_items, cases
from earful.store.tx import Row, Tx


def insert_act(tx: Tx, values: Mapping[str, Any], case_ids: Sequence[str]) -> None:
    """Keep an act that is to be done, with its cases in order."""
    tx.execute(insert(bulk_acts).values(**values))
    columns = ("bulk_id", "place", "case_id")
    bulk.insert(tx, "bulk_items", columns, [(values["id"], n, one) for n, one in enumerate(case_ids)])


def find(tx: Tx, bulk_id: str, *, lock: bool = False) -> Row | None:
    """One act."""
    query = select(bulk_acts).where(bulk_acts.c.id == bulk_id)
    return tx.row(query.with_for_update() if lock else query)


def undo_of(tx: Tx, bulk_id: str) -> str | None:
    """The act that takes this one back; None without."""
    found: str | None = tx.value(select(bulk_acts.c.id).where(bulk_acts.c.undo_of == bulk_id))
    return found


def update_act(tx: Tx, bulk_id: str, values: Mapping[str, Any]) -> None:
    """Note how far it is."""
    tx.execute(update(bulk_acts).where(bulk_acts.c.id == bulk_id).values(**values))


def items(tx: Tx, bulk_id: str, start: int, limit: int) -> list[Row]:
    """Cases of an act from a place on."""
    query = select(bulk_items).where(bulk_items.c.bulk_id == bulk_id, bulk_items.c.place >= start)
    return tx.rows(query.order_by(bulk_items.c.place).limit(limit))


def changed(tx: Tx, bulk_id: str) -> list[str]:
    """Cases that an act changed."""
    query = select(bulk_items.c.case_id).where(
        bulk_items.c.bulk_id == bulk_id, bulk_items.c.result == "changed"
    )
    return [row["case_id"] for row in tx.rows(query.order_by(bulk_items.c.place))]


def before_of(tx: Tx, bulk_id: str, case_ids: Sequence[str]) -> dict[str, str]:
    """case -> how it stood before an act."""
    query = select(bulk_items.c.case_id, bulk_items.c.before).where(
        bulk_items.c.bulk_id == bulk_id, bulk_items.c.case_id.in_(case_ids)
    )
    return {row["case_id"]: row["before"] for row in tx.rows(query)}


def set_results(tx: Tx, bulk_id: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """(place, result, why, before) of cases that were done."""
    for place, result, why, before in rows:
        tx.execute(
            update(bulk_items)
            .where(bulk_items.c.bulk_id == bulk_id, bulk_items.c.place == place)
            .values(result=result, why=why, before=before)
        )


def refused(tx: Tx, bulk_id: str, limit: int) -> list[Row]:
    """Cases that were left alone, with their numbers and why; the number is None for one that is no more."""
    query = (
        select(bulk_items.c.why, cases.c.number, cases.c.title)
        .join(cases, cases.c.id == bulk_items.c.case_id, isouter=True)
        .where(bulk_items.c.bulk_id == bulk_id, bulk_items.c.result == "refused")
        .order_by(bulk_items.c.place)
        .limit(limit)
    )
    return tx.rows(query)


def ids_of_numbers(tx: Tx, numbers: Sequence[int]) -> list[str]:
    """The cases with these numbers, in their order; those that there are not are left out."""
    query = select(cases.c.number, cases.c.id).where(cases.c.number.in_(numbers))
    found = {row["number"]: row["id"] for row in tx.rows(query)}
    return [found[one] for one in numbers if one in found]
