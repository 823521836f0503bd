"""Outcomes follow what happens in cases, keep every change, and say so in the log: on both databases."""

from typing import Any

import pytest
from sqlalchemy import func, select

from earful.desk import settings as kept
from earful.desk.cases import service as cases
from earful.desk.cases.rules import Standing
from earful.desk.outcomes import counting
from earful.desk.outcomes import service as outcomes
from earful.desk.outcomes.settings import KIND, Outcomes
from earful.model.desk import Outcome, Status
from earful.model.message import Change
from earful.model.time import DAY, HOUR
from earful.store.audit import Who
from earful.store.tables import audit, case_outcomes, case_returns, messages
from earful.store.tables import cases as table
from earful.store.tx import Row
from tests.conftest import Desk, answer, write

WHO = Who(id=Desk.user, name="Kim Doe")
HOURS = 60


def the(desk: Desk) -> Row:
    row = desk.store.read_now(lambda tx: tx.row(select(table).order_by(table.c.number.desc())))
    assert row is not None
    return row


def do(desk: Desk, verb: Any, *more: Any) -> Any:
    case_id = the(desk)["id"]
    return desk.store.write_now(lambda tx: verb(tx, desk.log, WHO, case_id, *more, desk.now))


def path(desk: Desk, case_id: str = "") -> list[str]:
    found = desk.store.read_now(lambda tx: outcomes.of(tx, case_id or the(desk)["id"]))
    return [str(one.outcome) for one in found]


def hear(desk: Desk, native_id: str, text: str, hours: int, **more: Any) -> None:
    desk.receive(write(native_id, text, minute=hours * HOURS, **more))
    desk.settle()


@pytest.fixture
def claimed(desk: Desk) -> Desk:
    """A complaint, answered and claimed fixed after two hours."""
    return claim_on(desk)


@pytest.fixture
def small_claimed(small_desk: Desk) -> Desk:
    """The same on the embedded store, where the database does not matter."""
    return claim_on(small_desk)


def claim_on(desk: Desk) -> Desk:
    desk.receive(write("m1", "My kettle is broken, it leaks all over the floor"))
    desk.receive(answer("a1", "m1", "We have sent you a new lid", minute=60))
    desk.settle()
    desk.now += 2 * HOUR  # type: ignore[assignment]
    do(desk, cases.close, Outcome.CLAIMED)
    desk.settle()
    assert path(desk) == ["answered", "claimed"]
    return desk


def test_the_customer_confirms_in_their_own_words(claimed: Desk) -> None:
    hear(claimed, "m2", "Thanks, it works now!", 3, parent_id="a1")
    assert path(claimed) == ["answered", "claimed", "confirmed"]
    assert (the(claimed)["outcome"], the(claimed)["status"]) == (Outcome.CONFIRMED, Status.CLOSED)
    last = claimed.store.read_now(lambda tx: outcomes.of(tx, the(claimed)["id"]))[-1]
    assert [(one.what, one.words) for one in last.because] == [("customer_confirmed", "works now")]
    read_as = claimed.store.read_now(lambda tx: outcomes.read_as(tx, the(claimed)["id"]))
    assert [one.what for one in read_as.values()] == ["customer_confirmed"]


def test_a_denial_brings_the_case_back_and_says_after_how_long(small_claimed: Desk) -> None:
    hear(small_claimed, "m2", "Still broken", 2 + 6 * 24, parent_id="a1")
    assert path(small_claimed) == ["answered", "claimed", "returned"]
    row = the(small_claimed)
    assert (row["outcome"], row["status"]) == (Outcome.RETURNED, Status.OPEN)
    assert small_claimed.store.read_now(lambda tx: outcomes.returned_after(tx, [row["id"]])) == {
        row["id"]: 6 * DAY
    }


