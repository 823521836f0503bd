"""Cases put together and apart by hand. What moved is journaled, so that each can be taken back without loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.cases import joining, rules, store
from earful.desk.cases import merging_store as journal
from earful.desk.cases.service import NotFoundError, RefusedError, tell
from earful.log.contract import Log, NewEvent
from earful.model.desk import Outcome, Status
from earful.model.ids import new_id
from earful.model.message import Direction, MessageKind
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.errors import ConflictError
from earful.store.tx import Row, Tx

MERGED, SPLIT = "case.merged", "case.split"
OPENED, ABSORBED = "case.opened", "case.absorbed"
REASON = 300
HOPS = 20
"""Cases that are followed from one that is no more to the one that has its messages."""

_encode = msgspec.json.Encoder().encode


class _Journal(Struct, kw_only=True):
    """What a merge or a split did. `stayed`: messages that the kept case had of its own."""

    row: dict[str, Any] = {}
    standing: dict[str, Any] = {}
    """Where the kept case stood, where the merge changed that."""
    moved: dict[str, journal.Keys] = {}
    own: dict[str, list[dict[str, Any]]] = {}
    tags: list[str] = []
    drafters: list[str] = []
    runs: list[str] = []
    stayed: list[str] = []


_journal = msgspec.json.Decoder(_Journal)


def merge(
    tx: Tx, log: Log, who: Who, kept_id: str, other_id: str, reason: str, version: int | None, now: Instant
) -> str:
    """Put everything of one case into another of the same person. Returns the merge, for an undo.

    Raises RefusedError for cases of two persons: link them first, with evidence. Raises ConflictError when somebody
    changed the kept case since `version`, NotFoundError.
    """
    rows = store.by_ids(tx, sorted({kept_id, other_id}))
    if len(rows) < 2:
        raise RefusedError("Choose another case that there is; a case cannot be merged into itself.")
    kept, other = rows[kept_id], rows[other_id]
    _check_version(kept, version)
    if kept["person_id"] != other["person_id"]:
        raise RefusedError(
            f"#{other['number']} is {other['person_name']}'s. Link the two persons first; nothing was changed."
        )
    merge_id = new_id(now)
    done = _put_together(tx, kept, other)
    _keep(tx, who, merge_id, "merge", kept, other, reason, done, now)
    log.append(tx, [NewEvent(type=ABSORBED, subject=other_id, case_id=kept_id, at=now)])
    tell(tx, log, who, kept_id, "merged", f"#{other['number']}", now)
    _tell(tx, log, who, MERGED, merge_id, kept_id, other_id, now)
    return merge_id


def split(
    tx: Tx, log: Log, who: Who, case_id: str, message_ids: Sequence[str], reason: str, version: int | None,
    now: Instant,
) -> str:  # fmt: skip
    """Make a case of its own of some messages of a case; our answers to them go along. Returns the split, for an undo.

    What comes later in the same conversation goes where its newest message is. Raises RefusedError when no message
    of the customer would be in one of the two, ConflictError, NotFoundError.
    """
    case = store.find(tx, case_id)
    if case is None:
        raise NotFoundError("This case does not exist; it may have been merged into another.")
    _check_version(case, version)
    said = journal.said_in(tx, case_id)
    going = _with_answers(said, set(message_ids))
    speaking = [row for row in said if _speaks(row)]
    lead = next((row for row in speaking if row["id"] in going and row["author_id"]), None)
    if lead is None:
        raise RefusedError("Choose at least one message of the customer; nothing was changed.")
    if all(row["id"] in going for row in speaking):
        raise RefusedError("Leave at least one message of the customer here; nothing was changed.")
    new_case, split_id = new_id(now), new_id(now)
    networks = journal.networks(tx)
    chosen = [row for row in store.said_in(tx, [case_id])[case_id] if row["id"] in going]
    facts = rules.summarise(joining.said(row, networks[row["channel_id"]]) for row in chosen)
    account = journal.account(tx, lead["author_id"])
    standing = rules.Standing(
        status=Status.OPEN, outcome=Outcome.ANSWERED if facts.answered else Outcome.UNANSWERED
    )
    row = joining.row_of(facts, standing) | {
        "id": new_case, "person_id": account["person_id"] if account else case["person_id"],
        "person_name": account["person_name"] if account else case["person_name"],
        "handle": account["handle"] if account else case["handle"], "author_id": lead["author_id"],
        "titled": False, "assignee_id": case["assignee_id"], "version": 1, "spoken_version": 1,
    }  # fmt: skip
    store.insert(tx, [row])
    moved = {
        "messages": [[one] for one in sorted(going)],
        "outbox": journal.replies_to(tx, case_id, going),
        "conversations": _pairs_going(tx, case_id, said, going),
    }
    for name, keys in moved.items():
        journal.put_back(tx, name, keys, case_id, new_case)
    joining.recount(tx, [case_id], networks)
    made = {**row, "number": journal.number_of(tx, new_case) or 0}
    _keep(tx, who, split_id, "split", case, made, reason, _Journal(moved=moved), now)
    data = _encode({"messages": sorted(going)}).decode()
    log.append(tx, [NewEvent(type=OPENED, subject=new_case, case_id=new_case, at=now, data=data)])
    tell(tx, log, who, case_id, "split", f"#{made['number']}", now)
    tell(tx, log, who, new_case, "split_from", f"#{case['number']}", now)
    _tell(tx, log, who, SPLIT, split_id, case_id, new_case, now)
    return split_id


def undo(tx: Tx, log: Log, who: Who, merge_id: str, now: Instant) -> str:
    """Take a merge or a split back. Returns the case that is shown then: the one that was kept.

    What came since stays with its conversation. Raises NotFoundError, and RefusedError when it was taken back, or
    when something later has to be taken back first, which the message names.
    """
    row = journal.find(tx, merge_id)
    if row is None:
        raise NotFoundError("There is no such merge; nothing was changed.")
    if row["undone_at"] is not None:
        raise RefusedError("This was taken back already; nothing was changed.")
    _check_standing(tx, row)
    back = _undo_merge if row["kind"] == "merge" else _undo_split
    back(tx, log, who, row, now)
    journal.end(tx, merge_id, who.id, now)
    record(tx, who, f"case.{row['kind']}_undone", row["kept_id"], now, f"#{row['other_number']}")
    kept: str = row["kept_id"]
    return kept


def part(tx: Tx, log: Log, who: Who, now_is: Mapping[str, str], now: Instant) -> None:
    """Take back the merges of cases whose accounts are no longer one person. `now_is`: account -> person."""
    for row in journal.merges_of_accounts(tx, now_is):
        one, other = row["kept_author_id"], row["other_author_id"]
        if now_is.get(one, one) == now_is.get(other, other):
            continue
        _undo_with_later(tx, log, who, row["id"], now)


def _undo_with_later(tx: Tx, log: Log, who: Who, merge_id: str, now: Instant) -> None:
    """Undo one, and before it whatever was done later to the same cases, the newest first."""
    row = journal.find(tx, merge_id)
    if row is None or row["undone_at"] is not None:
        return
    for one in _later(tx, row):
        _undo_with_later(tx, log, who, one["id"], now)
    undo(tx, log, who, merge_id, now)


def where_is(tx: Tx, number: int) -> int | None:
    """The number of the case that has what a case had that is no more; None when nobody merged it."""
    found = journal.gone(tx, number=number)
    for _ in range(HOPS):
        if found is None:
            return None
        known = journal.number_of(tx, found)
        if known is not None:
            return known
        found = journal.gone(tx, case_id=found)
    return None


class Done(Struct, frozen=True, kw_only=True):
    """A merge or a split that stands, as the case's page shows it."""

    id: str
    kind: str
    number: int
    """Of the case that was merged into this one, or split off it."""
    reason: str
    at: int


