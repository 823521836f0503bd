"""One thing done to many cases: in slices, with what was refused and why, and taken back as a whole."""

import msgspec
import pytest
from sqlalchemy import select

from earful.desk.bulk import rules, service
from earful.desk.bulk.consumer import BulkConsumer
from earful.desk.bulk.rules import Act, Wanted
from earful.desk.cases import service as cases
from earful.log.runner import step
from earful.model.desk import Outcome, Status
from earful.model.time import HOUR
from earful.store.audit import Who
from earful.store.tables import audit, case_tags, events
from earful.store.tables import cases as cases_table
from earful.store.tx import Row
from tests.conftest import Desk, write

KIM = Desk.user
WHO = Who(id=KIM, name="Kim Doe")


def fill(desk: Desk, many: int) -> list[str]:
    desk.receive(*(write(f"m{n}", "Where is my parcel?", by=f"c{n}") for n in range(many)))
    desk.settle()
    return [one["id"] for one in rows(desk)]


def rows(desk: Desk) -> list[Row]:
    return desk.store.read_now(lambda tx: tx.rows(select(cases_table).order_by(cases_table.c.number)))


def start(desk: Desk, wanted: Wanted, ids: list[str], why: str = "") -> str:
    return desk.store.write_now(lambda tx: service.start(tx, desk.log, WHO, wanted, ids, why, desk.now))


def do(desk: Desk, wanted: Wanted, ids: list[str]) -> service.Progress:
    bulk_id = start(desk, wanted, ids)
    desk.settle()
    return desk.store.read_now(lambda tx: service.progress(tx, bulk_id))


def undo(desk: Desk, bulk_id: str) -> service.Progress:
    undone = desk.store.write_now(lambda tx: service.undo(tx, desk.log, WHO, bulk_id, desk.now))
    desk.settle()
    return desk.store.read_now(lambda tx: service.progress(tx, undone))


SHOWN = ("status", "outcome", "assignee_id", "queue", "route_id", "snoozed_until", "closed_at")


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(act=Act.ASSIGN, user_id=KIM),
        Wanted(act=Act.TAG, tag="Lost Parcel"),
        Wanted(act=Act.STATUS, status="waiting"),
        Wanted(act=Act.SNOOZE, until=1_800_000_000_000),
        Wanted(act=Act.CLOSE, outcome="unanswered"),
    ],
)
def test_every_act_is_done_told_and_taken_back(desk: Desk, wanted: Wanted) -> None:
    ids = fill(desk, 30)
    before = [[one[name] for name in SHOWN] for one in rows(desk)]
    done = do(desk, wanted, ids)
    assert (done.total, done.done, done.changed, done.refused) == (30, 30, 30, 0)
    assert done.finished_at is not None
    told = desk.store.read_now(
        lambda tx: tx.rows(select(events.c.actor, events.c.data).where(events.c.type == "case.changed"))
    )
    within = [msgspec.json.decode(one["data"]).get("within") for one in told if one["actor"] == KIM]
    assert within == [done.id] * 30
    lines = desk.store.read_now(
        lambda tx: tx.rows(select(audit.c.detail).where(audit.c.action.like("case.%")))
    )
    assert all(done.id in one["detail"] for one in lines)
    back = undo(desk, done.id)
    assert (back.changed, back.refused) == (30, 0)
    assert [[one[name] for name in SHOWN] for one in rows(desk)] == before
    assert desk.store.read_now(lambda tx: tx.rows(select(case_tags))) == []


def test_what_cannot_be_done_is_refused_with_its_reason_and_the_rest_goes_on(small_desk: Desk) -> None:
    desk = small_desk
    ids = fill(desk, 3)
    desk.store.write_now(lambda tx: cases.assign(tx, desk.log, WHO, ids[0], KIM, "Kim", desk.now))
    done = do(desk, Wanted(act=Act.ASSIGN, user_id=KIM), [*ids, "gone"])
    assert (done.changed, done.same, done.refused) == (2, 1, 1)
    assert [(one.number, one.why[:20]) for one in done.left_alone] == [(None, "This case does not e")]
    closed = do(desk, Wanted(act=Act.CLOSE, outcome="answered"), ids)
    assert (closed.changed, closed.refused) == (0, 3)
    assert "Nobody has answered" in closed.left_alone[0].why


def test_an_undo_leaves_alone_what_somebody_changed_since(small_desk: Desk) -> None:
    desk = small_desk
    ids = fill(desk, 3)
    done = do(desk, Wanted(act=Act.CLOSE, outcome="unanswered"), ids)
    desk.store.write_now(lambda tx: cases.set_status(tx, desk.log, WHO, ids[1], Status.OPEN, desk.now))
    back = undo(desk, done.id)
    assert (back.changed, back.refused) == (2, 1)
    assert "Somebody changed this since" in back.left_alone[0].why
    assert undo(desk, done.id).id == back.id


def test_an_undo_stops_what_is_not_done_yet(small_desk: Desk) -> None:
    desk = small_desk
    ids = fill(desk, 60)
    bulk_id = start(desk, Wanted(act=Act.TAG, tag="late"), ids)
    step(desk.store, desk.log, BulkConsumer(desk.log), desk.now)
    assert len(desk.store.read_now(lambda tx: tx.rows(select(case_tags)))) == service.AT_ONCE
    back = undo(desk, bulk_id)
    assert (back.total, back.changed) == (service.AT_ONCE, service.AT_ONCE)
    assert desk.store.read_now(lambda tx: tx.rows(select(case_tags))) == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(act=Act.TAG, tag=" "), "at least one letter"),
        (Wanted(act=Act.SNOOZE, until=1), "in the future"),
        (Wanted(act=Act.CLOSE, outcome="confirmed"), "Close with one of"),
        (Wanted(act=Act.STATUS, status="closed"), "Choose open or waiting"),
        (Wanted(act=Act.ASSIGN, user_id="x"), "does not exist any more"),
        (Wanted(act=Act.QUEUE, queue="x"), "team does not exist"),
        (Wanted(act=Act.UNDO), "An undo belongs"),
    ],
)
def test_nonsense_is_refused_before_anything_is_done(small_desk: Desk, wanted: Wanted, words: str) -> None:
    with pytest.raises(rules.InvalidActError, match=words):
        start(small_desk, wanted, ["some"])
    with pytest.raises(rules.InvalidActError, match="at least one case"):
        start(small_desk, Wanted(act=Act.TAG, tag="x"), [])


def test_two_acts_go_on_side_by_side(small_desk: Desk) -> None:
    desk = small_desk
    ids = fill(desk, 60)
    large = start(desk, Wanted(act=Act.TAG, tag="large"), ids)
    small = start(desk, Wanted(act=Act.SNOOZE, until=desk.now + HOUR), ids[:1])
    consumer = BulkConsumer(desk.log)
    for _ in range(2):
        step(desk.store, desk.log, consumer, desk.now)
    found = [desk.store.read_now(lambda tx, one=one: service.progress(tx, one)) for one in (large, small)]
    assert found[0].finished_at is None
    assert found[1].finished_at is not None
    assert Outcome(rows(desk)[0]["outcome"]) is Outcome.UNANSWERED
