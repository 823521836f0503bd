"""Runs backtests: what is in force and a draft in one pass over the same histories, slice by slice."""

import statistics
import time
from collections.abc import Callable, Iterable
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from earful.desk import settings as kept
from earful.desk.automation import checking as automation_checking
from earful.desk.automation import service as automation
from earful.desk.backtest import store
from earful.desk.backtest.preparing import Test, calendars_of, ready
from earful.desk.backtest.reading import Reader
from earful.desk.backtest.rules import (
    WEEKS_MOST,
    Draft,
    Effort,
    Example,
    Result,
    Storm,
    Tally,
)
from earful.desk.playbooks import service as playbook_service
from earful.desk.sla import rules as sla_rules
from earful.desk.sla import settings as sla
from earful.desk.sla.rules import InvalidPolicyError
from earful.model.time import DAY, MINUTE, Instant
from earful.store.audit import Who
from earful.store.store import Store
from earful.store.tx import Tx

KIND = "backtest"
"""Of the settings: minutes of work."""
SLICE = 5_000
"""Cases that are read at once."""
BREATH = 250
"""Cases after which others get a turn of the processor."""
HANDLED, HANDLED_LEAST = 30 * MINUTE, 30
"""Two replies of a colleague within so long were written one after the other; fewer such pairs say nothing."""

Tell = Callable[[int, int], None]
"""(cases looked at, of how many)."""


class InvalidDraftError(ValueError):
    """The draft cannot be tested; `lines` name every place and reason."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("; ".join(self.lines))


class Wanted(Struct, frozen=True, kw_only=True):
    """A backtest to be made."""

    draft: Draft
    weeks: int
    imported: bool = False
    """Cases that an import brought count as if they had come while the desk ran."""


def effort(tx: Tx) -> Effort:
    """Minutes of work that agent hours are reckoned by."""
    return kept.in_force(tx, KIND, Effort)


def keep_effort(tx: Tx, who: Who, wanted: Effort, now: Instant) -> bool:
    """Put other minutes in force; False when they were so already."""
    changed, _ = kept.keep(tx, who, KIND, wanted, now)
    return changed


def answer_minutes(tx: Tx, since: int) -> float | None:
    """What an answer really took: the median between two replies that a colleague sent one after the other, within half
    an hour; None where there are too few."""
    sent = store.sent(tx, since)
    gaps = [
        later[1] - earlier[1]
        for earlier, later in pairwise(sent)
        if earlier[0] == later[0] and 0 < later[1] - earlier[1] <= HANDLED
    ]
    return round(statistics.median(gaps) / MINUTE, 1) if len(gaps) >= HANDLED_LEAST else None


def check(tx: Tx, wanted: Wanted, now: Instant) -> None:
    """Raises InvalidDraftError for what could not be put in force, and for weeks that are too many."""
    lines: list[str] = []
    draft = wanted.draft
    if not 1 <= wanted.weeks <= WEEKS_MOST:
        lines.append(f"weeks: choose 1 to {WEEKS_MOST}")
    if draft.playbook is not None:
        lines += [f"{one.place}: {one.text}" for one in playbook_service.check(tx, draft.playbook, now)]
    if draft.rules is not None:
        around = automation.around(tx)
        lines += [f"{one.place}: {one.text}" for one in automation_checking.check(draft.rules, around)]
    if draft.policies is not None:
        calendars = calendars_of(sla.in_force(tx), draft)
        try:
            sla_rules.check(draft.policies, calendars, now)
        except InvalidPolicyError as error:
            lines.append(str(error))
    if lines:
        raise InvalidDraftError(lines)


def run(
    held: Store, wanted: Wanted, now: Instant, tell: Tell, stopped: Callable[[], bool] = lambda: False
) -> Result:
    """Test a draft beside what is in force, over the cases that opened in the last weeks. Runs in the calling thread.

    It reads in slices, each in a transaction of its own, so that the database is never held for long.
    Raises InvalidDraftError.
    """
    began, since = time.monotonic(), now - wanted.weeks * 7 * DAY
    held.read_now(lambda tx: check(tx, wanted, now))
    test = held.read_now(lambda tx: _ready(tx, wanted, now, since))
    total = held.read_now(lambda tx: store.count(tx, since))
    tally, done, after = Tally(), 0, 0
    tell(0, total)
    reader = held.read_now(lambda tx: Reader(tx, test.asked))
    halted = False
    while not (halted := stopped()):
        place = after
        pasts = held.read_now(lambda tx, place=place: reader.read(tx, place, since, SLICE))  # type: ignore[misc]
        for past in pasts:
            present, draft = test.judge(past)
            tally.add(Example(past.row["number"], past.row["title"]), present, draft)
            done += 1
            if not done % BREATH:
                tell(done, max(total, done))
                # The page that waits for an answer of this process must not wait for all of this.
                time.sleep(0)
                if stopped():
                    break
        if len(pasts) < SLICE:
            break
        after = pasts[-1].row["number"]
    tell(done, max(total, done))
    return Result(
        subject=wanted.draft.subject,
        weeks=wanted.weeks,
        since=since,
        until=now,
        imported=wanted.imported,
        cases=done,
        stopped=halted or stopped(),
        took=round((time.monotonic() - began) * 1_000),
        rows=tally.rows(test.names),
        storms=_storms(test),
        as_now=test.asked.as_now,
        effort=test.effort,
    )


def _storms(test: Test) -> list[Storm]:
    if test.busy is None:
        return []
    present, draft = test.busy
    return [
        *present.storms(test.hourly, test.rule_names, draft=False),
        *draft.storms(test.hourly, test.rule_names, draft=True),
    ]


def _ready(tx: Tx, wanted: Wanted, now: Instant, since: int) -> Test:
    minutes, measured = effort(tx), answer_minutes(tx, since)
    if measured is not None:
        minutes = replace(minutes, answer=measured)
    return ready(tx, wanted.draft, minutes, now, imported=wanted.imported)
