"""How often automation rules would have acted on a case. Pure: the same functions ask the rules of a running desk."""

from collections.abc import Sequence

from msgspec import Struct

from earful.desk.automation.rules import Act, Chosen, Do, Live, On, acts_for, after
from earful.desk.backtest.past import Past
from earful.desk.backtest.rules import Effort, Key, What
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.rules import Horizon, horizon
from earful.model.desk import Status
from earful.model.time import Instant

FLIPS = 200
"""How often time may change the answer of a condition between two things that happen, before it is given up: for tests
of the hour of the day, that is eight days."""
_LASTING = frozenset({Do.TAG, Do.UNTAG, Do.PRIORITY})
"""Acts that later rules see; what a person did meanwhile is in the history for the rest."""


class Rulebook(Struct, frozen=True, kw_only=True):
    """The rules that are switched on, in their order."""

    live: tuple[Live, ...]
    horizons: tuple[tuple[Live, Horizon, bool], ...]
    """Those that wait for time: when their condition holds, and whether they act once for each wait."""
    imported: bool
    """They also act on what an import brought."""


class Acted(Struct, frozen=True, kw_only=True):
    """A rule that acts. `acts`: in their order."""

    rule_id: str
    at: int
    event: On
    acts: tuple[Act, ...]


_WAITS = frozenset({"time.waiting", "case.awaiting_since"})


def rulebook(live: Sequence[Live], fields: dict[str, frozenset[str]], *, imported: bool) -> Rulebook:
    """The rules made ready. `fields`: rule -> the fields that its condition tests."""
    timed = [
        (one, horizon(one.when), not _WAITS.isdisjoint(fields[one.rule.id]))
        for one in live
        if On.TIME in one.rule.on
    ]
    return Rulebook(live=tuple(live), horizons=tuple(timed), imported=imported)


def act(book: Rulebook, past: Past, now: Instant) -> list[Acted]:
    """Everything that rules would have done to a case, in order of time."""
    if not book.imported and not any(not one.imported for one in past.spoken):
        return []
    told: list[tuple[int, int, frozenset[On], str]] = []
    for number, one in enumerate(past.spoken):
        if book.imported or (one.live and not one.imported):
            both = frozenset({On.MESSAGE, On.OPENED}) if not number else frozenset({On.MESSAGE})
            told.append((one.at, 0, both, ""))
    told += [(at, 1, frozenset({what}), "") for at, _, what in past.happenings]
    told += _by_time(book, past, now)
    return _told(book, past, sorted(told, key=lambda one: one[:2]))


def _told(book: Rulebook, past: Past, told: list[tuple[int, int, frozenset[On], str]]) -> list[Acted]:
    found: list[Acted] = []
    done: list[Act] = []
    for at, _, events, only in told:
        able = book.live if not only else tuple(one for one in book.live if one.rule.id == only)
        if all(events.isdisjoint(one.rule.on) for one in able):
            continue
        facts: Facts = past.facts_at(at)
        for each in done:
            facts = after(facts, each)
        by_rule: dict[str, list[Chosen]] = {}
        for chosen in acts_for(able, events, facts, Instant(at)):
            by_rule.setdefault(chosen.live.rule.id, []).append(chosen)
        for rule_id, many in by_rule.items():
            event = next(one for one in On if one in events and one in many[0].live.rule.on)
            acts = tuple(one.act for one in many)
            found.append(Acted(rule_id=rule_id, at=at, event=event, acts=acts))
            done += [one for one in acts if one.act in _LASTING]
    return found


def _by_time(book: Rulebook, past: Past, now: Instant) -> list[tuple[int, int, frozenset[On], str]]:
    """When time makes conditions true: looked for from each thing that happened until the next."""
    if not book.horizons:
        return []
    moments = {one["occurred_at"] for one in past.messages} | {at for at, _ in past.course.stands}
    moments |= {one.at for one in past.changes}
    ordered = sorted(at for at in moments if at <= now)
    found = []
    for live, holds, waits in book.horizons:
        known: set[int | None] = set()
        for place, start in enumerate(ordered):
            end = ordered[place + 1] if place + 1 < len(ordered) else now
            if past.status_at(start)[0] is Status.CLOSED:
                continue
            facts = past.facts_at(start)
            cause = facts.case_awaiting_since if waits else None
            if cause in known:
                continue
            at = _first(holds, facts, start, end)
            if at is not None:
                known.add(cause)
                found.append((at, 2, frozenset({On.TIME}), live.rule.id))
    return found


def _first(holds: Horizon, facts: Facts, start: int, end: int) -> int | None:
    """When a condition first holds from `start` on, before `end`."""
    at: float = start
    for _ in range(FLIPS):
        answer, until = holds(facts, int(at))
        if answer:
            return int(at)
        if until >= end:
            return None
        at = until
    return None


def marks(acted: Sequence[Acted], effort: Effort) -> dict[Key, float]:
    """What a case adds to the numbers."""
    found: dict[Key, float] = {(What.TOTAL, "", ""): 1}
    if not acted:
        found[What.WITHOUT, "", ""] = 1
    for one in acted:
        keys: list[tuple[Key, float]] = [((What.ACTED, one.rule_id, ""), 1)]
        for each in one.acts:
            keys.append(((What.ACT, one.rule_id, each.act.value), 1))
            minutes = effort.of_act(each.act)
            if minutes:
                keys += [((What.SPARED, one.rule_id, ""), minutes), ((What.SPARED, "", ""), minutes)]
        for key, value in keys:
            found[key] = found.get(key, 0) + value
    return found
