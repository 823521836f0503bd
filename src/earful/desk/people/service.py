"""Authors and the people behind them: one person per author until somebody links two."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from earful.desk.people import linking, store
from earful.desk.people.rules import Origin
from earful.desk.people.store import AuthorKey
from earful.log.contract import Log
from earful.model.desk import AuthorCard, Outcome, PastCase, PersonCard, Status
from earful.model.ids import new_ids
from earful.model.message import Actor, Network
from earful.model.time import Instant
from earful.store.audit import EARFUL
from earful.store.tx import Row, Tx

PAST_CASES = 20
SEEN_STEP = 3_600_000
"""An author's last sight is moved at most once an hour: it is for people, not for clocks."""

SAME_ACCOUNT = ("wa_id", "user_id")
"""Kinds of `alt_ids` that name the very account: WhatsApp has a number and a user id, and may tell either alone."""
TOGETHER = "both names of the account came with one message"


class Sighting(Struct, frozen=True, kw_only=True):
    """An author as one message shows it."""

    key: AuthorKey
    actor: Actor
    at: int


class Known(Struct, frozen=True, kw_only=True):
    """An author as stored."""

    author_id: str
    person_id: str
    name: str
    handle: str
    called: str = ""
    """The name that somebody gave the person; empty when nobody did."""


def meet(tx: Tx, log: Log, sightings: Iterable[Sighting], now: Instant) -> dict[AuthorKey, Known]:
    """Know every author: new ones get a person of their own, known ones their newest name."""
    newest: dict[AuthorKey, Sighting] = {}
    first: dict[AuthorKey, int] = {}
    same: dict[tuple[AuthorKey, AuthorKey], None] = {}
    for sighting in sightings:
        same |= dict.fromkeys(_other_names(sighting))
        held = newest.get(sighting.key)
        if held is None or sighting.at >= held.at:
            newest[sighting.key] = sighting
        first[sighting.key] = min(first.get(sighting.key, sighting.at), sighting.at)
    known = store.find_authors(tx, newest)
    missing = [key for key in newest if key not in known]
    if missing:
        known |= _insert(tx, [newest[key] for key in missing], first, now)
    changes = []
    met: dict[AuthorKey, Known] = {}
    for key, sighting in newest.items():
        row, actor = known[key], sighting.actor
        handle, name = actor.handle or row["handle"], actor.name or row["name"]
        followers = actor.followers if actor.followers is not None else row["followers"]
        fresh = sighting.at >= row["last_seen_at"]
        renamed = (handle, name, followers) != (row["handle"], row["name"], row["followers"])
        if fresh and (renamed or sighting.at - row["last_seen_at"] > SEEN_STEP):
            changes.append(
                {
                    "author": row["id"],
                    "new_handle": handle,
                    "new_name": name,
                    "new_followers": followers,
                    "seen": sighting.at,
                }
            )
        met[key] = Known(
            author_id=row["id"], person_id=row["person_id"], name=name, handle=handle, called=row["called"]
        )
    store.update_authors(tx, changes)
    return _recognise(tx, log, list(same), newest, met, now) if same else met


def _other_names(sighting: Sighting) -> list[tuple[AuthorKey, AuthorKey]]:
    """(key, key by another name of the same account)."""
    network, namespace, native_id = sighting.key
    names = [sighting.actor.alt_ids.get(kind, native_id) for kind in SAME_ACCOUNT]
    return [(sighting.key, (network, namespace, name)) for name in names if name != native_id]


def _recognise(
    tx: Tx,
    log: Log,
    pairs: list[tuple[AuthorKey, AuthorKey]],
    newest: dict[AuthorKey, Sighting],
    met: dict[AuthorKey, Known],
    now: Instant,
) -> dict[AuthorKey, Known]:
    """Let the names of one account be one person, whichever of them comes alone later. A colleague who took such a link
    back is not contradicted."""
    rows = store.find_authors(tx, [other for _, other in pairs])
    for key, other in pairs:
        if other not in rows:
            alias = Sighting(key=other, actor=newest[key].actor, at=newest[key].at)
            rows |= _insert(tx, [alias], {other: newest[key].at}, now)
        one, two = met[key].person_id, store.find_authors(tx, [other])[other]["person_id"]
        if one != two and not store.was_tied(tx, one, two):
            linking.tie(tx, log, EARFUL, linking.Proof(Origin.ACCOUNT, reason=TOGETHER), one, two, now)
            again = store.find_authors(tx, list(met))
            met = {
                each: msgspec.structs.replace(known, person_id=again[each]["person_id"])
                for each, known in met.items()
            }
    return met


