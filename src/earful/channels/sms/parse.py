"""SMS and MMS as messages: from Twilio's webhook and from its list, with one key, the message's SID."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from earful.channels.hooks import Part, Report, Unreadable
from earful.channels.kit.loose import number, word
from earful.channels.twilio.rest import when
from earful.channels.twilio.signed import fields_of
from earful.model.message import (
    Actor,
    Attachment,
    Direction,
    IncomingMessage,
    MessageKind,
    Network,
    Visibility,
)
from earful.model.time import Instant, moment

STATES = {
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
SILENT_STATES = frozenset({"accepted", "scheduled", "queued", "sending", "sent", "receiving", "received"})
NEVER_SENT = frozenset({"failed", "canceled", "scheduled"})
MOST_MEDIA = 10
TRIAL = "Sent from your Twilio trial account - "
"""What Twilio writes in front of messages of accounts that nobody pays for."""
OPT_OUT = "opt_out"
"""What the context of a message calls the word by which the customer said whether they want messages."""
_NOT_FETCHED = (
    "Twilio could not fetch a picture from the desk. Look whether its public address is reached from outside."
)
_WHY = {
    "11200": _NOT_FETCHED,
    "12300": _NOT_FETCHED,
    "30019": "The pictures are too large for the customer's network; send smaller ones.",
    "21610": "The customer wrote STOP and gets no SMS of this number; only they can lift that, by writing START.",
    "30003": "The phone cannot be reached: off, out of reach, or it takes no SMS.",
    "30004": "The message was blocked: the customer or their network takes none from this number.",
    "30005": "The number does not exist any more.",
    "30006": "The number is a landline, or its network takes no SMS.",
    "30007": "A carrier took it for spam and dropped it.",
    "30032": "The toll-free number is not verified yet.",
    "30034": "The number is not registered for messages to the US (A2P 10DLC).",
}  # fmt: skip


def parse_push(body: bytes, received: Instant) -> Part:
    """One request of Twilio: a message that came, or what became of one of ours. Raises Unreadable."""
    told = fields_of(body)
    sid = told.get("MessageSid") or told.get("SmsMessageSid") or told.get("SmsSid") or ""
    if not sid:
        raise Unreadable("This is no request about a message: it has no MessageSid.")
    state = told.get("MessageStatus", "").lower()
    if state and state != "received" and "Body" not in told:
        return _report(sid, state, told, received)
    if not told.get("From"):
        raise Unreadable("The message does not say from whom it is.")
    return Part(network=Network.SMS, messages=[_pushed(sid, told, received)])


def _report(sid: str, state: str, told: dict[str, str], received: Instant) -> Part:
    if state in SILENT_STATES:
        return Part(network=Network.SMS)
    if state not in STATES:
        return Part(network=Network.SMS, strange=[f"status {state}"[:120]])
    code = told.get("ErrorCode", "")
    why = _WHY.get(code) or told.get("ErrorMessage", "") or ("The carrier did not say why." if code else "")
    report = Report(
        native_id=sid,
        state=STATES[state],
        at=moment(received),
        why=f"{why} (error {code})" if code else why,
    )
    return Part(network=Network.SMS, reports=[report])


def _pushed(sid: str, told: dict[str, str], received: Instant) -> IncomingMessage:
    files = [
        _file(told.get(f"MediaUrl{at}", ""), told.get(f"MediaContentType{at}", ""))
        for at in range(min(number(told, "NumMedia") or 0, MOST_MEDIA))
    ]
    word_of_stop = told.get("OptOutType", "").upper()
    text = told.get("Body", "") or _place(told)
    return said(
        sid,
        their=told["From"],
        our=told.get("To", ""),
        text=text,
        at=moment(received),
        files=[one for one in files if one.url],
        # Twilio has answered it by itself; nobody need.
        kind=MessageKind.SYSTEM if word_of_stop else None,
        context={OPT_OUT: word_of_stop} if word_of_stop else {},
    )


def listed(raw: dict[str, Any], our: str, files: list[Attachment]) -> IncomingMessage | None:
    """One message of the list; None for one that never went out, or that has no name or time."""
    sid, ours = word(raw, "sid"), word(raw, "direction").startswith("outbound")
    at = when(word(raw, "date_sent")) or when(word(raw, "date_created"))
    their = word(raw, "to" if ours else "from")
    if not sid or at is None or not their or word(raw, "status") in NEVER_SENT:
        return None
    text = word(raw, "body").removeprefix(TRIAL)
    return said(sid, their=their, our=our, text=text, at=at, files=files, ours=ours)


def said(
    sid: str,
    *,
    their: str,
    our: str,
    text: str,
    at: datetime,
    files: list[Attachment] | None = None,
    ours: bool = False,
    kind: MessageKind | None = None,
    context: dict[str, Any] | None = None,
) -> IncomingMessage:
    """One message of either side. A number is a person's thread: SMS have no other."""
    files = files or []
    their, our = their.strip()[:200], our.strip()[:200]
    customer = Actor(native_id=their, handle=their, name=their, alt_ids={"phone": their})
    brand = Actor(native_id=our or "us", handle=our)
    return IncomingMessage(
        native_id=sid[:900],
        occurred_at=at,
        author=brand if ours else customer,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=kind or (MessageKind.SMS if text or files else MessageKind.UNSUPPORTED),
        visibility=Visibility.DIRECT,
        text=text,
        thread=their,
        recipients=[customer if ours else brand],
        attachments=files,
        # Nobody changes an SMS: what the list and the webhook tell differently is still the same message.
        revision="" if ours else "1",
        context={"at": int(at.timestamp())} | (context or {}),
    )


def media(raw: dict[str, Any], base: str) -> Attachment | None:
    """One entry of a message's list of media."""
    uri = word(raw, "uri").removesuffix(".json")
    return _file(f"{base.rstrip('/')}{uri}", word(raw, "content_type")) if uri.startswith("/") else None


def order(raw: dict[str, Any]) -> int:
    """Milliseconds of when a message was sent or made; 0 when it does not say."""
    at = when(word(raw, "date_sent")) or when(word(raw, "date_created"))
    return round(at.timestamp() * 1000) if at else 0


def _file(url: str, mime: str) -> Attachment:
    family = mime.partition("/")[0]
    kind = family if family in ("image", "video", "audio") else "file"
    safe = url if url.startswith(("https://", "http://")) else ""
    return Attachment(
        kind=kind, url=safe[:4_000], mime=mime[:200], native_id=urlsplit(safe).path.rpartition("/")[2][:200]
    )


def _place(told: dict[str, str]) -> str:
    """A place that was sent, in words."""
    spot = ", ".join(filter(None, (told.get("Latitude", ""), told.get("Longitude", ""))))
    return "\n".join(filter(None, (told.get("Label", ""), told.get("Address", ""), spot)))
