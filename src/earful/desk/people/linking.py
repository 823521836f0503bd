"""Accounts become one person, and persons again: ties are made and taken back, and everything follows from those
that stand.

A person is a circle of accounts that ties hold together; it goes by the name of the one that was known first. So a
tie can be taken back at any time, in any order: what the circles then are is what they would be without it.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from earful.desk.cases import merging
from earful.desk.cases import service as cases
from earful.desk.people import rules, store
from earful.desk.people.rules import Evidence, Origin, Tie
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

LINKED, UNLINKED = "person.linked", "person.unlinked"
LINKED_LINE, UNLINKED_LINE = "person_linked", "person_unlinked"

_encode = msgspec.json.Encoder().encode


class NotFoundError(LookupError):
    """There is no such person, account or link."""


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


class Proof(Struct, frozen=True):
    """How we know: evidence of a suggestion, or the reason of whoever did it."""

    origin: Origin
    evidence: Sequence[Evidence] = ()
    reason: str = ""


def because(words: str) -> str:
    """Evidence as a link of an account keeps it."""
    return _encode({"because": words}).decode()


def tie(tx: Tx, log: Log, who: Who, proof: Proof, one: str, other: str, now: Instant) -> str:
    """Say that two persons are one. Returns the tie, for an undo.

    Raises NotFoundError, and RefusedError when they are one already or nobody said why.
    """
    if proof.origin is Origin.HAND and not proof.reason.strip():
        raise RefusedError("Say why these two are one person; others will ask. Nothing was changed.")
    found = store.lock_people(tx, {one, other})
    if len(found) < len({one, other}):
        raise NotFoundError("There is no such person; look them up again. Nothing was changed.")
    if one == other or any(one in circle and other in circle for circle in _circles(tx, {one})):
        raise RefusedError("These two are one person already; nothing was changed.")
    tie_id = new_id(now)
    store.insert_tie(
        tx,
        {
            "id": tie_id,
            "first_id": one,
            "second_id": other,
            "origin": proof.origin.value,
            "evidence": _encode(list(proof.evidence)).decode(),
            "reason": proof.reason.strip()[: rules.REASON],
            "user_id": who.id,
            "at": now,
        },
    )
    kept = _settle(
        tx,
        log,
        who,
        {one, other},
        proof.reason.strip() or "; ".join(dict.fromkeys(one.why for one in proof.evidence)),
        LINKED_LINE,
        " and ".join(sorted({row["name"] for row in found.values()})),
        now,
    )
    _tell(tx, log, who, LINKED, tie_id, kept, (one, other), now)
    return tie_id


def take_back(tx: Tx, log: Log, who: Who, tie_id: str, now: Instant) -> Row:
    """Take a tie back: every account and every case goes to where it is without it. Returns the tie as it stood.

    Cases of the two that were merged come apart too. Raises NotFoundError, and RefusedError when it was taken back
    before.
    """
    row = store.tie(tx, tie_id)
    if row is None:
        raise NotFoundError("There is no such link; nothing was changed.")
    if row["undone_at"] is not None:
        raise RefusedError("This link was taken back already; nothing was changed.")
    ends = row["first_id"], row["second_id"]
    names = {one["name"] for one in store.lock_people(tx, ends).values()}
    store.end_tie(tx, tie_id, who.id, now)
    kept = _settle(
        tx, log, who, set(ends), "a link was taken back", UNLINKED_LINE, " and ".join(sorted(names)), now
    )
    _tell(tx, log, who, UNLINKED, tie_id, kept, ends, now)
    return row


def unlink(tx: Tx, log: Log, who: Who, author_id: str, now: Instant) -> list[str]:
    """Make an account a person of its own again, by taking back every tie that holds it. Returns the ties.

    Raises NotFoundError, and RefusedError for an account that is linked with no other.
    """
    own = store.own_person(tx, author_id)
    if own is None:
        raise NotFoundError("There is no such account; nothing was changed.")
    held = [row["id"] for row in store.ties_of(tx, [own])]
    if not held:
        raise RefusedError("This account is linked with no other; nothing was changed.")
    for tie_id in held:
        take_back(tx, log, who, tie_id, now)
    return held


def again(tx: Tx, log: Log, who: Who, tie_ids: Iterable[str], now: Instant) -> list[str]:
    """Undo a taking back: the same ties once more, as new ones with the same evidence. Returns them."""
    made = []
    for tie_id in tie_ids:
        row = store.tie(tx, tie_id)
        if row is None:
            raise NotFoundError("There is no such link; nothing was changed.")
        proof = Proof(Origin(row["origin"]), evidence_of(row["evidence"]), row["reason"])
        made.append(tie(tx, log, who, proof, row["first_id"], row["second_id"], now))
    return made


_evidence = msgspec.json.Decoder(list[Evidence])


def evidence_of(data: str) -> list[Evidence]:
    """Evidence as a tie or a suggestion keeps it."""
    return _evidence.decode(data)


def circle_of(tx: Tx, person_id: str) -> frozenset[str]:
    """Everybody, as they were first seen, who is one person with this one."""
    return next(one for one in _circles(tx, {person_id}) if person_id in one)


def settle_cases(tx: Tx, log: Log, who: Who, case_ids: Sequence[str], now: Instant) -> None:
    """Give cases to the person that their account now is: for one that opened while somebody linked."""
    for row in store.misplaced(tx, case_ids):
        cases.give_person(tx, log, who, row["id"], row["now_id"], row["name"], "", "", now)


def _circles(tx: Tx, touched: set[str]) -> list[frozenset[str]]:
    known, seen = set(touched), set[str]()
    ties: dict[str, Tie] = {}
    while fresh := known - seen:
        seen |= fresh
        for row in store.ties_of(tx, fresh):
            ties[row["id"]] = Tie(row["first_id"], row["second_id"])
            known |= {row["first_id"], row["second_id"]}
    return rules.circles(ties.values(), known)


def _settle(
    tx: Tx, log: Log, who: Who, touched: set[str], why: str, line: str, words: str, now: Instant
) -> dict[str, str]:
    """Bring accounts and cases to what the ties that stand say. Returns person as first seen -> who they now are."""
    circles = _circles(tx, touched)
    people = store.lock_people(tx, {one for circle in circles for one in circle})
    since = {one: row["created_at"] for one, row in people.items()}
    now_is = {one: rules.kept(circle, since) for circle in circles for one in circle}
    own = {row["author_id"]: one for one, row in people.items() if row["author_id"]}
    before = store.standing_links(tx, own)
    for author_id, person_id in before.items():
        if person_id != now_is[own[author_id]]:
            store.relink(tx, author_id, new_id(now), now_is[own[author_id]], because(why), now)
    apart = {author_id: now_is[one] for author_id, one in own.items()}
    merging.part(tx, log, who, apart, now)
    involved = set(before.values()) | set(now_is.values())
    rows = store.cases_of_people(tx, involved)
    newest = {row["person_id"]: row["id"] for row in sorted(rows, key=lambda row: row["last_message_at"])}
    for row in rows:
        wanted = apart.get(row["author_id"] or "", row["person_id"])
        if wanted != row["person_id"]:
            cases.give_person(tx, log, who, row["id"], wanted, people[wanted]["name"], line, words, now)
        elif newest[row["person_id"]] == row["id"]:
            cases.tell(tx, log, who, row["id"], line, words, now)
    return now_is


def _tell(
    tx: Tx,
    log: Log,
    who: Who,
    kind: str,
    tie_id: str,
    kept: dict[str, str],
    ends: tuple[str, str],
    now: Instant,
) -> None:
    data = {"tie": tie_id, "first": ends[0], "second": ends[1], "now": sorted({kept[one] for one in ends})}
    event = NewEvent(type=kind, subject=kept[ends[0]], actor=who.id, at=now, data=_encode(data).decode())
    log.append(tx, [event])
    record(tx, who, kind, tie_id, now)