def of_case(tx: Tx, case_id: str) -> list[Done]:
    """What stands of putting this case together and apart, newest first."""
    return [
        Done(id=row["id"], kind=row["kind"], number=row["other_number"], reason=row["reason"], at=row["at"])
        for row in journal.standing_of(tx, [case_id])
        if row["kept_id"] == case_id
    ]


def _check_version(row: Row, version: int | None) -> None:
    if version is not None and row["version"] != version:
        raise ConflictError("Somebody changed this case meanwhile; look again before you go on.")


def _needed(row: Row) -> set[str]:
    """The cases that must be there to take this back."""
    return {row["kept_id"]} | ({row["other_id"]} if row["kind"] == "split" else set())


def _messages_of(row: Row) -> set[str]:
    return {key[0] for key in _journal.decode(row["journal"]).moved.get("messages", [])}


def _later(tx: Tx, row: Row) -> list[Row]:
    """What has to be taken back before this: what came later with the same messages or made a case go, newest first."""
    needed, ours = _needed(row), _messages_of(row)
    return [
        one
        for one in journal.standing_of(tx, [row["kept_id"], row["other_id"]])
        if one["id"] != row["id"]
        and (
            (one["kind"] == "merge" and one["other_id"] in needed)
            or (one["at"] > row["at"] and ours & _messages_of(one))
        )
    ]


