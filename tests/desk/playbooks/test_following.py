"""Runs follow what happens in cases, are told once, and can be taken back: on both databases."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from earful.desk.cases import service as cases
from earful.desk.handoff import service as handoffs
from earful.desk.handoff.rules import Way
from earful.desk.playbooks import runs, service
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.history import ACTED
from earful.desk.playbooks.rules import USUAL, End, Fact, Kind, Path, Playbook, Step
from earful.desk.playbooks.running import State
from earful.desk.playbooks.runs import CaseRun
from earful.desk.routing import settings as routing
from earful.desk.sla import settings as sla
from earful.desk.sla.rules import Policy, Targets
from earful.log.contract import Event
from earful.model.conditions import Check
from earful.model.desk import Outcome
from earful.model.message import Visibility
from earful.model.time import DAY, HOUR, MINUTE
from earful.store.audit import Who
from earful.store.tables import audit, case_runs, events, run_steps
from earful.store.tables import cases as table
from tests.conftest import Desk, answer, write

WHO = Who(id=Desk.user, name="Kim Doe")


def step(name: str, kind: Kind, minutes: int, **more: Any) -> Step:
    return Step(
        **{"id": name, "kind": kind, "title": name.title(), "minutes": minutes, "ends": USUAL[kind]} | more
    )


STEPS = (
    step("own-up", Kind.ACKNOWLEDGE, 30, text="On it, {{first_name}}", late="lead"),
    step("find", Kind.TASK, 60, owner="kim@acme.example"),
    step("private", Kind.PRIVATE, 60),
    step("fix", Kind.ANSWER, 120),
    step("heard", Kind.WAIT, 7 * 24 * 60, ends=(End.CUSTOMER_CONFIRMED,), late="end", next="end"),
    step("lead", Kind.ESCALATE, 30, owner="lead", next="find"),
)
KETTLE = Playbook(
    id="kettle",
    name="Kettle",
    when=Check(field="message.text", op="contains", value="kettle"),
    paths=(Path(id="main", name="Main", steps=STEPS),),
)
OTHER = Playbook(
    id="other", name="Other", when=Check(field="case.number", op="is", value=10**9), paths=KETTLE.paths
)


def save(desk: Desk, *playbooks: Playbook) -> None:
    for one in playbooks:
        desk.store.write_now(lambda tx, one=one: service.save(tx, desk.log, WHO, one, desk.now))


def case_id(desk: Desk) -> str:
    return str(desk.store.read_now(lambda tx: tx.value(select(table.c.id).order_by(table.c.number.desc()))))


def the(desk: Desk) -> CaseRun:
    run = desk.store.read_now(lambda tx: runs.of_case(tx, case_id(desk)))
    assert run is not None
    return run


def path(desk: Desk) -> list[tuple[str, str]]:
    return [(one.key.partition(".")[2], one.ended_by) for one in the(desk).steps]


def do(desk: Desk, verb: Any, *more: Any) -> Any:
    name = case_id(desk)
    done = desk.store.write_now(lambda tx: verb(tx, desk.log, WHO, name, *more, desk.now))
    desk.settle()
    return done


def told(desk: Desk) -> list[str]:
    """What the log says of playbooks, in order."""
    wanted = select(events.c.type).where(events.c.type.like("playbook.%")).order_by(events.c.seq)
    skip = (ACTED, service.CHANGED)
    return [row["type"] for row in desk.store.read_now(lambda tx: tx.rows(wanted)) if row["type"] not in skip]


def later(desk: Desk, length: int) -> int:
    """Let time pass, and what it brings."""
    desk.now += length  # type: ignore[assignment]
    done = desk.store.write_now(lambda tx: runs.move_on(tx, desk.log, desk.now))
    desk.settle()
    return done


def begin(desk: Desk) -> Desk:
    save(desk, KETTLE, OTHER)
    desk.receive(write("m1", "My kettle is broken"))
    desk.settle()
    return desk


@pytest.fixture
def begun(desk: Desk) -> Desk:
    """A complaint in its playbook."""
    return begin(desk)


@pytest.fixture
def small_begun(small_desk: Desk) -> Desk:
    """The same on the embedded store."""
    return begin(small_desk)


def test_a_case_goes_through_its_playbook_by_what_happens(begun: Desk) -> None:
    run = the(begun)
    assert (run.playbook, run.version, run.path, run.because) == (
        KETTLE, 1, "main", (Fact("message.text", "My kettle is broken"),),
    )  # fmt: skip
    assert (run.step, run.step_due_at, run.chosen_by) == ("main.own-up", begun.now + 30 * MINUTE, "")
    begun.now += 10 * MINUTE  # type: ignore[assignment]
    begun.receive(answer("a1", "m1", minute=10))
    begun.settle()
    begun.now += MINUTE  # type: ignore[assignment]
    do(begun, runs.tick, "main.find")
    begun.now += MINUTE  # type: ignore[assignment]
    do(begun, handoffs.offer, Way.FORM)
    begun.receive(answer("a2", "m1", "We sent you a new lid", minute=20, visibility=Visibility.DIRECT))
    begun.now += 10 * MINUTE  # type: ignore[assignment]
    begun.settle()
    do(begun, cases.close, Outcome.CLAIMED)
    assert the(begun).state is State.PAUSED
    begun.now += HOUR  # type: ignore[assignment]
    begun.receive(write("m2", "Thanks, it works now!", minute=80, parent_id="a1"))
    begun.settle()
    assert path(begun)[:4] == [
        ("own-up", "public_reply"), ("find", "tick"), ("private", "handoff_offered"), ("fix", "private_reply"),
    ]  # fmt: skip
    assert path(begun)[4:] == [("heard", "customer_confirmed")]
    assert (the(begun).state, the(begun).steps[1].who) == (State.DONE, "Kim Doe")
    assert told(begun) == ["playbook.started", *["playbook.moved"] * 4, "playbook.ended"]


def test_deadlines_are_found_by_time_and_told_once(begun: Desk) -> None:
    assert later(begun, 30 * MINUTE - 1) == 0
    assert later(begun, 1) == 1
    assert path(begun) == [("own-up", "late"), ("lead", "")]
    assert told(begun)[1:] == ["playbook.step_due", "playbook.escalated", "playbook.moved"]
    assert later(begun, HOUR) == 1
    assert later(begun, HOUR) == 0
    assert path(begun) == [("own-up", "late"), ("lead", "")]
    assert told(begun)[4:] == ["playbook.step_due"]


def test_an_answer_that_is_heard_of_late_takes_an_escalation_back(small_begun: Desk) -> None:
    later(small_begun, 40 * MINUTE)
    small_begun.receive(answer("a1", "m1", minute=10))
    small_begun.settle()
    assert path(small_begun) == [("own-up", "public_reply"), ("find", "")]
    kept = small_begun.store.read_now(lambda tx: tx.value(select(func.count()).select_from(run_steps)))
    assert kept == 2


def test_a_consumer_that_runs_again_changes_nothing(begun: Desk) -> None:
    before = the(begun), told(begun)
    consumer = next(one for one in begun.consumers if one.name == "playbooks")
    rows = begun.store.read_now(lambda tx: tx.rows(select(events).order_by(events.c.seq)))
    again = [
        Event(**{name: row[name] for name in Event.__struct_fields__ if name != "tx"}, tx=0) for row in rows
    ]
    for batch in (again, again[::-1], again[::2]):
        more = begun.store.write_now(lambda tx, batch=batch: consumer.apply(tx, batch, None, begun.now))
        assert more == []
    assert (the(begun), told(begun)) == before


def test_what_people_do_can_be_taken_back_and_is_in_the_audit(small_begun: Desk) -> None:
    small_begun.now += MINUTE  # type: ignore[assignment]
    act = do(small_begun, runs.skip, "main.own-up", "  called them  ")
    assert path(small_begun) == [("own-up", "skipped"), ("find", "")]
    assert the(small_begun).steps[0].reason == "called them"
    do(small_begun, runs.withdraw, act)
    assert path(small_begun) == [("own-up", "")]
    act = do(small_begun, runs.leave, "not ours")
    assert the(small_begun).state is State.LEFT
    assert later(small_begun, DAY) == 0
    do(small_begun, runs.withdraw, act)
    assert the(small_begun).state is State.RUNNING
    actions = small_begun.store.read_now(
        lambda tx: [
            row["action"]
            for row in tx.rows(
                select(audit.c.action).where(audit.c.action.like("run.%")).order_by(audit.c.id)
            )
        ]
    )
    assert actions[-4:] == ["run.skipped", "run.withdrawn", "run.left", "run.withdrawn"]


def test_a_case_moves_to_another_playbook_and_back(begun: Desk) -> None:
    first = the(begun).id
    begun.now += MINUTE  # type: ignore[assignment]
    act = do(begun, runs.move, "other", "")
    assert (the(begun).playbook.id, the(begun).chosen_by, the(begun).round) == ("other", "Kim Doe", 2)
    standing = select(case_runs.c.state, case_runs.c.watch_at).where(case_runs.c.id == first)
    assert begun.store.read_now(lambda tx: dict(tx.row(standing) or {})) == {
        "state": "left",
        "watch_at": None,
    }
    do(begun, runs.withdraw, act)
    assert (the(begun).id, the(begun).state) == (first, State.RUNNING)
    begun.now += MINUTE  # type: ignore[assignment]
    act = do(begun, runs.move, "other", "")
    begun.now += MINUTE  # type: ignore[assignment]
    do(begun, runs.skip, "main.own-up", "done before")
    with pytest.raises(runs.RefusedError, match="has gone on in the other"):
        do(begun, runs.withdraw, act)


@pytest.mark.parametrize(
    ("verb", "more", "words"),
    [
        (runs.tick, ("main.own-up",), "ends by itself"),
        (runs.tick, ("main.find",), "has gone on meanwhile"),
        (runs.skip, ("main.own-up", " "), "Say why"),
        (runs.withdraw, ("nothing",), "nothing to take back"),
    ],
)
def test_what_makes_no_sense_is_refused(
    small_begun: Desk, verb: Any, more: tuple[str, ...], words: str
) -> None:
    with pytest.raises(runs.RefusedError, match=words):
        do(small_begun, verb, *more)
    assert path(small_begun) == [("own-up", "")]


def test_a_run_keeps_its_version_and_a_new_case_takes_the_new_one(small_begun: Desk) -> None:
    old = the(small_begun)
    save(small_begun, msgspec.structs.replace(KETTLE, description="better"))
    small_begun.receive(answer("a1", "m1", minute=1))
    small_begun.now += HOUR  # type: ignore[assignment]
    small_begun.settle()
    assert (the(small_begun).id, the(small_begun).version) == (old.id, 1)
    small_begun.receive(write("m9", "Another kettle", minute=60, by="bo"))
    small_begun.settle()
    assert the(small_begun).version == 2


def test_no_playbook_begins_on_what_is_old_closed_or_asked_of_nobody(small_desk: Desk) -> None:
    small_desk.now += 3 * DAY  # type: ignore[assignment]
    save(small_desk, KETTLE)
    small_desk.receive(write("m1", "An old kettle"))
    small_desk.receive(write("m2", "A pot", minute=3 * 24 * 60, by="bo"))
    small_desk.settle()
    assert small_desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(case_runs))) == 0
    # The customer speaks again: now it is fresh.
    small_desk.receive(write("m3", "My kettle!", minute=3 * 24 * 60, parent_id="m1"))
    small_desk.settle()
    assert small_desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(case_runs))) == 1


def test_saving_makes_versions_that_can_be_brought_back(desk: Desk) -> None:
    save(desk, KETTLE, KETTLE)
    better = msgspec.structs.replace(KETTLE, description="better")
    save(desk, better)
    listed = desk.store.read_now(service.listed)
    assert [(one.version, one.playbook) for one in listed] == [(2, better)]
    desk.store.write_now(lambda tx: service.restore(tx, desk.log, WHO, "kettle", 1, desk.now))
    assert desk.store.read_now(lambda tx: service.find(tx, "kettle")).playbook == KETTLE
    versions = desk.store.read_now(lambda tx: service.versions(tx, "kettle"))
    assert [(one.version, one.by) for one in versions] == [(3, "Kim Doe"), (2, "Kim Doe"), (1, "Kim Doe")]
    with pytest.raises(service.StaleError):
        desk.store.write_now(lambda tx: service.save(tx, desk.log, WHO, better, desk.now, seen=2))
    desk.store.write_now(lambda tx: service.remove(tx, desk.log, WHO, "kettle", desk.now))
    assert desk.store.read_now(service.listed) == []
    desk.store.write_now(lambda tx: service.bring_back(tx, desk.log, WHO, "kettle", desk.now))
    assert [one.version for one in desk.store.read_now(service.listed)] == [3]


def test_a_playbook_that_would_break_a_promise_is_refused(small_desk: Desk) -> None:
    policy = Policy(id="all", name="Everybody", targets=Targets(first_answer=(20,) * 5))
    small_desk.store.write_now(lambda tx: sla.save(tx, small_desk.log, WHO, (policy,), small_desk.now))
    with pytest.raises(InvalidPlaybookError, match="'Everybody' promises one to severity 0 within 20"):
        save(small_desk, KETTLE)
    assert small_desk.store.read_now(service.listed) == []


def test_due_runs_are_found_by_an_index(small_begun: Desk) -> None:
    plan = small_begun.store.read_now(
        lambda tx: tx.conn.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT case_id FROM case_runs WHERE watch_at <= 5 ORDER BY watch_at LIMIT 200"
        ).fetchall()
    )
    assert "ix_case_runs_watch_at" in str(plan)


def test_a_step_of_a_colleague_gives_them_the_case_unless_somebody_has_it_or_they_are_away(
    desk: Desk,
) -> None:
    own = KETTLE.paths[0].steps[1]
    save(desk, replace(KETTLE, paths=(Path(id="main", name="Main", steps=(own, *STEPS[2:4])),)))
    desk.receive(write("m1", "My kettle is broken"))
    desk.settle()
    row = desk.store.read_now(lambda tx: tx.rows(select(table)))[0]
    assert row["assignee_id"] == Desk.user
    told = desk.store.read_now(lambda tx: tx.rows(select(events).where(events.c.case_id == row["id"])))
    assert any("routed_owner" in one["data"] and "Kim Doe (Kettle" in one["data"] for one in told)
    desk.store.write_now(
        lambda tx: routing.set_away(tx, desk.log, WHO, Desk.user, away=True, until=None, now=desk.now)
    )
    desk.receive(write("m2", "My other kettle is broken as well", by="ben"))
    desk.settle()
    rows = desk.store.read_now(lambda tx: tx.rows(select(table).order_by(table.c.number)))
    assert [one["assignee_id"] for one in rows] == [Desk.user, None]
