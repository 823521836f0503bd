"""Replies: sent once, or known not to be; the agent sees what happened."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from earful.channels.contract import SendPostponed, SendRefused, SendUnknown
from earful.model.desk import SendState
from earful.model.ids import new_id
from earful.model.message import Visibility
from earful.model.time import HOUR, MINUTE, SECOND
from earful.outbox import leaving, rules, service
from earful.outbox.sender import Sender
from earful.store.audit import Who
from earful.store.errors import ConflictError
from earful.store.store import Store
from earful.store.tables import cases, messages, outbox
from earful.store.tx import Row
from tests.conftest import Desk, fresh_sqlite, write
from tests.outbox.network import FakeNetwork, raising

KIM = Who(id=Desk.user, name="Kim Doe")


class Office:
    """A desk with one message to answer, a network to answer on, and a sender that is turned by hand."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.store = desk.store
        self.network = FakeNetwork()
        self.files: dict[str, bytes] = {}
        desk.receive(write("m1", "My kettle leaks"))
        desk.settle()
        connectors = {desk.channel: self.network}
        self.sender = Sender(desk.store, desk.log, connectors, desk.clock, read_file=self.files.get)
        self.message = self.rows(messages)[0]

    def rows(self, table: Any) -> list[Row]:
        return self.store.read_now(lambda tx: tx.rows(select(table)))

    def queue(self, reply_id: str = "", **changed: Any) -> str:
        draft = {
            "id": reply_id or new_id(self.desk.now),
            "in_reply_to": self.message["id"],
            "audience": Visibility.PUBLIC,
            "text": "So sorry. A new one is on its way. ^KD",
        } | changed
        made = service.Draft(**draft)
        can = self.network.capabilities
        self.store.write_now(lambda tx: service.queue(tx, self.desk.log, KIM, made, can, self.desk.now))
        return made.id

    def turn(self, later: int = 10 * SECOND) -> None:
        """Let time pass, then let the sender do what is due."""
        self.desk.now = self.desk.now + later  # type: ignore[assignment]

        async def once() -> None:
            for reply_id, state in await self.sender.due(self.desk.now):
                await self.sender.one(reply_id, state)

        asyncio.run(once())
        self.desk.settle()

    def state(self, reply_id: str) -> str:
        return next(row["state"] for row in self.rows(outbox) if row["id"] == reply_id)

    def error(self, reply_id: str) -> str:
        return next(row["error"] for row in self.rows(outbox) if row["id"] == reply_id)


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_a_reply_goes_out_after_the_time_to_take_it_back_and_becomes_a_message(office: Office) -> None:
    reply = office.queue()
    office.turn(rules.UNDO - 1)
    assert office.network.arrived == []
    office.turn(1)
    assert office.state(reply) == SendState.SENT
    assert len(office.network.arrived) == 1
    office.turn()
    sent = [row for row in office.rows(messages) if row["direction"] == "outbound"]
    assert [row["text"] for row in sent] == ["So sorry. A new one is on its way. ^KD"]
    case = office.rows(cases)[0]
    assert sent[0]["case_id"] == case["id"]
    assert case["outcome"] == "answered"
    assert case["awaiting_since"] is None


def test_the_networks_echo_joins_the_reply(office: Office) -> None:
    reply = office.queue()
    office.turn()
    from tests.conftest import answer  # noqa: PLC0415

    office.desk.receive(answer(f"status-{reply}", "m1", "So sorry. A new one is on its way. ^KD", minute=30))
    office.desk.settle()
    assert len([row for row in office.rows(messages) if row["direction"] == "outbound"]) == 1


def test_the_same_draft_handed_in_twice_is_one_reply(office: Office) -> None:
    reply = office.queue("01a1ff5a-d000-7ace-9f94-f18180b79e69")
    assert office.queue(reply) == reply
    office.turn()
    assert len(office.network.arrived) == 1


def test_taken_back_in_time_nothing_goes_out(office: Office) -> None:
    reply = office.queue()
    text, audience, to = office.store.write_now(
        lambda tx: service.cancel(tx, office.desk.log, KIM, reply, office.desk.now)
    )
    office.turn(HOUR)
    assert (text[:8], audience, to) == ("So sorry", Visibility.PUBLIC, office.message["id"])
    assert office.network.arrived == []
    assert office.state(reply) == SendState.CANCELLED