def _check_standing(tx: Tx, row: Row) -> None:
    """Raises RefusedError when one of the cases, or what moved, was put elsewhere since."""
    for one in _later(tx, row):
        what = "merge of" if one["kind"] == "merge" else "splitting off of"
        raise RefusedError(f"Take back the later {what} #{one['other_number']} first; nothing was changed.")
    if not _needed(row) <= set(store.by_ids(tx, sorted(_needed(row)))):
        raise RefusedError("One of the two cases is no more, so this cannot be taken back.")


def _put_together(tx: Tx, kept: Row, other: Row) -> _Journal:
    """Move everything of `other` into `kept`, and remove it. Returns what that did."""
    own, kept_own = journal.own_of(tx, other["id"]), journal.own_of(tx, kept["id"])
    done = _Journal(row=dict(other), moved=journal.keys_of(tx, other["id"]), own=own)
    done.stayed = [row["id"] for row in journal.said_in(tx, kept["id"])]
    had = {row["tag"] for row in kept_own["case_tags"]}
    done.tags = [row["tag"] for row in own["case_tags"] if row["tag"] not in had]
    writing = {row["user_id"] for row in kept_own["drafts"]}
    done.drafters = [row["user_id"] for row in own["drafts"] if row["user_id"] not in writing]
    done.runs = [] if kept_own["case_runs"] else [row["id"] for row in own["case_runs"]]
    store.absorb(tx, kept["id"], other)
    here = {"case_id": kept["id"]}
    journal.put_own(tx, "case_tags", [{"tag": tag, **here} for tag in done.tags])
    journal.put_own(tx, "drafts", [row | here for row in own["drafts"] if row["user_id"] in done.drafters])
    if done.runs:
        for name in ("case_runs", "run_steps"):
            journal.put_own(tx, name, [row | here for row in own[name]])
    if other["status"] == Status.OPEN and kept["status"] != Status.OPEN:
        done.standing = {name: kept[name] for name in ("status", "snoozed_until", "closed_at")}
        back = {"status": Status.OPEN.value, "snoozed_until": None, "closed_at": None}
        store.update_case(tx, store.by_ids(tx, [kept["id"]])[kept["id"]], back)
    joining.recount(tx, [kept["id"]], journal.networks(tx))
    return done


def _undo_merge(tx: Tx, log: Log, who: Who, row: Row, now: Instant) -> None:
    done, kept_id, other_id = _journal.decode(row["journal"]), row["kept_id"], row["other_id"]
    came = _came_since(tx, kept_id, done)
    journal.insert_row(tx, done.row)
    store.count(tx, [], [done.row])
    for name, keys in done.moved.items():
        journal.put_back(tx, name, keys, kept_id, other_id)
    journal.put_back(tx, "messages", [[one] for one in came], kept_id, other_id)
    moved = [key[0] for key in done.moved["messages"]] + came
    journal.put_back(tx, "outbox", journal.replies_to(tx, kept_id, moved), kept_id, other_id)
    journal.give_runs(tx, done.runs, other_id)
    for name, rows in done.own.items():
        journal.put_own(tx, name, rows)
    journal.drop_own(tx, kept_id, tags=done.tags, drafters=done.drafters)
    kept = store.by_ids(tx, [kept_id])[kept_id]
    if done.standing and kept["status"] == Status.OPEN:
        store.update_case(tx, kept, done.standing)
    joining.recount(tx, [kept_id, other_id], journal.networks(tx))
    for case_id, number in ((kept_id, row["other_number"]), (other_id, kept["number"])):
        tell(tx, log, who, case_id, "merge_undone", f"#{number}", now)


