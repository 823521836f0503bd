"""Requests of Twilio about a call: that it ended, that a message was left, and what it says.

They come in any order and each says the call anew. The call's beginning is before every later wording, so whatever
says more stands, however late the word comes that it is over.
"""

from datetime import timedelta
from typing import Any

import msgspec

from earful.channels.hooks import Part, Unreadable
from earful.channels.kit.loose import number, word
from earful.channels.phone.calls import Call, Outcome, messages_of
from earful.channels.twilio.rest import when
from earful.channels.twilio.signed import fields_of
from earful.model.message import Attachment, Change, IncomingMessage, MessageKind, Network
from earful.model.time import Instant, moment

ENDED = {
    "completed": Outcome.MISSED, "no-answer": Outcome.MISSED, "canceled": Outcome.MISSED, "busy": Outcome.BUSY,
    "failed": Outcome.FAILED,
}  # fmt: skip
"""Nobody of us answers at Twilio: a call that it completed left a message, or did not."""
UNDER_WAY = frozenset({"queued", "initiated", "ringing", "in-progress", "answered"})
LONGEST_SECONDS = 24 * 3600


def parse_call(body: bytes, received: Instant) -> Part:
    """One request. Raises Unreadable."""
    told = fields_of(body)
    if not told.get("CallSid"):
        raise Unreadable("This is no request about a call: it has no CallSid.")
    state = told.get("CallStatus", "").lower()
    if told.get("RecordingUrl"):
        return Part(network=Network.PHONE, messages=[_recorded(told, received)])
    if "TranscriptionStatus" in told or state in UNDER_WAY:
        return Part(network=Network.PHONE)
    if state not in ENDED:
        return Part(network=Network.PHONE, strange=[f"call status {state}"[:120]])
    return Part(network=Network.PHONE, messages=[_ended(told, ENDED[state], received)])


def _ended(told: dict[str, str], outcome: Outcome, received: Instant) -> IncomingMessage:
    length = min(number(told, "CallDuration") or 0, LONGEST_SECONDS)
    return _call(told, outcome, received, length)


def _recorded(told: dict[str, str], received: Instant) -> IncomingMessage:
    """Somebody left a message; its words, where Twilio wrote them down."""
    length = min(number(told, "RecordingDuration") or 0, LONGEST_SECONDS)
    message = _call(told, Outcome.VOICEMAIL, received, length)
    url = told["RecordingUrl"]
    safe = f"{url}.mp3" if url.startswith(("https://", "http://")) else ""
    file = Attachment(
        kind="audio", url=safe[:4_000], mime="audio/mpeg", name="Recording",
        native_id=told.get("RecordingSid", "")[:200],
    )  # fmt: skip
    text = told.get("TranscriptionText", "").strip() or f"Called and left a message of {length} s."
    return msgspec.structs.replace(
        message, text=text, attachments=[file], change=Change.EDIT, edited_at=moment(received)
    )


def _call(told: dict[str, str], outcome: Outcome, received: Instant, length: int) -> IncomingMessage:
    call = Call(
        id=told["CallSid"][:200],
        from_=told.get("From", "")[:200],
        to=told.get("To", "")[:200],
        started_at=moment(received) - timedelta(seconds=length),
        outcome=outcome,
        name=told.get("CallerName", "")[:200],
    )
    # Twilio's name for the call is good for ever, and one kind from first to last.
    return msgspec.structs.replace(messages_of(call)[0], namespace="", kind=MessageKind.CALL)


def listed(raw: dict[str, Any]) -> IncomingMessage | None:
    """One call of the list; None for what is not over, was made by us, or cannot be read."""
    at, state = when(word(raw, "start_time")), word(raw, "status").lower()
    if not word(raw, "sid") or at is None or state not in ENDED or word(raw, "direction") != "inbound":
        return None
    told = {
        "CallSid": word(raw, "sid"), "From": word(raw, "from"), "To": word(raw, "to"),
        "CallerName": word(raw, "caller_name"),
    }  # fmt: skip
    return _call(told, ENDED[state], Instant(round(at.timestamp() * 1000)), 0)


def order(raw: dict[str, Any]) -> int:
    """Milliseconds of when a call began; 0 when it does not say."""
    at = when(word(raw, "start_time"))
    return round(at.timestamp() * 1000) if at else 0
