"""What a call says, as messages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.phone.calls import Call, Outcome, customer_of, messages_of, number_of
from earful.intake import calls
from earful.intake.rules import problem_of
from earful.model.message import Change, Direction, MessageKind
from earful.model.time import Instant, instant
from tests.channels.garbage import few, objects

BEGAN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NOW = instant(BEGAN + timedelta(days=1))
BODY = {"id": "c-7", "from": "+1 (415) 555-0123", "to": "+15550009000", "started_at": "2026-11-20T09:30:00Z"}


def call(**more: Any) -> Call:
    return msgspec.convert(BODY | more, Call)


def test_a_call_that_was_answered_is_an_answer_too() -> None:
    theirs, ours = messages_of(
        call(note="The lid is cracked.", agent="Kim Doe", ended_at="2026-11-20T09:33:10Z")
    )
    assert (theirs.text, theirs.direction, theirs.kind) == (
        "The lid is cracked.", Direction.INBOUND, MessageKind.CALL,
    )  # fmt: skip
    assert (ours.text, ours.direction) == ("Answered on the phone by Kim Doe, 3 min.", Direction.OUTBOUND)
    assert theirs.author is not None
    assert ours.author is not None
    assert (theirs.author.native_id, ours.author.name) == ("+14155550123", "Kim Doe")
    assert (ours.parent_id, ours.thread) == (theirs.native_id, theirs.thread)
    assert ours.occurred_at > theirs.occurred_at


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.ANSWERED])
def test_a_call_that_nobody_answered_waits(outcome: Outcome) -> None:
    (only,) = messages_of(call(outcome=outcome.value))
    assert only.direction is Direction.INBOUND
    assert only.text.startswith("Called")


def test_what_was_said_comes_with_the_note_first_and_the_recording() -> None:
    (only,) = messages_of(
        call(
            outcome="voicemail", note="Sounded tired.", transcript="Where is my order?", recording_url="https://a.test/1"
        )
    )  # fmt: skip
    assert only.text == "Sounded tired.\n\nWhere is my order?"
    assert (only.kind, only.attachments[0].url) == (MessageKind.VOICEMAIL, "https://a.test/1")


def test_a_call_of_ours_belongs_to_whom_we_called() -> None:
    (only,) = messages_of(
        call(
            **{
                "from": "+15550009000",
                "to": "0049 30 1234",
                "direction": "outbound",
                "agent": "Kim",
                "answer": "All good.",
            }
        )
    )
    assert (only.direction, only.thread, only.recipients[0].native_id) == (
        Direction.OUTBOUND, "+49301234", "+49301234",
    )  # fmt: skip
    assert only.text == "We called and spoke to them.\n\nAll good."


def test_callers_without_a_number_are_not_one_person() -> None:
    one, other = customer_of("anonymous", "", "1"), customer_of("Restricted", "", "2")
    assert one.native_id != other.native_id
    assert (
        customer_of("+14155550123", "Ana", "1").native_id == customer_of("+1 415 555-0123", "", "2").native_id
    )


def test_what_is_told_later_is_a_new_wording_of_the_same_call() -> None:
    before = messages_of(call(outcome="missed"))[0]
    after = messages_of(call(outcome="voicemail", transcript="Hello?", updated_at="2026-11-20T10:00:00Z"))[0]
    assert (before.native_id, before.change) == (after.native_id, Change.CREATE)
    assert after.change is Change.EDIT


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"started_at": "2026-11-20T09:30:00"}, "started_at"),
        ({"outcome": "sung"}, "outcome"),
        ({"recording_url": "javascript:alert(1)"}, "recording_url"),
        ({"colour": "red"}, "colour"),
        ({"id": ""}, "id"),
        ({"direction": "sideways"}, "direction"),
    ],
)
def test_a_wrong_field_is_named_and_costs_no_neighbour(wrong: dict[str, str], where: str) -> None:
    read = calls.read(msgspec.json.encode([BODY, BODY | wrong]), NOW)
    assert read is not None
    assert len(read.messages) == 2
    assert (read.problems[0].index, where in read.problems[0].detail) == (1, True)


def test_messages_are_not_taken_for_calls() -> None:
    for body in (
        b"",
        b"[]",
        b"{",
        b'{"native_id":"1","from":"x"}',
        b'[{"from":"1"},{"native_id":"2"}]',
        b"\xff",
    ):
        assert calls.read(body, NOW) is None
    assert calls.read(msgspec.json.encode({"calls": [BODY]}), NOW) is not None


@few
@given(objects([*BODY, "ended_at", "note", "direction", "outcome", "recording_url", "updated_at", "calls"]))
def test_no_body_breaks_the_reader(body: dict[str, Any]) -> None:
    calls.read(msgspec.json.encode(BODY | body), NOW)


@given(st.text(max_size=30))
def test_a_number_is_digits_or_nothing(text: str) -> None:
    found = number_of(text)
    assert not found or found.removeprefix("+").isdigit()
    message = messages_of(call(**{"from": text}))[0]
    assert problem_of(message, Instant(NOW)) is None