def test_silence_comes_by_itself_and_is_no_success(claimed: Desk) -> None:
    fall = lambda: claimed.store.write_now(lambda tx: outcomes.fall_silent(tx, claimed.log, claimed.now))  # noqa: E731
    claimed.now += 7 * DAY - 1  # type: ignore[assignment]
    assert fall() == 0
    claimed.now += 1  # type: ignore[assignment]
    assert fall() == 1
    assert the(claimed)["outcome"] == Outcome.SILENT
    assert fall() == 0
    hear(claimed, "m2", "Works fine now, thank you", 2 + 8 * 24, parent_id="a1")
    assert path(claimed) == ["answered", "claimed", "silent", "confirmed"]


def test_running_again_changes_nothing(small_claimed: Desk) -> None:
    before = small_claimed.store.read_now(lambda tx: tx.rows(select(case_outcomes)))
    case_id = the(small_claimed)["id"]
    again = small_claimed.store.write_now(
        lambda tx: outcomes.derive(tx, [case_id, "gone"], small_claimed.now)
    )
    assert again == []
    assert small_claimed.store.read_now(lambda tx: tx.rows(select(case_outcomes))) == before


def test_undoing_the_close_takes_the_claim_back_and_history_stays(small_claimed: Desk) -> None:
    do(small_claimed, cases.restore, Standing(status=Status.OPEN, outcome=Outcome.CLAIMED))
    small_claimed.settle()
    assert path(small_claimed) == ["answered", "claimed", "answered"]
    assert the(small_claimed)["outcome"] == Outcome.ANSWERED


def test_only_pointing_elsewhere_is_a_brush_off_until_a_real_answer(small_desk: Desk) -> None:
    hear(small_desk, "m1", "My kettle is broken", 0)
    small_desk.receive(answer("a1", "m1", "Please call us on 0800 123456.", minute=5))
    small_desk.settle()
    assert the(small_desk)["outcome"] == Outcome.BRUSHED_OFF
    small_desk.receive(answer("a2", "m1", "A new lid is on its way to you, it comes tomorrow", minute=9))
    small_desk.settle()
    assert path(small_desk) == ["brushed_off", "answered"]


def test_verifying_needs_an_answer_and_a_reason_and_can_be_taken_back(small_claimed: Desk) -> None:
    with pytest.raises(outcomes.RefusedError, match="how it was checked"):
        do(small_claimed, outcomes.verify, " ")
    made = do(small_claimed, outcomes.verify, "tried the lid")
    assert the(small_claimed)["outcome"] == Outcome.VERIFIED
    do(small_claimed, outcomes.withdraw, made)
    assert path(small_claimed) == ["answered", "claimed", "verified", "claimed"]
    with pytest.raises(outcomes.RefusedError, match="take back"):
        do(small_claimed, outcomes.withdraw, "nothing")
    lines = small_claimed.store.read_now(lambda tx: tx.rows(select(audit.c.action).order_by(audit.c.at)))
    assert {"outcome.verified", "outcome.withdrawn"} <= {row["action"] for row in lines}


def test_nobody_verifies_what_nobody_answered(small_desk: Desk) -> None:
    hear(small_desk, "m1", "My kettle is broken", 0)
    with pytest.raises(outcomes.RefusedError, match="answered"):
        do(small_desk, outcomes.verify, "looked at it")


def test_a_wrong_reading_is_corrected_and_a_person_confirms_by_pointing(claimed: Desk) -> None:
    hear(claimed, "m2", "The lid fits like a glove", 3, parent_id="a1")
    assert the(claimed)["outcome"] != Outcome.CONFIRMED
    message_id = claimed.store.read_now(
        lambda tx: tx.value(select(messages.c.id).where(messages.c.native_id == "m2"))
    )
    say = lambda reading: claimed.store.write_now(  # noqa: E731
        lambda tx: outcomes.dispute(tx, claimed.log, WHO, message_id, reading, claimed.now)
    )
    case_id, made = say("confirmed")
    assert the(claimed)["outcome"] == Outcome.CONFIRMED
    claimed.store.write_now(lambda tx: outcomes.withdraw(tx, claimed.log, WHO, case_id, made, claimed.now))
    assert the(claimed)["outcome"] != Outcome.CONFIRMED
    with pytest.raises(outcomes.RefusedError, match="can be read as"):
        say("points")
    claimed.receive(write("m2", "", change=Change.DELETE))
    claimed.settle()
    with pytest.raises(outcomes.RefusedError, match="deleted"):
        say("confirmed")


