"""What people and time do to cases, and what customers do to them in return; counts always tell the truth."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from earful.desk.cases import rules
from earful.desk.cases import service as cases
from earful.desk.inbox import service as inbox
from earful.doctor import examine
from earful.model.desk import InboxFilter, Outcome, Status
from earful.model.message import Actor, Change, MessageKind, Visibility
from earful.model.time import DAY, HOUR
from earful.store.audit import Who
from earful.store.errors import ConflictError
from earful.store.tables import audit, authors, case_tags, messages, notes, people
from earful.store.tables import cases as table
from earful.store.tx import Row, Tx
from tests.conftest import Desk, answer, write

WHO = Who(id=Desk.user, name="Kim Doe")


def do(desk: Desk, verb: Callable[..., Any], *more: Any) -> Any:
    """Run a verb of the cases' service on the newest case."""
    case_id = the(desk)["id"]
    return desk.store.write_now(lambda tx: verb(tx, desk.log, WHO, case_id, *more, desk.now))


def the(desk: Desk) -> Row:
    row = desk.store.read_now(lambda tx: tx.row(select(table).order_by(table.c.number.desc())))
    assert row is not None
    return row


def hear(desk: Desk, native_id: str, text: str = "My kettle leaks", *, after: int = 0, **more: Any) -> None:
    desk.now += after  # type: ignore[assignment]
    minutes = (desk.now - 1_795_251_600_000) // 60_000
    desk.receive(write(native_id, text, minute=max(minutes, 0), **more))
    desk.settle()


def numbers(desk: Desk) -> int:
    return int(desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(table))))


@pytest.fixture
def opened(desk: Desk) -> Desk:
    hear(desk, "m1")
    return desk


def test_a_snoozed_case_comes_back_when_its_time_has_come(opened: Desk) -> None:
    do(opened, cases.snooze, opened.now + HOUR)
    assert the(opened)["status"] == Status.SNOOZED
    wake = lambda: opened.store.write_now(lambda tx: cases.wake_snoozed(tx, opened.log, opened.now))  # noqa: E731
    assert wake() == 0
    opened.now += HOUR  # type: ignore[assignment]
    assert wake() == 1
    assert (the(opened)["status"], the(opened)["snoozed_until"]) == (Status.OPEN, None)
    assert wake() == 0


@pytest.mark.parametrize("put_away", ["snoozed", "waiting"])
def test_a_customer_who_writes_brings_their_case_back_at_once(opened: Desk, put_away: str) -> None:
    if put_away == "snoozed":
        do(opened, cases.snooze, opened.now + DAY)
    else:
        do(opened, cases.set_status, Status.WAITING)
    hear(opened, "m2", "Still leaking!", after=HOUR, parent_id="m1")
    assert (the(opened)["status"], the(opened)["snoozed_until"]) == (Status.OPEN, None)
    assert numbers(opened) == 1


@pytest.mark.parametrize("until", [-HOUR, 0, 6 * 365 * DAY])
def test_nobody_snoozes_into_the_past_or_for_ever(opened: Desk, until: int) -> None:
    with pytest.raises(cases.RefusedError):
        do(opened, cases.snooze, opened.now + until)


AGAIN = [
    ("It leaks again, this is the worst kettle!", Status.OPEN, Outcome.RETURNED),
    ("Thank you so much, great service!", Status.CLOSED, Outcome.CLAIMED),
]


@pytest.mark.parametrize(("words", "status", "outcome"), AGAIN)
def test_what_a_customer_says_after_the_close_decides(
    opened: Desk, words: str, status: Status, outcome: Outcome
) -> None:
    opened.receive(answer("a1", "m1", "Fixed now?", minute=5))
    opened.settle()
    do(opened, cases.close, Outcome.CLAIMED)
    hear(opened, "m2", words, after=HOUR, parent_id="a1")
    assert (the(opened)["status"], the(opened)["outcome"]) == (status, outcome)
    assert numbers(opened) == 1


def test_long_after_the_close_it_is_another_matter(opened: Desk) -> None:
    do(opened, cases.close, Outcome.UNANSWERED)
    hear(opened, "m2", "Now the lid broke", after=31 * DAY, parent_id="m1")
    assert numbers(opened) == 2
    assert the(opened)["message_count"] == 1


def test_an_automatic_answer_neither_opens_nor_reopens(desk: Desk) -> None:
    hear(desk, "auto", "I am on holiday", kind=MessageKind.SYSTEM)
    assert numbers(desk) == 0
    hear(desk, "m1")
    do(desk, cases.close, Outcome.UNANSWERED)
    hear(desk, "auto2", "I am on holiday", after=HOUR, kind=MessageKind.SYSTEM, parent_id="m1")
    assert (numbers(desk), the(desk)["status"]) == (1, Status.CLOSED)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_case_is_closed_with_what_a_person_can_know(opened: Desk, outcome: Outcome) -> None:
    if outcome in rules.CLOSING and outcome is not Outcome.ANSWERED:
        do(opened, cases.close, outcome)
        assert (the(opened)["status"], the(opened)["outcome"]) == (Status.CLOSED, outcome)
        assert the(opened)["closed_at"] == opened.now
    else:
        with pytest.raises(cases.RefusedError):
            do(opened, cases.close, outcome)
        assert the(opened)["status"] == Status.OPEN


