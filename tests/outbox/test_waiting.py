"""Replies that wait: for their time, and as parts for the one before; never over what was not seen."""

import pytest
from sqlalchemy import select

from earful.channels.contract import Capabilities
from earful.model.desk import SendState
from earful.model.message import Visibility
from earful.model.time import DAY, HOUR
from earful.outbox import service, waiting
from earful.outbox.rules import OnNews
from earful.store.audit import Who
from earful.store.errors import ConflictError
from earful.store.tables import drafts, messages, outbox
from tests.conftest import Desk, write
from tests.outbox.scripted import BOTH_WAYS, Outbox

IN_PARTS = Capabilities(
    **{name: getattr(BOTH_WAYS, name) for name in BOTH_WAYS.__struct_fields__} | {"threads": True}
)


def queue(box: Outbox, to: str, id_: str = "reply-1", text: str = "On its way", **more: object) -> None:
    draft = service.Draft(id=id_, in_reply_to=to, audience=Visibility.PUBLIC, text=text, **more)  # type: ignore[arg-type]
    who, desk = Who(id=box.desk.user), box.desk
    desk.store.write_now(lambda tx: service.queue(tx, desk.log, who, draft, IN_PARTS, desk.now))


def test_a_scheduled_reply_goes_out_at_its_time_also_after_a_restart_and_blocks_nothing(desk: Desk) -> None:
    box = Outbox(desk)
    to = box.customer_says()
    queue(box, to, "later", send_at=desk.now + DAY)
    queue(box, to, "now", "One moment")
    box.run(60)
    assert (box.network.texts, box.state("later")) == (["One moment"], SendState.SCHEDULED)
    box.tick(DAY / 1000 - 61)
    assert box.state("later") is SendState.SCHEDULED
    box = Outbox(desk)
    box.tick(1)
    assert box.network.texts == ["On its way"], "what its own writer said meanwhile holds up nothing"


@pytest.mark.parametrize(("on_news", "state"), [(OnNews.HOLD, "held"), (OnNews.CANCEL, "cancelled")])
def test_a_customer_who_writes_first_stops_it(desk: Desk, on_news: OnNews, state: str) -> None:
    box = Outbox(desk)
    queue(box, box.customer_says(), send_at=desk.now + DAY, on_news=on_news)
    desk.receive(write("q2", "It came!", minute=5, parent_id="q"))
    desk.settle()
    assert box.state() == state
    box.run(2 * 86_400, 3_600)
    assert (box.network.posts, box.state()) == ([], state)
    kept = desk.store.read_now(lambda tx: tx.rows(select(drafts.c.text)))
    assert [row["text"] for row in kept] == ([] if on_news is OnNews.HOLD else ["On its way"])


def test_what_comes_at_the_last_moment_holds_it_too(desk: Desk) -> None:
    box = Outbox(desk)
    queue(box, box.customer_says(), send_at=desk.now + HOUR)
    desk.now += HOUR  # type: ignore[assignment]
    desk.store.write_now(lambda tx: waiting.release(tx, desk.log, desk.now))
    assert box.state() is SendState.QUEUED
    desk.receive(write("q2", "It came!", minute=5, parent_id="q"))
    desk.settle()
    box.tick()
    assert (box.network.posts, box.state()) == ([], SendState.HELD)


def test_a_held_reply_goes_out_once_its_news_were_seen(desk: Desk) -> None:
    box, who = Outbox(desk), Who(id=desk.user)
    queue(box, box.customer_says(), send_at=desk.now + DAY)
    desk.receive(write("q2", "Hello?", minute=5, parent_id="q"))
    desk.settle()
    send = lambda seen: desk.store.write_now(  # noqa: E731
        lambda tx: waiting.send_now(tx, desk.log, who, "reply-1", seen, 0, desk.now)
    )
    with pytest.raises(ConflictError):
        send("-")
    send(desk.store.read_now(lambda tx: waiting.find(tx, "reply-1")).seen)
    box.tick()
    assert box.network.posts == ["reply-1"]


PARTS = ["One (1/3)", "two (2/3)", "three (3/3)"]


def test_parts_go_out_in_order_each_after_the_one_before_is_surely_out(desk: Desk) -> None:
    box = Outbox(desk, ["take", "drop", "take", "take"])
    queue(box, box.customer_says(), text="One two three", parts=PARTS)
    box.tick(5)
    box.tick()
    box.run(5)
    assert box.network.texts == PARTS[:1], "nobody knows of the second yet"
    box.run(300)
    assert box.network.texts == PARTS
    rows = desk.store.read_now(lambda tx: tx.rows(select(outbox).order_by(outbox.c.part)))
    assert [(row["part"], row["parts"], row["state"]) for row in rows] == [(n, 3, "sent") for n in (1, 2, 3)]
    desk.settle()
    said = desk.store.read_now(
        lambda tx: tx.rows(select(messages.c.text, messages.c.parent_native_id).order_by(messages.c.seq))
    )
    assert [row["parent_native_id"] for row in said[1:]] == ["q", "post-reply-1", "post-reply-1-2"]


def test_a_part_that_fails_stops_the_rest_and_giving_up_gives_all_back(desk: Desk) -> None:
    box = Outbox(desk, ["take", "refuse"])
    queue(box, box.customer_says(), text="One two three", parts=PARTS)
    box.run(600, 30)
    assert (box.network.texts, box.state("reply-1-2"), box.state("reply-1-3")) == (
        PARTS[:1],
        "failed",
        "queued",
    )
    text, _, _ = desk.store.write_now(
        lambda tx: service.cancel(tx, desk.log, Who(id=desk.user), "reply-1-2", desk.now)
    )
    assert text == "two (2/3)\nthree (3/3)"
    box.run(60)
    assert box.network.texts == PARTS[:1]


def test_two_agents_the_second_is_shown_the_first_also_when_it_only_waits(small_desk: Desk) -> None:
    box = Outbox(small_desk)
    to = box.customer_says()
    seen = 1_000
    queue(box, to, "first", for_approval=True, seen_version=seen)
    with pytest.raises(ConflictError):
        queue(box, to, "second", seen_version=1)
    assert box.state("first") is SendState.APPROVAL
    box.run(60)
    assert box.network.posts == []


def test_private_data_is_looked_for_again_when_sending(small_desk: Desk) -> None:
    box = Outbox(small_desk)
    to = box.customer_says()
    with pytest.raises(service.PrivateDataError, match="card"):
        queue(box, to, text="Your card 4111 1111 1111 1111")
    queue(box, to)
    change = outbox.update().values(text="Your card 4111 1111 1111 1111")
    small_desk.store.write_now(lambda tx: tx.execute(change))
    box.run(30)
    assert (box.state(), box.network.posts) == (SendState.FAILED, [])
