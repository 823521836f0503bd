"""Macros: answers that are written once, with what belongs to them."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk.cases import service as cases
from earful.desk.macros import rules, store
from earful.desk.macros.rules import Actions, Macro, Visibility
from earful.desk.users import service as users
from earful.log.contract import Log
from earful.model.desk import CaseRow, Role, Status
from earful.model.ids import new_id
from earful.model.time import HOUR, Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

_RANK = {Role.AGENT: 0, Role.LEAD: 1, Role.ADMIN: 2}
_texts = msgspec.json.Decoder(dict[str, str])
_actions = msgspec.json.Decoder(Actions)
_encode = msgspec.json.Encoder().encode


class NotFoundError(LookupError):
    """There is no such macro for whoever asks."""


class RefusedError(ValueError):
    """The act cannot be done; the message says why."""


class Asker(Struct, frozen=True, kw_only=True):
    """Who asks, and what they may."""

    who: Who
    role: Role
    may_share: bool


class Kept(Struct, frozen=True, kw_only=True):
    """A macro with its history."""

    id: str
    macro: Macro
    owner_id: str
    owner: str
    used: int
    used_at: int | None
    can_change: bool


def _kept(row: Row, asker: Asker) -> Kept:
    macro = Macro(
        title=row["title"],
        texts=_texts.decode(row["texts"]),
        visibility=Visibility(row["visibility"]),
        role=Role(row["role"]),
        actions=_actions.decode(row["actions"]),
    )
    mine = macro.visibility is Visibility.MINE
    return Kept(
        id=row["id"],
        macro=macro,
        owner_id=row["owner_id"],
        owner=row["owner"],
        used=row["used"],
        used_at=row["used_at"],
        can_change=row["owner_id"] == asker.who.id if mine else asker.may_share,
    )


def _sees(kept: Kept, asker: Asker) -> bool:
    match kept.macro.visibility:
        case Visibility.ALL:
            return True
        case Visibility.ROLE:
            return _RANK[asker.role] >= _RANK[kept.macro.role]
        case _:
            return kept.owner_id == asker.who.id


def seen_by(tx: Tx, asker: Asker) -> list[Kept]:
    """The macros that somebody can use, by title."""
    return [one for row in store.standing(tx) if _sees(one := _kept(row, asker), asker)]


def search(tx: Tx, asker: Asker, query: str, limit: int) -> list[Kept]:
    """Those that have the words of a query in title or text, the most used first."""
    seen = {one.id: one for one in seen_by(tx, asker)}
    words = [
        (one.id, " ".join([one.macro.title, *one.macro.texts.values()]), one.used) for one in seen.values()
    ]
    return [seen[macro_id] for macro_id in rules.matching(words, query)[:limit]]


def find(tx: Tx, asker: Asker, macro_id: str) -> Kept:
    """A macro. Raises NotFoundError when there is none, it is deleted, or it is somebody else's own."""
    row = store.find(tx, macro_id)
    kept = _kept(row, asker) if row is not None and row["deleted_at"] is None else None
    if kept is None or not _sees(kept, asker):
        raise NotFoundError("This macro does not exist; somebody may have deleted it.")
    return kept


def create(tx: Tx, asker: Asker, macro: Macro, now: Instant) -> str:
    """Keep a new macro; returns its id. Raises InvalidMacroError and RefusedError."""
    checked = _allowed(asker, rules.check(macro))
    if len(store.standing(tx)) >= rules.MOST:
        raise RefusedError(f"There are {rules.MOST} macros already; delete some that nobody uses.")
    made = new_id(now)
    store.add(tx, _values(checked, now) | {"id": made, "owner_id": asker.who.id})
    record(tx, asker.who, "macro.create", made, now, checked.title)
    return made


