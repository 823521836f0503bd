"""Erasing somebody: nothing that is kept says their name, handle or words afterwards; others lose nothing."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text

from earful.channels.contract import Capabilities, RawDelivery
from earful.channels.kit.media import Fetched
from earful.config import Settings
from earful.desk.attaching import service as attaching
from earful.desk.cases import merging
from earful.desk.cases import service as cases
from earful.desk.erasing import commands, rules, service
from earful.desk.media.files import Files
from earful.desk.people import flags, linking, naming
from earful.desk.people.rules import Flag, Origin
from earful.intake import service as intake
from earful.model.ids import new_id
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Visibility,
)
from earful.model.time import Instant
from earful.outbox import service as outbox
from earful.outbox.wire import Draft
from earful.search import query as search
from earful.store.audit import Who
from earful.store.tables import authors, erasures, media, messages, metadata
from earful.store.tables import cases as case_table
from tests.conftest import START, Desk

HANDLE, OTHER, NAME = "zorilla.quux", "zq-private@mail.example", 'Zorilla "Zoë" Quux'
WORDS = "xylograph"
SECRETS = ("zorilla", "quux", "zq-private", "xylograph", "zoë", "zo\\u00eb")
KIM = Who(id=Desk.user, name="Kim Doe")
CAN = Capabilities(
    receive="push", public_reply=True, private_reply=True, max_length=None, edits=True, deletes=True,
    idempotent_send=True,
)  # fmt: skip


def said(native_id: str, words: str, by: str = HANDLE, **more: Any) -> IncomingMessage:
    name = {HANDLE: NAME, OTHER: "Z. Quux"}.get(by, by.title())
    who = Actor(native_id=f"id-{by}", handle=by, name=name, profile_url=f"https://x.example/{by}")
    return _said(native_id, words, who, **more)


def _said(native_id: str, words: str, who: Actor, **more: Any) -> IncomingMessage:
    values: dict[str, Any] = {"kind": MessageKind.MENTION, "occurred_at": START} | more
    return IncomingMessage(native_id=native_id, text=words, author=who, **values)


def bring(desk: Desk, *said_now: IncomingMessage) -> None:
    """One raw delivery, as a network would write it."""
    raw = RawDelivery(transport="webhook", body=msgspec.json.encode(list(said_now)))
    desk.store.write_now(intake.accept(desk.log, desk.channel, raw, list(said_now), desk.now))
    desk.settle()


def case_of(desk: Desk, native_id: str) -> str:
    query = select(messages.c.case_id).where(messages.c.native_id == native_id)
    return str(desk.store.read_now(lambda tx: tx.value(query)))


def contents(desk: Desk) -> Iterator[tuple[str, str, str]]:
    """(table, column, text) of everything that is kept, the shadows of the index included."""
    found: list[tuple[str, str, str]] = []

    def read(tx: Any) -> None:
        names = {table.name: [column.name for column in table.columns] for table in metadata.sorted_tables}
        if not tx.is_postgresql:
            listed = tx.rows(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
            names |= {row["name"]: ["*"] for row in listed if row["name"] not in names}
        for table, columns in names.items():
            quoted = ", ".join(one if one == "*" else f'"{one}"' for one in columns)
            for row in tx.rows(text(f'SELECT {quoted} FROM "{table}"')):
                for column, value in row.items():
                    if isinstance(value, bytes | memoryview):
                        found.append((table, column, bytes(value).decode("utf-8", "replace")))
                    elif value is not None:
                        found.append((table, column, str(value)))

    desk.store.read_now(read)
    yield from found


def leaks(desk: Desk) -> set[tuple[str, str, str]]:
    return {
        (table, column, secret)
        for table, column, value in contents(desk)
        for secret in SECRETS
        if secret in value.lower()
    }


def live(desk: Desk, files: Files) -> str:
    """A customer with two accounts and everything that a desk can know of somebody; returns the person."""
    store, log, now = desk.store, desk.log, desk.now
    bring(desk, said("p1", f"My {WORDS} leaks! Call +49 151 2345678"), said("b1", "The kettle is fine", "bo"))
    bring(desk, said("p1", f"My {WORDS} leaks badly", change=Change.EDIT, edited_at=START))
    picture = Attachment(kind="image", url=f"https://x.example/{WORDS}.png", name=f"{WORDS}.png")
    direct = {"kind": MessageKind.DM, "visibility": Visibility.DIRECT}
    bring(desk, said("d1", f"{WORDS} in private", thread=f"talk-{HANDLE}", attachments=[picture], **direct))
    bring(desk, said("m1", f"And by mail: {WORDS}", OTHER, thread="t9", **direct))
    ours = Actor(native_id="acme", handle="acme")
    bring(desk, _said("o1", f"Dear {NAME}, sorry", ours, parent_id="p1", direction=Direction.OUTBOUND))
    public, private = case_of(desk, "p1"), case_of(desk, "d1")

    def verbs(tx: Any) -> None:
        one = tx.value(select(case_table.c.person_id).where(case_table.c.id == public))
        other = tx.value(select(case_table.c.person_id).where(case_table.c.id == case_of_tx(tx, "m1")))
        linking.tie(tx, log, KIM, linking.Proof(Origin.HAND, reason=f"{NAME} told us"), one, other, now)
        naming.rename(tx, log, KIM, one, f"Mrs {NAME}", now)
        flags.put(tx, log, KIM, one, Flag.VIP, f"{NAME} is a reporter", None, now)
        cases.note(tx, log, KIM, public, new_id(now), f"{NAME} called about the {WORDS}", now)
        cases.rename(tx, log, KIM, private, f"{NAME} and the {WORDS}", now)
        cases.save_draft(tx, KIM.id, public, f"Dear {NAME}", Visibility.PUBLIC, message_of(tx, "p1"), now)
        draft = Draft(
            id="r1", in_reply_to=message_of(tx, "d1"), audience=Visibility.DIRECT, text=f"Hello {NAME}"
        )
        outbox.queue(tx, log, KIM, draft, CAN, now)
        digest = files.put(WORDS.encode())
        tx.execute(media.update().values(state="kept", sha256=digest, due_at=None))
        lid = Fetched(content=f"how {NAME} opens it".encode(), mime="image/png")
        put = attaching.add(tx, KIM, public, f"{WORDS}.png", lid, files.put(lid.content), now)
        attaching.describe(tx, KIM, put.id, f"{NAME} with the lid", now)

    store.write_now(verbs)
    desk.settle()
    store.write_now(lambda tx: merging.merge(tx, log, KIM, public, private, f"both {NAME}", None, now))
    desk.settle()
    query = select(case_table.c.person_id).where(case_table.c.id == public)
    return str(store.read_now(lambda tx: tx.value(query)))


def message_of(tx: Any, native_id: str) -> str:
    return str(tx.value(select(messages.c.id).where(messages.c.native_id == native_id)))


def case_of_tx(tx: Any, native_id: str) -> str:
    return str(tx.value(select(messages.c.case_id).where(messages.c.native_id == native_id)))


def let_files_go(desk: Desk, files: Files) -> None:
    """What the fetcher does with files that are dropped."""
    for row in desk.store.read_now(lambda tx: tx.rows(select(media).where(media.c.state == "dropped"))):
        files.remove(row["sha256"])
        desk.store.write_now(lambda tx, row=row: tx.execute(media.delete().where(media.c.id == row["id"])))


def test_nothing_of_somebody_is_left_and_nobody_else_loses_anything(desk: Desk, tmp_path: Path) -> None:
    files = Files(tmp_path)
    person = live(desk, files)
    assert {table for table, _, _ in leaks(desk)} >= {
        "messages", "revisions", "authors", "people", "notes", "drafts", "outbox", "events", "deliveries",
        "cases", "person_ties", "person_flags", "case_merges", "media",
    }  # fmt: skip
    many = len(desk.store.read_now(lambda tx: tx.rows(select(case_table.c.id))))
    reason = f"{NAME} asked by mail"
    erasure_id = desk.store.write_now(
        partial(service.ask, log=desk.log, who=KIM, person_id=person, reason=reason, now=desk.now)
    )
    desk.settle()
    let_files_go(desk, files)
    found = desk.store.read_now(lambda tx: service.find(tx, erasure_id))
    assert found.state is rules.State.DONE
    assert found.done == found.total
    assert (found.messages, found.files) == (4, 1)
    assert leaks(desk) == set()
    assert not list(files._root.rglob("*/*"))
    # Everybody else's is there, and so are the cases with their numbers.
    assert len(desk.store.read_now(lambda tx: tx.rows(select(case_table.c.id)))) == many
    said_by_bo = select(messages.c.text).where(messages.c.native_id == "b1")
    assert desk.store.read_now(lambda tx: tx.value(said_by_bo)) == "The kettle is fine"
    assert desk.store.read_now(lambda tx: search.case_ids(tx, "kettle")) != []
    assert desk.store.read_now(lambda tx: search.case_ids(tx, WORDS)) == []
    # What a network tells again does not come back.
    raw = RawDelivery(transport="poll", body=b"")
    again = said("p1", f"My {WORDS} leaks worse", change=Change.EDIT, edited_at=START, revision="later")
    desk.store.write_now(intake.accept(desk.log, desk.channel, raw, [again], desk.now))
    desk.settle()
    assert leaks(desk) == set()


def test_the_command_goes_on_where_it_was_cut_off(small_desk: Desk, tmp_path: Path) -> None:
    desk = small_desk
    person = live(desk, Files(tmp_path))
    settings = Settings(data=str(tmp_path))
    seen: list[tuple[int, int]] = []
    found = commands.erase(settings, person, "asked", lambda done, total: seen.append((done, total)))
    assert found.state is rules.State.DONE
    assert len(seen) >= 3
    assert seen[-1][0] <= seen[-1][1]
    # The event that asked for all this is still there, and changes nothing any more.
    assert not desk.store.write_now(lambda tx: service.step(tx, desk.log, found.id, desk.now))
    desk.settle()
    assert leaks(desk) == set()
    with pytest.raises(commands.Refused, match="no such person"):
        commands.erase(settings, "nobody", "asked", lambda *_: None)


def test_a_network_asks_for_one_account_and_is_told_once(small_desk: Desk) -> None:
    desk = small_desk
    bring(desk, said("p1", f"My {WORDS} leaks!"), said("m1", "And by mail", OTHER))
    query = select(case_table.c.person_id).order_by(case_table.c.number)
    one, other = (row["person_id"] for row in desk.store.read_now(lambda tx: tx.rows(query)))
    proof = linking.Proof(Origin.HAND, reason="both told us")
    desk.store.write_now(lambda tx: linking.tie(tx, desk.log, KIM, proof, one, other, desk.now))
    desk.store.write_now(
        lambda tx: tx.execute(authors.update().where(authors.c.handle == HANDLE).values(network="facebook"))
    )

    def ask(native_id: str, code: str) -> None:
        desk.store.write_now(
            lambda tx: service.ask_for_account(
                tx, desk.log, desk.channel, native_id, code, f"deletion:{code}", Instant(desk.now)
            )
        )

    for _ in range(2):
        ask(f"id-{HANDLE}", "number1")
    ask("id-nobody", "number2")
    desk.settle()
    rows = {row["code"]: row["state"] for row in desk.store.read_now(lambda tx: tx.rows(select(erasures)))}
    assert rows == {"number1": "done", "number2": "nothing"}
    left = {row["handle"] for row in desk.store.read_now(lambda tx: tx.rows(select(authors)))}
    assert HANDLE not in left
    assert OTHER in left  # another account, of which that network knows nothing
