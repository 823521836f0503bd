"""Messages join cases: which case each belongs to, and what the case's row then says.

A public thread has one case per customer in it; a private conversation has one case. Our own messages belong
to the case of the message that they answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels import registry
from earful.desk.cases import rules, store
from earful.desk.outcomes import reading, returning
from earful.desk.windows.rules import opened_by
from earful.model.desk import Outcome, Status
from earful.model.ids import new_ids
from earful.model.message import PRIVATE, Direction, MessageKind
from earful.model.time import SECOND, Instant
from earful.store.tx import Row, Tx


class _Tried(Struct):
    channel: str


class _Rated(Struct):
    """What a case wants of a rating: a tenth of it."""

    kind: str
    sentiment: str
    topic: str
    severity: int
    priority: int
    tried_before: list[_Tried]
    reach_tier: str


_rating = msgspec.json.Decoder(_Rated)


class Joining(Struct, kw_only=True):
    """A threaded message on its way into a case."""

    row: Row
    """Of `messages`, with its rating as `rating`."""
    network: str
    conversation_id: str
    private: bool
    author_id: str | None = None
    """None for our own messages and for those whose author is not known."""
    person_id: str = ""
    person_name: str = ""
    handle: str = ""
    case_id: str | None = None


class Joined(Struct, frozen=True, kw_only=True):
    """What a batch did."""

    opened: frozenset[str]
    changed: dict[str, list[str]]
    """case id -> ids of the messages that joined it or changed in it."""
    returned: dict[str, tuple[str, returning.Back]]
    """message -> (its case, the earlier one that it comes back to)."""
    absorbed: dict[str, str]
    """Case that is no more -> the one that has everything of it."""


def join(
    tx: Tx,
    batch: list[Joining],
    collisions: list[tuple[str, str]],
    networks: Mapping[str, str],
    now: Instant,
) -> Joined:
    """Give every message its case and bring the cases' rows up to date.

    `collisions` are (kept, other) cases that turned out to be one; `networks` maps channels to networks.
    """
    kept = _absorb(tx, collisions)
    for one in batch:
        one.case_id = kept.get(one.case_id or "", one.case_id)
    inbound = _sort_inbound(tx, batch, now)
    opened, back = inbound.opened, inbound.back
    adopted = _sort_outbound(tx, batch)
    changed: dict[str, list[str]] = defaultdict(list)
    for one in batch:
        if one.case_id is not None:
            changed[one.case_id].append(one.row["id"])
    for message_id, case_id in adopted.items():
        changed[case_id].append(message_id)
    for case_id in kept.values():
        changed[case_id] = changed[case_id]
    _write(tx, batch, inbound, adopted, set(changed), networks)
    returned = {
        one.row["id"]: (one.case_id, back[one.row["id"]])
        for one in batch
        if one.row["id"] in back and one.case_id is not None
    }
    return Joined(opened=frozenset(opened), changed=dict(changed), returned=returned, absorbed=kept)


def _absorb(tx: Tx, collisions: list[tuple[str, str]]) -> dict[str, str]:
    """Make one case of two that are the same; returns absorbed id -> kept id."""
    kept: dict[str, str] = {}
    for first, second in collisions:
        one, other = kept.get(first, first), kept.get(second, second)
        if one == other:
            continue
        rows = store.by_ids(tx, {one, other})
        store.absorb(tx, one, rows[other])
        kept = {old: one if new == other else new for old, new in kept.items()} | {other: one}
    return kept


Owner = tuple[str, str]
"""(conversation, author), the author empty where everybody shares one case."""


class _Sorted(Struct, frozen=True):
    """Which messages open a case (by its id), and which come back to an earlier matter (by theirs)."""

    opened: dict[str, Joining]
    back: dict[str, returning.Back]


def _sort_inbound(tx: Tx, batch: list[Joining], now: Instant) -> _Sorted:
    """Give customers' messages their case."""
    fresh = [one for one in batch if one.author_id is not None and one.case_id is None]
    case_of = store.case_of_authors(tx, {one.conversation_id for one in fresh})
    standing = store.by_ids(tx, set(case_of.values()))
    spare = iter(new_ids(now, len(fresh)))
    earlier = returning.look(tx, [_asking(one) for one in fresh if _is_homeless(one, case_of, standing)])
    found = _Sorted({}, {})
    for one in sorted(fresh, key=lambda one: (one.row["occurred_at"], one.row["seq"])):
        case_id = case_of.get(_owner(one))
        if _is_homeless(one, case_of, standing):
            if one.row["kind"] == MessageKind.SYSTEM:
                # An automatic reply or a bounce is kept with what it belongs to, and opens nothing.
                one.case_id = case_id
                continue
            back = earlier.get(one.row["id"])
            if back is not None:
                found.back[one.row["id"]] = back
            case_id = back.earlier_id if back is not None and back.reopens else next(spare)
            if back is None or not back.reopens:
                found.opened[case_id] = one
            case_of[_owner(one)] = case_id
        one.case_id = case_id
    return found


def _owner(one: Joining) -> Owner:
    return one.conversation_id, "" if one.private else one.author_id or ""


