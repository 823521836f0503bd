"""Keeps the members and counts of views: of cases that change, of views that are new, and by the clock.

One reader does all three, so that filling a view and following its cases never meet. What it reads is at least as new
as the event that made it look; what changes later comes with a later event.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from earful.desk.cases.service import CHANGED
from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as facts
from earful.desk.conditions import sql
from earful.desk.conditions.facts import Facts
from earful.desk.consumer import ABSORBED, CASE_RATED, MESSAGES, OPENED
from earful.desk.views import rules, service, store
from earful.desk.views.rules import Found, Place, View
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Row, Tx

LISTED = "case.listed"
"""A case came into a view or left one."""
OF_CASES = frozenset({OPENED, MESSAGES, CASE_RATED, CHANGED, ABSORBED})
STEP = 2_000
"""Numbers of cases looked at in one step of filling a view, and members forgotten in one of clearing."""
CANDIDATES = 500
"""Cases evaluated in one step at most: beyond, the step ends earlier."""
DUE_AT_ONCE = 500
OF_A_PERSON = 1_000
"""Other cases of the same people looked at with a batch, for views that ask about people or authors."""

Key = tuple[str, str]


class _Compiled(Struct, frozen=True):
    view_id: str
    list_id: str
    place: Callable[[Facts, int], Found]
    groups: frozenset[str]
    timed: bool


class _Look(Struct, kw_only=True):
    """What was worked out outside the writing transaction."""

    cases: list[str] = []
    lists: frozenset[str] = frozenset()
    placed: dict[Key, Place] = {}
    checks: list[tuple[str, str, int]] = []


class _Filling(Struct, kw_only=True):
    view_id: str
    list_id: str
    filled_to: int
    finished: bool
    look: _Look


class _Prepared(Struct, kw_only=True):
    changed: _Look
    due: _Look
    fillings: list[_Filling]


class ViewConsumer:
    """Follows cases and views."""

    name = "views"
    types = OF_CASES | {service.FILL, service.CLEAR, service.DUE}

    def __init__(self) -> None:
        self._compiled: dict[str, _Compiled] = {}

    def prepare(self, tx: Tx, events: list[Event]) -> _Prepared:
        """Read the facts and ask the conditions."""
        now = max(event.at for event in events)
        rows = {row["id"]: row for row in store.standing(tx)}
        compiled = self._compile(rows.values())
        touched = {
            one for event in events if event.type in OF_CASES for one in (event.case_id, event.subject)
        }
        cases = sorted(one for one in touched if one)
        if cases and any(one.groups & {"person", "author"} for one in compiled):
            cases = sorted({*cases, *store.of_same_people(tx, cases, OF_A_PERSON)})
        due: list[str] = []
        if any(event.type == service.DUE for event in events):
            due = [one for one in store.due(tx, now, DUE_AT_ONCE) if one not in touched]
        asked = dict.fromkeys(event.subject for event in events if event.type == service.FILL)
        by_view = {one.view_id: one for one in compiled}
        return _Prepared(
            changed=_look(tx, cases, compiled, now),
            due=_look(tx, due, compiled, now),
            fillings=[self._fill(tx, rows[one], by_view[one], now) for one in asked if one in rows],
        )

    def apply(self, tx: Tx, events: list[Event], prepared: _Prepared, now: Instant) -> list[NewEvent]:
        """Write members, counts and checks; tell pages which cases came or went, and ask for the next steps."""
        alive = frozenset(row["list_id"] for row in store.standing(tx))
        moved = _write(tx, prepared.changed, alive) | _write(tx, prepared.due, alive)
        told = [NewEvent(type=LISTED, subject=one, case_id=one, at=now) for one in sorted(moved)]
        if len(prepared.due.cases) == DUE_AT_ONCE:
            told.append(NewEvent(type=service.DUE, subject="", at=now))
        for filling in prepared.fillings:
            if filling.list_id not in alive:
                continue
            _write(tx, filling.look, alive)
            store.change(tx, filling.view_id, {"filled_to": filling.filled_to})
            if not filling.finished:
                told.append(NewEvent(type=service.FILL, subject=filling.view_id, at=now))
        unowned = {event.subject for event in events if event.type == service.CLEAR} - alive
        left = [list_id for list_id in sorted(unowned) if store.clear(tx, list_id, STEP)]
        told += [NewEvent(type=service.CLEAR, subject=list_id, at=now) for list_id in left]
        return told

    def _compile(self, rows: Iterable[Row]) -> list[_Compiled]:
        """Each list once: another condition or order is another list."""
        held = self._compiled
        self._compiled = {
            row["list_id"]: held.get(row["list_id"]) or _compile(service.view_of(row)) for row in rows
        }
        return list(self._compiled.values())

    @staticmethod
    def _fill(tx: Tx, row: Row, compiled: _Compiled, now: int) -> _Filling:
        """The next cases that a view may have, by its condition without what the clock will say."""
        view = service.view_of(row)
        last = min(view.done + STEP, view.total)
        wide = sql.where(conditions.someday(view.condition), tx.dialect, Instant(now))
        found = store.between(tx, view.done, last, wide, CANDIDATES + 1)
        if len(found) > CANDIDATES:
            last = found[CANDIDATES - 1][0]
        ids = [case_id for number, case_id in found if number <= last]
        return _Filling(
            view_id=view.id,
            list_id=view.list_id,
            filled_to=last,
            finished=last >= view.total,
            look=_look(tx, ids, [compiled], now),
        )


def _compile(view: View) -> _Compiled:
    return _Compiled(
        view.id,
        view.list_id,
        rules.placer(view.condition, view.sort),
        conditions.groups([view.condition]),
        conditions.timed(view.condition),
    )


def _look(tx: Tx, case_ids: list[str], lists: list[_Compiled], now: int) -> _Look:
    """Where these cases stand in these lists."""
    if not case_ids or not lists:
        return _Look(cases=case_ids)
    groups = frozenset[str]().union(*(one.groups for one in lists))
    known = facts.of_cases(tx, case_ids, groups)
    placed: dict[Key, Place] = {}
    checks = []
    for one in lists:
        for case_id, about in known.items():
            place, until = one.place(about, now)
            if place is not None:
                placed[case_id, one.list_id] = place
            if until < conditions.FOR_EVER:
                checks.append((case_id, one.list_id, int(until)))
    return _Look(
        cases=case_ids,
        lists=frozenset(one.list_id for one in lists),
        placed=placed,
        checks=checks,
    )


def _write(tx: Tx, look: _Look, alive: frozenset[str]) -> set[str]:
    """Bring members and counts to what was found; returns the cases that came or went."""
    lists = look.lists & alive
    if not look.cases or not lists:
        return set()
    before = {key: place for key, place in store.members(tx, look.cases).items() if key[1] in lists}
    after = {key: place for key, place in look.placed.items() if key[1] in lists}
    gone = [key for key in before if key not in after]
    fresh = {key: place for key, place in after.items() if before.get(key) != place}
    change: Counter[tuple[str, str, str]] = Counter()
    for key in gone:
        change[key[1], before[key].who, before[key].except_id] -= 1
    for key, place in fresh.items():
        if key in before:
            change[key[1], before[key].who, before[key].except_id] -= 1
        change[key[1], place.who, place.except_id] += 1
    store.leave(tx, gone)
    store.place(tx, fresh)
    store.count(tx, change)
    store.set_checks(tx, look.cases, sorted(lists), [one for one in look.checks if one[1] in lists])
    came = (key for key, place in fresh.items() if key not in before or before[key][:2] != place[:2])
    return {case_id for case_id, _ in (*gone, *came)}