def change(tx: Tx, asker: Asker, macro_id: str, macro: Macro, now: Instant) -> Macro:
    """Change a macro; returns what it was. Raises NotFoundError, InvalidMacroError and RefusedError."""
    before = find(tx, asker, macro_id)
    if not before.can_change:
        raise RefusedError("Only a lead or admin changes a macro that others use. Nothing was saved.")
    checked = _allowed(asker, rules.check(macro))
    store.change(tx, macro_id, _values(checked, now))
    record(tx, asker.who, "macro.change", macro_id, now, checked.title)
    return before.macro


def _allowed(asker: Asker, macro: Macro) -> Macro:
    if macro.visibility is not Visibility.MINE and not asker.may_share:
        raise RefusedError("Only leads and admins share macros; keep it for yourself. Nothing was saved.")
    return macro


def _values(macro: Macro, now: Instant) -> dict[str, object]:
    return {
        "title": macro.title,
        "texts": _encode(macro.texts).decode(),
        "visibility": macro.visibility.value,
        "role": macro.role.value,
        "actions": _encode(macro.actions).decode(),
        "changed_at": now,
    }


def remove(tx: Tx, asker: Asker, macro_id: str, now: Instant) -> None:
    """Delete a macro; `restore` brings it back. Raises NotFoundError and RefusedError."""
    if not find(tx, asker, macro_id).can_change:
        raise RefusedError("Only a lead or admin deletes a macro that others use.")
    store.change(tx, macro_id, {"deleted_at": now})
    record(tx, asker.who, "macro.delete", macro_id, now)


def restore(tx: Tx, asker: Asker, macro_id: str, now: Instant) -> None:
    """Undo a deletion. Raises NotFoundError and RefusedError."""
    row = store.find(tx, macro_id)
    if row is None:
        raise NotFoundError("There is no such macro.")
    if not _kept(row, asker).can_change:
        raise RefusedError("Only a lead or admin brings back a macro that others use.")
    store.change(tx, macro_id, {"deleted_at": None})
    record(tx, asker.who, "macro.restore", macro_id, now)


def take_in(tx: Tx, asker: Asker, macros: Sequence[Macro], now: Instant) -> int:
    """Import macros, all or none: one of the same title and visibility is replaced. Returns how many."""
    own = {(one.macro.title, one.macro.visibility): one for one in seen_by(tx, asker) if one.can_change}
    for macro in macros:
        known = own.get((macro.title, macro.visibility))
        if known is None:
            create(tx, asker, macro, now)
        else:
            change(tx, asker, known.id, macro, now)
    return len(macros)


def apply(tx: Tx, log: Log, asker: Asker, kept: Kept, case: CaseRow, now: Instant) -> dict[str, str]:
    """Do what a macro does beside its text; returns what `take_back` needs to undo it."""
    actions, who = kept.macro.actions, asker.who
    standing = cases.standing_of(tx, case.id)
    undo: dict[str, str] = {}
    added = [
        tag for name in actions.tags if (tag := cases.tag(tx, log, who, case.id, name, now)) not in case.tags
    ]
    if added:
        undo["tags"] = "\n".join(added)
    if actions.assign:
        names = {user.id: user.name for user in users.colleagues(tx)}
        wanted = {"me": who.id, "nobody": ""}.get(actions.assign, actions.assign)
        if wanted and wanted not in names:
            raise RefusedError(
                "The colleague whom this macro assigns to is not here any more. Nothing was done."
            )
        before = cases.assign(tx, log, who, case.id, wanted or None, names.get(wanted, ""), now)
        undo["assignee"] = before or ""
    if actions.snooze_hours:
        cases.snooze(tx, log, who, case.id, now + actions.snooze_hours * HOUR, now)
    elif actions.status:
        cases.set_status(tx, log, who, case.id, Status(actions.status), now)
    if actions.snooze_hours or actions.status:
        undo |= {
            "status": standing.status.value,
            "outcome": standing.outcome.value,
            "snoozed_until": str(standing.snoozed_until or ""),
            "closed_at": str(standing.closed_at or ""),
        }
    store.used(tx, kept.id, now)
    return undo
