"""When an outgoing webhook is tried again, when it is given up, and what it may be told. Pure.

The waits are those of Standard Webhooks 1.0 ("deliverability and reliability"), with one more, so that the last try
comes more than a day after the first.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from earful.model.time import DAY, HOUR, MINUTE, SECOND, Instant, rfc3339

WAITS = (5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR)
"""Between one try and the next: eight tries over some 27 hours."""
JITTER = 0.1
"""Share of a wait by which tries spread, so that a receiver that comes back is not hit by all at once."""
LONGEST_WAIT = 12 * HOUR
"""A receiver may ask for more patience with Retry-After, but not for more than this."""
GIVE_UP_AFTER = 5 * DAY
"""A webhook all of whose tries fail for so long is switched off."""
LEASE = 60 * SECOND
"""Longer than a try may take: after that the process that had it is gone."""
TRY_SECONDS = 15.0
KEPT = 30 * DAY
"""How long deliveries can be read and sent again."""
OLD_SECRET = DAY
"""How long the secret before the present one signs too."""
NAME_LENGTH, URL_LENGTH, SAID_LENGTH = 100, 2_000, 500

TEST = "webhook.test"
TYPES: dict[str, str] = {
    "case.opened": "a case was opened",
    "case.messages": "messages joined a case",
    "case.rated": "ratings of a case's messages were corrected or weighed anew",
    "case.changed": "a case was assigned, tagged, snoozed, closed, opened again ...",
    "case.noted": "a note was left",
    "case.reply": "a reply changed its state",
    "case.returned": "a matter that was settled came back",
    "outcome.changed": "a case has another outcome",
    "handoff.offered": "a customer was invited to a private place",
    "handoff.arrived": "an invited customer came",
    "handoff.expired": "an invited customer did not come",
    "sla.warning": "a promise is nearly due",
    "sla.breached": "a promise was not kept",
    "reply.asked": "a reply waits for approval",
    "reply.decided": "somebody decided about a reply that waited",
    "queue.troubled": "a queue cannot be answered in time",
    "playbook.started": "a case began a playbook",
    "playbook.moved": "a case went on to another step of its playbook",
    "playbook.step_due": "a step of a playbook is overdue",
    "playbook.escalated": "a playbook escalated a case",
    "playbook.ended": "a case came to the end of its playbook, or left it",
    "case.merged": "two cases were merged by hand",
    "case.split": "some messages of a case became a case of their own",
    "person.linked": "two accounts turned out to be one person",
    "person.unlinked": "a link of two accounts was taken back",
    "person.erased": "what was kept of a person was deleted for good; whoever keeps copies deletes them too",
    "person.flagged": "a person was flagged, or a flag was taken off",
    "automation.notify": "an automation rule asks to notify somebody",
    "automation.paused": "an automation rule acted too often and is paused",
}
"""What a webhook can be told, as `docs/reference/events.md` names it."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What follows from a try. `due_at` is None when it is the last; `gone` switches the webhook off."""

    state: str
    due_at: Instant | None
    gone: bool = False


def verdict(
    *, tries: int, status: int | None, now: Instant, luck: float, retry_after_ms: int | None = None
) -> Verdict:
    """After try number `tries` (1 for the first) with an HTTP status, None without an answer. `luck`: 0-1."""
    if status is not None and 200 <= status < 300:
        return Verdict(state="delivered", due_at=None)
    if status == 410:
        return Verdict(state="failed", due_at=None, gone=True)
    if tries > len(WAITS):
        return Verdict(state="failed", due_at=None)
    wait = round(WAITS[tries - 1] * (1 + JITTER * luck))
    if retry_after_ms is not None:
        wait = max(wait, min(retry_after_ms, LONGEST_WAIT))
    return Verdict(state="queued", due_at=Instant(now + wait))


def url_problem(url: str, *, allow_private: bool) -> str | None:
    """Why nothing can be sent to an address; None when it looks right. Where it leads is looked up elsewhere."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This is not an address. Write it as https://company.example/path."
    if parts.scheme not in ("https", "http") or not host or len(url) > URL_LENGTH:
        return "Write the address as https://company.example/path."
    if parts.scheme == "http" and not allow_private:
        return "Use https: what is told here is about customers."
    if parts.username or parts.password:
        return "Leave name and password out of the address; the signature proves that it is us."
    return None


def types_problem(types: list[str]) -> str | None:
    """Why a choice of events cannot be kept; None when it can."""
    unknown = sorted(set(types) - set(TYPES))
    if unknown:
        return f"There is no event {', '.join(unknown)}; there are {', '.join(TYPES)}."
    return None if types else "Choose at least one event."


_PERSONAL = ("title", "person_name", "handle")
_TIMES = ("opened_at", "last_message_at", "awaiting_since", "closed_at")


def envelope(
    *, delivery_id: str, name: str, subject: str, at: Instant, event: Mapping[str, Any],
    case: Mapping[str, Any] | None, said: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    """What is told, as a CloudEvent 1.0 in JSON. `name`: the type of the event; `case`: how the case stands; `said`:
    what messages say, by id, None where nothing personal may be told."""
    told: dict[str, Any] = {"event": dict(event)}
    if case is not None:
        hidden = () if said is not None else _PERSONAL
        told["case"] = {
            name: rfc3339(value) if name in _TIMES and value is not None else value
            for name, value in case.items()
            if name not in hidden
        }
    if said is not None:
        named = [message for message in event.get("messages", ()) if message in said]
        told["messages"] = [
            {
                "id": message, "direction": said[message]["direction"], "visibility": said[message]["visibility"],
                "subject": said[message]["subject"], "text": said[message]["text"],
                "occurred_at": rfc3339(said[message]["occurred_at"]),
            }
            for message in named
        ]  # fmt: skip
    return {
        "specversion": "1.0",
        "id": delivery_id,
        "source": "earful",
        "type": f"earful.{name}",
        "subject": subject,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": told,
    }
