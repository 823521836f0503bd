"""Saved views: made, changed, shared, ordered and deleted by people; opened by the inbox."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.conditions import reading
from earful.desk.views import rules, store
from earful.desk.views.rules import Sort, View
from earful.log.contract import Log, NewEvent
from earful.model.conditions import Condition
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

FILL = "view.fill"
"""Look for members of a view: some at a time, each step's event asks for the next."""
CLEAR = "view.clear"
"""Forget the members of a list that no view has any more."""
DUE = "view.due"
"""The clock may have moved cases in or out of views."""

_encode = msgspec.json.Encoder().encode


class NotFoundError(LookupError):
    """There is no such view, or not for this person."""


class RefusedError(ValueError):
    """The view cannot be kept or changed like this; the message says why."""


class Asker(Struct, frozen=True, kw_only=True):
    """Who looks or acts: themselves, and whether they may change what everybody sees."""

    who: Who
    may_share: bool


class Wanted(Struct, frozen=True, kw_only=True):
    """What a view shall be."""

    name: str
    condition: Condition
    sort: Sort = Sort.PRIORITY
    shared: bool = False
    icon: str = ""


def view_of(row: Row) -> View:
    """A stored view."""
    return View(
        id=row["id"],
        name=row["name"],
        icon=row["icon"],
        condition=reading.loads(row["condition"]),
        sort=Sort(row["sort"]),
        owner_id=row["owner_id"],
        shared=row["shared"],
        position=row["position"],
        list_id=row["list_id"],
        done=row["filled_to"],
        total=row["fill_to"],
    )


def seen_by(tx: Tx, user_id: str) -> list[View]:
    """Shared views, then one's own, in order."""
    return [view_of(row) for row in store.seen_by(tx, user_id)]


def find(tx: Tx, view_id: str, user_id: str) -> View | None:
    """A view that a user may see; None for others."""
    row = store.find(tx, view_id)
    if row is None or row["deleted_at"] is not None or not (row["shared"] or row["owner_id"] == user_id):
        return None
    return view_of(row)


def counts(tx: Tx, views: Iterable[View], user_id: str) -> dict[str, int]:
    """view id -> its cases for a user, from the kept counts."""
    wanted = list(views)
    found = store.counts(tx, [view.list_id for view in wanted], user_id)
    return {view.id: found.get(view.list_id, 0) for view in wanted}


def create(tx: Tx, log: Log, asker: Asker, wanted: Wanted, now: Instant) -> View:
    """Keep a view, last in its order; its members are found in the background. Raises RefusedError."""
    wanted = _checked(asker, wanted)
    around = [row for row in store.seen_by(tx, asker.who.id) if row["shared"] == wanted.shared]
    most = rules.SHARED_MOST if wanted.shared else rules.OWN_MOST
    if len(around) >= most:
        raise RefusedError(f"There are {most} views already; delete one that nobody uses.")
    view_id = new_id(now)
    row: dict[str, Any] = _values(wanted) | {
        "id": view_id,
        "owner_id": asker.who.id,
        "position": max((one["position"] for one in around), default=0) + 1,
        "created_at": now,
        "changed_at": now,
    }
    store.add(tx, row | _fresh(tx, now))
    _tell(tx, log, FILL, view_id, now, asker.who.id)
    record(tx, asker.who, "view.create", view_id, now, wanted.name)
    return view_of(_row(tx, view_id))


def change(tx: Tx, log: Log, asker: Asker, view_id: str, wanted: Wanted, now: Instant) -> View:
    """Change a view. Its members are looked for anew when its condition or order is another."""
    row = _own(tx, asker, view_id)
    wanted = _checked(asker, wanted)
    values = _values(wanted)
    anew = any(values[name] != row[name] for name in ("condition", "sort"))
    store.change(tx, view_id, values | {"changed_at": now} | (_fresh(tx, now) if anew else {}))
    if anew:
        _tell(tx, log, CLEAR, row["list_id"], now, asker.who.id)
        _tell(tx, log, FILL, view_id, now, asker.who.id)
    record(tx, asker.who, "view.change", view_id, now, wanted.name)
    return view_of(_row(tx, view_id))


