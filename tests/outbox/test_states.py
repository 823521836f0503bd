"""The harder walks of a reply: crashes, networks that cannot tell, wider audiences, and everything at once."""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from earful.channels.contract import Capabilities
from earful.model.desk import SendState
from earful.model.message import MessageKind, Visibility
from earful.model.time import HOUR, SECOND
from earful.outbox import rules, service
from earful.store.audit import Who
from earful.store.store import Store
from earful.store.tables import events, messages, outbox
from tests.conftest import Desk, fresh_sqlite
from tests.outbox.scripted import BOTH_WAYS, Outbox


def told(desk: Desk) -> list[str]:
    rows = desk.store.read_now(
        lambda tx: tx.rows(select(events.c.data).where(events.c.type == "case.reply").order_by(events.c.seq))
    )
    return [msgspec.json.decode(row["data"])["state"] for row in rows]


def test_a_failed_reply_can_be_tried_again_or_given_up(desk: Desk) -> None:
    box = Outbox(desk, ["refuse", "refuse"])
    box.queue(box.customer_says())
    who = Who(id=desk.user)
    box.tick(5)
    assert (box.state(), box.row()["error"]) == (SendState.FAILED, "The account is suspended.")
    box.run(300)
    assert box.network.posts == []
    desk.store.write_now(lambda tx: service.retry(tx, desk.log, who, "reply-1", desk.now))
    box.tick()
    assert box.state() is SendState.FAILED
    desk.store.write_now(lambda tx: service.cancel(tx, desk.log, who, "reply-1", desk.now))
    assert box.state() is SendState.CANCELLED


def test_a_network_that_stays_busy_is_given_up_and_says_why(desk: Desk) -> None:
    box = Outbox(desk, ["postpone"] * rules.TRIES)
    box.queue(box.customer_says())
    box.run(200)
    assert (box.state(), box.row()["attempts"]) == (SendState.FAILED, rules.TRIES)
    assert box.row()["error"] == "Too many requests."


def test_waiting_grows_and_stays_below_an_hour() -> None:
    waits = [rules.next_try(n, 0, None) for n in range(1, rules.TRIES)]
    assert waits == sorted(waits)  # type: ignore[type-var]
    assert waits[0] == 5 * SECOND
    assert max(filter(None, waits)) <= HOUR
    assert rules.next_try(rules.TRIES, 0, None) is None
    assert rules.next_try(1, 0, 0) == SECOND


def test_a_lost_answer_is_found_and_not_sent_again(desk: Desk) -> None:
    box = Outbox(desk, ["lose"], ["blind", "blind"])
    box.queue(box.customer_says())
    box.tick(5)
    assert box.state() is SendState.UNKNOWN
    box.run(60)
    assert (box.state(), box.network.posts) == (SendState.SENT, ["reply-1"])
    assert told(desk)[-1] == "sent"


def test_one_no_after_a_dont_know_is_not_enough(desk: Desk) -> None:
    box = Outbox(desk, ["drop"], ["blind", "tell", "blind", "tell"])
    box.queue(box.customer_says())
    box.tick(5)
    for _ in range(4):
        box.tick(60)
        assert (box.state(), box.network.posts) == (SendState.UNKNOWN, [])
    box.run(900)
    assert box.network.posts == ["reply-1"]


def test_what_nobody_can_tell_is_left_to_a_person_and_holds_up_nothing(desk: Desk) -> None:
    box = Outbox(desk, ["drop"], ["blind"] * 50)
    to = box.customer_says()
    box.queue(to)
    box.run(4 * 3_600, 300)
    assert (box.state(), box.row()["due_at"]) == (SendState.UNKNOWN, None)
    assert len(box.network.looks) == 50 - rules.LOOKS
    box.queue(to, "A second answer", id_="reply-2")
    box.run(30)
    assert box.network.texts == ["A second answer"]
    desk.store.write_now(lambda tx: service.retry(tx, desk.log, Who(id=desk.user), "reply-1", desk.now))
    box.tick()
    assert len(box.network.looks) == 50 - rules.LOOKS - 1


def test_a_network_that_swallows_everything_is_not_asked_for_ever(desk: Desk) -> None:
    box = Outbox(desk, ["drop"] * 100)
    box.queue(box.customer_says())
    box.run(3_600, 30)
    assert (box.state(), box.row()["attempts"]) == (SendState.FAILED, rules.TRIES)


@pytest.mark.parametrize("where", ["crash-before", "crash-after"])
def test_after_a_crash_in_the_middle_it_is_looked_for(desk: Desk, where: str) -> None:
    box = Outbox(desk, [where])
    box.queue(box.customer_says())
    box.tick(5)
    assert box.state() is SendState.SENDING
    box.tick(rules.LEASE / SECOND - 10)
    assert box.state() is SendState.SENDING, "its sender may still be at work"
    box.run(120)
    assert (box.state(), box.network.posts) == (SendState.SENT, ["reply-1"])
    assert "unknown" in told(desk)


