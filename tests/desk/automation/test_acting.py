"""Rules at work: what they do, once, why, and what keeps them from doing too much."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from earful.desk.automation import acting, service
from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.cases import service as cases
from earful.desk.inbox import timeline
from earful.model.desk import Outcome, Status, TimelineEvent, TimelineNote
from earful.model.time import DAY, HOUR, MINUTE, Instant
from earful.store.audit import EARFUL, Who
from earful.store.tables import audit, automation_runs, case_tags, cursors, events
from earful.store.tables import cases as case_table
from earful.store.tx import Row
from tests.conftest import Desk, answer, write

KIM = Who(id=Desk.user, name="Kim Doe")


def rule(rule_id: str = "late", *acts: Act, on: On = On.OPENED, when: Any = None, **more: Any) -> Rule:
    return Rule(
        id=rule_id,
        name=rule_id.title(),
        on=(on,),
        when=when or {"all": []},
        acts=acts or (Act(act=Do.TAG, value=rule_id),),
        **more,
    )


def keep(desk: Desk, *rules: Rule, hourly: int = 0) -> service.Saved:
    return desk.store.write_now(lambda tx: service.save(tx, desk.log, KIM, rules, desk.now, hourly=hourly))


def case_of(desk: Desk) -> Row:
    found = desk.store.read_now(lambda tx: tx.row(select(case_table)))
    assert found is not None
    return found


def tags(desk: Desk) -> list[str]:
    rows = desk.store.read_now(lambda tx: tx.rows(select(case_tags.c.tag).order_by(case_tags.c.tag)))
    return [row["tag"] for row in rows]


def runs(desk: Desk) -> list[Row]:
    return desk.store.read_now(lambda tx: tx.rows(select(automation_runs).order_by(automation_runs.c.seq)))


def history(desk: Desk) -> list[TimelineEvent]:
    case_id = case_of(desk)["id"]
    found = desk.store.read_now(lambda tx: timeline.acts(tx, case_id))
    return [one for one in found if isinstance(one, TimelineEvent)]


def told(desk: Desk, kind: str) -> list[dict[str, Any]]:
    query = select(events.c.data).where(events.c.type == kind)
    return [json.loads(row["data"]) for row in desk.store.read_now(lambda tx: tx.rows(query))]


KETTLE = {"all": [{"field": "message.text", "op": "contains", "value": "kettle"}]}


def test_a_rule_does_what_it_says_and_the_case_says_why(desk: Desk) -> None:
    keep(
        desk,
        rule(
            "kettles",
            Act(act=Do.TAG, value="kettle"),
            Act(act=Do.PRIORITY, value="90"),
            Act(act=Do.ASSIGN, value="kim@acme.example"),
            Act(act=Do.NOTE, text="Look at the recall first."),
            Act(act=Do.NOTIFY, value="assignee", text="A kettle again"),
            when=KETTLE,
        ),
    )
    desk.receive(write("1"), write("2", "Where is my parcel?", by="ben"))
    desk.settle()
    assert tags(desk) == ["kettle"]
    held = desk.store.read_now(lambda tx: tx.row(select(case_table).where(case_table.c.priority == 90)))
    assert held is not None
    assert (held["assignee_id"], held["priority_least"]) == (Desk.user, 90)
    found = desk.store.read_now(lambda tx: timeline.acts(tx, held["id"]))
    because = {one.because for one in found if isinstance(one, TimelineEvent) and one.what == "tagged"}
    assert because == {"Kettles v1: Message contains “kettle”"}
    notes = desk.store.read_now(lambda tx: timeline.notes(tx, held["id"]))
    assert [(one.user_name, one.text) for one in notes if isinstance(one, TimelineNote)] == [
        ("Earful", "Look at the recall first.\n\n(Kettles v1)")
    ]
    notified = told(desk, "automation.notify")
    assert [(one["to"], one["text"], one["rule"], one["depth"]) for one in notified] == [
        ([Desk.user], "A kettle again", "kettles", 1)
    ]
    assert [(one["acts"], one["refused"], one["result"]) for one in runs(desk)] == [(5, 0, "acted")]
    lines = desk.store.read_now(
        lambda tx: tx.rows(select(audit.c.detail).where(audit.c.action == "case.tagged"))
    )
    assert [row["detail"] for row in lines] == ["kettle (rule kettles v1)"]


def test_a_later_message_does_not_lower_what_a_rule_raised(desk: Desk) -> None:
    keep(desk, rule("urgent", Act(act=Do.PRIORITY, value="95")))
    desk.receive(write("1"))
    desk.settle()
    desk.receive(write("2", "Thanks", minute=1, parent_id="1"))
    desk.settle()
    assert case_of(desk)["priority"] == 95


def test_a_consumer_that_runs_again_acts_once(desk: Desk) -> None:
    keep(desk, rule("noted", Act(act=Do.NOTE, text="Seen"), on=On.MESSAGE))
    desk.receive(write("1"))
    desk.settle()
    desk.store.write_now(
        lambda tx: tx.execute(update(cursors).where(cursors.c.consumer == "automation").values(tx=0, seq=0))
    )
    desk.settle()
    desk.receive(write("2", "And it leaks", minute=1, parent_id="1"))
    desk.settle()
    assert len(told(desk, "case.noted")) == 2


def test_what_an_import_brings_starts_nothing(desk: Desk) -> None:
    keep(desk, rule(), rule("said", on=On.MESSAGE), rule("other", on=On.OUTCOME))
    desk.receive(write("1", backfill=True), answer("2", "1", backfill=True, minute=1))
    desk.now = Instant(desk.now + 3 * DAY)
    desk.receive(write("3", by="ben"))
    desk.settle()
    assert runs(desk) == []


def test_a_later_rule_sees_what_an_earlier_one_did_and_stop_ends_it(desk: Desk) -> None:
    tagged = {"field": "case.tags", "op": "has", "value": "first"}
    keep(
        desk,
        rule("first"),
        rule("second", when=tagged),
        rule("third", Act(act=Do.TAG, value="third"), Act(act=Do.STOP)),
        rule("fourth"),
        rule("off", enabled=False),
    )
    desk.receive(write("1"))
    desk.settle()
    assert tags(desk) == ["first", "second", "third"]


def test_what_cannot_be_done_is_told_and_the_rest_is_done(desk: Desk) -> None:
    keep(
        desk,
        rule(
            "mixed",
            Act(act=Do.NOTIFY, value="assignee", text="Yours"),
            Act(act=Do.TAG, value="mixed"),
        ),
    )
    desk.receive(write("1"))
    desk.settle()
    assert tags(desk) == ["mixed"]
    (run,) = runs(desk)
    assert (run["acts"], run["refused"], run["result"]) == (1, 1, "acted")
    assert run["detail"] == "notify: nobody has the case, so there is nobody to notify"


def test_a_rule_that_acts_too_often_is_paused_and_the_leads_are_told(desk: Desk) -> None:
    keep(desk, rule("storm"), hourly=2)
    desk.receive(*[write(f"{n}", by=f"writer{n}") for n in range(4)])
    desk.settle()
    assert [one["result"] for one in runs(desk)] == ["acted", "acted", "stopped", "stopped"]
    assert [(one["rule"], one["acts"]) for one in told(desk, "automation.paused")] == [("storm", 2)]
    assert len(told(desk, "automation.notify")) == 1
    (standing,) = desk.store.read_now(lambda tx: service.listed(tx, desk.now))
    assert (standing.acts, standing.paused_acts) == (2, 2)
    desk.now = Instant(desk.now + 2 * HOUR)
    desk.receive(write("9", by="later"))
    desk.settle()
    assert len(runs(desk)) == 4
    desk.store.write_now(lambda tx: service.go_on(tx, desk.log, KIM, "storm", desk.now))
    desk.receive(write("10", by="later"))
    desk.settle()
    assert [one["result"] for one in runs(desk)][4:] == ["acted"]
    with pytest.raises(service.NotFoundError):
        desk.store.write_now(lambda tx: service.go_on(tx, desk.log, KIM, "storm", desk.now))


def test_what_a_rule_led_to_knows_how_deep_it_is_and_stops_at_three(desk: Desk) -> None:
    closed = {"field": "case.status", "op": "is", "value": "closed"}
    keep(desk, rule("again", Act(act=Do.STATUS, value="open"), on=On.OUTCOME, when=closed))
    desk.receive(write("1"), answer("2", "1", minute=1))
    desk.settle()
    case_id = case_of(desk)["id"]
    desk.store.write_now(lambda tx: cases.close(tx, desk.log, KIM, case_id, Outcome.CLAIMED, desk.now))
    desk.settle()
    assert case_of(desk)["status"] == "open"
    led = [one for one in told(desk, "outcome.changed") if one.get("depth")]
    assert all(one["rule"] == "again" and one["depth"] == 1 for one in led)
    happening = acting.Happening(events=frozenset({On.OUTCOME}), case_id=case_id, cause="deep", depth=3)

    def deep(tx: Any) -> int:
        cases.close(tx, desk.log, KIM, case_id, Outcome.ANSWERED, desk.now)
        return acting.follow(tx, desk.log, service.at_work(tx), [happening], desk.now)

    assert desk.store.write_now(deep) == 0
    run = next(one for one in runs(desk) if one["cause"] == "deep")
    assert (run["result"], run["depth"], run["detail"]) == (
        "stopped", 4, "3 rules had led to this, one after the other",
    )  # fmt: skip


def swept(desk: Desk) -> int:
    found, _ = desk.store.read_now(lambda tx: acting.ripe(tx, 0, desk.now))
    return desk.store.write_now(lambda tx: acting.sweep(tx, desk.log, found, desk.now))


def test_time_starts_a_rule_once_for_each_wait(desk: Desk) -> None:
    waits = {"field": "time.waiting", "op": "at_least", "value": "2h"}
    keep(desk, rule("waits", Act(act=Do.NOTE, text="Two hours"), on=On.TIME, when=waits))
    desk.receive(write("1"))
    desk.settle()
    assert swept(desk) == 0
    desk.now = Instant(desk.now + 3 * HOUR)
    assert swept(desk) == 1
    assert swept(desk) == 0
    desk.receive(answer("2", "1", minute=181), write("3", "Still broken", minute=200, parent_id="1"))
    desk.settle()
    desk.now = Instant(desk.now + 3 * HOUR)
    assert swept(desk) == 1
    assert [one["event"] for one in runs(desk)] == ["time", "time"]


def test_a_sweep_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "SLICE", 2)
    old = {"field": "time.age", "op": "at_least", "value": "1h"}
    keep(desk, rule("old", on=On.TIME, when=old))
    desk.receive(*[write(f"{n}", by=f"writer{n}") for n in range(5)])
    desk.settle()
    desk.now = Instant(desk.now + 90 * MINUTE)
    after, seen = 0, []
    for _ in range(3):
        found, after = desk.store.read_now(lambda tx, after=after: acting.ripe(tx, after, desk.now))
        seen.append(len(found))
    assert (seen, after) == ([2, 2, 1], 0)


def test_a_case_that_was_snoozed_by_a_rule_is_snoozed(desk: Desk) -> None:
    keep(desk, rule("later", Act(act=Do.SNOOZE, value="2h")))
    desk.receive(write("1"))
    desk.settle()
    row = case_of(desk)
    assert (row["status"], row["snoozed_until"]) == (Status.SNOOZED, desk.now + 2 * HOUR)
    assert [one.because for one in history(desk) if one.what == "snoozed"] == ["Later v1: Everything"]


def test_a_save_keeps_versions_and_can_be_taken_back(desk: Desk) -> None:
    first = keep(desk, rule("one"), rule("two"))
    second = keep(desk, rule("one", Act(act=Do.TAG, value="changed")), rule("two"))
    assert [one.version for one in desk.store.read_now(lambda tx: service.listed(tx, desk.now))] == [2, 1]
    assert not keep(desk, rule("one", Act(act=Do.TAG, value="changed")), rule("two")).changed
    desk.store.write_now(lambda tx: service.restore(tx, desk.log, KIM, second.before, desk.now))
    book = desk.store.read_now(service.in_force)
    assert (book.rules, book.versions) == ((rule("one"), rule("two")), {"one": 3, "two": 1})
    with pytest.raises(service.StaleError):
        desk.store.write_now(lambda tx: service.save(tx, desk.log, EARFUL, (), desk.now, seen=first.seq))
    keep(desk, rule("two"))
    keep(desk, rule("two"), rule("one"))
    assert desk.store.read_now(service.in_force).versions["one"] == 4


def test_a_draft_says_what_it_would_act_on(desk: Desk) -> None:
    desk.receive(write("1"), write("2", "Where is my parcel?", by="ben"))
    desk.settle()
    found = desk.store.read_now(lambda tx: service.tried(tx, rule(when=KETTLE), desk.now))
    assert [[fact.field for fact in one.because] for one in found] == [["message.text"]]


def test_what_rules_did_long_ago_is_forgotten_but_for_cases_that_are_not_closed(desk: Desk) -> None:
    keep(desk, rule("kettles", when=KETTLE))
    desk.receive(write("m1"), write("m2", by="ben"))
    desk.settle()
    first, second = sorted(row["case_id"] for row in runs(desk))
    desk.store.write_now(lambda tx: cases.close(tx, desk.log, KIM, first, Outcome.CLAIMED, desk.now))
    for later, left in ((89 * DAY, [first, second]), (2 * DAY, [second])):
        desk.now += later  # type: ignore[assignment]
        desk.store.write_now(lambda tx: service.purge(tx, desk.now))
        assert sorted(row["case_id"] for row in runs(desk)) == left
