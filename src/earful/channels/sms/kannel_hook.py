"""What Kannel delivers by GET: messages by its get-url, and reports of ours.

The get-url that an admin gives to Kannel ends in `?id=%I&from=%p&to=%P&at=%T&coding=%c&charset=%C&text=%b`. `%b` is the
message in the octets of `%C`, which is UTF-16BE as soon as a letter is outside the GSM alphabet.
"""

import base64
from urllib.parse import unquote_to_bytes

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof, Report, Unreadable
from earful.channels.kit.html import scrub
from earful.channels.kit.loose import moment as when
from earful.channels.kit.macs import app_name, header, must_match
from earful.channels.kit.signatures import Reason, SignatureRefused
from earful.channels.sms.parse import OPT_OUT, said
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.model.message import IncomingMessage, Network
from earful.model.time import Instant, moment

USER = "kannel"
"""The name in the address that Kannel calls; its password is the channel's shared key."""
STATES = {"1": "delivered", "2": "failed", "16": "failed"}
SILENT_STATES = frozenset({"4", "8", "32", "64"})
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT", "REVOKE"})
"""(M) What carriers take as “no more messages”, when a message says nothing else. `END`, `QUIT` and `CANCEL` may be the
answer to a question."""
CHARSETS = {
    "UTF-8": "utf-8", "UTF8": "utf-8", "UTF-16BE": "utf-16-be", "UTF-16": "utf-16-be", "UCS-2": "utf-16-be",
    "ISO-8859-1": "latin-1", "WINDOWS-1252": "cp1252", "ASCII": "ascii", "US-ASCII": "ascii",
}  # fmt: skip


class KannelHook:
    """A shared secret in a header. By query: a bearer secret there would be in every log on the way."""

    # What Kannel gets to read, it would send to the customer.
    accepted = Answer()
    refusal = 401
    by_query = True

    def __init__(self, settings: SmsSettings, secrets: SmsSecrets) -> None:
        self._key = secrets.shared_key
        self.app = app_name("kannel", secrets.shared_key)

    def challenge(self, asked: Asked) -> Answer | None:
        """Kannel asks nothing."""
        return None

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """Name and password of the address that Kannel was given."""
        if not self._key:
            raise SignatureRefused(
                Reason.NO_MATCH, "The shared key is not filled in at this channel. Nothing was kept."
            )
        pair = base64.b64encode(f"{USER}:{self._key}".encode()).decode()
        must_match(header(asked.headers, "authorization"), f"Basic {pair}")
        return Proof(verified_by="kannel-password")

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One message, or one report."""
        return [parse_query(delivery.body, now)]


def reply_id(client_id: str) -> str:
    """What a reply is called: Kannel has no name for it."""
    return f"kannel.{client_id}"


def parse_query(query: bytes, received: Instant) -> Part:
    """What Kannel says. Raises Unreadable."""
    told = _fields(query)
    if "dlr" in told:
        return _report(told, received)
    if not told.get("id") or not told.get("from"):
        raise Unreadable(
            "This is no message of Kannel: `id` and `from` must be in the get-url, see the README."
        )
    return Part(network=Network.SMS, messages=[_message(told, received)])


def _fields(query: bytes) -> dict[str, bytes]:
    """The fields in their octets: they are of different charsets in one query."""
    pairs = (one.partition(b"=") for one in query[:100_000].split(b"&"))
    return {
        name.decode("ascii", "replace"): unquote_to_bytes(value.replace(b"+", b" "))
        for name, _, value in pairs
    }


def _message(told: dict[str, bytes], received: Instant) -> IncomingMessage:
    text = _text(told)
    at = when(_word(told, "at")) or moment(received)
    stop = (text or "").strip().upper() in STOP_WORDS
    return said(
        f"kannel.{_word(told, 'id')}",
        their=_word(told, "from"),
        our=_word(told, "to"),
        text=text or "",
        at=at,
        context={OPT_OUT: "STOP"} if stop else {},
    )


def _text(told: dict[str, bytes]) -> str | None:
    """The words; None for what has none, such as a binary message."""
    raw, coding = told.get("text", b""), _word(told, "coding")
    named = CHARSETS.get(_word(told, "charset").upper())
    if named is None and coding == "1":
        return None
    # Kannel leaves the charset out where it is the default of its coding.
    charset = named or ("utf-16-be" if coding == "2" else "utf-8")
    return scrub(raw.decode(charset, "replace"))


def _report(told: dict[str, bytes], received: Instant) -> Part:
    kind, client_id = _word(told, "dlr"), _word(told, "reply")
    if not client_id:
        raise Unreadable("This is no report of Kannel about a reply of ours: it has no `reply`.")
    if kind in SILENT_STATES:
        return Part(network=Network.SMS)
    if kind not in STATES:
        return Part(network=Network.SMS, strange=[f"report {kind}"[:120]])
    failed = STATES[kind] == "failed"
    why = scrub(_word(told, "why")).strip()[:300]
    words = f"The carrier did not deliver it: {why}" if why else "The carrier did not deliver it."
    report = Report(
        native_id=reply_id(client_id), state=STATES[kind], at=moment(received), why=words if failed else ""
    )
    return Part(network=Network.SMS, reports=[report])


def _word(told: dict[str, bytes], name: str) -> str:
    return told.get(name, b"").decode("utf-8", "replace").strip()[:300]
