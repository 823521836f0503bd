"""Weights of a desk: in force at once, over open cases in the background, and what they would do beforehand."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import func, select

from earful.desk.triage import consumer as weighing
from earful.desk.triage import settings
from earful.desk.triage.rules import Weighable, compare
from earful.model.rating import Rating
from earful.store.audit import Who
from earful.store.tables import audit, cases, ratings, triage_settings
from earful.triage import guidance
from earful.triage.priority import DEFAULT, Weights, total
from tests.conftest import Desk, answer, write
from tests.triage.test_weights import parts, usable

KIM = Who(id=Desk.user, name="Kim Doe")
HEAVY = replace(DEFAULT, severity=(0, 7, 14, 21, 28), negative=30, reach=6)
_rating = msgspec.json.Decoder(Rating)


def save(desk: Desk, weights: Weights) -> settings.Saved:
    return desk.store.write_now(lambda tx: settings.save_weights(tx, desk.log, KIM, weights, desk.now))


def progress(desk: Desk) -> settings.Progress:
    return desk.store.read_now(settings.progress)


def priorities(desk: Desk) -> dict[str, int]:
    """Message -> priority; every stored rating must be consistent with itself."""
    found = {}
    for row in desk.store.read_now(lambda tx: tx.rows(select(ratings))):
        rating = _rating.decode(row["data"])
        contributions = [one.weight for one in rating.reasons if one.field == "priority"]
        assert row["priority"] == rating.priority == sum(contributions)
        found[row["message_id"]] = rating.priority
    return found


@pytest.fixture
def busy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Some open cases, a closed one, and steps that are smaller than all of them."""
    monkeypatch.setattr(weighing, "STEP", 3)
    for n in range(8):
        desk.receive(write(f"m{n}", f"This is terrible, kettle {n} is broken and I am angry", by=f"guest{n}"))
    desk.settle()
    desk.store.write_now(
        lambda tx: tx.execute(cases.update().where(cases.c.number == 1).values(status="closed"))
    )
    return desk


def test_saving_weighs_the_open_cases_anew_and_leaves_closed_ones(busy: Desk) -> None:
    before = priorities(busy)
    assert progress(busy).finished
    assert save(busy, HEAVY) == settings.Saved(changed=True, before=0)
    assert not progress(busy).finished
    assert priorities(busy) == before
    busy.settle()
    assert (progress(busy).finished, progress(busy).done) == (True, 7)
    after = priorities(busy)
    assert sum(after[one] != before[one] for one in before) == 7
    rows = busy.store.read_now(lambda tx: tx.rows(select(cases).order_by(cases.c.number)))
    assert len({row["priority"] for row in rows[1:]}) == 1
    assert rows[0]["priority"] != rows[1]["priority"]
    assert rows[1]["spoken_version"] == 1
    actions = busy.store.read_now(lambda tx: tx.rows(select(audit.c.action)))
    assert [row["action"] for row in actions] == ["triage.priority"]


def test_what_comes_later_is_rated_with_the_weights_in_force(busy: Desk) -> None:
    save(busy, HEAVY)
    busy.receive(write("late", "This is terrible, kettle 1 is broken and I am angry", by="late"))
    busy.settle()
    assert len(set(priorities(busy).values())) == 2  # the closed case keeps what it had


def test_the_same_weights_are_not_saved_twice_and_old_ones_come_back(busy: Desk) -> None:
    before = priorities(busy)
    assert not save(busy, DEFAULT).changed
    save(busy, HEAVY)
    lighter = save(busy, replace(DEFAULT, negative=0))
    assert lighter.before == busy.store.read_now(lambda tx: tx.value(select(func.min(triage_settings.c.seq))))
    restored = busy.store.write_now(
        lambda tx: settings.restore_weights(tx, busy.log, KIM, lighter.before, busy.now)
    )
    assert restored.changed
    assert busy.store.read_now(guidance.weights) == HEAVY
    busy.store.write_now(lambda tx: settings.restore_weights(tx, busy.log, KIM, 0, busy.now))
    busy.settle()
    assert priorities(busy) == before
    with pytest.raises(settings.InvalidSettingsError, match="no such weights"):
        busy.store.write_now(lambda tx: settings.restore_weights(tx, busy.log, KIM, 999, busy.now))


def test_weights_that_cannot_be_used_are_not_kept(desk: Desk) -> None:
    with pytest.raises(settings.InvalidSettingsError, match="Reach"):
        save(desk, replace(DEFAULT, reach=14))
    assert desk.store.read_now(guidance.weights) == DEFAULT


def test_a_desk_without_cases_is_done_at_once(desk: Desk) -> None:
    save(desk, HEAVY)
    desk.settle()
    assert progress(desk).finished


def test_the_present_order_of_a_what_if_is_the_inbox(busy: Desk) -> None:
    busy.receive(write("q", "Do you ship to Malta?", by="guest3", minute=5), answer("a", "m4", minute=9))
    busy.settle()
    found = busy.store.read_now(lambda tx: settings.weighable(tx, busy.now))
    stored = {row["id"]: row["priority"] for row in busy.store.read_now(lambda tx: tx.rows(select(cases)))}
    assert {one.case_id: max(total(each) for each in one.spoken) for one in found} == stored


weighables = st.lists(st.lists(parts, min_size=1, max_size=3), max_size=12).map(
    lambda many: [
        Weighable(
            case_id=str(n), number=n, title="", person_name="", last_message_at=n % 3, spoken=tuple(spoken)
        )
        for n, spoken in enumerate(many)
    ]
)


@given(weighables, usable(), st.integers(1, 5))
def test_a_comparison_adds_up(many: list[Weighable], weights: Weights, top: int) -> None:
    same = compare(many, weights, weights, top)
    assert (same.up, same.down, same.entered) == (0, 0, 0)
    assert same.before == same.after
    other = compare(many, DEFAULT, weights, top)
    assert len(other.before) == len(other.after) == other.top == min(top, len(many))
    assert other.entered == len({one.case_id for one in other.after} - {one.case_id for one in other.before})
    assert [one.place for one in other.after] == list(range(1, other.top + 1))
    assert other.after == sorted(other.after, key=lambda one: -one.priority)


def test_twenty_thousand_messages_are_compared_within_a_second() -> None:
    one = Weighable(
        case_id="", number=0, title="", person_name="", last_message_at=0,
        spoken=(settings._parts(SAMPLE),),
    )  # fmt: skip
    many = [replace(one, case_id=str(n), number=n) for n in range(20_000)]
    started = time.thread_time()  # of this thread alone: what else the machine does is no fault of it
    for _ in many:
        settings._parts(SAMPLE)
    compare(many, DEFAULT, HEAVY)
    assert time.thread_time() - started < 1


SAMPLE = msgspec.json.encode(
    {
        "severity": 2, "urgency": "soon", "tried_before": [{"channel": "phone", "span": [0, 3]}],
        "churn_risk": 0.5, "sentiment": "negative", "wants": "help", "relevance": 0.9, "reach": 120.0,
    }
).decode()  # fmt: skip
