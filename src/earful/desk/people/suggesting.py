"""Perhaps the same person: what accounts and messages have in common becomes a suggestion, which a person decides.

What a mark says is kept as a keyed digest only; the words themselves stay where they were written.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from earful.desk.people import hint_store as store
from earful.desk.people import linking, rules
from earful.desk.people.linking import NotFoundError, RefusedError
from earful.desk.people.rules import Evidence, Mark, Origin, Place, State
from earful.log.contract import Log
from earful.model.ids import new_id
from earful.model.message import Actor, Network
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx
from earful.triage.subject import words_of

QUEUE = 100
_encode = msgspec.json.Encoder().encode
_actor = msgspec.json.Decoder(Actor)


class _Pii(Struct):
    type: str
    span: tuple[int, int]


class _Rated(Struct):
    pii: list[_Pii] = []


_rated = msgspec.json.Decoder(_Rated)
_keys = msgspec.json.Decoder(list[str])


class Found(Struct, frozen=True, kw_only=True):
    """A mark of one message, with who has it."""

    mark: Mark
    person_id: str
    message_id: str
    at: int


def marks(tx: Tx, message_ids: Sequence[str]) -> list[Found]:
    """What may tell who wrote these messages."""
    return [
        Found(
            mark=mark,
            person_id=row["person_id"],
            message_id=row["id"] if any(mark.span) else "",
            at=row["occurred_at"],
        )
        for row in store.said(tx, message_ids)
        for mark in _marks_of(row)
    ]


def _marks_of(row: Row) -> list[Mark]:
    alt = _actor.decode(row["author"]).alt_ids.get("email", "")
    pii = _rated.decode(row["rating"]).pii if row["rating"] else []
    author = rules.author_marks(
        Network(row["network"]), row["handle"], row["native_id"], [alt] if alt else []
    )
    return [
        *author,
        *rules.said_marks(words_of(row["subject"], row["text"]), ((one.type, one.span) for one in pii)),
    ]


def note(tx: Tx, key: str, found: Iterable[Found], now: Instant) -> None:
    """Keep marks, and suggest where two persons share one. The same marks again change nothing."""
    values: dict[tuple[str, str], str] = {}
    rows: dict[tuple[object, ...], tuple[object, ...]] = {}
    for one in found:
        digest = hmac.new(
            key.encode(), f"{one.mark.kind}:{one.mark.value}".encode(), hashlib.sha256
        ).hexdigest()
        values[one.mark.kind, digest] = one.mark.value
        row = (one.mark.kind, digest, one.person_id, one.mark.role, one.message_id, *one.mark.span, one.at)
        rows.setdefault(row[:4], row)
    for kind, digest in sorted(store.insert_marks(tx, list(rows.values()))):
        _compare(tx, kind, digest, values[kind, digest], now)


def _compare(tx: Tx, kind: str, digest: str, value: str, now: Instant) -> None:
    held = store.sharing(tx, kind, digest, 2 * (rules.SHARED + 1))
    persons = list(dict.fromkeys(row["person_id"] for row in held))
    key = f"{kind}:{digest[:20]}"
    if len(persons) > rules.SHARED:
        _withdraw(tx, key, persons)
        return
    for at, one in enumerate(persons):
        for other in persons[at + 1 :]:
            theirs = [row for row in held if row["person_id"] in (one, other)]
            _suggest(tx, key, kind, value, theirs, rules.pair(one, other), now)


def _suggest(
    tx: Tx, key: str, kind: str, value: str, held: list[Row], ends: tuple[str, str], now: Instant
) -> None:
    roles = {end: {row["role"] for row in held if row["person_id"] == end} for end in ends}
    best = frozenset("is" if "is" in roles[end] else "says" for end in ends)
    judged = rules.judge(kind, best, value)
    same_network = len({row["network"] for row in held}) == 1
    if judged is None or (kind == "handle" and same_network):
        return
    named, strength, why = judged
    places = [
        Place(person_id=row["person_id"], message_id=row["message_id"], span=(row["start"], row["stop"]))
        for row in held
    ]
    fresh = Evidence(kind=named, key=key, strength=strength, why=why, places=places)
    row = store.hint(tx, *ends)
    if row is None:
        values = {"id": new_id(now), "first_id": ends[0], "second_id": ends[1], "at": now}
        store.insert_hint(tx, values | _as_open([fresh]))
        return
    refused = frozenset(_keys.decode(row["refused"]))
    known = linking.evidence_of(row["evidence"]) if row["state"] != State.REFUSED else []
    evidence = rules.merged(known, [fresh], refused)
    if row["state"] == State.ACCEPTED or {one.key for one in evidence} == {one.key for one in known}:
        return
    if evidence:
        store.change_hint(tx, row["id"], _as_open(evidence))


def _as_open(evidence: Sequence[Evidence]) -> dict[str, object]:
    return {
        "state": State.SUGGESTED.value,
        "strength": rules.strength_of(evidence),
        "evidence": _encode(list(evidence)).decode(),
        "decided_at": None,
        "decided_by": None,
        "tie_id": None,
    }


def _withdraw(tx: Tx, key: str, persons: Iterable[str]) -> None:
    """A mark that so many share says nothing: take it out of what is suggested."""
    for row in store.open_among(tx, persons):
        known = linking.evidence_of(row["evidence"])
        left = [one for one in known if one.key != key]
        if not left and known:
            store.drop_hint(tx, row["id"])
        elif len(left) < len(known):
            store.change_hint(tx, row["id"], _as_open(left))


def accept(tx: Tx, log: Log, who: Who, hint_id: str, now: Instant) -> str:
    """The two are one person. Returns the tie, for an undo. Raises NotFoundError, RefusedError."""
    row = _open(tx, hint_id)
    proof = linking.Proof(Origin.SUGGESTION, linking.evidence_of(row["evidence"]))
    tie_id = linking.tie(tx, log, who, proof, row["first_id"], row["second_id"], now)
    decided = {"decided_at": now, "decided_by": who.id, "tie_id": tie_id}
    store.change_hint(tx, hint_id, {"state": State.ACCEPTED.value} | decided)
    return tie_id


def refuse(tx: Tx, who: Who, hint_id: str, now: Instant) -> None:
    """The two are not one person: never suggested again on the same evidence. Raises NotFoundError, RefusedError."""
    row = _open(tx, hint_id)
    keys = {*_keys.decode(row["refused"]), *(one.key for one in linking.evidence_of(row["evidence"]))}
    store.change_hint(
        tx,
        hint_id,
        {
            "state": State.REFUSED.value,
            "refused": _encode(sorted(keys)).decode(),
            "decided_at": now,
            "decided_by": who.id,
        },
    )
    record(tx, who, "person.hint_refused", hint_id, now)


def reopen(tx: Tx, who: Who, hint_id: str, now: Instant) -> None:
    """Undo a refusal. Raises NotFoundError, RefusedError for what nobody refused."""
    row = store.hint_by_id(tx, hint_id)
    if row is None:
        raise NotFoundError("There is no such suggestion; nothing was changed.")
    if row["state"] != State.REFUSED:
        raise RefusedError("Nobody refused this; nothing was changed.")
    evidence = linking.evidence_of(row["evidence"])
    keys = set(_keys.decode(row["refused"])) - {one.key for one in evidence}
    store.change_hint(tx, hint_id, _as_open(evidence) | {"refused": _encode(sorted(keys)).decode()})
    record(tx, who, "person.hint_reopened", hint_id, now)


def take_back(tx: Tx, log: Log, who: Who, tie_id: str, now: Instant) -> None:
    """Take a link back; a suggestion that led to it is open again. Raises NotFoundError, RefusedError."""
    linking.take_back(tx, log, who, tie_id, now)
    row = store.hint_of_tie(tx, tie_id)
    if row is not None:
        store.change_hint(tx, row["id"], _as_open(linking.evidence_of(row["evidence"])))


def _open(tx: Tx, hint_id: str) -> Row:
    row = store.hint_by_id(tx, hint_id)
    if row is None:
        raise NotFoundError("There is no such suggestion; its evidence may have turned out to be none.")
    if row["state"] != State.SUGGESTED:
        raise RefusedError("Somebody has decided this already; nothing was changed.")
    return row


class Word(Struct, frozen=True, kw_only=True):
    """The words of a message that evidence points to, and its case. `text` is empty for a deleted message."""

    message_id: str
    number: int | None
    text: str
    at: int


class Shown(Struct, frozen=True, kw_only=True):
    """One piece of evidence with its words."""

    kind: str
    strength: str
    why: str
    words: list[Word]


class Side(Struct, frozen=True, kw_only=True):
    """One of the two: who they now are, and the account that it is about."""

    person_id: str
    name: str
    network: Network
    handle: str


class Hint(Struct, frozen=True, kw_only=True):
    """A suggestion as people see it. `strength`: 1 weak to 3 strong."""

    id: str
    strength: int
    one: Side
    other: Side
    evidence: list[Shown]
    at: int


def about(tx: Tx, persons: Iterable[str]) -> list[Hint]:
    """Open suggestions about persons as they were first seen; each with them as `one`."""
    circle = frozenset(persons)
    return _shown(tx, store.open_among(tx, circle), circle)


def queue(tx: Tx) -> list[Hint]:
    """The strongest open suggestions about everybody."""
    return _shown(tx, store.open_hints(tx, QUEUE), frozenset())


def _shown(tx: Tx, rows: Sequence[Row], circle: frozenset[str]) -> list[Hint]:
    sides = store.now_are(tx, {end for row in rows for end in (row["first_id"], row["second_id"])})
    found = []
    for row in rows:
        ends = row["first_id"], row["second_id"]
        one, other = ends if ends[0] in circle or ends[1] not in circle else ends[::-1]
        if one not in sides or other not in sides:
            continue
        if sides[one]["person_id"] == sides[other]["person_id"]:
            # Another link has made them one person since.
            continue
        found.append(
            Hint(
                id=row["id"],
                strength=row["strength"],
                one=side(sides[one]),
                other=side(sides[other]),
                evidence=shown(tx, linking.evidence_of(row["evidence"])),
                at=row["at"],
            )
        )
    return found


def side(row: Row) -> Side:
    """One end of a link or suggestion."""
    handle = row["handle"] or row["author_name"] or row["native_id"]
    return Side(person_id=row["person_id"], name=row["name"], network=Network(row["network"]), handle=handle)


def shown(tx: Tx, evidence: Sequence[Evidence]) -> list[Shown]:
    """Evidence with the words that it points to."""
    messages = store.words_of(tx, {place.message_id for one in evidence for place in one.places} - {""})
    return [
        Shown(
            kind=one.kind,
            strength=one.strength.value,
            why=one.why,
            words=[
                Word(
                    message_id=place.message_id,
                    number=row["number"],
                    text=""
                    if row["deleted_at"] is not None
                    else words_of(row["subject"], row["text"])[slice(*place.span)],
                    at=row["occurred_at"],
                )
                for place in one.places
                if (row := messages.get(place.message_id)) is not None
            ],
        )
        for one in evidence
    ]
