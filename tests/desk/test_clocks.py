"""A desk with promises: clocks on real cases, on both databases."""

from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import select

from earful.desk.calendars.rules import Calendar, Week
from earful.desk.cases import service as cases
from earful.desk.sla import service as sla
from earful.desk.sla import settings
from earful.desk.sla.rules import Policy, Targets
from earful.log.contract import Position
from earful.model.desk import CaseClock, Outcome, Status
from earful.model.time import HOUR, MINUTE, Instant
from earful.store.audit import Who
from earful.store.tables import case_clocks, events, sla_breaches
from earful.store.tables import cases as cases_table
from earful.store.tx import Row, Tx
from tests.conftest import NOW, Desk, answer, write

KIM = Who(id=Desk.user, name="Kim Doe")
HOURLY = Policy(
    id="all",
    name="Everybody",
    targets=Targets(first_answer=(60,) * 5, next_answer=(120,) * 5, resolution=(600,) * 5),
)


def promise(desk: Desk, *policies: Policy) -> settings.Saved:
    return desk.store.write_now(lambda tx: settings.save(tx, desk.log, KIM, policies, desk.now))


def case(desk: Desk) -> Row:
    (row,) = desk.store.read_now(lambda tx: tx.rows(select(cases_table)))
    return row


def clocks(desk: Desk) -> dict[tuple[str, int], CaseClock]:
    found = desk.store.read_now(lambda tx: sla.clocks_of(tx, case(desk)["id"]))
    return {(one.kind, one.round): one for one in found}


def told(desk: Desk) -> list[tuple[str, str]]:
    query = select(events.c.type, events.c.data).where(
        events.c.type.in_(["sla.warning", "sla.breached", "sla.withdrawn"])
    )
    rows = desk.store.read_now(lambda tx: tx.rows(query.order_by(events.c.seq)))
    return [(row["type"], msgspec.json.decode(row["data"])["detail"]) for row in rows]


def breaches(desk: Desk) -> list[Row]:
    return desk.store.read_now(lambda tx: tx.rows(select(sla_breaches).order_by(sla_breaches.c.clock)))


def pass_time(desk: Desk, minutes: int) -> None:
    desk.now = Instant(NOW + minutes * MINUTE)
    desk.store.write_now(lambda tx: sla.tell(tx, desk.log, desk.now))


@pytest.fixture
def promised(desk: Desk) -> Desk:
    desk.now = Instant(NOW - HOUR)
    promise(desk, HOURLY)
    desk.now = NOW
    return desk


def test_a_customers_message_starts_clocks_and_our_answer_ends_one(promised: Desk) -> None:
    promised.receive(write("m1"))
    promised.settle()
    first = clocks(promised)["first_answer", 1]
    assert (first.state, first.started_at, first.due_at) == ("running", NOW, NOW + HOUR)
    assert (case(promised)["due_kind"], case(promised)["due_at"]) == ("first_answer", NOW + HOUR)
    promised.receive(answer("a1", "m1", minute=20))
    promised.settle()
    assert clocks(promised)["first_answer", 1].state == "kept"
    assert (case(promised)["due_kind"], case(promised)["due_at"]) == ("resolution", NOW + 10 * HOUR)
    promised.receive(write("m2", "Hello? It is still broken", minute=30, parent_id="a1"))
    promised.settle()
    assert clocks(promised)["next_answer", 1].due_at == NOW + 150 * MINUTE


def test_warning_and_breach_are_told_once_and_how_late_it_was_is_kept(promised: Desk) -> None:
    promised.receive(write("m1"))
    promised.settle()
    pass_time(promised, 44)
    assert told(promised) == []
    pass_time(promised, 45)
    pass_time(promised, 46)
    assert told(promised) == [("sla.warning", "first_answer")]
    pass_time(promised, 61)
    pass_time(promised, 62)
    pass_time(promised, 50)  # a clock that jumps
    pass_time(promised, 63)
    assert told(promised)[1:] == [("sla.breached", "first_answer")]
    (row,) = breaches(promised)
    assert (row["due_at"], row["breached_at"], row["ended_at"]) == (NOW + HOUR, NOW + 61 * MINUTE, None)
    promised.receive(answer("a1", "m1", minute=90))
    promised.settle()
    (row,) = breaches(promised)
    assert (row["ended_at"], row["late"]) == (NOW + 90 * MINUTE, 30 * MINUTE)
    assert clocks(promised)["first_answer", 1].state == "missed"


