"""Search on both stores: words, beginnings, any language, and whatever somebody types into the field."""

import pytest
from sqlalchemy import func, select

from earful.model.message import Change, IncomingMessage
from earful.search import query
from earful.store.tables import cases
from tests.conftest import START, Desk, answer, write

SAID = {
    "ana": "The kettle leaks, order AB-1234/x of 3 May",
    "ben": "Größe falsch, bitte um Rückruf unter 030",
    "cem": "Toaster arrived; TOASTER is late?",
    "dora": "注文した やかん が壊れた",
    "eli": "café crème naïve",
    "finn": "a b c d e f g h i j k l m",
}


@pytest.fixture
def full(desk: Desk) -> Desk:
    desk.receive(*(write(name, text, by=name) for name, text in SAID.items()))
    desk.receive(answer("a1", "ana", "We send a gasket today", minute=5))
    desk.settle()
    return desk


def found(desk: Desk, typed: str) -> set[str]:
    ids = desk.store.read_now(lambda tx: query.case_ids(tx, typed))
    rows = desk.store.read_now(lambda tx: tx.rows(select(cases.c.id, cases.c.handle)))
    names = {row["id"]: row["handle"].partition("@")[0] for row in rows}
    return {names[case_id] for case_id in ids}


FINDS = [
    ("kettle", {"ana"}),
    ("KETTLE", {"ana"}),
    ("kett", {"ana"}),
    ("ett", set()),
    ("leaks kettle", {"ana"}),
    ("kettle toaster", set()),
    ("kettle AND toaster", set()),
    ("AB-1234", {"ana"}),
    ("1234/x", {"ana"}),
    ("gasket", {"ana"}),
    ("größe", {"ben"}),
    ("rück", {"ben"}),
    ("toaster", {"cem"}),
    ("café", {"eli"}),
    ("cafe naive", {"eli"}),
    ("grosse", set()),
    ("やかん", {"dora"}),
    ('"kettle"', {"ana"}),
    ('"kettle', {"ana"}),
    ("kettle*", {"ana"}),
    ("(kettle)", {"ana"}),
    ("kettle NOT leaks", set()),
    ("", set()),
    ("   ", set()),
    ("?!…", set()),
]


@pytest.mark.parametrize(("typed", "names"), FINDS)
def test_words_find_their_cases(full: Desk, typed: str, names: set[str]) -> None:
    assert found(full, typed) == names


def test_looking_among_the_newest_first_finds_the_same(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {typed: found(full, typed) for typed, _ in FINDS}
    for window, hits in ((1, 400), (3, 1), (5, 2)):
        monkeypatch.setattr(query, "WINDOW", window)
        monkeypatch.setattr(query, "HITS", hits)
        for typed, names in everything.items():
            assert found(full, typed) <= names
            assert len(found(full, typed)) == min(hits, len(names)), typed


NASTY = [
    "'", '"', "''", "\\", "' OR 1=1 --", '" OR "a"*', "a:b", "words:kettle", "kettle:*", "NEAR(a b)", "^kettle",
    "-kettle",
    "kettle & !leaks", "a | b", "<->", "(((", ")))", "*", "%_%", "\x00", "kettle\x00leaks", "\u202ekettle", "x" * 5_000,
    "a " * 500, "{kettle}", "AND", "OR", "NOT", "'; DROP TABLE messages; --", "kettle'); DELETE FROM cases; --", "🙃",
]  # fmt: skip


def test_whatever_is_typed_is_words_and_nothing_else(full: Desk) -> None:
    before = full.store.read_now(lambda tx: tx.value(select(func.count()).select_from(cases)))
    for typed in NASTY:
        found(full, typed)
    assert full.store.read_now(lambda tx: tx.value(select(func.count()).select_from(cases))) == before
    assert found(full, "kettle\x00leaks") == {"ana"}


def test_an_edited_message_is_found_by_its_new_words_only_and_a_deleted_one_by_none(full: Desk) -> None:
    said = write("ana", "It was the lid", by="ana")
    edit = {name: getattr(said, name) for name in said.__struct_fields__} | {
        "change": Change.EDIT,
        "edited_at": START.replace(hour=12),
    }
    full.receive(IncomingMessage(**edit))
    full.settle()
    assert (found(full, "kettle"), found(full, "lid")) == (set(), {"ana"})
    full.receive(IncomingMessage(native_id="ana", occurred_at=START.replace(hour=13), change=Change.DELETE))
    full.settle()
    assert found(full, "lid") == set()
    assert found(full, "gasket") == {"ana"}, "our own answer is still there"
