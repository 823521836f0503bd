"""`ratings.group_id`: copies name the first of them, on both stores, whatever happens to it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from earful.desk.inbox.timeline import near_duplicates
from earful.model.message import Change
from earful.store.tables import messages, ratings
from earful.triage import alike
from earful.triage.consumer import TriageConsumer
from earful.triage.subject import Brand
from tests.conftest import START, Desk, write

FLOOD = "Lumenbank froze the account of my grandmother and nobody there answers"
OTHER = "Why does the new app forget my fingerprint after every single update"


def say(desk: Desk, native_id: str, text: str, **more: object) -> str:
    desk.receive(write(native_id, text, by=f"by-{native_id}", **more))
    desk.settle()
    query = select(messages.c.id).where(messages.c.native_id == native_id)
    return str(desk.store.read_now(lambda tx: tx.value(query)))


def edit(desk: Desk, native_id: str, text: str, minute: int = 1) -> None:
    say(desk, native_id, text, change=Change.EDIT, edited_at=START + timedelta(minutes=minute))


def groups(desk: Desk) -> dict[str, str | None]:
    """native id -> native id of the head."""
    names = {row["id"]: row["native_id"] for row in desk.store.read_now(lambda tx: tx.rows(select(messages)))}
    found = desk.store.read_now(lambda tx: tx.rows(select(ratings.c.message_id, ratings.c.group_id)))
    return {names[row["message_id"]]: names.get(row["group_id"]) for row in found}


def restart(desk: Desk) -> None:
    desk.consumers[0] = TriageConsumer(lambda _tx: Brand())


def size(desk: Desk, head: str) -> int:
    return desk.store.read_now(lambda tx: near_duplicates(tx, {head: None}))[head][1]


def test_copies_name_the_first_also_after_a_restart(desk: Desk) -> None:
    first = say(desk, "a", FLOOD)
    say(desk, "x", OTHER)
    say(desk, "b", f"RT @ana: {FLOOD.upper()}!! https://example.com")
    restart(desk)
    say(desk, "c", FLOOD)
    say(desk, "y", OTHER)
    assert groups(desk) == {"a": None, "b": "a", "c": "a", "x": None, "y": "x"}
    assert size(desk, first) == 3


def test_the_first_keeps_its_name_when_a_restart_no_longer_reads_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(desk, "a", FLOOD)
    say(desk, "b", FLOOD)
    monkeypatch.setattr(alike, "WARM", 1)
    restart(desk)
    say(desk, "c", FLOOD)
    assert groups(desk) == {"a": None, "b": "a", "c": "a"}


def test_what_waits_at_a_restart_comes_after_what_came_before(desk: Desk) -> None:
    for native_id in ("a", "b"):
        desk.receive(write(native_id, FLOOD, by=native_id))
    restart(desk)
    desk.settle()
    assert groups(desk) == {"a": None, "b": "a"}


def test_a_delivery_that_comes_again_changes_nothing(desk: Desk) -> None:
    for _ in range(2):
        say(desk, "a", FLOOD)
        say(desk, "b", FLOOD)
    assert groups(desk) == {"a": None, "b": "a"}


def test_an_edited_copy_leaves_and_comes_back(desk: Desk) -> None:
    say(desk, "a", FLOOD)
    say(desk, "b", FLOOD)
    edit(desk, "b", OTHER)
    assert groups(desk) == {"a": None, "b": None}
    say(desk, "c", OTHER)
    assert groups(desk)["c"] == "b"
    edit(desk, "b", f"{FLOOD}!", 2)
    assert groups(desk) == {"a": None, "b": "a", "c": None}


@pytest.mark.parametrize("restarted", [False, True])
def test_when_the_first_becomes_another_message_the_next_is_the_first(desk: Desk, restarted: bool) -> None:
    for native_id in "abc":
        say(desk, native_id, FLOOD)
    if restarted:
        restart(desk)
    edit(desk, "a", OTHER)
    assert groups(desk) == {"a": None, "b": None, "c": "b"}
    say(desk, "d", FLOOD)
    say(desk, "e", OTHER)
    assert groups(desk) == {"a": None, "b": None, "c": "b", "d": "b", "e": "a"}


def test_a_small_edit_of_the_first_keeps_the_group(desk: Desk) -> None:
    say(desk, "a", FLOOD)
    say(desk, "b", FLOOD)
    edit(desk, "a", f"{FLOOD}, really")
    assert groups(desk) == {"a": None, "b": "a"}


def test_copies_of_a_deleted_message_stay_together(desk: Desk) -> None:
    first = say(desk, "a", FLOOD)
    say(desk, "b", FLOOD)
    desk.receive(write("a", "", by="by-a", change=Change.DELETE))
    desk.settle()
    say(desk, "c", FLOOD)
    restart(desk)
    say(desk, "d", FLOOD)
    assert groups(desk) == {"b": "a", "c": "a", "d": "a"}
    assert size(desk, first) == 3


def test_a_mail_is_compared_with_its_subject(desk: Desk) -> None:
    subject = "Petition of the customers of Lumenbank against the new fees for everybody"
    say(desk, "a", "Please sign", subject=subject)
    restart(desk)
    say(desk, "b", "Please sign", subject=subject)
    assert groups(desk) == {"a": None, "b": "a"}


def test_names_are_forgotten_with_the_messages(small_desk: Desk) -> None:
    placing = alike.Alike(8)
    for number in range(100):
        text = f"number {number} says word{number} thing{number} deed{number} name{number}"
        small_desk.store.read_now(lambda tx, n=number, t=text: placing.place(tx, [f"m{n}"], [t]))  # type: ignore[misc]
    assert len(placing._heads) <= 17
