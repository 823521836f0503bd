"""What happened becomes deliveries: one for each webhook that asked for it and whose condition holds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as facts
from earful.desk.webhooks import rules, store
from earful.model.ids import new_ids
from earful.model.time import Instant
from earful.store.tx import Row, Tx


class Told(Struct, frozen=True, kw_only=True):
    """One event to be told: its place in the log, and what it is about."""

    seq: int
    type: str
    subject: str
    case_id: str | None
    at: Instant
    data: Mapping[str, Any]


def tell(tx: Tx, told: Sequence[Told], now: Instant) -> int:
    """Note down what is to be told of events, once for each webhook that asked and whose condition holds.

    Returns how many deliveries.
    """
    listening = [(row, frozenset(json.loads(row["types"]))) for row in store.enabled(tx)]
    wanted = [one for one in told if any(one.type in types for _, types in listening)]
    if not wanted:
        return 0
    pairs = _fitting(tx, [(row, one) for one in wanted for row, types in listening if one.type in types], now)
    if not pairs:
        return 0
    cases = store.cases_now(tx, sorted({one.case_id for one in wanted if one.case_id}))
    said: dict[str, Row] = {}
    if any(row["personal"] for row, _ in listening):
        named = {message for one in wanted for message in one.data.get("messages", ())}
        said = store.texts_of(tx, sorted(named))
    ids = new_ids(now, len(pairs))
    rows = [
        _delivery(delivery_id, row["id"], one, cases, said if row["personal"] else None, now)
        for delivery_id, (row, one) in zip(ids, pairs, strict=True)
    ]
    store.insert_deliveries(tx, rows)
    return len(rows)


Pair = tuple[Row, Told]


def _fitting(tx: Tx, pairs: Sequence[Pair], now: Instant) -> list[Pair]:
    """Those pairs of a webhook and an event of which the webhook's condition holds.

    Of an event with messages, one of them must fit; of any other, the case as it is now.
    """
    asked = {row["id"]: conditions.kept(json.loads(row["condition"])) for row, _ in pairs if row["condition"]}
    if not asked:
        return list(pairs)
    groups, about = conditions.groups(asked.values()), [one for row, one in pairs if row["id"] in asked]
    said = facts.of_messages(tx, [message for one in about for message in _messages(one)], groups)
    cases = facts.of_cases(tx, [one.case_id for one in about if one.case_id and not _messages(one)], groups)
    found = []
    for row, one in pairs:
        if row["id"] not in asked:
            found.append((row, one))
            continue
        holds = conditions.compiled(asked[row["id"]])
        known = [said[message] for message in _messages(one) if message in said]
        if not _messages(one) and one.case_id in cases:
            known = [cases[one.case_id]]
        if any(holds(each, now) for each in known):
            found.append((row, one))
    return found


def _messages(one: Told) -> Sequence[str]:
    messages: Sequence[str] = one.data.get("messages", ())
    return messages


def _delivery(
    delivery_id: str, webhook_id: str, one: Told, cases: Mapping[str, Mapping[str, Any]],
    said: Mapping[str, Row] | None, now: Instant,
) -> dict[str, Any]:  # fmt: skip
    body = rules.envelope(
        delivery_id=delivery_id, name=one.type, subject=one.subject, at=one.at, event=one.data,
        case=cases.get(one.case_id or ""), said=said,
    )  # fmt: skip
    return new_delivery(delivery_id, webhook_id, one.seq, one.type, body, now)


def new_delivery(
    delivery_id: str, webhook_id: str, seq: int | None, name: str, body: Mapping[str, Any], now: Instant
) -> dict[str, Any]:
    return {
        "id": delivery_id, "webhook_id": webhook_id, "event_seq": seq, "type": name,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")), "state": "queued", "tries": 0,
        "created_at": now, "due_at": now, "lease_until": None, "done_at": None,
    }  # fmt: skip