def test_too_late_is_said(office: Office) -> None:
    reply = office.queue()
    office.turn()
    with pytest.raises(service.RefusedReplyError, match="Too late"):
        office.store.write_now(lambda tx: service.cancel(tx, office.desk.log, KIM, reply, office.desk.now))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": "   "}, "Write something"),
        ({"text": "x" * 501}, "1 too long"),
        ({"audience": Visibility.GROUP}, "can only be answered as"),
        ({"in_reply_to": "nothing"}, "not in a case"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason(
    office: Office, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(service.RefusedReplyError, match=words):
        office.queue(**changed)
    assert office.rows(outbox) == []


def test_a_writer_who_has_not_seen_the_newest_is_told_first(office: Office) -> None:
    seen = office.rows(cases)[0]["version"]
    office.desk.receive(write("m2", "And it is hot!", minute=3, parent_id="m1"))
    office.desk.settle()
    with pytest.raises(ConflictError, match="while you were writing"):
        office.queue(seen_version=seen)
    office.queue(seen_version=office.rows(cases)[0]["version"])


def test_the_second_of_two_agents_is_told_of_the_first(office: Office) -> None:
    seen = office.rows(cases)[0]["version"]
    office.queue(seen_version=seen)
    with pytest.raises(ConflictError):
        office.queue(seen_version=seen)
    assert len(office.rows(outbox)) == 1


def test_refused_for_good_waits_for_a_person_who_can_try_again(office: Office) -> None:
    office.network.before = [raising(SendRefused("You are blocked by this person."))]
    reply = office.queue()
    office.turn()
    office.turn(HOUR)
    assert office.state(reply) == SendState.FAILED
    assert office.error(reply) == "You are blocked by this person."
    office.store.write_now(lambda tx: service.retry(tx, office.desk.log, KIM, reply, office.desk.now))
    office.turn()
    assert office.state(reply) == SendState.SENT
    assert len(office.network.arrived) == 1


def test_postponed_is_tried_when_the_network_says(office: Office) -> None:
    office.network.before = [raising(SendPostponed("Slow down.", after_seconds=600))]
    reply = office.queue()
    office.turn()
    office.turn(9 * MINUTE)
    assert office.state(reply) == SendState.QUEUED
    office.turn(2 * MINUTE)
    assert office.state(reply) == SendState.SENT


def test_a_time_out_after_the_network_took_it_sends_nothing_twice(office: Office) -> None:
    office.network.after = [raising(SendUnknown("timed out"))]
    reply = office.queue()
    office.turn()
    assert office.state(reply) == SendState.UNKNOWN
    office.turn(MINUTE)
    assert office.state(reply) == SendState.SENT
    assert len(office.network.arrived) == 1


def test_a_time_out_before_the_network_took_it_is_sent_again_after_two_looks(office: Office) -> None:
    office.network.before = [raising(SendUnknown("timed out"))]
    reply = office.queue()
    office.turn()
    office.turn(MINUTE)
    assert office.state(reply) == SendState.UNKNOWN
    assert office.network.arrived == []
    for _ in range(3):
        office.turn(MINUTE)
    assert office.state(reply) == SendState.SENT
    assert len(office.network.arrived) == 1


def test_a_network_that_cannot_tell_leaves_it_to_a_person(office: Office) -> None:
    office.network.after = [raising(SendUnknown("timed out"))]
    office.network.cannot_tell = SendUnknown("mail cannot be asked")
    reply = office.queue()
    for _ in range(rules.LOOKS + 3):
        office.turn(HOUR)
    assert office.state(reply) == SendState.UNKNOWN
    assert office.error(reply) == "mail cannot be asked"
    assert len(office.network.arrived) == 1


def test_cut_off_in_the_middle_it_is_looked_for(office: Office) -> None:
    reply = office.queue()
    office.desk.now = office.desk.now + rules.UNDO  # type: ignore[assignment]
    office.store.write_now(
        lambda tx: leaving.claim(tx, office.desk.log, reply, office.network.capabilities, office.desk.now)
    )
    assert office.state(reply) == SendState.SENDING
    office.turn(SECOND)
    assert office.state(reply) == SendState.SENDING
    office.turn(rules.LEASE)
    assert office.state(reply) == SendState.UNKNOWN
    for _ in range(4):
        office.turn(MINUTE)
    assert office.state(reply) == SendState.SENT
    assert len(office.network.arrived) == 1


def test_replies_of_a_case_go_out_in_order(office: Office) -> None:
    office.network.before = [raising(SendPostponed("Slow down.", after_seconds=60))]
    first = office.queue(text="first")
    office.desk.now = office.desk.now + 1  # type: ignore[assignment]
    second = office.queue(text="second")
    office.turn()
    assert [office.state(first), office.state(second)] == [SendState.QUEUED, SendState.QUEUED]
    office.turn(2 * MINUTE)
    office.turn()
    assert [reply.text for reply in office.network.arrived] == ["first", "second"]


def test_without_a_connection_it_waits_a_moment_then_says_so(office: Office) -> None:
    office.sender = Sender(office.store, office.desk.log, {}, office.desk.clock, read_file=office.files.get)
    reply = office.queue()
    office.turn()
    assert office.state(reply) == SendState.QUEUED
    office.turn(rules.PATIENCE)
    assert office.state(reply) == SendState.FAILED
    assert "not connected" in office.error(reply)


FATES: dict[str, Callable[[FakeNetwork], None]] = {
    "works": lambda _: None,
    "refuses": lambda network: network.before.append(raising(SendRefused("no"))),
    "postpones": lambda network: network.before.append(raising(SendPostponed("later"))),
    "times out before": lambda network: network.before.append(raising(SendUnknown("?"))),
    "times out after": lambda network: network.after.append(raising(SendUnknown("?"))),
    "breaks": lambda network: network.after.append(raising(RuntimeError("bug"))),
}


@given(
    st.lists(st.sampled_from(sorted(FATES)), max_size=6),
    st.lists(st.integers(1, 30), min_size=8, max_size=16),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_nothing_arrives_twice_and_sent_means_arrived(
    tmp_path_factory: pytest.TempPathFactory, fates: list[str], waits: list[int]
) -> None:
    store = Store(fresh_sqlite(tmp_path_factory.mktemp("desk")))
    try:
        office = Office(Desk(store))
        for fate in fates:
            FATES[fate](office.network)
        reply = office.queue()
        for minutes in waits:
            office.turn(minutes * MINUTE)
            if office.state(reply) == SendState.FAILED:
                office.store.write_now(
                    lambda tx: service.retry(tx, office.desk.log, KIM, reply, office.desk.now)
                )
        assert len(office.network.arrived) <= 1
        if office.state(reply) == SendState.SENT:
            assert len(office.network.arrived) == 1
    finally:
        store.close()
