"""How cases add up, what would be a storm, and the facts of a case at an instant: pure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.automation.service import live
from earful.desk.backtest import acting, rules
from earful.desk.backtest.past import Change, Eyes, Past, Spoken
from earful.desk.backtest.rules import Example, Tally, What, busiest
from earful.desk.cases.rules import Said
from earful.desk.sla.clocks import Heard
from earful.model.desk import Status
from earful.model.message import Direction, MessageKind
from earful.model.time import HOUR, Instant

KEYS = [(What.CASES, "a", ""), (What.MISSED, "a", "b")]
marks = st.dictionaries(st.sampled_from(KEYS), st.integers(1, 3))


@given(st.lists(st.tuples(marks, marks), max_size=60))
def test_every_number_is_the_sum_of_its_cases_and_opens_into_them(many: list[tuple[Any, Any]]) -> None:
    tally = Tally()
    for number, (present, draft) in enumerate(many):
        tally.add(Example(number, ""), present, draft)
    for row in tally.rows([(key, "", "") for key in KEYS]):
        key = next(one for one in KEYS if one[0] is row.what)
        assert row.present == sum(present.get(key, 0) for present, _ in many)
        assert row.draft == sum(draft.get(key, 0) for _, draft in many)
        differing = [n for n, (present, draft) in enumerate(many) if present.get(key, 0) != draft.get(key, 0)]
        assert row.differ == len(differing)
        shown = [one.number for one in row.examples]
        assert len(shown) <= rules.EXAMPLES
        assert shown[: len(differing)] == differing[: rules.EXAMPLES]


@given(st.lists(st.integers(0, 5 * HOUR), max_size=40), st.integers(1, 6))
def test_a_storm_is_more_than_so_many_within_any_hour(acts: list[int], hourly: int) -> None:
    first, most = busiest(acts, hourly)
    counts = {at: sum(at - HOUR < other <= at for other in acts) for at in acts}
    assert most == max(counts.values(), default=0)
    assert first == min((at for at, count in counts.items() if count > hourly), default=None)


def past(*said: tuple[int, Direction], changes: tuple[Change, ...] = ()) -> Past:
    rows = [{"id": str(at), "occurred_at": at, "direction": direction} for at, direction in said]
    return Past(
        row={"opened_at": said[0][0], "status": Status.OPEN.value, "closed_at": None},
        rows=rows,
        events=[],
        spoken=[
            Spoken(id=row["id"], at=row["occurred_at"], live=True, imported=False, row=row)
            for row in rows
            if row["direction"] is Direction.INBOUND
        ],
        messages=rows,
        eyes=Eyes(
            values=lambda row: {"message_text": row["id"]},
            said=lambda row: Said(
                message_id=row["id"], direction=row["direction"], kind=MessageKind.MENTION, at=row["occurred_at"],
                text="", subject="", deleted=False, network="x", channel_id="shop", severity=2,
            ),
            heard=lambda row: Heard(
                id=row["id"], at=row["occurred_at"], ours=row["direction"] is Direction.OUTBOUND
            ),
        ),
        acts=[],
        changes=changes,
        happenings=[],
        around={"case_number": 7},
        real=None,
    )  # fmt: skip


IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def test_facts_are_those_of_the_instant() -> None:
    case = past((10, IN), (20, OUT), (30, IN), changes=(Change(at=25, what="tagged", value="vip"),))
    first, then, last = case.facts_at(10), case.facts_at(20), case.facts_at(30)
    assert (first.case_unanswered, first.case_message_count, first.message_text) == (True, 1, "10")
    assert (then.case_unanswered, then.case_outcome, then.case_tags) == (False, "answered", frozenset())
    assert (last.case_awaiting_since, last.case_tags, last.message_text) == (30, frozenset({"vip"}), "30")
    assert (last.case_channel, last.case_severity, last.case_number) == ("shop", 2, 7)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (((0, IN),), [2 * HOUR]),
        (((0, IN), (HOUR, OUT)), []),
        (((0, IN), (3 * HOUR, OUT), (4 * HOUR, IN)), [2 * HOUR, 6 * HOUR]),
    ],
)
def test_a_rule_that_waits_for_time_acts_when_time_makes_it_true(said: Any, expected: list[int]) -> None:
    waits = Rule(
        id="waits", name="Waits", on=(On.TIME,), acts=(Act(act=Do.NOTE, text="Two hours"),),
        when={"all": [{"field": "time.waiting", "op": "at_least", "value": "2h"}]},
    )  # fmt: skip
    book = acting.rulebook([live(waits, 1, {})], {"waits": frozenset({"time.waiting"})}, imported=False)
    assert [one.at for one in acting.act(book, past(*said), Instant(24 * HOUR))] == expected
