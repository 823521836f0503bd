"""What goes out is everything, with native ids, parents, conversation and case, and what Earful thought of it."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from earful.export import QUERIES, export
from earful.store.tables import messages
from tests.conftest import Desk, answer, write


def lines(desk: Desk, what: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export(desk.store, what)]


@pytest.fixture
def full(desk: Desk) -> Desk:
    desk.receive(
        write("m1", "My kettle leaks, this is the third time!"), write("m2", "Do you sell lids?", by="ben")
    )
    desk.receive(
        answer("a1", "m1", "Sorry", minute=5),
        write("m3", "line\nbreak \u2028 and 'quotes'", parent_id="a1", minute=9),
    )
    desk.settle()
    return desk


def test_messages_say_where_they_belong_and_how_they_were_rated(full: Desk) -> None:
    found = {line["native_id"]: line for line in lines(full, "messages")}
    assert set(found) == {"m1", "m2", "a1", "m3"}
    assert found["m3"]["parent_native_id"] == "a1"
    assert len({found[name]["case_id"] for name in ("m1", "a1", "m3")}) == 1
    assert found["m2"]["case_id"] != found["m1"]["case_id"]
    assert found["m1"]["rating"]["kind"] == "complaint"
    assert found["a1"]["rating"] is None
    assert found["m1"]["occurred_at"] == "2026-11-21T09:00:00.000Z"
    assert (found["m1"]["channel"], found["m1"]["network"]) == ("acme", "mastodon")
    assert found["m3"]["text"] == "line\nbreak \u2028 and 'quotes'"
    assert found["m1"]["author"]["native_id"] == "ana"


def test_conversations_and_cases_meet_the_messages_ids(full: Desk) -> None:
    told = lines(full, "messages")
    assert {line["id"] for line in lines(full, "cases")} == {line["case_id"] for line in told}
    assert {line["id"] for line in lines(full, "conversations")} == {line["conversation_id"] for line in told}


@pytest.mark.parametrize("what", QUERIES)
def test_every_line_is_one_json_object_in_a_fixed_order(full: Desk, what: str) -> None:
    raw = list(export(full.store, what))
    assert raw
    for line in raw:
        assert line.endswith(b"}\n")
        assert line.count(b"\n") == 1
        assert list(json.loads(line)) == sorted(json.loads(line))
    assert list(export(full.store, what)) == raw


@pytest.mark.parametrize("what", QUERIES)
def test_an_empty_desk_exports_nothing(small_desk: Desk, what: str) -> None:
    assert lines(small_desk, what) == []


def test_an_export_is_one_snapshot_while_messages_come(desk: Desk) -> None:
    desk.receive(*(write(f"m{number}") for number in range(2_500)))
    running = export(desk.store, "messages")
    first = [next(running) for _ in range(10)]
    desk.receive(*(write(f"late{number}") for number in range(50)))
    assert len(first) + len(list(running)) == 2_500
    assert desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(messages))) == 2_550