def test_another_case_does_not_wait(desk: Desk) -> None:
    box = Outbox(desk, ["postpone"] * 3)
    box.queue(box.customer_says("q1"), id_="one")
    box.queue(box.customer_says("q2", by="ben"), id_="two")
    box.tick(5)
    assert {box.row("one")["attempts"], box.row("two")["attempts"]} == {1}


PUBLIC_ONLY = msgspec.structs.replace(BOTH_WAYS, private_reply=False)
PRIVATE_ONLY = msgspec.structs.replace(BOTH_WAYS, public_reply=False)
NOTHING = msgspec.structs.replace(BOTH_WAYS, public_reply=False, private_reply=False)
V = Visibility
AUDIENCES: list[tuple[Visibility, Capabilities, list[Visibility]]] = [
    (V.PUBLIC, BOTH_WAYS, [V.PUBLIC, V.DIRECT]),
    (V.UNLISTED, BOTH_WAYS, [V.UNLISTED, V.DIRECT]),
    (V.FOLLOWERS, BOTH_WAYS, [V.FOLLOWERS, V.DIRECT]),
    (V.DIRECT, BOTH_WAYS, [V.DIRECT]),
    (V.GROUP, BOTH_WAYS, [V.GROUP]),
    (V.INTERNAL, BOTH_WAYS, []),
    (V.PUBLIC, PUBLIC_ONLY, [V.PUBLIC]),
    (V.DIRECT, PUBLIC_ONLY, []),
    (V.PUBLIC, PRIVATE_ONLY, [V.DIRECT]),
    (V.PUBLIC, NOTHING, []),
]


@pytest.mark.parametrize(("said", "can", "answers"), AUDIENCES)
def test_who_may_see_an_answer(said: Visibility, can: Capabilities, answers: list[Visibility]) -> None:
    assert rules.audiences(said, can) == answers
    assert not any(rules.widens(answer, said) for answer in answers)


@pytest.mark.parametrize("asked", [V.PUBLIC, V.UNLISTED, V.FOLLOWERS, V.GROUP, V.INTERNAL])
def test_what_was_said_in_private_is_never_answered_wider(desk: Desk, asked: Visibility) -> None:
    box = Outbox(desk)
    to = box.customer_says(kind=MessageKind.DM, visibility=V.DIRECT)
    with pytest.raises(service.RefusedReplyError, match="only be answered as: direct"):
        box.queue(to, audience=asked)
    box.queue(to, audience=V.DIRECT)
    # Even a row that was tampered with does not leave wider than it was asked.
    desk.store.write_now(lambda tx: tx.execute(update(outbox).values(audience=asked.value)))
    box.run(30)
    if rules.widens(asked, V.DIRECT):
        assert (box.state(), box.network.posts) == (SendState.FAILED, [])


SENDS = st.lists(
    st.sampled_from(["take", "postpone", "refuse", "lose", "drop", "crash-before", "crash-after"]),
    max_size=10,
)
LOOKS = st.lists(st.sampled_from(["tell", "blind"]), max_size=12)
STEPS = st.lists(
    st.tuples(st.sampled_from([1, 5, 30, 130, 700]), st.sampled_from(["", "", "", "retry", "cancel"])),
    max_size=25,
)


@given(SENDS, LOOKS, STEPS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_a_reply_is_posted_once_at_most_and_its_state_is_true(
    sends: list[str], looks: list[str], steps: list[tuple[int, str]]
) -> None:
    with TemporaryDirectory() as folder:
        store = Store(fresh_sqlite(Path(folder)))
        try:
            _story(Outbox(Desk(store), sends, looks), steps)
        finally:
            store.close()


def _story(box: Outbox, steps: list[tuple[int, str]]) -> None:
    desk, who = box.desk, Who(id=box.desk.user)
    box.queue(box.customer_says())
    for seconds, act in steps:
        box.tick(seconds)
        if act:
            verb = service.retry if act == "retry" else service.cancel
            try:
                desk.store.write_now(lambda tx, verb=verb: verb(tx, desk.log, who, "reply-1", desk.now))  # type: ignore[misc]
            except service.RefusedReplyError:
                continue
    for _ in range(100):
        if box.row()["due_at"] is None and box.state() is not SendState.SENDING:
            break
        box.tick(600)
    posts, state = box.network.posts, box.state()
    assert len(posts) <= 1
    assert {
        SendState.SENT: posts == ["reply-1"],
        SendState.FAILED: posts == [],
        # Somebody may have given up one that nobody could tell of.
        SendState.CANCELLED: True,
        SendState.UNKNOWN: True,
    }.get(state, False), (state, posts)
    if state is SendState.UNKNOWN:
        assert box.row()["due_at"] is None
    copies = desk.store.read_now(
        lambda tx: tx.rows(select(messages.c.id).where(messages.c.direction == "outbound"))
    )
    assert len(copies) == (1 if state is SendState.SENT else 0)