def _undo_split(tx: Tx, log: Log, who: Who, row: Row, now: Instant) -> None:
    rows = store.by_ids(tx, [row["kept_id"], row["other_id"]])
    _put_together(tx, rows[row["kept_id"]], rows[row["other_id"]])
    log.append(tx, [NewEvent(type=ABSORBED, subject=row["other_id"], case_id=row["kept_id"], at=now)])
    tell(tx, log, who, row["kept_id"], "split_undone", f"#{row['other_number']}", now)


def _came_since(tx: Tx, kept_id: str, done: _Journal) -> list[str]:
    """Messages that joined the kept case since, in conversations that go back; our answers to them too."""
    pairs = {(key[0], key[1]) for key in done.moved.get("conversations", [])}
    both = {conversation for conversation, _ in journal.pairs_of(tx, kept_id)} - {one for one, _ in pairs}
    known = {key[0] for key in done.moved["messages"]} | set(done.stayed)
    said = journal.said_in(tx, kept_id)
    back = {key[0] for key in done.moved["messages"]}
    fresh = [row for row in said if row["id"] not in known]
    named = {_native(row): row["id"] for row in said}
    for row in fresh:
        where = row["conversation_id"]
        mine = {(where, row["author_id"] or ""), (where, "")} & pairs
        parent = named.get((row["channel_id"], row["namespace"], row["parent_native_id"]))
        ours = row["direction"] == Direction.OUTBOUND
        alone = ours and parent is None and where in {one for one, _ in pairs} and where not in both
        if (mine and not ours) or (ours and parent in back) or alone:
            back.add(row["id"])
    return [row["id"] for row in fresh if row["id"] in back]


def _native(row: Row) -> tuple[str, str, str]:
    return row["channel_id"], row["namespace"], row["native_id"]


def _speaks(row: Row) -> bool:
    return bool(row["direction"] == Direction.INBOUND and row["kind"] != MessageKind.SYSTEM)


def _with_answers(said: Sequence[Row], chosen: set[str]) -> set[str]:
    """Chosen messages of the case, with our answers to them and to those."""
    going = {row["id"] for row in said if row["id"] in chosen}
    named = {_native(row): row["id"] for row in said}
    for row in said:
        parent = named.get((row["channel_id"], row["namespace"], row["parent_native_id"]))
        if row["direction"] == Direction.OUTBOUND and parent in going:
            going.add(row["id"])
    return going


def _pairs_going(tx: Tx, case_id: str, said: Sequence[Row], going: set[str]) -> journal.Keys:
    """The conversations, of one author each, whose newest message goes: what comes next in them follows it."""
    found = []
    for where, author_id in journal.pairs_of(tx, case_id):
        theirs = [
            row
            for row in said
            if row["conversation_id"] == where and _speaks(row) and author_id in ("", row["author_id"])
        ]
        if theirs and theirs[-1]["id"] in going:
            found.append([where, author_id])
    return found


def _keep(
    tx: Tx, who: Who, merge_id: str, kind: str, kept: Row | dict[str, Any], other: Row | dict[str, Any],
    reason: str, done: _Journal, now: Instant,
) -> None:  # fmt: skip
    journal.keep(
        tx,
        {
            "id": merge_id, "kind": kind, "kept_id": kept["id"], "other_id": other["id"],
            "other_number": other["number"], "kept_author_id": kept["author_id"] or "",
            "other_author_id": other["author_id"] or "", "reason": reason.strip()[:REASON],
            "journal": _encode(done).decode(), "user_id": who.id, "at": now,
        },
    )  # fmt: skip


def _tell(
    tx: Tx, log: Log, who: Who, kind: str, merge_id: str, kept_id: str, other_id: str, now: Instant
) -> None:
    data = _encode({"merge": merge_id, "kept": kept_id, "other": other_id}).decode()
    log.append(tx, [NewEvent(type=kind, subject=merge_id, case_id=kept_id, actor=who.id, at=now, data=data)])