def _insert(
    tx: Tx, sightings: list[Sighting], first: dict[AuthorKey, int], now: Instant
) -> dict[AuthorKey, Row]:
    """Insert authors, each with a person of its own."""
    ids = new_ids(now, 3 * len(sightings))
    rows, people, links = [], [], []
    for index, sighting in enumerate(sightings):
        author_id, person_id, link_id = ids[3 * index : 3 * index + 3]
        actor = sighting.actor
        name = actor.name or actor.handle or actor.native_id
        rows.append(
            (
                author_id,
                *sighting.key,
                actor.handle,
                actor.name,
                actor.profile_url,
                actor.followers,
                first[sighting.key],
                sighting.at,
            )
        )
        people.append((person_id, name, now, author_id))
        links.append((link_id, author_id, person_id, linking.because("first sight of this author"), now))
    inserted = store.insert_authors(tx, rows)
    ours = [index for index, row in enumerate(rows) if row[0] in inserted]
    store.insert_people(tx, [people[index] for index in ours])
    store.insert_links(tx, [links[index] for index in ours])
    if len(ours) < len(rows):
        # Another writer met some of them first.
        return store.find_authors(tx, [sighting.key for sighting in sightings])
    return {
        sighting.key: {
            "id": row[0],
            "handle": sighting.actor.handle,
            "name": sighting.actor.name,
            "followers": sighting.actor.followers,
            "last_seen_at": sighting.at,
            "person_id": person[0],
            "called": "",
        }
        for sighting, row, person in zip(sightings, rows, people, strict=True)
    }


def know(tx: Tx, log: Log, key: AuthorKey, actor: Actor, person_id: str, evidence: str, now: Instant) -> str:
    """Know by a handoff that an author is a person: both are linked from now on. Returns the author."""
    known = meet(tx, log, [Sighting(key=key, actor=actor, at=now)], now)[key]
    if known.person_id != person_id:
        linking.tie(
            tx, log, EARFUL, linking.Proof(Origin.HANDOFF, reason=evidence), known.person_id, person_id, now
        )
    return known.author_id


def author_of(tx: Tx, key: AuthorKey) -> str | None:
    """The id of an author; None for one that was never seen."""
    row = store.find_authors(tx, [key]).get(key)
    return row["id"] if row is not None else None


def card(tx: Tx, person_id: str, name: str, *, apart_from: str = "") -> PersonCard:
    """A person for the context pane: accounts, and cases other than `apart_from`."""
    return PersonCard(
        id=person_id,
        name=name,
        authors=[
            AuthorCard(
                id=row["id"],
                network=Network(row["network"]),
                handle=row["handle"],
                name=row["name"],
                profile_url=row["profile_url"],
                followers=row["followers"],
                first_seen_at=row["first_seen_at"],
            )
            for row in store.authors_of(tx, person_id)
        ],
        cases=[
            PastCase(
                id=row["id"],
                number=row["number"],
                title=row["title"],
                status=Status(row["status"]),
                outcome=Outcome(row["outcome"]),
                opened_at=row["opened_at"],
            )
            for row in store.cases_of(tx, person_id, PAST_CASES)
            if row["id"] != apart_from
        ],
    )


class Numbered(Struct, frozen=True):
    """A case found by its number."""

    id: str
    person_id: str


def case_numbered(tx: Tx, number: int) -> Numbered | None:
    """The case of a number with whose it is; None when there is none."""
    row = store.case_by_number(tx, number)
    return None if row is None else Numbered(row["id"], row["person_id"])


def person_of_case(tx: Tx, case_id: str) -> str:
    """Whose a case is; empty for one that there is not."""
    return store.person_of_case(tx, case_id) or ""
