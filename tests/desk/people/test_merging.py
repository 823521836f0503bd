"""Cases put together and apart by hand: everything goes along, and everything comes back."""

from typing import Any

import pytest
from sqlalchemy import func, select

from earful.desk.cases import merging
from earful.desk.cases import service as cases
from earful.desk.people import flags, linking, reading
from earful.desk.people.rules import Flag
from earful.model.desk import Status
from earful.model.message import Visibility
from earful.model.time import DAY
from earful.store.audit import Who
from earful.store.errors import ConflictError
from earful.store.tables import case_counts, case_tags, messages, notes
from earful.store.tables import cases as table
from tests.conftest import Desk, answer, write
from tests.desk.people.standing import everything

WHO = Who(id=Desk.user, name="Kim Doe")


def say(desk: Desk, native_id: str, text: str, *, minute: int, **more: Any) -> None:
    desk.receive(write(native_id, text, minute=minute, **more))
    desk.settle()


def case_of(desk: Desk, native_id: str) -> str:
    query = select(messages.c.case_id).where(messages.c.native_id == native_id)
    return str(desk.store.read_now(lambda tx: tx.value(query)))


def number_of(desk: Desk, native_id: str) -> int:
    case_id = case_of(desk, native_id)
    return desk.store.read_now(lambda tx: cases.number_of(tx, case_id))


def do(desk: Desk, verb: Any, *more: Any) -> Any:
    found = desk.store.write_now(lambda tx: verb(tx, desk.log, WHO, *more, desk.now))
    desk.settle()
    return found


def merge(desk: Desk, kept: str, other: str) -> str:
    return str(do(desk, merging.merge, case_of(desk, kept), case_of(desk, other), "one matter", None))


def counted(desk: Desk) -> None:
    """The kept counts say what there is."""
    kept = desk.store.read_now(lambda tx: tx.value(select(func.sum(case_counts.c.n))))
    assert kept == desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(table)))


@pytest.fixture
def two(desk: Desk) -> Desk:
    say(desk, "m1", "My kettle leaks", minute=1)
    say(desk, "m2", "And my grinder is loud", minute=2)
    do(desk, cases.tag, case_of(desk, "m2"), "grinder")
    do(desk, cases.note, case_of(desk, "m2"), "n1", "Ask the workshop")
    second = case_of(desk, "m2")
    desk.store.write_now(
        lambda tx: cases.save_draft(tx, Desk.user, second, "Dear Ana", Visibility.PUBLIC, "", desk.now)
    )
    return desk


def test_everything_goes_along_and_comes_back(two: Desk) -> None:
    before = two.store.read_now(everything)
    kept, number = case_of(two, "m1"), number_of(two, "m2")
    merge_id = merge(two, "m1", "m2")
    assert case_of(two, "m2") == kept
    rows = two.store.read_now(lambda tx: tx.rows(select(table)))
    assert [row["message_count"] for row in rows] == [2]
    assert two.store.read_now(lambda tx: [row["tag"] for row in tx.rows(select(case_tags))]) == ["grinder"]
    assert two.store.read_now(lambda tx: tx.value(select(notes.c.case_id))) == kept
    assert two.store.read_now(lambda tx: cases.has_draft(tx, Desk.user, kept))
    assert two.store.read_now(lambda tx: merging.where_is(tx, number)) == rows[0]["number"]
    counted(two)
    do(two, merging.undo, merge_id)
    assert two.store.read_now(everything) == before
    assert two.store.read_now(lambda tx: merging.where_is(tx, number)) is None
    counted(two)
    with pytest.raises(merging.RefusedError, match="already"):
        do(two, merging.undo, merge_id)


def test_what_came_since_goes_with_its_conversation(two: Desk) -> None:
    merge_id = merge(two, "m1", "m2")
    say(two, "m3", "Still loud!", minute=5, parent_id="m2")
    say(two, "m4", "Still leaking!", minute=6, parent_id="m1")
    two.receive(answer("a1", "m3", "We look at it", minute=7))
    two.settle()
    assert len({case_of(two, one) for one in ("m1", "m2", "m3", "m4", "a1")}) == 1
    do(two, merging.undo, merge_id)
    assert case_of(two, "m1") == case_of(two, "m4") != case_of(two, "m2") == case_of(two, "m3")
    assert case_of(two, "a1") == case_of(two, "m2")


def test_an_open_case_opens_the_one_that_it_comes_into(two: Desk) -> None:
    do(two, cases.snooze, case_of(two, "m1"), two.now + DAY)
    merge_id = merge(two, "m1", "m2")
    status = select(table.c.status).where(table.c.id == case_of(two, "m1"))
    assert two.store.read_now(lambda tx: tx.value(status)) == Status.OPEN
    do(two, merging.undo, merge_id)
    assert two.store.read_now(lambda tx: tx.value(status)) == Status.SNOOZED


