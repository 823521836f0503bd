"""What the messages of a case say of it, as tables."""

import pytest

from earful.desk.cases.rules import Facts, Said, Standing, after_message, one_line, summarise, wants_new_case
from earful.model.desk import Outcome, Status
from earful.model.message import Direction, MessageKind
from earful.model.time import DAY


def said(at: int, direction: str = "inbound", **more: object) -> Said:
    values: dict[str, object] = {"text": f"words at {at}", "kind": MessageKind.MENTION} | more
    return Said(
        message_id=f"m{at}", direction=Direction(direction), at=at, subject="", network="x", channel_id="c",
        **({"deleted": False} | values),  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_customer_waits_since_their_first_message_after_our_last() -> None:
    facts = summarise([said(1), said(2, "outbound"), said(3), said(4)])
    assert facts.awaiting_since == 3
    assert facts.answered


def test_nobody_waits_when_we_spoke_last() -> None:
    assert summarise([said(1), said(2, "outbound")]).awaiting_since is None


def test_an_automatic_reply_makes_nobody_wait() -> None:
    facts = summarise([said(1), said(2, "outbound"), said(3, kind=MessageKind.SYSTEM)])
    assert facts.awaiting_since is None


def test_a_deleted_message_makes_nobody_wait() -> None:
    assert summarise([said(1, deleted=True, text="")]).awaiting_since is None


def test_the_worst_of_what_waits_leads() -> None:
    facts = summarise(
        [
            said(1, priority=90, severity=4, rated_kind="complaint", topic="safety"),
            said(2, "outbound"),
            said(3, priority=20, severity=1, rated_kind="question", topic="price"),
            said(4, priority=40, severity=2, rated_kind="complaint", topic="billing"),
        ]
    )
    assert (facts.priority, facts.severity, facts.kind, facts.topic) == (40, 2, "complaint", "billing")


def test_any_order_says_the_same() -> None:
    messages = [said(3), said(1), said(2, "outbound")]
    assert summarise(messages) == summarise(messages[::-1])


def test_a_case_needs_a_message() -> None:
    with pytest.raises(ValueError, match="at least one"):
        summarise([])


WAITS = summarise([said(1), said(2, "outbound"), said(100)])
OURS: Facts = summarise([said(1), said(2, "outbound")])


@pytest.mark.parametrize(
    ("before", "newest", "status", "outcome"),
    [
        (Standing(status=Status.WAITING, outcome=Outcome.ANSWERED), said(100), Status.OPEN, Outcome.ANSWERED),
        (
            Standing(status=Status.SNOOZED, outcome=Outcome.ANSWERED, snoozed_until=500),
            said(100),
            Status.OPEN,
            Outcome.ANSWERED,
        ),
        (
            Standing(status=Status.CLOSED, outcome=Outcome.CLAIMED, closed_at=50),
            said(100, rated_kind="complaint"),
            Status.OPEN,
            Outcome.CLAIMED,
        ),
        (
            Standing(status=Status.CLOSED, outcome=Outcome.CLAIMED, closed_at=50),
            said(100, rated_kind="praise"),
            Status.CLOSED,
            Outcome.CLAIMED,
        ),
        (
            Standing(status=Status.CLOSED, outcome=Outcome.CLAIMED, closed_at=200),
            said(100, rated_kind="complaint"),
            Status.CLOSED,
            Outcome.CLAIMED,
        ),
        (
            Standing(status=Status.CLOSED, outcome=Outcome.CONFIRMED, closed_at=50),
            said(100, kind=MessageKind.SYSTEM),
            Status.CLOSED,
            Outcome.CONFIRMED,
        ),
    ],
    ids=[
        "waiting comes back",
        "snoozed comes back",
        "a complaint opens a closed case",
        "thanks leaves it closed",
        "history leaves it closed",
        "an automatic reply leaves it closed",
    ],
)
def test_where_a_case_stands_after_a_message(
    before: Standing, newest: Said, status: Status, outcome: Outcome
) -> None:
    after = after_message(before, newest, WAITS)
    assert (after.status, after.outcome) == (status, outcome)
    if after.status is Status.OPEN:
        assert after.snoozed_until is None
        assert after.closed_at is None


def test_answering_is_not_resolving() -> None:
    after = after_message(Standing(status=Status.OPEN, outcome=Outcome.UNANSWERED), said(2, "outbound"), OURS)
    assert after.outcome is Outcome.ANSWERED
    assert after.status is Status.OPEN


def test_another_matter_opens_another_case() -> None:
    assert not wants_new_case(Status.CLOSED, 0, 13 * DAY)
    assert wants_new_case(Status.CLOSED, 0, 15 * DAY)
    assert not wants_new_case(Status.OPEN, None, 99 * DAY)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two\n lines ", "two lines"),
        ("a" * 30, "a" * 20 + "…"),
        ("one two three four five six", "one two three four…"),
        ("", ""),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text, 20) == line
