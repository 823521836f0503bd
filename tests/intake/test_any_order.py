"""The same deliveries in any order, repeated and cut, give the same database."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from earful.desk.conversations.service import PRIVATE
from earful.model.message import Change, IncomingMessage, MessageKind, Visibility
from earful.store.store import Store
from earful.store.tables import authors, cases, messages, revisions
from earful.store.tx import Tx
from tests.conftest import START, Desk, answer, fresh_sqlite, write

assert Visibility.DIRECT in PRIVATE


def state(store: Store) -> dict[str, Any]:
    """Everything that must not depend on the order; ids are replaced by what they stand for."""

    def read(tx: Tx) -> dict[str, Any]:
        rows = tx.rows(select(messages))
        name = {row["id"]: row["native_id"] for row in rows}
        conversation: dict[str, list[str]] = {}
        case: dict[str, list[str]] = {}
        for row in rows:
            conversation.setdefault(row["conversation_id"], []).append(row["native_id"])
            case.setdefault(row["case_id"], []).append(row["native_id"])
        kept = ("native_id", "text", "deleted_at", "edited_at", "revision", "occurred_at", "author", "data")
        standing = [*tx.rows(select(cases).order_by(cases.c.opened_at))]
        return {
            "messages": sorted([{key: row[key] for key in kept} for row in rows], key=str),
            "revisions": sorted(
                (name[row["message_id"]], row["revision"], row["text"], row["edited_at"])
                for row in tx.rows(select(revisions))
            ),
            "conversations": sorted(sorted(names) for key, names in conversation.items() if key),
            "no conversation": sorted(conversation.get(None, [])),  # type: ignore[call-overload]
            "cases": sorted(sorted(names) for key, names in case.items() if key),
            "no case": sorted(case.get(None, [])),  # type: ignore[call-overload]
            "authors": sorted((row["native_id"], row["name"]) for row in tx.rows(select(authors))),
            "facts": sorted(
                (
                    row["title"],
                    row["priority"],
                    row["message_count"],
                    row["preview"],
                    str(row["awaiting_since"]),
                )
                for row in standing
            ),
        }

    return store.read_now(read)


@st.composite
def stories(draw: st.DrawFn) -> list[IncomingMessage]:
    """A few threads with replies, answers of ours, edits and deletes."""
    story: list[IncomingMessage] = []
    size = draw(st.integers(1, 7))
    for number in range(size):
        parent = draw(st.sampled_from(["", *(f"m{n}" for n in range(number))])) if number else ""
        minute = number + 1
        if parent and draw(st.booleans()):
            story.append(answer(f"m{number}", parent, f"answer {number}", minute=minute))
        else:
            by = draw(st.sampled_from(["ana", "ben"]))
            text = draw(
                st.sampled_from(["It is broken again", "Thanks a lot!", "When do you open?", "🙃", ""])
            )
            story.append(write(f"m{number}", text, minute=minute, by=by, parent_id=parent))
    for message in list(story):
        story += [
            IncomingMessage(
                native_id=message.native_id,
                occurred_at=message.occurred_at,
                author=message.author,
                text=f"{message.text} (edit {edit})",
                edited_at=message.occurred_at + timedelta(hours=edit + 1),
                change=Change.EDIT,
                kind=message.kind,
                direction=message.direction,
                parent_id=message.parent_id,
            )
            for edit in range(draw(st.integers(0, 2)))
        ]
        if draw(st.integers(0, 5)) == 0:
            story.append(
                IncomingMessage(
                    native_id=message.native_id, occurred_at=START + timedelta(days=1), change=Change.DELETE
                )
            )
    return story


def play(deliveries: Sequence[Sequence[IncomingMessage]], settle: Sequence[bool]) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        store = Store(fresh_sqlite(Path(folder)))
        try:
            desk = Desk(store)
            for delivery, rest in zip(deliveries, settle, strict=True):
                desk.receive(*delivery)
                if rest:
                    desk.settle()
            desk.settle()
            return state(store)
        finally:
            store.close()


@given(stories(), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_shuffle_duplication_and_cut_gives_the_same_database(
    story: list[IncomingMessage], seed: int
) -> None:
    chance = random.Random(seed)
    straight = play([story], [True])
    mixed = [*story, *chance.sample(story, k=len(story) // 2)]
    chance.shuffle(mixed)
    cuts = sorted(chance.sample(range(len(mixed) + 1), k=min(3, len(mixed))))
    pieces = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    assert play(pieces, [chance.random() < 0.6 for _ in pieces]) == straight


def test_a_reply_that_comes_before_everything_above_it_ends_up_in_one_conversation() -> None:
    story = [
        write("root", "My kettle leaks", minute=1),
        answer("a1", "root", minute=2),
        write("r2", "Still leaking", minute=3, parent_id="a1"),
    ]
    straight = play([story], [True])
    assert straight["cases"] == [["a1", "r2", "root"]]
    assert play([[story[2]], [story[1]], [story[0]]], [True, True, True]) == straight


def test_a_delete_that_comes_first_keeps_the_words_out() -> None:
    gone = IncomingMessage(native_id="m", occurred_at=START + timedelta(hours=1), change=Change.DELETE)
    said = write("m", "My card is 4111 1111 1111 1111", kind=MessageKind.POST)
    found = play([[gone], [said]], [True, True])
    assert found == play([[said, gone]], [True])
    assert found["messages"][0]["text"] == ""