def test_somebody_who_saw_an_older_case_is_told(two: Desk) -> None:
    with pytest.raises(ConflictError):
        do(two, merging.merge, case_of(two, "m1"), case_of(two, "m2"), "", 0)


def test_a_case_is_not_merged_into_itself(two: Desk) -> None:
    with pytest.raises(merging.RefusedError):
        merge(two, "m1", "m1")


def test_messages_become_a_case_of_their_own_and_come_back(desk: Desk) -> None:
    say(desk, "m1", "My kettle leaks", minute=1)
    say(desk, "m2", "By the way, my bill is wrong", minute=2, parent_id="m1")
    desk.receive(answer("a2", "m2", "We look at the bill", minute=3))
    desk.settle()
    before, old = desk.store.read_now(everything), case_of(desk, "m1")
    chosen = desk.store.read_now(
        lambda tx: tx.value(select(messages.c.id).where(messages.c.native_id == "m2"))
    )
    split_id = do(desk, merging.split, old, [chosen], "another matter", None)
    assert case_of(desk, "m1") == old != case_of(desk, "m2") == case_of(desk, "a2")
    counted(desk)
    say(desk, "m3", "And the bill again", minute=9, parent_id="a2")
    assert case_of(desk, "m3") == case_of(desk, "m2")
    do(desk, merging.undo, split_id)
    assert {case_of(desk, one) for one in ("m1", "m2", "m3", "a2")} == {old}
    assert len(desk.store.read_now(everything)[0][0]) == len(before[0][0]) == 1
    counted(desk)


def test_neither_part_of_a_split_is_without_the_customer(desk: Desk) -> None:
    say(desk, "m1", "My kettle leaks", minute=1)
    chosen = desk.store.read_now(lambda tx: tx.value(select(messages.c.id)))
    for some in ([chosen], [], ["no-such-message"]):
        with pytest.raises(merging.RefusedError):
            do(desk, merging.split, case_of(desk, "m1"), some, "", None)


def test_what_was_done_later_is_taken_back_first(two: Desk) -> None:
    say(two, "m3", "Where is my bill?", minute=5)
    first = merge(two, "m1", "m2")
    second = merge(two, "m3", "m1")
    with pytest.raises(merging.RefusedError, match="first"):
        do(two, merging.undo, first)
    do(two, merging.undo, second)
    do(two, merging.undo, first)
    assert len({case_of(two, one) for one in ("m1", "m2", "m3")}) == 3


def test_a_flag_ends_by_itself_and_stays_in_the_history(two: Desk) -> None:
    person = two.store.read_now(lambda tx: tx.value(select(table.c.person_id)))
    with pytest.raises(linking.RefusedError, match="Say why"):
        do(two, flags.put, person, Flag.VIP, " ", None)
    with pytest.raises(linking.RefusedError, match="end in the future"):
        do(two, flags.put, person, Flag.VIP, "Runs a café", two.now)
    do(two, flags.put, person, Flag.VULNERABLE, "She is 88", two.now + 90 * DAY)
    with pytest.raises(linking.RefusedError, match="already"):
        do(two, flags.put, person, Flag.VULNERABLE, "She is 88", None)
    look = lambda: two.store.read_now(lambda tx: flags.standing(tx, [person], two.now))  # noqa: E731
    assert look() == {person: [Flag.VULNERABLE]}
    two.now += 90 * DAY  # type: ignore[assignment]
    assert look() == {}
    held = two.store.read_now(lambda tx: reading.person(tx, person, two.now)).flags
    assert [(one.flag, one.reason, one.counts) for one in held] == [(Flag.VULNERABLE, "She is 88", False)]


def test_one_timeline_over_all_cases_page_by_page(two: Desk) -> None:
    person = two.store.read_now(lambda tx: tx.value(select(table.c.person_id)))
    for number in range(reading.PAGE):
        two.receive(write(f"more-{number}", "And?", minute=10 + number, parent_id="m1"))
    two.settle()
    first = two.store.read_now(lambda tx: reading.timeline(tx, person))
    rest = two.store.read_now(lambda tx: reading.timeline(tx, person, first.next))
    said = [one.at for one in (*first.messages, *rest.messages)]
    assert (len(said), rest.next) == (reading.PAGE + 2, "")
    assert said == sorted(said, reverse=True)
    with pytest.raises(ValueError, match="page marker"):
        two.store.read_now(lambda tx: reading.timeline(tx, person, "nonsense"))