def remove(tx: Tx, log: Log, asker: Asker, view_id: str, now: Instant) -> str:
    """Delete a view, which `restore` undoes; returns its name."""
    row = _own(tx, asker, view_id)
    store.change(tx, view_id, {"deleted_at": now})
    _tell(tx, log, CLEAR, row["list_id"], now, asker.who.id)
    record(tx, asker.who, "view.delete", view_id, now, row["name"])
    return str(row["name"])


def restore(tx: Tx, log: Log, asker: Asker, view_id: str, now: Instant) -> View:
    """Bring a deleted view back; its members are looked for anew."""
    row = _own(tx, asker, view_id, deleted=True)
    if row["deleted_at"] is not None:
        store.change(tx, view_id, {"deleted_at": None} | _fresh(tx, now))
        _tell(tx, log, FILL, view_id, now, asker.who.id)
        record(tx, asker.who, "view.restore", view_id, now, row["name"])
    return view_of(_row(tx, view_id))


def move(tx: Tx, asker: Asker, view_id: str, step: int, now: Instant) -> None:
    """Put a view one place further up (-1) or down (1) among the shared ones, or among one's own."""
    row = _own(tx, asker, view_id)
    around = [one for one in store.seen_by(tx, asker.who.id) if one["shared"] == row["shared"]]
    order = rules.moved((one["id"] for one in around), view_id, step)
    held = {one["id"]: one["position"] for one in around}
    for position, one in enumerate(order, 1):
        if held[one] != position:
            store.change(tx, one, {"position": position})
    record(tx, asker.who, "view.move", view_id, now, row["name"])


def is_due(tx: Tx, now: Instant) -> bool:
    """Whether the clock has moved anything since it was looked at last."""
    return bool(store.due(tx, now, 1))


def tick(tx: Tx, log: Log, now: Instant) -> None:
    """Have the views looked at whose cases come or go by the clock."""
    _tell(tx, log, DUE, "", now)


def _tell(tx: Tx, log: Log, kind: str, subject: str, now: Instant, actor: str = "") -> None:
    log.append(tx, [NewEvent(type=kind, subject=subject, at=now, actor=actor)])


def _row(tx: Tx, view_id: str) -> Row:
    row = store.find(tx, view_id, hold=True)
    if row is None:
        raise NotFoundError("This view does not exist.")
    return row


def _own(tx: Tx, asker: Asker, view_id: str, *, deleted: bool = False) -> Row:
    """A view that the asker may change."""
    row = _row(tx, view_id)
    mine = row["owner_id"] == asker.who.id
    if (row["deleted_at"] is not None and not deleted) or not (row["shared"] or mine):
        raise NotFoundError("This view does not exist; somebody may have deleted it.")
    if row["shared"] and not asker.may_share:
        raise RefusedError(
            "Everybody sees this view, so only leads and admins change it. Nothing was changed."
        )
    return row


def _checked(asker: Asker, wanted: Wanted) -> Wanted:
    wanted = msgspec.structs.replace(wanted, name=" ".join(wanted.name.split()))
    problem = rules.problem(wanted.name, wanted.condition)
    if problem:
        raise RefusedError(problem)
    if wanted.icon and wanted.icon not in rules.ICONS:
        raise RefusedError(f"Choose an icon among {', '.join(rules.ICONS)}.")
    if wanted.shared and not asker.may_share:
        raise RefusedError("Only leads and admins share views with everybody; keep it as your own.")
    return wanted


def _values(wanted: Wanted) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "icon": wanted.icon,
        "condition": reading.dump(wanted.condition),
        "sort": wanted.sort.value,
        "shared": wanted.shared,
    }


def _fresh(tx: Tx, now: Instant) -> dict[str, Any]:
    """A list without members, to be filled with the cases that there are."""
    return {"list_id": new_id(now), "filled_to": 0, "fill_to": store.newest_number(tx)}