def test_answered_can_only_be_said_when_somebody_answered(opened: Desk) -> None:
    opened.receive(answer("a1", "m1", minute=5))
    opened.settle()
    assert the(opened)["outcome"] == Outcome.ANSWERED
    do(opened, cases.close, Outcome.ANSWERED)
    assert the(opened)["status"] == Status.CLOSED


def test_what_was_undone_stands_as_before(opened: Desk) -> None:
    case_id = the(opened)["id"]
    before = opened.store.read_now(lambda tx: cases.standing_of(tx, case_id))
    do(opened, cases.close, Outcome.CLAIMED)
    do(opened, cases.restore, before)
    assert opened.store.read_now(lambda tx: cases.standing_of(tx, case_id)) == before
    with pytest.raises(cases.RefusedError):
        do(opened, cases.restore, rules.Standing(status=Status.SNOOZED, outcome=Outcome.ANSWERED))


TAGS = [("Spare Parts", "spare-parts"), ("  a  b ", "a-b"), ("ÄRGER", "ärger"), ("x" * 60, "x" * 40)]


@pytest.mark.parametrize(("typed", "kept"), TAGS)
def test_tags_are_written_one_way(opened: Desk, typed: str, kept: str) -> None:
    for _ in range(2):
        assert do(opened, cases.tag, typed) == kept
    assert [row["tag"] for row in opened.store.read_now(lambda tx: tx.rows(select(case_tags)))] == [kept]
    shown = opened.store.read_now(lambda tx: inbox.page(tx, InboxFilter(tag=kept), Desk.user))
    assert [row.tags for row in shown.rows] == [[kept]]
    do(opened, cases.untag, kept)
    assert opened.store.read_now(lambda tx: tx.rows(select(case_tags))) == []
    with pytest.raises(cases.RefusedError):
        do(opened, cases.tag, "   ")


def test_a_note_is_kept_once_and_an_empty_one_not_at_all(opened: Desk) -> None:
    for _ in range(2):
        do(opened, cases.note, "note-1", "Ask the workshop")
    assert len(opened.store.read_now(lambda tx: tx.rows(select(notes)))) == 1
    with pytest.raises(cases.RefusedError):
        do(opened, cases.note, "note-2", " \n")


def test_a_title_that_somebody_wrote_stays(opened: Desk) -> None:
    do(opened, cases.rename, "  The leaking\nkettle ")
    hear(opened, "m2", "And the lid is loose", after=HOUR, parent_id="m1")
    assert the(opened)["title"] == "The leaking kettle"


def test_every_act_has_its_line_in_the_audit_log(opened: Desk) -> None:
    do(opened, cases.assign, Desk.user, "Kim Doe")
    do(opened, cases.tag, "leak")
    do(opened, cases.note, "n1", "secret words of a note")
    do(opened, cases.close, Outcome.CLAIMED)
    rows = opened.store.read_now(lambda tx: tx.rows(select(audit.c.action, audit.c.actor, audit.c.detail)))
    assert [(row["action"], row["actor"]) for row in rows] == [
        (f"case.{what}", Desk.user) for what in ("assigned", "tagged", "note", "closed")
    ]
    assert not any("secret words" in row["detail"] for row in rows)


def test_an_act_on_a_case_that_is_gone_says_so(opened: Desk) -> None:
    with pytest.raises(cases.NotFoundError):
        opened.store.write_now(lambda tx: cases.tag(tx, opened.log, WHO, "no-such-case", "x", opened.now))


def test_speaking_past_what_was_said_is_a_conflict(opened: Desk) -> None:
    row = the(opened)
    opened.store.write_now(lambda tx: cases.speak(tx, row["id"], row["version"]))
    with pytest.raises(ConflictError):
        opened.store.write_now(lambda tx: cases.speak(tx, row["id"], row["version"]))


def test_people_are_one_per_author_and_keep_their_newest_name(desk: Desk) -> None:
    hear(desk, "m1", by="ana")
    hear(desk, "m2", by="ana", after=HOUR)
    hear(desk, "m3", by="ben")
    assert len(desk.store.read_now(lambda tx: tx.rows(select(people)))) == 2
    renamed = write("m4", "I married", minute=600, by="ana")
    author = Actor(native_id="ana", name="Ana Neu")
    desk.receive(msgspec.structs.replace(renamed, author=author))
    desk.settle()
    found = {
        row["native_id"]: row["name"] for row in desk.store.read_now(lambda tx: tx.rows(select(authors)))
    }
    assert found == {"ana": "Ana Neu", "ben": "Ben"}


