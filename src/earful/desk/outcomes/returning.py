"""The same matter, come back: before a case opens, look whether its person has one that was settled lately."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.outcomes import rules, store
from earful.desk.outcomes.rules import Matter, span_of
from earful.desk.outcomes.settings import KIND, REOPEN, Outcomes
from earful.log.contract import NewEvent
from earful.model.time import DAY, Instant
from earful.store.tx import Tx

RETURNED = "case.returned"


class Asking(Struct, frozen=True, kw_only=True):
    """A message that would open a case."""

    message_id: str
    person_id: str
    at: int


class Back(Struct, frozen=True, kw_only=True):
    """The earlier case that a message belongs to."""

    earlier_id: str
    because: str
    """`order`, `copy` or `topic`."""
    words: str
    after: int
    """Milliseconds since that case was closed."""
    reopens: bool
    """The message joins that case; otherwise it opens a new one, linked to it."""


class _Pii(Struct):
    type: str
    span: tuple[int, int]


class _Rated(Struct):
    kind: str
    topic: str
    pii: list[_Pii] = []


_rated = msgspec.json.Decoder(_Rated)
_encode = msgspec.json.Encoder().encode


def look(tx: Tx, asking: Sequence[Asking]) -> dict[str, Back]:
    """message -> the case that it comes back to, for those that do. Two reads for people with closed cases, one
    for all others."""
    settings = kept.in_force(tx, KIND, Outcomes)
    within = settings.return_days * DAY
    oldest = min((one.at for one in asking), default=0) - within
    settled: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in store.settled(tx, {one.person_id for one in asking}, oldest):
        settled[row["person_id"]].append(row)
    candidates = [one for one in asking if one.person_id in settled]
    if not candidates:
        return {}
    said = _matters(store.rated(tx, [one.message_id for one in candidates]), "id")
    matters = _matters(
        store.rated_in(tx, [row["id"] for rows in settled.values() for row in rows]), "case_id"
    )
    found = {}
    for one in candidates:
        for row in sorted(settled[one.person_id], key=lambda row: -row["closed_at"]):
            after = one.at - row["closed_at"]
            new, old = said.get(one.message_id), matters.get(row["id"])
            if not 0 < after <= within or new is None or old is None:
                continue
            same = rules.same_matter(new, msgspec.structs.replace(old, topic=row["topic"]))
            if same is not None:
                found[one.message_id] = Back(
                    earlier_id=row["id"], because=same[0], words=same[1], after=after,
                    reopens=settings.on_return == REOPEN,
                )  # fmt: skip
                break
    return found


def _matters(rows: Iterable[Mapping[str, Any]], key: str) -> dict[str, Matter]:
    found: dict[str, Matter] = {}
    for row in rows:
        rating, before = _rated.decode(row["rating"]), found.get(row[key], Matter())
        orders = {
            "".join(row["text"][slice(*one.span)].split()).upper()
            for one in rating.pii
            if one.type == "order_number"
        }
        found[row[key]] = Matter(
            topic=rating.topic,
            kinds=before.kinds | {rating.kind},
            groups=before.groups | {row["group_id"] or row["id"]},
            orders=before.orders | orders,
        )
    return found


def keep(tx: Tx, came: Mapping[str, tuple[str, Back]], now: Instant) -> list[NewEvent]:
    """Remember what came back: message -> (the case that it is in now, what it came back from). Returns events for
    both cases where there are two."""
    store.insert_returns(
        tx,
        [
            (message_id, case_id, back.earlier_id, back.because, back.words, back.after, now)
            for message_id, (case_id, back) in came.items()
        ],
    )
    events = []
    for message_id, (case_id, back) in came.items():
        plain = {"message": message_id, "case": case_id, "earlier": back.earlier_id}
        linked = {"what": "came_back", "detail": f"after {span_of(back.after)}"}
        # In the case that it came back to, its outcome says so.
        for one in dict.fromkeys((case_id, back.earlier_id)):
            data = _encode(plain | (linked if one != back.earlier_id else {})).decode()
            events.append(NewEvent(type=RETURNED, subject=message_id, case_id=one, at=now, data=data))
    return events