def test_a_consumer_that_reads_everything_again_changes_nothing(promised: Desk) -> None:
    promised.receive(write("m1"), answer("a1", "m1", minute=90))
    promised.now = Instant(NOW + 2 * HOUR)
    promised.settle()
    before = clocks(promised), told(promised), breaches(promised)
    for name in ("clocks", "recompute"):
        promised.store.write_now(lambda tx, name=name: promised.log.place(tx, name, Position(), promised.now))
    promised.settle()
    assert (clocks(promised), told(promised), breaches(promised)) == before


def test_an_answer_that_comes_to_light_later_takes_the_breach_back(promised: Desk) -> None:
    promised.receive(write("m1"))
    promised.settle()
    pass_time(promised, 70)
    promised.receive(answer("a1", "m1", minute=40))
    promised.settle()
    (row,) = breaches(promised)
    assert row["withdrawn_at"] == promised.now
    assert clocks(promised)["first_answer", 1].breached_at is None
    assert told(promised)[-1] == ("sla.withdrawn", "first_answer")


def test_an_answer_that_nobody_has_counted_yet_is_no_breach(promised: Desk) -> None:
    promised.receive(write("m1"))
    promised.settle()
    promised.receive(answer("a1", "m1", minute=40))
    for consumer in promised.consumers:
        if consumer.name == "clocks":
            promised.consumers = [one for one in promised.consumers if one is not consumer]
    promised.settle()
    pass_time(promised, 70)
    assert breaches(promised) == []


def test_what_ended_late_while_nobody_watched_is_a_breach(promised: Desk) -> None:
    promised.receive(write("m1"), answer("a1", "m1", minute=90))
    promised.now = Instant(NOW + 2 * HOUR)
    promised.settle()
    assert [row["late"] for row in breaches(promised)] == [30 * MINUTE]
    assert told(promised) == [("sla.breached", "first_answer")]


def test_waiting_for_the_customer_pauses_the_resolution_only(promised: Desk) -> None:
    promised.receive(write("m1"))
    promised.settle()
    promised.now = Instant(NOW + 30 * MINUTE)
    case_id = case(promised)["id"]
    promised.store.write_now(
        lambda tx: cases.set_status(tx, promised.log, KIM, case_id, Status.WAITING, promised.now)
    )
    promised.settle()
    paused = clocks(promised)["resolution", 1]
    assert (paused.state, paused.remaining, paused.due_at) == ("paused", 570 * MINUTE, None)
    assert clocks(promised)["first_answer", 1].state == "running"
    promised.receive(write("m2", "And the lid too", minute=90, parent_id="m1"))
    promised.settle()
    assert clocks(promised)["resolution", 1].due_at == NOW + (90 + 570) * MINUTE


def test_closing_ends_reopening_starts_anew_and_an_undo_goes_on(promised: Desk) -> None:
    promised.receive(write("m1"), answer("a1", "m1", minute=5))
    promised.settle()
    case_id = case(promised)["id"]

    def do(verb: Callable[[Tx], object]) -> None:
        promised.store.write_now(verb)
        promised.settle()

    promised.now = Instant(NOW + 10 * MINUTE)
    before = promised.store.read_now(lambda tx: cases.standing_of(tx, case_id))
    do(lambda tx: cases.close(tx, promised.log, KIM, case_id, Outcome.CLAIMED, promised.now))
    assert clocks(promised)["resolution", 1].state == "kept"
    assert case(promised)["due_at"] is None
    do(lambda tx: cases.restore(tx, promised.log, KIM, case_id, before, promised.now))
    assert clocks(promised)["resolution", 1].due_at == NOW + 10 * HOUR
    do(lambda tx: cases.close(tx, promised.log, KIM, case_id, Outcome.CLAIMED, promised.now))
    promised.now = Instant(NOW + 20 * MINUTE)
    do(lambda tx: cases.set_status(tx, promised.log, KIM, case_id, Status.OPEN, promised.now))
    assert clocks(promised)["resolution", 1].state == "kept"
    assert clocks(promised)["resolution", 2].due_at == promised.now + 10 * HOUR