def test_the_customer_is_asked_once_for_each_claim(small_claimed: Desk) -> None:
    case_id = the(small_claimed)["id"]
    may = lambda *gone: small_claimed.store.read_now(  # noqa: E731
        lambda tx: outcomes.may_ask(tx, case_id, small_claimed.now, frozenset(gone))
    )
    assert may()
    do(small_claimed, outcomes.note_asked, "reply-1")
    assert not may()
    assert may("reply-1")
    hear(small_claimed, "m2", "Still broken", 3, parent_id="a1")
    small_claimed.now += 3 * HOUR  # type: ignore[assignment]
    assert not may("reply-1")
    do(small_claimed, outcomes.claim)
    assert may()


@pytest.mark.parametrize("how", ["reopen", "link"])
def test_the_same_matter_elsewhere_comes_back(claimed: Desk, how: str) -> None:
    earlier = the(claimed)
    wanted = Outcomes(on_return=how)
    claimed.store.write_now(lambda tx: counting.save(tx, claimed.log, WHO, wanted, claimed.now))
    hear(claimed, "m9", "My kettle is broken, it leaks all over the floor", 2 + 6 * 24)
    rows = claimed.store.read_now(lambda tx: tx.rows(select(case_returns)))
    assert [(row["earlier_id"], row["after"]) for row in rows] == [(earlier["id"], 6 * DAY)]
    assert path(claimed, earlier["id"])[-1] == "returned"
    new = the(claimed)
    assert (new["id"] == earlier["id"]) == (how == "reopen")
    assert new["status"] == Status.OPEN
    assert claimed.store.read_now(lambda tx: outcomes.returned_after(tx, [new["id"]])) == {new["id"]: 6 * DAY}


def test_another_matter_or_person_opens_a_case_of_its_own(small_claimed: Desk) -> None:
    hear(small_claimed, "m8", "I love your new shop, what a place!", 24)
    hear(small_claimed, "m9", "My kettle is broken, it leaks all over the floor", 25, by="ben")
    assert small_claimed.store.read_now(lambda tx: tx.value(select(func.count()).select_from(table))) == 3
    assert small_claimed.store.read_now(lambda tx: tx.rows(select(case_returns))) == []


def test_other_days_and_other_rules_count_anew_in_the_background(claimed: Desk) -> None:
    claimed.now += 3 * DAY  # type: ignore[assignment]
    assert claimed.store.write_now(lambda tx: counting.start_for_new_rules(tx, claimed.log, claimed.now))
    assert not claimed.store.write_now(lambda tx: counting.start_for_new_rules(tx, claimed.log, claimed.now))
    claimed.settle()
    assert path(claimed) == ["answered", "claimed"]
    _, before = claimed.store.write_now(
        lambda tx: counting.save(tx, claimed.log, WHO, Outcomes(silent_days=2), claimed.now)
    )
    claimed.settle()
    assert path(claimed) == ["answered", "claimed", "silent"]
    claimed.store.write_now(lambda tx: counting.restore(tx, claimed.log, WHO, before, claimed.now))
    claimed.settle()
    assert path(claimed) == ["answered", "claimed", "silent", "claimed"]
    assert claimed.store.read_now(lambda tx: kept.in_force(tx, KIND, Outcomes)) == Outcomes()


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Outcomes(silent_days=0), "Days"),
        (Outcomes(return_days=400), "Days"),
        (Outcomes(on_return="both"), "comes back"),
        (Outcomes(ask={"en": "Is it, {nmae}?"}), "not a variable"),
        (Outcomes(ask={"en": "x" * 501}), "at most"),
    ],
)
def test_settings_that_cannot_be_are_refused(small_desk: Desk, wanted: Outcomes, why: str) -> None:
    with pytest.raises(outcomes.RefusedError, match=why):
        small_desk.store.write_now(lambda tx: counting.save(tx, small_desk.log, WHO, wanted, small_desk.now))
