"""Reading people: the list, one person with everything known of them, and their timeline over all channels."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk.people import flags, hint_store, linking, reading_store, rules, store, suggesting
from earful.desk.people import service as people
from earful.desk.people.flags import Flagged
from earful.desk.people.linking import NotFoundError
from earful.desk.people.rules import Flag, Origin
from earful.desk.people.suggesting import Hint, Shown, Side
from earful.model.desk import PersonCard
from earful.model.message import Actor, Direction, MessageKind, Network, Visibility
from earful.model.time import Instant
from earful.store.tx import Row, Tx

PAGE = 50
WORDS = 200
"""Characters of a search."""
_actor = msgspec.json.Decoder(Actor)


class Account(Struct, frozen=True, kw_only=True):
    """One account of a listed person."""

    network: Network
    handle: str


class Listed(Struct, frozen=True, kw_only=True):
    """One person in the list."""

    id: str
    name: str
    accounts: list[Account]
    cases: int
    flags: list[Flag]


class Page(Struct, frozen=True, kw_only=True):
    """One page of the list; `next` is an opaque cursor, empty at the end."""

    people: list[Listed]
    next: str


class Said(Struct, frozen=True, kw_only=True):
    """One message of a person's timeline, theirs or ours. `text` is empty for a deleted one."""

    id: str
    at: int
    direction: Direction
    kind: MessageKind
    network: Network
    channel: str
    visibility: Visibility
    author: str
    """Name of who wrote it; of ours the colleague, where they wrote it here."""
    subject: str
    text: str
    deleted: bool
    edited: bool
    case_number: int
    case_title: str


class Timeline(Struct, frozen=True, kw_only=True):
    """A part of a timeline, newest first; `next` is an opaque cursor, empty at the beginning of all."""

    messages: list[Said]
    next: str


class Link(Struct, frozen=True, kw_only=True):
    """How two accounts came to be one person, and when that was taken back. Times are instants."""

    id: str
    origin: Origin
    one: Side
    other: Side
    evidence: list[Shown]
    reason: str
    by: str
    at: int
    undone_at: int | None
    undone_by: str


class Person(Struct, frozen=True, kw_only=True):
    """Everything known of a person. `widely`: kinds of marks that so many share that they suggest nothing, with how
    many."""

    card: PersonCard
    named: bool
    flags: list[Flagged]
    links: list[Link]
    hints: list[Hint]
    widely: list[tuple[str, int]]


def page(tx: Tx, words: str, after: str, now: Instant) -> Page:
    """One page of the list, who was met last first."""
    rows = reading_store.listed(tx, " ".join(words.split())[:WORDS], after, PAGE + 1)
    shown = rows[:PAGE]
    ids = [row["id"] for row in shown]
    numbers, flagged = reading_store.case_numbers(tx, ids), flags.standing(tx, ids, now)
    accounts: dict[str, list[Account]] = {}
    for row in reading_store.accounts(tx, ids):
        handle = row["handle"] or row["name"] or row["native_id"]
        accounts.setdefault(row["person_id"], []).append(
            Account(network=Network(row["network"]), handle=handle)
        )
    return Page(
        people=[
            Listed(
                id=row["id"],
                name=row["name"],
                accounts=accounts.get(row["id"], []),
                cases=numbers.get(row["id"], 0),
                flags=flagged.get(row["id"], []),
            )
            for row in shown
        ],
        next=shown[-1]["id"] if len(rows) > PAGE else "",
    )


def who_is(tx: Tx, person_id: str) -> str:
    """Who a person now is: another when they were linked. Raises NotFoundError."""
    row = hint_store.now_are(tx, [person_id]).get(person_id)
    if row is None:
        raise NotFoundError("There is no such person. Everybody who wrote is listed at /people.")
    found: str = row["person_id"]
    return found


def person(tx: Tx, person_id: str, now: Instant) -> Person:
    """One person. Raises NotFoundError."""
    row = store.person(tx, person_id)
    if row is None or who_is(tx, person_id) != person_id:
        raise NotFoundError("There is no such person. Everybody who wrote is listed at /people.")
    circle = linking.circle_of(tx, person_id)
    return Person(
        card=people.card(tx, person_id, row["name"]),
        named=row["named"],
        flags=flags.of_person(tx, person_id, now),
        links=_links(tx, reading_store.ties(tx, circle)),
        hints=suggesting.about(tx, circle),
        widely=[(one["kind"], one["n"]) for one in hint_store.shared_widely(tx, circle, rules.SHARED)],
    )


def _links(tx: Tx, rows: Sequence[Row]) -> list[Link]:
    sides = hint_store.now_are(tx, {end for row in rows for end in (row["first_id"], row["second_id"])})
    return [
        Link(
            id=row["id"],
            origin=Origin(row["origin"]),
            one=suggesting.side(sides[row["first_id"]]),
            other=suggesting.side(sides[row["second_id"]]),
            evidence=suggesting.shown(tx, linking.evidence_of(row["evidence"])),
            reason=row["reason"],
            by=row["by_name"] or "Earful",
            at=row["at"],
            undone_at=row["undone_at"],
            undone_by=row["undone_name"] or "",
        )
        for row in rows
    ]


def timeline(tx: Tx, person_id: str, cursor: str = "") -> Timeline:
    """A part of what was said with a person, over all channels and cases. Raises ValueError for a cursor that this
    timeline did not give."""
    at, _, message_id = cursor.partition(".")
    if cursor and not at.isdecimal():
        raise ValueError("This page marker is not one of ours; start from the first page.")
    rows = reading_store.timeline(tx, person_id, (int(at), message_id) if cursor else None, PAGE + 1)
    shown = rows[:PAGE]
    last = shown[-1] if len(rows) > PAGE else None
    return Timeline(
        messages=[_said(row) for row in shown],
        next=f"{last['occurred_at']}.{last['id']}" if last is not None else "",
    )


def _said(row: Row) -> Said:
    author = _actor.decode(row["author"])
    deleted = row["deleted_at"] is not None
    return Said(
        id=row["id"],
        at=row["occurred_at"],
        direction=Direction(row["direction"]),
        kind=MessageKind(row["kind"]),
        network=Network(row["network"]),
        channel=row["channel"],
        visibility=Visibility(row["visibility"]),
        author=row["sent_by"] or author.name or author.handle or author.native_id,
        subject=row["subject"],
        text="" if deleted else row["text"],
        deleted=deleted,
        edited=row["edited_at"] is not None,
        case_number=row["number"],
        case_title=row["title"],
    )