def test_history_that_is_imported_promises_nothing(promised: Desk) -> None:
    promised.receive(
        write("old", minute=-3 * 24 * 60, backfill=True), write("young", by="bo", minute=-5, backfill=True)
    )
    promised.settle()
    rows = promised.store.read_now(lambda tx: tx.rows(select(case_clocks.c.started_at).distinct()))
    assert [row["started_at"] for row in rows] == [NOW - 5 * MINUTE]


def test_new_policies_reach_open_cases_and_leave_what_ended(
    promised: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earful.desk.sla.consumer.STEP", 2)
    for n in range(5):
        promised.receive(write(f"m{n}", by=f"guest{n}"))
    promised.receive(answer("a0", "m0", minute=10))
    promised.settle()
    slower = msgspec.structs.replace(HOURLY, targets=Targets(first_answer=(90,) * 5))
    saved = promise(promised, slower)
    assert saved.changed
    assert not promised.store.read_now(settings.progress).finished
    promised.settle()
    progress = promised.store.read_now(settings.progress)
    assert (progress.done, progress.total, progress.finished) == (5, 5, True)
    rows = promised.store.read_now(lambda tx: tx.rows(select(case_clocks)))
    open_ones = [row for row in rows if row["done_at"] is None]
    assert {(row["kind"], row["due_at"]) for row in open_ones} == {("first_answer", NOW + 90 * MINUTE)}
    assert [row["due_at"] for row in rows if row["done_at"] is not None] == [NOW + HOUR]
    assert not promise(promised, slower).changed
    promised.store.write_now(lambda tx: settings.restore(tx, promised.log, KIM, saved.before, promised.now))
    promised.settle()
    assert len(promised.store.read_now(lambda tx: tx.rows(select(case_clocks)))) == 10


def test_a_promise_cannot_be_broken_before_it_was_made(desk: Desk) -> None:
    desk.receive(write("m1"))
    desk.now = Instant(NOW + 3 * HOUR)
    promise(desk, HOURLY)
    desk.settle()
    pass_time(desk, 200)
    assert clocks(desk)["first_answer", 1].due_at == NOW + HOUR
    assert case(desk)["due_at"] == NOW + HOUR
    assert (breaches(desk), told(desk)) == ([], [])


def test_cases_that_turn_out_to_be_one_have_the_clocks_of_one(promised: Desk) -> None:
    promised.receive(write("m1"), write("m3", "Anybody?", minute=5, parent_id="m2"))
    promised.settle()
    pass_time(promised, 70)
    promised.receive(write("m2", "It leaks", minute=2, parent_id="m1"))
    promised.settle()
    assert {key: one.started_at for key, one in clocks(promised).items()} == {
        ("first_answer", 1): NOW,
        ("resolution", 1): NOW,
    }
    assert {row["case_id"] for row in breaches(promised)} == {case(promised)["id"]}


def test_a_calendar_counts_only_when_somebody_is_there(desk: Desk) -> None:
    office = Calendar(
        id="office", name="Office", zone="Europe/Vienna", week=Week(mon="09:00-12:00, 13:00-18:00")
    )
    desk.now = Instant(NOW - HOUR)
    desk.store.write_now(lambda tx: settings.save_calendar(tx, desk.log, KIM, office, desk.now))
    promise(
        desk, msgspec.structs.replace(HOURLY, calendar="office", targets=Targets(first_answer=(240,) * 5))
    )
    desk.now = NOW
    desk.receive(write("m1"))  # a Saturday at ten in Vienna
    desk.settle()
    monday = Instant(NOW + 48 * HOUR)
    assert (
        clocks(desk)["first_answer", 1].due_at == monday + 4 * HOUR
    )  # ten to two, less the hour of lunch, plus nine to ten
