"""The verbs of outgoing webhooks: make, change and delete one; what is told, every try, and once more."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from earful.channels.kit.signatures import sign
from earful.desk.conditions import reading
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.webhooks import rules, store, telling
from earful.model.conditions import ALWAYS
from earful.model.ids import new_id
from earful.model.time import SECOND, Instant, rfc3339
from earful.store.audit import EARFUL, Who, record
from earful.store.secrets import Vault
from earful.store.tx import Row, Tx

PAGE = 50
AT_ONCE = 500
"""Deliveries that one purge forgets at most."""


class NotFoundError(Exception):
    """There is no such webhook or delivery; nothing was changed."""


class InvalidWebhookError(Exception):
    """A webhook cannot be kept as given; says why. Nothing was changed."""


class Webhook(Struct, frozen=True, kw_only=True):
    """Whom we tell of what. Times are instants."""

    id: str
    name: str
    url: str
    types: list[str]
    personal: bool
    """Whether names, titles and texts of messages are told too."""
    condition: Any
    """What must hold of the case or the message, as `docs/reference/conditions.md` has it; null for any."""
    enabled: bool
    trouble: str
    """Why Earful switched it off; empty otherwise."""
    failing_since: int | None
    created_at: int
    queued: int = 0
    failed: int = 0


class Try(Struct, frozen=True, kw_only=True):
    """One try. `status` is the HTTP status, None without an answer; `said` the first words of the answer."""

    at: int
    milliseconds: int
    status: int | None
    said: str


class Delivery(Struct, frozen=True, kw_only=True):
    """One thing told. `id` is the `webhook-id`; `state`: queued, delivered, failed or dropped."""

    id: str
    type: str
    state: str
    created_at: int
    due_at: int | None
    done_at: int | None
    body: str
    tries: list[Try]


class Parcel(Struct, frozen=True, kw_only=True):
    """A delivery that this process has taken, ready to be sent."""

    id: str
    url: str
    body: bytes
    headers: dict[str, str]
    tries: int


def _webhook(row: Row, counts: Mapping[str, int]) -> Webhook:
    return Webhook(
        id=row["id"], name=row["name"], url=row["url"], types=json.loads(row["types"]), personal=row["personal"],
        condition=json.loads(row["condition"]) if row["condition"] else None,
        enabled=row["enabled"], trouble=row["trouble"], failing_since=row["failing_since"],
        created_at=row["created_at"], queued=counts.get("queued", 0), failed=counts.get("failed", 0),
    )  # fmt: skip


def webhooks(tx: Tx) -> list[Webhook]:
    """All of them, by name."""
    counts = store.states(tx)
    return [_webhook(row, counts.get(row["id"], {})) for row in store.all_webhooks(tx)]


def webhook(tx: Tx, webhook_id: str) -> Webhook:
    """One of them. Raises NotFoundError."""
    return _webhook(_row(tx, webhook_id), store.states(tx).get(webhook_id, {}))


def _row(tx: Tx, webhook_id: str) -> Row:
    row = store.webhook(tx, webhook_id)
    if row is None:
        raise NotFoundError("There is no such webhook; it may have been deleted.")
    return row


def _checked(
    name: str, url: str, types: Sequence[str], personal: bool, condition: Any, *, allow_private: bool
) -> dict[str, Any]:
    name = " ".join(name.split())[: rules.NAME_LENGTH]
    kept = list(dict.fromkeys(types))
    problem = (
        (None if name else "Give it a name that says who listens.")
        or rules.url_problem(url.strip(), allow_private=allow_private)
        or rules.types_problem(kept)
    )
    if problem:
        raise InvalidWebhookError(f"{problem} Nothing was kept.")
    return {
        "name": name, "url": url.strip(), "types": json.dumps(kept), "personal": personal,
        "condition": _condition(condition),
    }  # fmt: skip


def _condition(data: Any) -> str:
    """A condition as it is kept; empty for one that always holds. Raises InvalidWebhookError."""
    if data is None:
        return ""
    try:
        text = reading.dump(reading.read(data, me=False))
    except InvalidConditionError as error:
        raise InvalidWebhookError(f"{error}. Nothing was kept.") from error
    return "" if text == reading.dump(ALWAYS) else text


def make(
    tx: Tx, vault: Vault, who: Who, *, name: str, url: str, types: Sequence[str], personal: bool,
    condition: Any = None, allow_private: bool, now: Instant,
) -> tuple[Webhook, str]:  # fmt: skip
    """A new webhook and its secret, which is shown this once. Raises InvalidWebhookError."""
    values = _checked(name, url, types, personal, condition, allow_private=allow_private)
    secret, webhook_id = _secret(), new_id(now)
    store.insert_webhook(
        tx,
        {
            **values, "id": webhook_id, "secrets": vault.seal({"secret": secret}), "enabled": True, "trouble": "",
            "failing_since": None, "created_by": who.id, "created_at": now, "deleted_at": None,
        },
    )  # fmt: skip
    record(tx, who, "webhook.made", webhook_id, now, values["url"])
    return webhook(tx, webhook_id), secret


def change(
    tx: Tx, who: Who, webhook_id: str, *, name: str, url: str, types: Sequence[str], personal: bool,
    condition: Any = None, allow_private: bool, now: Instant,
) -> Webhook:  # fmt: skip
    """Change what is told to whom; what waits goes to the new address. Raises NotFoundError, InvalidWebhookError."""
    values = _checked(name, url, types, personal, condition, allow_private=allow_private)
    if not store.update_webhook(tx, webhook_id, values):
        raise NotFoundError("There is no such webhook; it may have been deleted.")
    record(tx, who, "webhook.changed", webhook_id, now, values["url"])
    return webhook(tx, webhook_id)


def switch(tx: Tx, who: Who, webhook_id: str, enabled: bool, now: Instant) -> Webhook:
    """Off: nothing is sent or noted down to be sent, and what waits goes on waiting. Raises NotFoundError."""
    row = _row(tx, webhook_id)
    if row["enabled"] != enabled:
        store.update_webhook(tx, webhook_id, {"enabled": enabled, "trouble": "", "failing_since": None})
        record(tx, who, "webhook.on" if enabled else "webhook.off", webhook_id, now)
    return webhook(tx, webhook_id)


def delete(tx: Tx, who: Who, webhook_id: str, now: Instant) -> None:
    """Tell it nothing more. Its log stays as long as any. Raises NotFoundError."""
    _row(tx, webhook_id)
    store.update_webhook(tx, webhook_id, {"deleted_at": now, "enabled": False})
    store.drop_queued(tx, webhook_id, now)
    record(tx, who, "webhook.deleted", webhook_id, now)


def restore(tx: Tx, who: Who, webhook_id: str, now: Instant) -> None:
    """Undo a deletion: the webhook is told again of what happens from now on. Raises NotFoundError."""
    if not store.undelete(tx, webhook_id):
        raise NotFoundError("There is no such webhook that was deleted.")
    record(tx, who, "webhook.restored", webhook_id, now)


def rotate(tx: Tx, vault: Vault, who: Who, webhook_id: str, now: Instant) -> str:
    """A new secret; the one before it signs too for a day, so that no delivery is refused meanwhile."""
    row = _row(tx, webhook_id)
    held = vault.unseal(row["secrets"])
    secret = _secret()
    kept = {"secret": secret, "before": held["secret"], "until": str(now + rules.OLD_SECRET)}
    store.update_webhook(tx, webhook_id, {"secrets": vault.seal(kept)})
    record(tx, who, "webhook.secret", webhook_id, now)
    return secret


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def test(tx: Tx, who: Who, webhook_id: str, now: Instant) -> str:
    """Queue a delivery that tells nothing; returns its id. Raises NotFoundError."""
    _row(tx, webhook_id)
    delivery_id = new_id(now)
    body = rules.envelope(
        delivery_id=delivery_id, name=rules.TEST, subject=webhook_id, at=now, event={}, case=None, said=None
    )
    store.insert_deliveries(tx, [telling.new_delivery(delivery_id, webhook_id, None, rules.TEST, body, now)])
    record(tx, who, "webhook.tested", webhook_id, now)
    return delivery_id


def deliveries(tx: Tx, webhook_id: str, *, state: str = "", cursor: str = "") -> tuple[list[Delivery], str]:
    """A page of a webhook's log, the newest first, and the cursor of the next; empty at the end.

    Raises NotFoundError, and ValueError for a cursor that this list did not give.
    """
    _row(tx, webhook_id)
    after = None
    if cursor:
        at, _, last = cursor.partition(".")
        if not (at.isdecimal() and last):
            raise ValueError("This page marker is not one of ours; start from the first page.")
        after = (int(at), last)
    rows = store.deliveries(tx, webhook_id, state, after, PAGE + 1)
    tries: dict[str, list[Try]] = {}
    for row in store.tries_of(tx, [row["id"] for row in rows[:PAGE]]):
        tries.setdefault(row["delivery_id"], []).append(
            Try(at=row["at"], milliseconds=row["milliseconds"], status=row["status"], said=row["said"])
        )
    shown = [
        Delivery(
            id=row["id"],
            type=row["type"],
            state=row["state"],
            created_at=row["created_at"],
            due_at=row["due_at"],
            done_at=row["done_at"],
            body=row["body"],
            tries=tries.get(row["id"], []),
        )
        for row in rows[:PAGE]
    ]
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    return shown, f"{more['created_at']}.{more['id']}" if more else ""


def replay(tx: Tx, who: Who, delivery_id: str, now: Instant) -> str:
    """Send a delivery once more, the same id and body; returns its webhook. Raises NotFoundError."""
    row = store.delivery(tx, delivery_id)
    if row is None:
        raise NotFoundError("There is no such delivery; the log keeps thirty days.")
    _row(tx, row["webhook_id"])
    again = {"state": "queued", "tries": 0, "due_at": now, "lease_until": None, "done_at": None}
    store.update_delivery(tx, delivery_id, again)
    record(tx, who, "webhook.replayed", delivery_id, now)
    return str(row["webhook_id"])


def replay_failed(tx: Tx, who: Who, webhook_id: str, now: Instant) -> int:
    """Send everything that failed once more. Returns how many. Raises NotFoundError."""
    _row(tx, webhook_id)
    count = store.requeue_failed(tx, webhook_id, now)
    record(tx, who, "webhook.replayed", webhook_id, now, str(count))
    return count


def due(tx: Tx, now: Instant, most: int) -> list[tuple[str, str]]:
    """(delivery, webhook) to be tried now."""
    return [(row["id"], row["webhook_id"]) for row in store.due(tx, now, most)]


def claim(tx: Tx, vault: Vault, delivery_id: str, now: Instant) -> Parcel | None:
    """Take a delivery to send it; None when somebody else has it or nobody is to be told any more."""
    if not store.claim(tx, delivery_id, now, now + rules.LEASE):
        return None
    row = store.delivery(tx, delivery_id)
    held = store.webhook(tx, row["webhook_id"]) if row is not None else None
    if row is None or held is None:
        return None
    body, stamp = row["body"].encode(), now // SECOND
    keys = vault.unseal(held["secrets"])
    signing = [keys["secret"]]
    if "before" in keys and now < int(keys["until"]):
        signing.append(keys["before"])
    headers = {
        "content-type": "application/json",
        "webhook-id": row["id"],
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(sign(key, row["id"], stamp, body) for key in signing),
    }
    return Parcel(id=row["id"], url=held["url"], body=body, headers=headers, tries=row["tries"])


def tried(
    tx: Tx, parcel: Parcel, done: Try, now: Instant, *, luck: float, retry_after_ms: int | None
) -> None:
    """Keep what became of a try, and decide whether there is another."""
    row = store.delivery(tx, parcel.id)
    if row is None or row["state"] != "queued":
        return
    store.insert_try(
        tx,
        {
            "delivery_id": parcel.id, "at": done.at, "milliseconds": done.milliseconds, "status": done.status,
            "said": done.said[: rules.SAID_LENGTH],
        },
    )  # fmt: skip
    found = rules.verdict(
        tries=row["tries"] + 1, status=done.status, now=now, luck=luck, retry_after_ms=retry_after_ms
    )
    store.update_delivery(
        tx,
        parcel.id,
        {
            "state": found.state, "tries": row["tries"] + 1, "due_at": found.due_at, "lease_until": None,
            "done_at": None if found.due_at else now,
        },
    )  # fmt: skip
    _judge(tx, row["webhook_id"], found, now)


def _judge(tx: Tx, webhook_id: str, found: rules.Verdict, now: Instant) -> None:
    """Remember since when a webhook fails; switch off one that is gone."""
    held = store.webhook(tx, webhook_id)
    if held is None:
        return
    if found.state == "delivered":
        if held["failing_since"] is not None:
            store.update_webhook(tx, webhook_id, {"failing_since": None})
        return
    since = held["failing_since"] or now
    trouble = ""
    if found.gone:
        trouble = "It answered 410 Gone: nobody listens there any more."
    elif now - since >= rules.GIVE_UP_AFTER:
        trouble = f"Every try failed since {rfc3339(since)[:16]}Z."
    values: dict[str, Any] = {"failing_since": since}
    if trouble:
        values |= {"enabled": False, "trouble": trouble}
        record(tx, EARFUL, "webhook.off", webhook_id, now, trouble)
    store.update_webhook(tx, webhook_id, values)


def purge(tx: Tx, now: Instant) -> int:
    """Forget deliveries that are done and older than the log keeps. Returns how many."""
    return store.purge(tx, now - rules.KEPT, AT_ONCE)