def _is_homeless(one: Joining, case_of: Mapping[Owner, str], standing: Mapping[str, Row]) -> bool:
    """Whether a message has no case to join, or only one that was closed long before it."""
    case_id = case_of.get(_owner(one))
    case = standing.get(case_id or "")
    return case_id is None or (
        case is not None
        and rules.wants_new_case(Status(case["status"]), case["closed_at"], one.row["occurred_at"])
    )


def _asking(one: Joining) -> returning.Asking:
    return returning.Asking(message_id=one.row["id"], person_id=one.person_id, at=one.row["occurred_at"])


def _sort_outbound(tx: Tx, batch: list[Joining]) -> dict[str, str]:
    """Give our own messages the case of what they answer; also those that waited for it."""
    ours = [one for one in batch if one.row["direction"] == Direction.OUTBOUND]
    touched = {one.conversation_id for one in batch}
    waiting = store.outbound_without_case(tx, touched)
    if not ours and not waiting:
        return {}
    case_of: dict[tuple[str, str, str], str] = {
        _key(one.row): one.case_id for one in batch if one.case_id is not None
    }
    orphans = [*waiting, *(one.row for one in ours if one.case_id is None)]
    parents = {_parent_key(row) for row in orphans if row["parent_native_id"]}
    case_of |= store.case_of_messages(tx, parents - set(case_of))
    alone = _only_cases(tx, batch, touched)
    found: dict[str, str] = {}
    # Our answers may answer each other, so a second look finds what the first made known.
    for _ in range(2):
        for row in sorted(orphans, key=lambda row: (row["occurred_at"], row["seq"])):
            case_id = case_of.get(_parent_key(row))
            if case_id is not None:
                found[row["id"]] = case_of[_key(row)] = case_id
    conversation_of = {one.row["id"]: one.conversation_id for one in batch}
    for row in orphans:
        if row["parent_native_id"] and row["visibility"] not in PRIVATE:
            # It answers a message that has not come yet; in public that may be anybody's.
            continue
        conversation_id = conversation_of.get(row["id"], row["conversation_id"])
        if row["id"] not in found and conversation_id in alone:
            found[row["id"]] = alone[conversation_id]
    for one in ours:
        one.case_id = found.pop(one.row["id"], one.case_id)
    return found


def _only_cases(tx: Tx, batch: list[Joining], touched: set[str]) -> dict[str, str]:
    """Conversations that have exactly one case, with it."""
    cases: dict[str, set[str]] = defaultdict(set)
    for (conversation_id, _), case_id in store.case_of_authors(tx, touched).items():
        cases[conversation_id].add(case_id)
    for one in batch:
        if one.author_id is not None and one.case_id is not None:
            cases[one.conversation_id].add(one.case_id)
    return {conversation_id: min(found) for conversation_id, found in cases.items() if len(found) == 1}


def rate_anew(tx: Tx, message_ids: Iterable[str], networks: Mapping[str, str]) -> list[str]:
    """Bring the cases of messages up to date whose ratings changed; returns the cases.

    Nothing was said, so no case opens, closes or warns a writer.
    """
    return weigh_anew(tx, store.cases_with(tx, message_ids), networks)


def weigh_anew(tx: Tx, case_ids: Iterable[str], networks: Mapping[str, str]) -> list[str]:
    """Bring cases up to date with the ratings of their messages; returns those that there are."""
    before = store.by_ids(tx, sorted(case_ids))
    said = _said(tx, [], before, networks)
    after = []
    for case_id, row in before.items():
        if said.get(case_id):
            facts = rules.summarise(said[case_id])
            fresh = {field: getattr(facts, field) for field in store.RATED_FIELDS}
            fresh["priority"] = max(facts.priority, row["priority_least"])
            after.append(fresh | {"id": case_id} | ({"title": row["title"]} if row["titled"] else {}))
    store.update_rated(tx, after)
    return [row["id"] for row in after]


def recount(tx: Tx, case_ids: Iterable[str], networks: Mapping[str, str]) -> None:
    """Bring cases up to date whose messages were put elsewhere by hand: nobody said anything, so each stands where
    it stood."""
    before = store.by_ids(tx, sorted(case_ids))
    said = _said(tx, [], before, networks)
    after = []
    for case_id, row in before.items():
        if said.get(case_id):
            facts = rules.summarise(said[case_id])
            changed = row_of(facts, standing_of(row)) | {"id": case_id}
            changed["priority"] = max(facts.priority, row["priority_least"])
            after.append(changed | {"title": row["title"]} if row["titled"] else changed)
    store.update_facts(tx, [before[row["id"]] for row in after], after)


def standing_of(row: Row) -> rules.Standing:
    """Where a case's row says that it stands."""
    return rules.Standing(
        status=Status(row["status"]),
        outcome=Outcome(row["outcome"]),
        snoozed_until=row["snoozed_until"],
        closed_at=row["closed_at"],
    )


def _key(row: Row) -> tuple[str, str, str]:
    return row["channel_id"], row["namespace"], row["native_id"]


