"""Lets rules act on what happened, each at most once for a case and a cause. It may die anywhere and run again."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.automation import service, store
from earful.desk.automation.doing import NOTIFY, REFUSALS, Desk, RefusedError, Result
from earful.desk.automation.rules import DEPTH_MOST, Chosen, Do, Live, On, acts_for
from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as conditions_service
from earful.desk.conditions.facts import Facts
from earful.log.contract import Log, NewEvent
from earful.model.conditions import Condition
from earful.model.time import HOUR, Instant
from earful.store.audit import Because, Who
from earful.store.tx import Row, Tx

PAUSED = "automation.paused"
"""A rule acted too often and waits until a person lets it go on."""
SLICE = 1_000
"""Cases that are not closed, among which time is asked in one go."""
AT_ONCE = 200
"""Cases that time lets one rule act on in one go."""
_WAITS = frozenset({"time.waiting", "case.awaiting_since"})

_encode = msgspec.json.Encoder().encode


class Happening(Struct, frozen=True, kw_only=True):
    """Something that happened to a case. `depth`: how many rules led to it."""

    events: frozenset[On]
    case_id: str
    cause: str
    """For which a rule acts once: a message, an event, a wait."""
    message_id: str = ""
    depth: int = 0
    only: str = ""
    """The rule that may act; empty for any."""


class _Run(Struct, frozen=True, kw_only=True):
    """A rule that acts on a case."""

    happening: Happening
    live: Live
    chosen: tuple[Chosen, ...]


def follow(tx: Tx, log: Log, live: Sequence[Live], happenings: Sequence[Happening], now: Instant) -> int:
    """Let rules act on what happened, in its order. Returns how many acts were done."""
    done = 0
    acting = _Acting(tx, log, now)
    for wave in _waves(happenings):
        done += acting.act(live, wave)
    return done


def _waves(happenings: Sequence[Happening]) -> Iterable[list[Happening]]:
    """The first thing of each case, then the second, and so on: what was done to the first shows in the facts of the
    second."""
    rest = list(dict.fromkeys(happenings))
    while rest:
        wave: dict[str, Happening] = {}
        later = []
        for one in rest:
            if one.case_id in wave:
                later.append(one)
            else:
                wave[one.case_id] = one
        yield list(wave.values())
        rest = later


class _Acting:
    """One transaction of acting."""

    def __init__(self, tx: Tx, log: Log, now: Instant) -> None:
        self._tx, self._log, self._now = tx, log, now
        self._desk = Desk(tx, log, now)
        self._hour: dict[str, int] = {}
        self._paused: set[str] = set()
        self._hourly = 0
        self._stopped: set[str] = set()
        """Cases of which a rule said that those after it shall not look."""

    def act(self, live: Sequence[Live], wave: Sequence[Happening]) -> int:
        """Ask the rules about each happening, and do what they say. Returns how many acts were done."""
        asked = frozenset(event for one in live for event in one.rule.on)
        wanted = [one for one in wave if not asked.isdisjoint(one.events)]
        facts = facts_of(self._tx, wanted, [one.when for one in live])
        runs: list[_Run] = []
        for one in wanted:
            if one.cause not in facts or (one.only and one.case_id in self._stopped):
                continue
            able = [rule for rule in live if one.only in ("", rule.rule.id)]
            chosen = acts_for(able, one.events, facts[one.cause], self._now)
            if any(each.act.act is Do.STOP for each in chosen):
                self._stopped.add(one.case_id)
            by_rule: dict[str, list[Chosen]] = {}
            for each in chosen:
                by_rule.setdefault(each.live.rule.id, []).append(each)
            runs += [_Run(happening=one, live=many[0].live, chosen=tuple(many)) for many in by_rule.values()]
        if not runs:
            return 0
        rows = {_key(one): self._row(one) for one in runs}
        fresh = store.claim(self._tx, list(rows.values()))
        self._count({one.live.rule.id for one in runs})
        return sum(self._do(one, rows[_key(one)]) for one in runs if _key(one) in fresh)

    def _row(self, run: _Run) -> dict[str, Any]:
        too_deep = run.happening.depth >= DEPTH_MOST
        first = next((one for one in On if one in run.happening.events and one in run.live.rule.on), On.TIME)
        return {
            "rule_id": run.live.rule.id,
            "case_id": run.happening.case_id,
            "cause": run.happening.cause,
            "version": run.live.version,
            "event": first.value,
            "at": self._now,
            "depth": run.happening.depth + 1,
            "acts": 0,
            "refused": 0,
            "result": "stopped" if too_deep else "acted",
            "detail": f"{DEPTH_MOST} rules had led to this, one after the other" if too_deep else "",
            "because": _encode(run.chosen[0].because).decode(),
        }

    def _count(self, rule_ids: set[str]) -> None:
        fresh = rule_ids - set(self._hour)
        if fresh:
            done = store.acted_since(self._tx, fresh, self._now - HOUR)
            self._hour |= {one: done.get(one, 0) for one in fresh}
            self._hourly = self._hourly or service.in_force(self._tx).hourly

    def _do(self, run: _Run, row: dict[str, Any]) -> int:
        rule = run.live.rule
        if row["result"] == "stopped":
            return 0
        if rule.id in self._paused or self._hour[rule.id] + len(run.chosen) > self._hourly:
            row |= {
                "result": "stopped",
                "detail": f"the rule is paused: over {self._hourly:,} acts in an hour",
            }
            store.finish(self._tx, row)
            self._pause(run)
            return 0
        names = {user.id: user.name for user in self._desk.people.values()}
        because = Because(
            rule=rule.id,
            version=run.live.version,
            depth=row["depth"],
            words=_words(run.live, tuple(names.items())),
        )
        who, refused = Who(id="", name="Earful", because=because), []
        done = 0
        for one in run.chosen:
            try:
                done += self._desk.do(who, run.happening.case_id, one.act) is Result.CHANGED
            except (RefusedError, *REFUSALS) as error:
                refused.append(f"{one.act.act.value}: {error}")
        self._hour[rule.id] += done
        row |= {"acts": done, "refused": len(refused), "detail": "; ".join(refused)[:2_000]}
        row["result"] = "refused" if refused and not done else "acted"
        store.finish(self._tx, row)
        return done

    def _pause(self, run: _Run) -> None:
        rule = run.live.rule
        if rule.id in self._paused:
            return
        self._paused.add(rule.id)
        acts = self._hour[rule.id]
        store.pause(self._tx, rule.id, acts, self._now)
        about = {"rule": rule.id, "name": rule.name, "acts": acts}
        text = (
            f"The rule “{rule.name}” acted {acts:,} times within an hour and is paused. Look at it under Settings, "
            "Rules, then let it go on."
        )
        told = about | {"to": self._desk.leads(), "text": text}
        self._log.append(
            self._tx,
            [
                NewEvent(type=PAUSED, subject=rule.id, at=self._now, data=_encode(about).decode()),
                NewEvent(type=NOTIFY, subject=rule.id, at=self._now, data=_encode(told).decode()),
            ],
        )


@lru_cache(maxsize=256)
def _said(name: str, version: int, when: Condition, names: tuple[tuple[str, str], ...]) -> str:
    return service.words_of(name, version, when, dict(names))


def _words(live: Live, names: tuple[tuple[str, str], ...]) -> str:
    return _said(live.rule.name, live.version, live.when, names)


def _key(run: _Run) -> tuple[str, str, str]:
    return run.live.rule.id, run.happening.case_id, run.happening.cause


def facts_of(tx: Tx, happenings: Sequence[Happening], asked: Iterable[Condition]) -> dict[str, Facts]:
    """cause -> the facts of what happened: of its message as it came where there is one, else of the case."""
    groups = conditions.groups(asked)
    said = {one.message_id: one.cause for one in happenings if one.message_id}
    found = {
        said[message_id]: facts
        for message_id, facts in conditions_service.of_messages(tx, said, groups).items()
    }
    others = [one for one in happenings if not one.message_id]
    about = conditions_service.of_cases(tx, [one.case_id for one in others], groups) if others else {}
    return found | {one.cause: about[one.case_id] for one in others if one.case_id in about}


def ripe(tx: Tx, after: int, now: Instant) -> tuple[list[Happening], int]:
    """What time may have made true of a slice of the cases that are not closed, those numbered after `after`, and the
    number to go on from, 0 from the start.

    The compiled conditions look at a slice by its numbers, so that a sweep costs the same however many cases there are.
    """
    live = [one for one in service.at_work(tx) if On.TIME in one.rule.on]
    if not live:
        return [], 0
    end = store.slice_end(tx, after, SLICE)
    found: dict[Happening, None] = {}
    for one in live:
        rows = store.ripe(tx, one.when, after, end, now, SLICE)
        waits = any(check.field in _WAITS for check in conditions.checks(one.when))
        causes = {row["id"]: _cause(row, waits=waits) for row in rows}
        known = store.known(tx, one.rule.id, list(causes), sorted(set(causes.values())))
        fresh = [pair for pair in causes.items() if pair not in known]
        found |= {
            Happening(events=frozenset({On.TIME}), case_id=case_id, cause=cause, only=one.rule.id): None
            for case_id, cause in fresh[:AT_ONCE]
        }
    return list(found), end or 0


def _cause(row: Row, *, waits: bool) -> str:
    """A rule that looks at how long a customer waits acts once for each wait; any other once for a case."""
    return f"wait:{row['id']}:{row['awaiting_since']}" if waits else f"time:{row['id']}"


def sweep(tx: Tx, log: Log, happenings: Sequence[Happening], now: Instant) -> int:
    """Let the rules act that wait for time. Returns how many acts were done."""
    ids = store.not_only_imported(tx, [one.case_id for one in happenings])
    live = service.at_work(tx)
    return follow(tx, log, live, [one for one in happenings if one.case_id in ids], now)