def test_customers_of_one_public_thread_have_a_case_each_and_a_private_one_is_shared(desk: Desk) -> None:
    hear(desk, "m1", by="ana")
    hear(desk, "m2", "Mine too!", by="ben", parent_id="m1")
    assert numbers(desk) == 2
    hear(desk, "d1", "Our order", by="ana", kind=MessageKind.DM, visibility=Visibility.GROUP)
    hear(desk, "d2", "Yes, ours", by="ben", kind=MessageKind.DM, visibility=Visibility.GROUP, parent_id="d1")
    assert numbers(desk) == 3
    assert the(desk)["message_count"] == 2


LATE = {
    "in order": ["m1", "a1", "m2", "a2", "m3"],
    "from the end": ["m3", "a2", "m2", "a1", "m1"],
    "the middle last": ["m1", "m3", "a1", "a2", "m2"],
    "answers first": ["a1", "a2", "m3", "m2", "m1"],
}


@pytest.mark.parametrize("order", LATE.values(), ids=LATE.keys())
def test_a_thread_that_comes_in_pieces_is_one_case_in_the_end(desk: Desk, order: list[str]) -> None:
    story = {
        "m1": write("m1", minute=1),
        "a1": answer("a1", "m1", minute=2),
        "m2": write("m2", "It still leaks", minute=3, parent_id="a1"),
        "a2": answer("a2", "m2", minute=4),
        "m3": write("m3", "Now it works", minute=5, parent_id="a2"),
    }
    for name in order:
        desk.receive(story[name])
        desk.settle()
    rows = desk.store.read_now(lambda tx: tx.rows(select(messages.c.conversation_id, messages.c.case_id)))
    assert len({row["conversation_id"] for row in rows}) == 1
    assert {row["case_id"] for row in rows} == {the(desk)["id"]}
    assert (numbers(desk), the(desk)["message_count"]) == (1, 5)


STEP = st.tuples(
    st.sampled_from(
        [
            "new",
            "reply",
            "late",
            "delete",
            "assign",
            "unassign",
            "wait",
            "open",
            "snooze",
            "wake",
            "close",
            "undo",
        ]
    ),
    st.integers(0, 5),
)


@given(st.lists(STEP, min_size=1, max_size=20))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_the_inbox_counts_what_there_is_whatever_people_do(desk: Desk, steps: list[tuple[str, int]]) -> None:
    for number, (what, which) in enumerate(steps):
        _step(desk, f"{desk.now}-{number}", what, which)
        desk.now += 60_000  # type: ignore[assignment]
    desk.settle()
    report = examine(desk.store, desk.log, desk.now)
    assert [(one.check, one.detail, one.examples) for one in report.findings if not one.ok] == []
    for view in inbox.VIEWS:
        wanted = InboxFilter(view=view)
        told = desk.store.read_now(lambda tx, wanted=wanted: inbox.counts(tx, wanted, Desk.user)).views[view]  # type: ignore[misc]
        assert told == _listed(desk, view)


def _listed(desk: Desk, view: str) -> int:
    found, cursor = 0, ""
    while True:
        page = desk.store.read_now(
            lambda tx, cursor=cursor: inbox.page(
                tx, InboxFilter(view=view, order="newest"), Desk.user, cursor
            )  # type: ignore[misc]
        )
        found += len(page.rows)
        if not page.next:
            return found
        cursor = page.next


def _step(desk: Desk, name: str, what: str, which: int) -> None:
    known = desk.store.read_now(lambda tx: tx.rows(select(table.c.id).order_by(table.c.number).limit(20)))
    if what in ("new", "reply", "late") or not known:
        parent = {"reply": f"root{which}", "late": f"missing{which}"}.get(what, "")
        native = f"root{which}" if what == "new" else name
        desk.receive(write(native, by=f"customer{which % 3}", parent_id=parent))
        desk.settle()
        return
    if what == "delete":
        desk.receive(write(f"root{which}", change=Change.DELETE))
        desk.settle()
        return
    case_id = known[which % len(known)]["id"]
    log, now = desk.log, desk.now
    verbs: dict[str, Callable[[Tx], object]] = {
        "assign": lambda tx: cases.assign(tx, log, WHO, case_id, Desk.user, "Kim", now),
        "unassign": lambda tx: cases.assign(tx, log, WHO, case_id, None, "", now),
        "wait": lambda tx: cases.set_status(tx, log, WHO, case_id, Status.WAITING, now),
        "open": lambda tx: cases.set_status(tx, log, WHO, case_id, Status.OPEN, now),
        "snooze": lambda tx: cases.snooze(tx, log, WHO, case_id, now + 120_000, now),
        "wake": lambda tx: cases.wake_snoozed(tx, log, now),
        "close": lambda tx: cases.close(tx, log, WHO, case_id, Outcome.CLAIMED, now),
        "undo": lambda tx: cases.restore(
            tx, log, WHO, case_id, rules.Standing(status=Status.OPEN, outcome=Outcome.ANSWERED), now
        ),
    }
    desk.store.write_now(verbs[what])