def _parent_key(row: Row) -> tuple[str, str, str]:
    return row["channel_id"], row["namespace"], row["parent_native_id"]


def _write(
    tx: Tx,
    batch: list[Joining],
    inbound: _Sorted,
    adopted: Mapping[str, str],
    touched: set[str],
    networks: Mapping[str, str],
) -> None:
    """Rows of new cases, then the messages that point to them, then rows of cases that were there."""
    opened = inbound.opened
    said = _said(tx, batch, touched - set(opened), networks)
    fresh = [_new_case(case_id, one, said[case_id]) for case_id, one in opened.items()]
    store.insert(tx, fresh)
    store.place_messages(
        tx,
        [
            (one.row["seq"], one.author_id, one.conversation_id, one.case_id)
            for one in batch
        ],
    )  # fmt: skip
    store.give_case(tx, adopted)
    owning = [one for one in batch if one.row["id"] in inbound.back] + list(opened.values())
    store.set_case_of_authors(tx, [(*_owner(one), one.case_id or "") for one in owning])
    stored = touched - set(opened)
    if adopted:
        # What waited for a case is only now in one, which may be a case opened just above.
        stored |= set(adopted.values())
        said = _said(tx, batch, stored, networks)
    before = store.by_ids(tx, stored)
    after = [_changed_case(row, said[case_id]) for case_id, row in before.items() if said.get(case_id)]
    store.update_facts(tx, [before[row["id"]] for row in after], after)


def _said(
    tx: Tx, batch: list[Joining], stored: Iterable[str], networks: Mapping[str, str]
) -> dict[str, list[rules.Said]]:
    """What each case's messages say: those stored, and those of the batch as they are now."""
    found: dict[str, dict[str, rules.Said]] = defaultdict(dict)
    for case_id, rows in store.said_in(tx, stored).items():
        for row in rows:
            found[case_id][row["id"]] = said(row, networks[row["channel_id"]])
    for one in batch:
        if one.case_id is not None:
            found[one.case_id][one.row["id"]] = said(one.row, one.network)
    return {case_id: list(by_id.values()) for case_id, by_id in found.items()}


def said(row: Row, network: str) -> rules.Said:
    """A row of messages with its rating, as the case's rules read it."""
    rating = _rating.decode(row["rating"]) if row["rating"] else None
    return rules.Said(
        message_id=row["id"],
        direction=Direction(row["direction"]),
        kind=MessageKind(row["kind"]),
        at=row["occurred_at"],
        text=row["text"],
        subject=row["subject"],
        deleted=row["deleted_at"] is not None,
        network=network,
        channel_id=row["channel_id"],
        rated_kind=rating.kind if rating else "",
        sentiment=rating.sentiment if rating else "",
        topic=rating.topic if rating else "",
        severity=rating.severity if rating else 0,
        priority=rating.priority if rating else 0,
        tried_before=tuple(one.channel for one in rating.tried_before) if rating else (),
        reach_tier=rating.reach_tier if rating else "",
        window=_window(row, network) if _is_private_inbound(row) else 0,
    )


def _window(row: Row, network: str) -> int:
    opened = opened_by(row["data"])
    return max(registry.window(network), opened.seconds * SECOND if opened is not None else 0)


def _is_private_inbound(row: Row) -> bool:
    return row["direction"] == Direction.INBOUND and row["visibility"] in PRIVATE


_FACT_FIELDS = tuple(field for field in rules.Facts.__struct_fields__ if field != "answered")


def row_of(facts: rules.Facts, standing: rules.Standing) -> dict[str, Any]:
    """What a case's row says by its messages and where it stands."""
    row = {field: getattr(facts, field) for field in _FACT_FIELDS}
    return row | {
        "status": standing.status.value,
        "outcome": standing.outcome.value,
        "snoozed_until": standing.snoozed_until,
        "closed_at": standing.closed_at,
    }


def _new_case(case_id: str, one: Joining, messages: list[rules.Said]) -> dict[str, Any]:
    facts = rules.summarise(messages)
    outcome = Outcome.ANSWERED if facts.answered else Outcome.UNANSWERED
    standing = rules.Standing(status=Status.OPEN, outcome=outcome)
    return row_of(facts, standing) | {
        "id": case_id,
        "person_id": one.person_id,
        "person_name": one.person_name,
        "author_id": one.author_id,
        "handle": one.handle,
        "titled": False,
        "assignee_id": None,
        "version": 1,
        "spoken_version": 1,
    }


def _changed_case(row: Row, messages: list[rules.Said]) -> dict[str, Any]:
    facts = rules.summarise(messages)
    standing = standing_of(row)
    newest = max(messages, key=lambda one: (one.at, one.message_id))
    # Only a closed case asks whether it is fixed, and most are not.
    closed = standing.status is Status.CLOSED and newest.direction is Direction.INBOUND
    says = reading.read(newest.text).reading if closed else reading.Reading.UNCLEAR
    changed = row_of(facts, rules.after_message(standing, newest, facts, says)) | {"id": row["id"]}
    changed["priority"] = max(facts.priority, row["priority_least"])
    return changed | {"title": row["title"]} if row["titled"] else changed
